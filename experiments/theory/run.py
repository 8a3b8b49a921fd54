#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the numbers of docs/theory.md: errors against reference tables, proofs and propagation.

usage: experiments/theory/run.py [--program build/release/bin/selfnorm] [--seeds 5]

Writes the tables of docs/theory.md between their markers and draws its pictures. Needs gnuplot.
The reference tables (25 digits) are in tests/golden.
"""

import argparse
import csv
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from results import replace_table  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests/golden"
DOCUMENT = ROOT / "docs/theory.md"


def run(program, *arguments, status=0):
    finished = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                              check=False)
    if finished.returncode != status:
        sys.exit(f"{' '.join(finished.args)}\n{finished.stderr}")
    return finished.stdout


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def error(got, want, absolute):
    """Returns the relative error, or 0 if the number is near zero and off by at most `absolute`."""
    difference = abs(Decimal(got) - Decimal(want))
    small = abs(Decimal(want)) < Decimal("1e-3") and difference <= Decimal(absolute)
    return 0.0 if small or difference == 0 else float(difference / abs(Decimal(want)))


def map_errors(program):
    lines = []
    for table, columns, bound in (
            ("moment_map.csv", ("mean_out", "variance_out"), "1e-12"),
            ("jacobian.csv", ("d_mean_d_mu", "d_mean_d_nu", "d_variance_d_mu", "d_variance_d_nu",
                              "largest_singular_value"), "1e-10")):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "out.csv"
            run(program, "theory", "map", "--input", GOLDEN / table, "--output", out)
            got, want = rows(out), rows(GOLDEN / table)
        for column in columns:
            # Means and elements of the Jacobian can be 0. Variances and σ_max cannot.
            absolute = "1e-13" if column == "mean_out" or column.startswith("d_") else "0"
            largest = max(error(g[column], w[column], absolute) for g, w in zip(got, want))
            lines.append((table, len(want), bound, column, largest))
    return lines


def constants_errors(program):
    want = rows(GOLDEN / "constants.csv")
    errors = {"alpha": 0.0, "lambda": 0.0}
    for row in want:
        got = json.loads(run(program, "theory", "constants", "--mean", row["fixed_point_mean"],
                             "--variance", row["fixed_point_variance"], "--json"))
        for name in errors:
            errors[name] = max(errors[name], error(repr(got[name]), row[name], "0"))
    return [("constants.csv", len(want), "1e-14", *each) for each in errors.items()]


def dropout_errors(program):
    want = rows(GOLDEN / "alpha_dropout.csv")
    errors = {"a": 0.0, "b": 0.0}
    for row in want:
        got = json.loads(run(program, "theory", "dropout", "--rate", row["rate"], "--mean",
                             row["mean"], "--variance", row["variance"], "--json"))
        for name in errors:
            errors[name] = max(errors[name], error(repr(got[name]), row[name], "0"))
    return [("alpha_dropout.csv", len(want), "1e-15", *each) for each in errors.items()]


def errors_table(program):
    columns = {}
    for table, count, bound, column, largest in (map_errors(program) + constants_errors(program)
                                                 + dropout_errors(program)):
        columns.setdefault((table, count, bound), []).append(f"{column} {largest:.1e}")
    return "\n".join(["| table | rows | bound | largest relative error of each column |",
                      "| --- | --- | --- | --- |",
                      *(f"| `{table}` | {count} | {bound} | {', '.join(each)} |"
                        for (table, count, bound), each in columns.items())])


NAMES = {"mu": "μ", "omega": "ω", "nu": "ν", "tau": "τ"}


def run_certify(program, *flags, status=0):
    return json.loads(run(program, "theory", "certify", *flags, "--json",
                          status=status))["theorems"]


def bounds(low_high):
    low, high = low_high
    return f"±{high:.6g}" if low == -high else f"{low:.6g} to {high:.6g}"


def inner_bounds(low_high):
    """Rounds to four decimals, inward except for the last bits of a double."""
    low, high = (Decimal(repr(round(bound, 12))) for bound in low_high)
    return bounds((float(low.quantize(Decimal("1e-4"), ROUND_CEILING)),
                   float(high.quantize(Decimal("1e-4"), ROUND_FLOOR))))


def proved_table(theorems):
    lines = ["| claim | μ | ω | ν | τ | verdict | boxes | margin |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for theorem in theorems:
        for part in theorem["parts"]:
            least = f", down to ν = {part['smallest_nu']:.2g}" if "smallest_nu" in part else ""
            domain = " | ".join(bounds(part["domain"][name]) for name in NAMES)
            lines.append(f"| {theorem['id']}: {theorem['claim']} | {domain} | {part['status']}"
                         f"{least} | {part['boxes']} | {part['margin']:.2g} |")
    return lines


def broken(program, theorem, domain, layers):
    """Returns how the layer at the midpoint of a counterexample violates the claim."""
    middle = {name: 0.5 * sum(layers[name]) for name in NAMES}
    with tempfile.TemporaryDirectory() as folder:
        point = pathlib.Path(folder) / "point.csv"
        point.write_text(",".join(middle) + "\n" + ",".join(map(repr, middle.values())) + "\n",
                         encoding="utf-8")
        found = next(csv.DictReader(run(program, "theory", "map", "--input",
                                        point).splitlines()))
    mean, variance, sigma = (float(found[name]) for name in
                             ("mean_out", "variance_out", "largest_singular_value"))
    if theorem != 1:
        sign = ">" if theorem == 2 else "<"
        return f"ν̃ = {variance:.4g} {sign} ν = {middle['nu']:.4g}"
    breaks = [f"{symbol} = {value:.4g} {'<' if value < low else '>'} "
              f"{low if value < low else high:.6g}"
              for symbol, value, (low, high) in (("μ̃", mean, domain["mu"]),
                                                 ("ν̃", variance, domain["nu"]),
                                                 ("σ_max", sigma, (0, 1)))
              if not low <= value <= high]
    return ", ".join(breaks)


def refuted_table(program):
    lines = ["| claim, widened to | counterexamples: μ | ω | ν | τ | at the midpoint |",
             "| --- | --- | --- | --- | --- | --- |"]
    for theorem, widened, kept in ((1, ("tau", "0.95,1.9"), ()),
                                     (1, ("nu", "0.3,1.5"), ()),
                                     (2, ("nu", "1.2,16"), ()),
                                     (3, ("nu", "0.02,1.2"), ("--tau", "0.8,1.25")),
                                     (3, ("nu", "0.02,1.2"), ("--tau", "0.9,1.25"))):
        name, to = widened
        found = run_certify(program, "--theorem", theorem, f"--{name}", to, *kept, status=1)[0]
        if found["status"] != "refuted":
            sys.exit(f"theorem {theorem} with {name} {to}: {found['status']}, not refuted")
        layers, domain = found["counterexample"], found["parts"][0]["domain"]
        ranges = " | ".join(inner_bounds(layers[each]) for each in NAMES)
        also = f", τ {bounds(domain['tau'])}" if kept else ""
        lines.append(f"| {theorem}: {NAMES[name]} {bounds(domain[name])}{also} | {ranges} | "
                     f"{broken(program, theorem, domain, layers)} |")
    return lines


def proofs_table(program):
    theorems = run_certify(program)
    seconds = ", ".join(f"{t['seconds'] * 1e3:.0f} ms for theorem {t['id']}" for t in theorems)
    return "\n".join([*proved_table(theorems), "", f"Times: {seconds}. Refuted claims:", "",
                      *refuted_table(program)])


def propagation_table(program, seeds):
    lines = ["| dropout | rate | row means, all layers | row standard deviations, all layers | standard "
             "deviation, measured / predicted | mean, measured / predicted |",
             "| --- | --- | --- | --- | --- | --- |"]
    for dropout, *rate in (("none",), ("plain", 0.2), ("alpha", 0.05), ("alpha", 0.2),
                           ("notebook", 0.05), ("notebook", 0.2)):
        flags = ("--dropout", dropout, *(("--rate", *rate) if rate else ()))
        runs = [json.loads(run(program, "propagate", *flags, "--seed", seed, "--json"))["layers"]
                for seed in range(1, seeds + 1)]
        every = [layer for layers in runs for layer in layers]
        late = [layer for layers in runs for layer in layers[50:]]

        def average(name):
            return f"{round(statistics.mean(layer[name] for layer in late), 3) + 0.0:.3f}"

        def extremes(name):
            return (f"{min(layer[name + '_min'] for layer in every):.2f} to "
                    f"{max(layer[name + '_max'] for layer in every):.2f}")

        lines.append(f"| {dropout} | {rate[0] if rate else 0} | {extremes('mean')} | "
                     f"{extremes('std')} | "
                     f"{average('std')} / {average('predicted_std')} | "
                     f"{average('mean')} / {average('predicted_mean')} |")
    return "\n".join(lines) + (f"\n\nThe last two columns are averages over layers 51 to 100 and {seeds} "
                              f"seed{'s' if seeds > 1 else ''}.")


def write(name, table):
    replace_table(DOCUMENT, name, table, "experiments/theory/run.py")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    write("errors", errors_table(arguments.program))
    write("proofs", proofs_table(arguments.program))
    write("propagation", propagation_table(arguments.program, arguments.seeds))
    run(arguments.program, "theory", "plot", "--output", ROOT / "docs/pictures")


if __name__ == "__main__":
    main()
