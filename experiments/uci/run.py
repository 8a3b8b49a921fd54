#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares seven kinds of feed-forward networks on data sets of the UCI collection.

usage: experiments/uci/run.py [--program build/release/bin/selfnorm] [--subset 40] [--budget 30m] [--jobs 2]
                              [--sets NAME ...] [--table-only]

The protocol is that of the SNN paper, in short. For each data set and method, several configurations
of the grid in methods.py are trained on one half of the official tuning partition. The accuracy on
the other half selects the configuration. Of equal ones, the first is taken. With it, a network is
trained on each of the four official training parts, and the accuracy is the mean over their test
parts. A set with a test file of its own is trained four times on the whole training file, with other
seeds. A training that diverges predicts the most frequent class.

--subset N takes the ten largest sets and others of all sizes. --budget stops the program after this
time. The results are appended to results.jsonl, and a repeated call goes on where the last one
stopped. The tables of README.md are written from this file, which needs scipy. The script needs
../shared/data/uci121.
"""

import argparse
import concurrent.futures
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from results import read_results  # noqa: E402

import methods  # noqa: E402
import ranks  # noqa: E402
import sets  # noqa: E402

RESULTS = HERE / "results.jsonl"
CONFIGURATIONS = 8
DIVISOR = 8  # the layers have an eighth of the paper's units
BATCH = 128
STEPS, FEWEST_EPOCHS, WARMUP = 1500, 10, 0.1


class Diverged(Exception):
    """The loss became NaN or infinite."""


def toml_value(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value)


def network_text(layers, data, rate, epochs, seed):
    """Returns a network file. It trains by gradient descent with a warm-up, and a rate that falls to 0."""
    lines = ["[data]", *(f"{key} = {toml_value(value)}" for key, value in data.items()),
             'target = "class"', 'task = "classification"', 'scaling = "standard"', "validation_split = 0.0",
             "", "[model]", "layers = [", *(f"  {toml_value(layer)}," for layer in layers), "]",
             "", "[train]", f"epochs = {epochs}", f"batch_size = {BATCH}", f"seed = {seed}", "watch = false",
             f'schedule = {{ name = "cosine", warmup = {WARMUP * epochs} }}', f'optimizer = {{ name = "sgd", learning_rate = {rate} }}']
    return "\n".join(lines) + "\n"


def train(program, folder, text):
    """Trains the network and returns the result of `train --json`."""
    (folder / "net.toml").write_text(text)
    finished = subprocess.run(
        [program, "train", "net.toml", "--out", "run", "--report", "false", "--json"], cwd=folder,
        capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
    if "became NaN or infinite" in finished.stderr or "not finite" in finished.stderr:
        raise Diverged
    if finished.returncode != 0:
        raise SystemExit(f"{folder}: {finished.stderr.strip()}\n{text}")
    return json.loads(finished.stdout)


def epochs_for(rows):
    return max(FEWEST_EPOCHS, math.ceil(STEPS / math.ceil(rows / BATCH)))


def score(program, part, layers, configuration, kind, seed):
    """Returns the accuracy of the scored rows of a part. `kind` is "validation" or "test"."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        counted = part.write(folder, "train.csv", "scored.csv")
        text = network_text(layers, {"source": "train.csv", kind: "scored.csv"}, configuration["rate"],
                            epochs_for(len(part.train)), seed)
        return train(program, folder, text)[kind]["accuracy"] * counted


def tune(program, data, method, configuration):
    """Returns the validation accuracy, or None if the training diverges."""
    layers = methods.layers_of(method, configuration, data.classes)
    try:
        return score(program, data.tuning, layers, configuration, "validation", seed=1)
    except Diverged:
        return None


def test(program, data, method, configuration):
    """Returns the accuracies of the test parts."""
    layers = methods.layers_of(method, configuration, data.classes)
    accuracies = []
    for seed, part in enumerate(data.tests, start=1):
        try:
            accuracies.append(score(program, part, layers, configuration, "test", seed))
        except Diverged:
            accuracies.append(part.majority_accuracy())
    return accuracies


def measure(program, name, method):
    start = time.perf_counter()
    data = sets.read_set(name)
    drawn = methods.draw_configurations(name, CONFIGURATIONS, DIVISOR)
    tuned = [tune(program, data, method, configuration) for configuration in drawn]
    result = {"set": name, "method": method, "rows": data.rows, "tuned": tuned}
    usable = [i for i, accuracy in enumerate(tuned) if accuracy is not None]
    if usable:
        best = max(usable, key=tuned.__getitem__)
        result |= {"configuration": drawn[best], "tests": test(program, data, method, drawn[best])}
    else:
        result |= {"configuration": None, "tests": [part.majority_accuracy() for part in data.tests]}
    result |= {"accuracy": statistics.mean(result["tests"]), "seconds": round(time.perf_counter() - start, 1)}
    return result


def seconds_of(text):
    """Returns the seconds of a duration such as 90s, 30m or 2h."""
    return float(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


def run_tasks(arguments, tasks):
    """Measures the tasks in order, several at a time, until the budget is used up or one fails."""
    end, lock = time.monotonic() + seconds_of(arguments.budget), threading.Lock()
    program = os.path.abspath(arguments.program)

    def work(task):
        if time.monotonic() > end:
            return
        result = measure(program, *task)
        with lock, RESULTS.open("a") as out:
            out.write(json.dumps(result) + "\n")
        print(f"{result['set']} {result['method']}: {result['accuracy']:.4f} in {result['seconds']} s", flush=True)

    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        try:
            for future in concurrent.futures.as_completed([pool.submit(work, task) for task in tasks]):
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/selfnorm")
    parser.add_argument("--subset", type=int, default=40)
    parser.add_argument("--sets", nargs="*")
    parser.add_argument("--budget", default="100h")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--table-only", action="store_true")
    arguments = parser.parse_args()
    if not sets.DATA.exists():
        raise SystemExit(f"{sets.DATA}: not found (this experiment needs the shared data sets)")
    if not arguments.table_only:
        names = arguments.sets or sets.subset(arguments.subset)
        done = {(r["set"], r["method"]) for r in read_results(RESULTS)}
        tasks = [(name, method) for name in names for method in methods.METHODS]
        run_tasks(arguments, [task for task in tasks if task not in done])
    ranks.write_tables(HERE / "README.md", read_results(RESULTS))


if __name__ == "__main__":
    main()
