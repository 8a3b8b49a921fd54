#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures label smoothing of the default network on images, with several seeds.

usage: experiments/mnist/default_network.py [--program build/release/bin/selfnorm] [--seeds 5]

The program trains without options, apart from --label-smoothing, on the digits and on parts of MNIST,
which it looks for as run.py does. It scores the rows of the test sets. The cross entropy is that of
the predicted probabilities without smoothing. The table of README.md is written at the end.
"""

import argparse
import csv
import json
import math
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from results import replace_table  # noqa: E402

DATA = (("digits", "digits", None), ("1,500 rows of MNIST", "mnist", 1500), ("6,000 rows of MNIST", "mnist", 6000),
        ("1,500 rows of Fashion-MNIST", "fashion_mnist", 1500))
SMOOTHINGS = (0, 0.01, 0.02, 0.05)
SHARED = HERE.parents[2] / "shared/data"
SMALLEST = 1e-30  # a printed probability of 0 counts as this


def train(program, folder, data, limit, smoothing, seed):
    """Returns the test accuracy, the cross entropy and the mean confidence."""
    command = [program, "train", "--data", data, "--seed", str(seed), "--label-smoothing", str(smoothing), "--out",
               "run", "--report", "false", "--watch", "false", "--json",
               *(["--limit", str(limit)] if limit else []), *(["--data-dir", str(SHARED)] if SHARED.exists() else [])]
    result = json.loads(subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout)
    said = subprocess.run([program, "predict", "run"], cwd=folder, capture_output=True, text=True, check=True).stdout
    rows = [[float(value) for name, value in row.items() if name.startswith("p(")]
            for row in csv.DictReader(said.splitlines())]
    # The loss is (1 − ε)·cross entropy + ε·mean of −log p over all classes.
    mean_log = statistics.mean(-math.log(max(p, SMALLEST)) for row in rows for p in row)
    cross_entropy = (result["test"]["loss"] - smoothing * mean_log) / (1 - smoothing)
    return result["test"]["accuracy"], cross_entropy, statistics.mean(map(max, rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/selfnorm")
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    program = str(pathlib.Path(arguments.program).resolve())
    lines = ["| data | label smoothing | test accuracy, mean and lowest | with the default seed | cross entropy | "
             "mean confidence |", "| --- | --- | --- | --- | --- | --- |"]
    with tempfile.TemporaryDirectory() as folder:
        for name, data, limit in DATA:
            for smoothing in SMOOTHINGS:
                accuracies, losses, confidences = zip(*(train(program, folder, data, limit, smoothing, seed)
                                                        for seed in range(1, arguments.seeds + 1)), strict=True)
                lines.append(f"| {name} | {smoothing} | {statistics.mean(accuracies):.4f}, {min(accuracies):.4f} | "
                             f"{accuracies[0]:.4f} | {statistics.mean(losses):.4f} | {statistics.mean(confidences):.4f} |")
                print(lines[-1], flush=True)
    replace_table(HERE / "README.md", "default network", "\n".join(lines), maker="default_network.py")


if __name__ == "__main__":
    main()
