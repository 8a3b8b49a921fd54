#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what alpha dropout should compute at inference, and writes the tables of README.md.

usage: experiments/dropout/run.py [--program build/release/bin/selfnorm] [--only STAGE ...]

Stages: tables (real tables, five seeds), slopes (rates and depths), amplification (predicted by the
doctor and measured). Each finished run is stored in results.jsonl. An interrupted run resumes. The
tables and slopes need ../shared/data.
"""

import argparse
import csv
import gzip
import io
import json
import math
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from results import read_results, replace_table  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared" / "data"
RESULTS = HERE / "results.jsonl"
README = HERE / "README.md"
MODES = ("identity", "expectation")
REGRESSION = (*MODES, "refitted")
SEEDS = 5

# Name: file, separator, target, columns to leave out. Words become columns of zeros and ones.
REGRESSIONS = {
    "mpg": ("raw-tables/sns_mpg.csv.gz", ",", "mpg", ["name"]),
    "computers": ("raw-tables/R_Computers.csv.gz", ",", "price", [""]),
    "boston": ("raw-tables/R_Boston.csv.gz", ",", "medv", [""]),
    "housing": ("california-housing/housing.csv.gz", ",", "median_house_value", []),
    "cpu_act": ("pmlb-regression/573_cpu_act.tsv.gz", "\t", "target", []),
    "puma8NH": ("pmlb-regression/225_puma8NH.tsv.gz", "\t", "target", []),
    "pol": ("pmlb-regression/201_pol.tsv.gz", "\t", "target", []),
    "fried": ("pmlb-regression/564_fried.tsv.gz", "\t", "target", []),
}
CLASSIFICATIONS = {
    "titanic": ("raw-tables/sns_titanic.csv.gz", ",", "survived", ["alive", "deck"]),
    **{name: (f"uci121/{name}/{name}_R.dat.gz", "\t", "clase", [""])
       for name in ("yeast", "statlog-german-credit", "spambase", "waveform", "car",
                    "page-blocks", "wall-following")},
}
DEEP = {"dropout_rate": 0.05, "layers": 8, "units": 128}
# Draws of weights and masks for the measured amplification. With much more noise than signal at
# the output, more are needed.
DRAWS, MORE_DRAWS = 100, {"global_pooling": 800, "dense_8_rate_0_15": 800}
RATES, DEPTHS = (0.05, 0.1, 0.15, 0.2, 0.25), (2, 4, 8, 16)


# ---- data --------------------------------------------------------------------------------------

def read_table(file, separator, target, left_out):
    """Returns names of columns and complete rows of numbers, with the target last."""
    text = gzip.decompress((SHARED / file).read_bytes()).decode()
    rows = list(csv.DictReader(io.StringIO(text), delimiter=separator))
    names = [name for name in rows[0] if name not in left_out and name != target]
    rows = [row for row in rows if all(row[name] not in ("", "NA") for name in names + [target])]
    columns = {}
    for name in names:
        values = [row[name] for row in rows]
        if all(is_number(value) for value in values):
            columns[name] = [float(value) for value in values]
        else:
            for word in sorted(set(values)):
                columns[f"{name}={word}"] = [float(value == word) for value in values]
    targets = [row[target] for row in rows]
    return list(columns), [list(row) for row in zip(*columns.values(), targets)]


def is_number(text):
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def write_split(folder, name, source, seed):
    """Writes three quarters of the rows to train.csv and the others to test.csv."""
    names, rows = read_table(*source)
    random.Random(seed).shuffle(rows)
    cut = len(rows) * 3 // 4
    for part, chosen in (("train", rows[:cut]), ("test", rows[cut:])):
        with (folder / f"{part}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([names + ["target"], *chosen])


def targets_of(path):
    with path.open(newline="") as file:
        return [float(row["target"]) for row in csv.DictReader(file)]


# ---- the program -------------------------------------------------------------------------------

class Program:
    def __init__(self, path):
        self.path = path

    def run(self, *arguments):
        command = [self.path, *map(str, arguments)]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)}\n{finished.stderr}")
        return finished.stdout

    def train(self, folder, task, seed, more):
        """Returns the line by which the output of a regression was refitted, or None."""
        said = self.run("train", *more, "--data", folder / "train.csv", "--target", "target",
                        "--task", task, "--validation-split", 0, "--watch", "false",
                        "--report", "false", "--seed", seed, "--out", folder / "run", "--json")
        return json.loads(said).get("output_lines", [None])[0]

    def score(self, folder, mode):
        found = json.loads(self.run("evaluate", folder / "run", "--data", folder / "test.csv",
                                    "--target", "target", "--inference", mode, "--json"))
        return {key: value for key, value in found.items() if isinstance(value, float)}

    def regression_scores(self, folder, line):
        """Returns the scores without and with the refitted output, by name."""
        as_predicted = {"slope": 1, "offset": 0}  # --inference identity undoes the line itself
        scores = {"identity": self.slope(folder, "identity", as_predicted),
                  "expectation": self.slope(folder, "expectation", line),
                  "refitted": self.slope(folder, "expectation", as_predicted)}
        return scores

    def slope(self, folder, mode, line):
        """Returns the slope of the truth on the prediction, and R², without this line."""
        text = self.run("predict", folder / "run", "--data", folder / "test.csv", "--inference", mode)
        rows = list(csv.reader(text.splitlines()))[1:]
        x = [(float(row[1]) - line["offset"]) / line["slope"] for row in rows]
        y = targets_of(folder / "test.csv")
        x_mean, y_mean = statistics.fmean(x), statistics.fmean(y)
        covariance = sum((a - x_mean) * (b - y_mean) for a, b in zip(x, y))
        residual = sum((b - a) ** 2 for a, b in zip(x, y))
        return {"slope": covariance / sum((a - x_mean) ** 2 for a in x),
                "r2": 1 - residual / sum((b - y_mean) ** 2 for b in y)}


def network_file(folder, layers, rate, features, units, epochs=10, batch=32):
    hidden = (f'  {{ op = "dense", units = {units} }}, {{ op = "selu" }}, '
              f'{{ op = "alpha_dropout", rate = {rate} }},\n')
    path = folder / "net.toml"
    path.write_text(f'[model]\ninputs = {{ x = [{features}] }}\nlayers = [\n{hidden * layers}'
                    '  { op = "dense", units = 1 },\n]\n[train]\nloss = "mean_squared_error"\n'
                    'optimizer = { name = "adam", learning_rate = 0.001 }\n'
                    f'schedule = {{ name = "cosine" }}\nbatch_size = {batch}\nepochs = {epochs}\n')
    return path


def standardize_targets(folder):
    """Networks of the slopes have no output scale, so their targets get mean 0 and deviation 1."""
    train = targets_of(folder / "train.csv")
    mean, deviation = statistics.fmean(train), statistics.pstdev(train)
    for part in ("train", "test"):
        path = folder / f"{part}.csv"
        with path.open(newline="") as file:
            rows = list(csv.reader(file))
        for row in rows[1:]:
            row[-1] = (float(row[-1]) - mean) / deviation
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows)


# ---- stages ------------------------------------------------------------------------------------

class Experiment:
    def __init__(self, program):
        self.program = Program(program)
        self.results = read_results(RESULTS)

    def missing(self, **key):
        return not any(all(row.get(k) == v for k, v in key.items()) for row in self.results)

    def keep(self, row):
        self.results.append(row)
        with RESULTS.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)

    def tables(self):
        jobs = [("regression", name, source, network)
                for name, source in REGRESSIONS.items() for network in ("default", "8×128")]
        jobs += [("classification", name, source, "default")
                 for name, source in CLASSIFICATIONS.items()]
        for task, name, source, network in jobs:
            for seed in range(1, SEEDS + 1):
                key = {"stage": "tables", "data": name, "network": network, "seed": seed}
                if not self.missing(**key):
                    continue
                with tempfile.TemporaryDirectory() as temporary:
                    folder = pathlib.Path(temporary)
                    write_split(folder, name, source, seed)
                    more = [] if network == "default" else self.deep(folder)
                    line = self.program.train(folder, task, seed, more)
                    scores = (self.program.regression_scores(folder, line) if task == "regression"
                              else {mode: self.program.score(folder, mode) for mode in MODES})
                    self.keep({**key, "task": task, **scores})

    def deep(self, folder):
        standardize_targets(folder)
        with (folder / "train.csv").open(newline="") as file:
            features = len(next(csv.reader(file))) - 1
        return [network_file(folder, DEEP["layers"], DEEP["dropout_rate"], features, DEEP["units"])]

    def slopes(self):
        for seed in range(1, 4):
            for depth in DEPTHS:
                for rate in RATES:
                    key = {"stage": "slopes", "depth": depth, "rate": rate, "seed": seed}
                    if not self.missing(**key):
                        continue
                    with tempfile.TemporaryDirectory() as temporary:
                        folder = pathlib.Path(temporary)
                        write_split(folder, "fried", REGRESSIONS["fried"], seed)
                        standardize_targets(folder)
                        network = network_file(folder, depth, rate, 10, 128, batch=128)
                        line = self.program.train(folder, "regression", seed, [network])
                        self.keep({**key, **self.program.regression_scores(folder, line)})

    def amplification(self):
        for path in sorted((HERE / "networks").glob("*.toml")):
            for mode in MODES:
                key = {"stage": "amplification", "network": path.stem, "mode": mode}
                if not self.missing(**key):
                    continue
                with tempfile.TemporaryDirectory() as temporary:
                    changed = pathlib.Path(temporary) / path.name
                    changed.write_text(path.read_text().replace('"identity"', f'"{mode}"'))
                    draws = MORE_DRAWS.get(path.stem, DRAWS)
                    said = json.loads(self.program.run("doctor", changed, "--measure", "--draws", draws,
                                                       "--json", "--fail-on", "never"))
                last = said["layers"][-1]
                self.keep({**key, "draws": draws, "predicted": last["inference"],
                           "measured": last["measured"]["inference"]})


# ---- README ------------------------------------------------------------------------------------

def spread(values):
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"


def tables_text(results):
    lines = ["| data | network | R²: identity | expectation | refitted | slope: identity | "
             "expectation | refitted |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    groups = {}
    for row in results:
        if row["stage"] == "tables":
            groups.setdefault((row["task"], row["data"], row["network"]), []).append(row)
    for (task, data, network), rows in groups.items():
        if task != "regression":
            continue
        cells = [spread([row[mode]["r2"] for row in rows]) for mode in REGRESSION]
        cells += [f"{statistics.mean(row[mode]['slope'] for row in rows):.2f}" for mode in REGRESSION]
        lines.append(f"| {data} | {network} | " + " | ".join(cells) + " |")
    lines += ["", "| data | log loss: identity | expectation | accuracy: identity | expectation |",
              "| --- | --- | --- | --- | --- |"]
    for (task, data, _), rows in groups.items():
        if task == "classification":
            cells = [spread([row[mode][key] for row in rows])
                     for key in ("loss", "accuracy") for mode in MODES]
            lines.append(f"| {data} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def slopes_text(results):
    lines = ["| layers | " + " | ".join(f"rate {rate}" for rate in RATES) + " |",
             "| --- |" + " --- |" * len(RATES)]
    for depth in DEPTHS:
        cells = []
        for rate in RATES:
            rows = [r for r in results
                    if r["stage"] == "slopes" and r["depth"] == depth and r["rate"] == rate]
            mean = lambda mode, key: statistics.mean(r[mode][key] for r in rows)  # noqa: E731
            cells.append("; ".join(f"{mean(mode, 'slope'):.2f} ({mean(mode, 'r2'):.3f})"
                                   for mode in REGRESSION) if rows else "")
        lines.append(f"| {depth} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def amplification_text(results):
    lines = ["| network | inference | draws | predicted | measured | ratio | distance, predicted | "
             "measured |", "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    rows = [row for row in results if row["stage"] == "amplification"]
    for row in sorted(rows, key=lambda row: row["network"]):
        want, got = row["predicted"], row["measured"]
        ratio = want["amplification"] / got["amplification"]
        lines.append(f"| {row['network']} | {row['mode']} | {row['draws']} | "
                     f"{want['amplification']:.3f} | "
                     f"{got['amplification']:.3f} ± {got['amplification_error']:.3f} | {ratio:.3f} | "
                     f"{want['distance']:.2f} | "
                     f"{got['distance']:.2f} |")
    return "\n".join(lines)


# Colors of docs/pictures.
COLORS = ("#2a6fb0", "#d9822b", "#3a9a5b", "#8c564b")


def draw_slopes(results):
    """Draws the slopes by rate, with the line (a·q)^d, as docs/pictures/dropout_inference.svg."""
    rows = [r for r in results if r["stage"] == "slopes"]
    if not rows:
        return
    blocks, plots = [], []
    for depth, color in zip(DEPTHS, COLORS):
        for mode in MODES:
            points = [(rate, statistics.mean(r[mode]["slope"] for r in rows
                                             if r["depth"] == depth and r["rate"] == rate))
                      for rate in RATES]
            name = f"$d{depth}{mode}"
            blocks.append(f"{name} << EOD\n" + "\n".join(f"{x} {y}" for x, y in points) + "\nEOD")
            shape = 7 if mode == "identity" else 6
            title = f"{depth} layers" if mode == "identity" else ""
            plots.append(f'{name} with points pt {shape} ps 0.7 lc rgb "{color}" title "{title}"')
        plots.append(f'slope(x)**{depth} lc rgb "{color}" title ""')
    script = "\n".join([
        *blocks, 'set terminal svg size 640,380 font "sans,13"',
        'set output "dropout_inference.svg"', 'set xlabel "rate of alpha dropout"',
        'set ylabel "slope of the truth on the prediction"', "set yrange [0:1.4]",
        "set xrange [0:0.27]", "set key outside right", "set grid lc rgb '#dddddd'",
        "q(x) = 1 - x", "slope(x) = q(x) / sqrt(q(x) + 3.0909 * q(x) * x)",
        "plot " + ", ".join(plots)])
    pictures = ROOT / "docs/pictures"
    try:
        subprocess.run(["gnuplot"], input=script, text=True, cwd=pictures, check=True)
    except FileNotFoundError:
        print("dropout_inference.svg was not drawn: gnuplot is not installed")


STAGES = {"tables": tables_text, "slopes": slopes_text, "amplification": amplification_text}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--only", nargs="*", choices=list(STAGES), default=list(STAGES))
    arguments = parser.parse_args()
    experiment = Experiment(arguments.program)
    for stage in arguments.only:
        if stage != "amplification" and not SHARED.exists():
            print(f"skipped: {stage} needs the data sets in {SHARED}")
            continue
        getattr(experiment, stage)()
    for stage, text in STAGES.items():
        replace_table(README, stage, text(experiment.results))
    draw_slopes(experiment.results)


if __name__ == "__main__":
    main()
