#!/usr/bin/env python3
"""Measures what docs/theory.md states: errors against the reference tables, proofs, propagation.

usage: experiments/theory/run.py [--program build/release/bin/selfnorm] [--seeds 5]

Writes the tables of docs/theory.md between their markers and draws its pictures (needs gnuplot).
The reference tables (25 digits) are those of tests/golden.
"""

import argparse
import csv
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
from decimal import Decimal

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
    """Relative, but 0 where the difference is within `absolute` and the number near zero."""
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
            largest = max(error(g[column], w[column], "1e-13") for g, w in zip(got, want))
            lines.append((f"`{table}`, {column}", len(want), f"{largest:.1e}", bound))
    return lines


def constants_errors(program):
    want = rows(GOLDEN / "constants.csv")
    errors = {"alpha": 0.0, "lambda": 0.0}
    for row in want:
        got = json.loads(run(program, "theory", "constants", "--mean", row["fixed_point_mean"],
                             "--variance", row["fixed_point_variance"], "--json"))
        for name in errors:
            errors[name] = max(errors[name], error(repr(got[name]), row[name], "0"))
    return [(f"`constants.csv`, {name}", len(want), f"{value:.1e}", "1e-14")
            for name, value in errors.items()]


def dropout_errors(program):
    want = rows(GOLDEN / "alpha_dropout.csv")
    errors = {"a": 0.0, "b": 0.0}
    for row in want:
        got = json.loads(run(program, "theory", "dropout", "--rate", row["rate"], "--mean",
                             row["mean"], "--variance", row["variance"], "--json"))
        for name in errors:
            errors[name] = max(errors[name], error(repr(got[name]), row[name], "0"))
    return [(f"`alpha_dropout.csv`, {name}", len(want), f"{value:.1e}", "1e-15")
            for name, value in errors.items()]


def errors_table(program):
    lines = ["| table, column | rows | largest relative error | bound |", "| --- | --- | --- | --- |"]
    for name, count, largest, bound in (map_errors(program) + constants_errors(program)
                                        + dropout_errors(program)):
        lines.append(f"| {name} | {count} | {largest} | {bound} |")
    return "\n".join(lines)


def bounds(domain):
    return ", ".join(f"{symbol} [{domain[name][0]:.6g}, {domain[name][1]:.6g}]" for symbol, name in
                     (("μ", "mu"), ("ω", "omega"), ("ν", "nu"), ("τ", "tau")))


def proofs_table(program):
    lines = ["| claim | domain | verdict | boxes | nearest to failing |",
             "| --- | --- | --- | --- | --- |"]
    proved = json.loads(run(program, "theory", "certify", "--json"))["theorems"]
    for theorem in proved:
        for part in theorem["parts"]:
            least = f"; holds from ν = {part['smallest_nu']:.2g}" if "smallest_nu" in part else ""
            lines.append(f"| {theorem['id']}: {theorem['claim']} | {bounds(part['domain'])} | "
                         f"{part['status']}{least} | {part['boxes']} | {part['margin']:.2g} |")
    for flags in (("--theorem", 1, "--tau", "0.95,1.9"), ("--theorem", 1, "--nu", "0.3,1.5"),
                  ("--theorem", 2, "--nu", "1.2,16"), ("--theorem", 3, "--nu", "0.02,1.2")):
        theorem = json.loads(run(program, "theory", "certify", *flags, "--json",
                                 status=1))["theorems"][0]
        for part in theorem["parts"]:
            if part["status"] != "proved":
                lines.append(f"| {theorem['id']}, with {flags[2][2:]} to {flags[3].split(',')[1]} "
                             f"from {flags[3].split(',')[0]} | {bounds(part['domain'])} | "
                             f"{part['status']} | | |")
    seconds = ", ".join(f"theorem {t['id']}: {t['seconds'] * 1e3:.0f} ms" for t in proved)
    return "\n".join(lines) + f"\n\nTimes of the proofs: {seconds}."


def propagation_table(program, seeds):
    lines = ["| dropout | rate | row means, all layers | row deviations | mean deviation, layers 51 "
             "to 100 | predicted | mean | predicted |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for dropout, rate in (("none", 0), ("plain", 0.2), ("alpha", 0.05), ("alpha", 0.2),
                          ("notebook", 0.05)):
        runs = [json.loads(run(program, "propagate", "--dropout", dropout, "--rate", rate,
                               "--seed", seed, "--json"))["layers"]
                for seed in range(1, seeds + 1)]
        every = [layer for layers in runs for layer in layers]
        late = [layer for layers in runs for layer in layers[50:]]
        average = lambda name: statistics.mean(layer[name] for layer in late)
        lines.append(
            f"| {dropout} | {rate} | {min(l['mean_min'] for l in every):.2f} to "
            f"{max(l['mean_max'] for l in every):.2f} | {min(l['std_min'] for l in every):.2f} to "
            f"{max(l['std_max'] for l in every):.2f} | {average('std'):.3f} | "
            f"{average('predicted_std'):.3f} | {average('mean'):.3f} | "
            f"{average('predicted_mean'):.3f} |")
    return "\n".join(lines)


def write(name, table):
    text = DOCUMENT.read_text(encoding="utf-8")
    start, end = f"<!-- {name}: made by experiments/theory/run.py -->", f"<!-- end of {name} -->"
    changed = re.sub(re.escape(start) + ".*?" + re.escape(end),
                     lambda _: f"{start}\n{table}\n{end}", text, flags=re.DOTALL)
    if start not in text:
        sys.exit(f"{DOCUMENT}: has no marker {start}")
    DOCUMENT.write_text(changed, encoding="utf-8")


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
