#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what temperature scaling does to the probabilities of the default network.

usage: experiments/tables/temperature.py [--program build/release/bin/selfnorm] [--seeds 1] [--max-rows 9000]

It needs the Python environment of peers.py. A quarter of the rows of each table of sets.py with
classes is held out. The default network is trained with and without temperature scaling, and the
cross entropy and the expected calibration error (10 bins) of the held-out rows are computed here,
from the printed probabilities. The results are appended to temperature.jsonl, and a repeated call
goes on where the last one stopped. The table of README.md is written from this file.
"""

import argparse
import csv
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from results import read_results, replace_table  # noqa: E402

import peers  # noqa: E402

RESULTS = HERE / "temperature.jsonl"
SMALLEST = 1e-12  # a printed probability of 0 counts as this


def run(program, folder, *arguments):
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True, cwd=folder).stdout


def calibration_error(rows):
    """Returns the mean difference between confidence and accuracy. `rows` are pairs of them."""
    error = 0
    for i in range(10):
        own = [(p, right) for p, right in rows if i / 10 < p <= (i + 1) / 10]
        if own:
            difference = statistics.mean(p for p, _ in own) - statistics.mean(right for _, right in own)
            error += len(own) / len(rows) * abs(difference)
    return error


def probabilities_of(program, folder, target):
    """Returns the cross entropy, the calibration error and the accuracy for test.csv."""
    predicted = list(csv.DictReader(run(program, folder, "predict", "run", "--data", "test.csv").splitlines()))
    with open(os.path.join(folder, "test.csv"), newline="") as file:
        truth = peers.words_of([row[target] for row in csv.DictReader(file)])
    names = [name[2:-1] for name in predicted[0] if name.startswith("p(")]
    spelled = dict(zip(peers.words_of(names), names, strict=True))
    losses, confidences = [], []
    for row, word in zip(predicted, truth, strict=True):
        if word not in spelled:
            continue  # a class that no training row has
        losses.append(-math.log(max(float(row[f"p({spelled[word]})"]), SMALLEST)))
        confidences.append((float(row[f"p({row['prediction']})"]), row["prediction"] == spelled[word]))
    return {"cross_entropy": statistics.mean(losses), "calibration_error": calibration_error(confidences),
            "accuracy": statistics.mean(right for _, right in confidences)}


def measure(program, table, seed):
    train, test = peers.split_of(table, seed)
    result = {"table": table.name, "rows": len(table.frame), "seed": seed}
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in (("train.csv", train), ("test.csv", test)):
            table.frame.iloc[rows].to_csv(os.path.join(folder, name), index=False)
        for scaling in ("false", "true"):
            said = run(program, folder, "train", "train.csv", "--target", table.target, "--task", "classification",
                       "--temperature-scaling", scaling, "--report", "false", "--out", "run", "--json")
            result[scaling] = probabilities_of(program, folder, table.target)
        result["temperature"] = json.loads(said).get("temperature")
    return result


def table_text(results):
    results = [r for r in results if r["temperature"] is not None]
    tables = len({r["table"] for r in results})
    lines = [f"| mean over {tables} tables, test rows | without | with temperature scaling | better on |",
             "| --- | --- | --- | --- |"]
    for key, name in (("cross_entropy", "cross entropy"), ("calibration_error", "expected calibration error"),
                      ("accuracy", "accuracy")):
        pairs = [(r["false"][key], r["true"][key]) for r in results]
        better = sum(after < before for before, after in pairs) / len(pairs)
        share = "" if key == "accuracy" else f"{100 * better:.0f} % of the trainings"
        lines.append(f"| {name} | {statistics.mean(p[0] for p in pairs):.4f} | {statistics.mean(p[1] for p in pairs):.4f} "
                     f"| {share} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/selfnorm")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--max-rows", type=int, default=9000)
    arguments = parser.parse_args()
    import sets
    program = str(pathlib.Path(arguments.program).resolve())
    done = {(r["table"], r["seed"]) for r in read_results(RESULTS)}
    with RESULTS.open("a") as out:
        for table in sets.all_tables():
            if table.task != "classes" or len(table.frame) > arguments.max_rows:
                continue
            for seed in range(arguments.seeds):
                if (table.name, seed) not in done:
                    out.write(json.dumps(measure(program, table, seed)) + "\n")
                    out.flush()
    replace_table(HERE / "README.md", "temperature", table_text(read_results(RESULTS)), maker="temperature.py")


if __name__ == "__main__":
    main()
