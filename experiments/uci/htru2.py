#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the AUC of the default network on HTRU2 in a ten-fold cross-validation.

usage: experiments/uci/htru2.py [--program build/release/bin/selfnorm] [--seeds 3]

The task is to tell pulsars from other radio sources (17,898 rows, 8 numbers), as in table 3 of the
SNN paper. The AUC is computed here, from the predictions that `predict` makes for held-out rows. The
results are appended to htru2.jsonl, and a repeated call goes on where the last one stopped. The
script needs ../shared/data/htru2.
"""

import argparse
import csv
import gzip
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DATA = ROOT.parent / "shared" / "data" / "htru2" / "HTRU_2.csv.gz"
RESULTS = HERE / "htru2.jsonl"
sys.path.insert(0, str(HERE.parent))
from results import read_results, replace_table  # noqa: E402


def area_under_curve(scores, labels):
    """Returns the probability that a positive row has a higher score than a negative one."""
    order = sorted(range(len(scores)), key=scores.__getitem__)
    rank_sum, i = 0.0, 0
    while i < len(order):
        j = i
        while j < len(order) and scores[order[j]] == scores[order[i]]:
            j += 1
        rank_sum += sum((i + j + 1) / 2 for k in order[i:j] if labels[k])
        i = j
    positive = sum(labels)
    return (rank_sum - positive * (positive + 1) / 2) / (positive * (len(labels) - positive))


def measure(program, seed):
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "htru2.csv"
        table.write_bytes(gzip.decompress(DATA.read_bytes()))
        run = str(pathlib.Path(folder) / "run")
        subprocess.run([program, "train", str(table), "--target", "8", "--folds", "10", "--seed", str(seed),
                        "--report", "false", "--out", run], check=True, capture_output=True)
        said = subprocess.run([program, "predict", run, "--split", "validation"], check=True,
                              capture_output=True, text=True).stdout
        labels = [line.rstrip().endswith(",1") for line in table.read_text().splitlines()]
    rows = list(csv.DictReader(said.splitlines(), strict=True))
    scores = [float(row["p(1)"]) for row in rows]
    return {"seed": seed, "rows": len(rows), "auc": area_under_curve(scores, [labels[int(r["row"])] for r in rows])}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/selfnorm")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    if not DATA.exists():
        raise SystemExit(f"{DATA}: not found (this experiment needs the shared data sets)")
    done = {r["seed"] for r in read_results(RESULTS)}
    with RESULTS.open("a") as out:
        for seed in range(1, arguments.seeds + 1):
            if seed not in done:
                out.write(json.dumps(measure(arguments.program, seed)) + "\n")
                out.flush()
    results = read_results(RESULTS)
    scores = [r["auc"] for r in results]
    lines = ["| method | AUC |", "| --- | --- |", "| SNN of the paper, ten folds | 0.9803 |",
             f"| `selfnorm train --folds 10`, mean of {len(scores)} seeds | {statistics.mean(scores):.4f} |",
             f"| the lowest and the highest of the seeds | {min(scores):.4f}, {max(scores):.4f} |"]
    replace_table(HERE / "README.md", "htru2", "\n".join(lines), maker="htru2.py")


if __name__ == "__main__":
    main()
