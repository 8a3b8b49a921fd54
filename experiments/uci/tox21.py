#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the AUC of networks of 2 to 32 layers on the Tox21 data challenge.

usage: experiments/uci/tox21.py [--program build/release/bin/selfnorm] [--methods snn batch_norm]
                                [--depths 2 3 4 8 16 32] [--seeds 1] [--budget 30m]

The task is to predict twelve kinds of toxicity of compounds, as in table 2 of the SNN paper. The
paper has about 40,000 features of each compound. Here they are 207 descriptors and 2,048 counts of
substructures (log(1 + count)), since the paper's are not available. The networks are those of
methods.py with 256 units in each layer. Learning rate and dropout are selected on the official
validation rows, by the mean AUC after each epoch, and the mean AUC of the official test rows is
computed with the weights of the best epoch. The results are appended to tox21.jsonl, and a repeated
call goes on where the last one stopped. The script needs numpy and ../shared/data/tox21.
"""

import argparse
import csv
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DATA = ROOT.parent / "shared" / "data" / "tox21"
RESULTS = HERE / "tox21.jsonl"
sys.path.insert(0, str(HERE.parent))
from results import read_results, replace_table  # noqa: E402

import methods  # noqa: E402
import run  # noqa: E402

TASKS = 12
UNITS, EPOCHS = 256, 20
RATES, DROPOUTS = (0.01, 0.1), (False, True)
# The range of the paper's mean AUC over 2 to 32 layers.
PAPER = {"snn": "0.83 to 0.845", "batch_norm": "0.80, falling to 0.74"}
PARTS = {"training": "train", "validation": "validation", "test": "test"}


def write_parts(folder):
    """Writes inputs and targets of each part as .npy files."""
    import numpy
    with gzip.open(DATA / "tox21_compoundData.csv.gz", "rt") as lines:
        compounds = list(csv.DictReader(lines))
    columns = list(compounds[0])[-TASKS:]
    targets = numpy.array([[float("nan") if row[name] in ("NA", "") else float(row[name]) for name in columns]
                           for row in compounds], dtype=numpy.float32)
    with gzip.open(DATA / "tox21_rdkit2d.csv.gz", "rt") as lines:
        dense = numpy.array([[float(cell) if cell else float("nan") for cell in row] for row in list(csv.reader(lines))[1:]])
    sparse = numpy.zeros((len(compounds), 2048))
    with gzip.open(DATA / "tox21_ecfp4_2048.svm.gz", "rt") as lines:
        for row, line in enumerate(lines):
            for cell in line.split():
                index, count = cell.split(":")
                sparse[row, int(index)] = float(count)
    part_of = numpy.array([row["set"] for row in compounds])
    is_train = part_of == "training"
    # Descriptors have outliers of any size: the range of the middle 99 % of the training rows.
    low, high = numpy.nanquantile(dense[is_train], [0.005, 0.995], axis=0)
    dense = numpy.clip(dense, low, high)
    middle = numpy.nanmean(dense[is_train], axis=0)
    dense = numpy.where(numpy.isnan(dense), middle, dense)
    inputs = numpy.concatenate([dense, numpy.log1p(sparse)], axis=1).astype(numpy.float32)
    inputs = inputs[:, inputs[is_train].std(axis=0) > 0]
    for part, name in PARTS.items():
        (folder / name).mkdir()
        numpy.save(folder / name / "inputs.npy", inputs[part_of == part])
        numpy.save(folder / name / "targets.npy", targets[part_of == part])


def network_text(method, depth, rate, dropout, seed):
    configuration = {"units": UNITS, "depth": depth, "dropout": dropout, "shape": "rectangular"}
    layers = methods.layers_of(method, configuration, TASKS)
    data = {"source": "train/inputs.npy", "target": "targets.npy", "validation": "validation/inputs.npy",
            "test": "test/inputs.npy"}
    lines = ["[data]", *(f"{key} = {json.dumps(value)}" for key, value in data.items()), "validation_split = 0.0",
             "", "[model]", "layers = [", *(f"  {run.toml_value(layer)}," for layer in layers), "]",
             "", "[train]", 'loss = "sigmoid_cross_entropy"', 'metrics = ["auc"]', f"epochs = {EPOCHS}",
             f"batch_size = {run.BATCH}", f"seed = {seed}", "watch = false", 'schedule = "constant"',
             f'optimizer = {{ name = "sgd", learning_rate = {rate} }}', 'early_stopping.monitor = "auc"',
             "early_stopping.restore_best = true"]
    return "\n".join(lines) + "\n"


def measure(program, folder, method, depth, seed):
    """Returns the mean AUC of the best of four networks by validation."""
    start, best = time.perf_counter(), None
    for rate in RATES:
        for dropout in DROPOUTS:
            try:
                said = run.train(program, folder, network_text(method, depth, rate, dropout, seed))
            except run.Diverged:
                continue
            if best is None or said["validation"]["auc"] > best["validation"]:
                best = {"rate": rate, "dropout": dropout, "validation": said["validation"]["auc"],
                        "auc": said["test"]["auc"]}
    return {"method": method, "depth": depth, "seed": seed, **(best or {"auc": 0.5}),
            "seconds": round(time.perf_counter() - start, 1)}


def table_text(results):
    depths = sorted({r["depth"] for r in results})
    lines = ["| mean AUC | " + " | ".join(f"{depth} layers" for depth in depths) + " | in the paper |",
             "| --- |" + " --- |" * (len(depths) + 1)]
    for method in methods.METHODS:
        own = {depth: [r["auc"] for r in results if r["method"] == method and r["depth"] == depth] for depth in depths}
        if any(own.values()):
            cells = [f"{statistics.mean(own[depth]):.3f}" if own[depth] else "" for depth in depths]
            lines.append(f"| {method} | " + " | ".join(cells) + f" | {PAPER.get(method, '')} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/selfnorm")
    parser.add_argument("--methods", nargs="*", default=["snn", "batch_norm"])
    parser.add_argument("--depths", nargs="*", type=int, default=[2, 3, 4, 8, 16, 32])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--budget", default="100h")
    arguments = parser.parse_args()
    if not DATA.exists():
        raise SystemExit(f"{DATA}: not found (this experiment needs the shared data sets)")
    end = time.monotonic() + run.seconds_of(arguments.budget)
    done = {(r["method"], r["depth"], r["seed"]) for r in read_results(RESULTS)}
    with tempfile.TemporaryDirectory() as name, RESULTS.open("a") as out:
        folder = pathlib.Path(name)
        write_parts(folder)
        for seed in range(1, arguments.seeds + 1):
            for depth in arguments.depths:
                for method in arguments.methods:
                    if (method, depth, seed) in done or time.monotonic() > end:
                        continue
                    result = measure(os.path.abspath(arguments.program), folder, method, depth, seed)
                    out.write(json.dumps(result) + "\n")
                    out.flush()
    replace_table(HERE / "README.md", "tox21", table_text(read_results(RESULTS)), maker="tox21.py")


if __name__ == "__main__":
    main()
