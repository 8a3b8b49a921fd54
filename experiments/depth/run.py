#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains and measures dense networks of 1,000 layers and width 128 on the bundled digits.

Measures the signals at the last layer and the gradients at the first, and which networks train.

usage: experiments/depth/run.py [--program build/release/bin/selfnorm] [--draws 20] [--only signals|training]

Every finished run is stored in results.jsonl, so an interrupted experiment resumes. The tables of
README.md are written from this file. Two runs are executed in parallel, with one thread each.
"""

import argparse
import concurrent.futures
import functools
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from results import replace_table, read_results  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS, README = HERE / "results.jsonl", HERE / "README.md"
LAYERS, WIDTH, ROWS = 1000, 128, 256
BURN_IN_LAYERS = 50  # layers after which the input has no effect; 0.966^50 is the slowest contraction
# The scale s of each activation, or None if it is not a SELU. "depth" is the s that shape = "depth"
# finds for orthogonal weights, for which the gradient grows by e over all layers. "width" is the s
# that it finds for Gaussian weights of this width, which add more noise.
ACTIVATIONS = {"SELU, published": 1, "SELU, s = 0.1": 0.1, "SELU, shape = depth": "depth",
               "SELU, shape = depth, normal": "width", "ReLU": None}
NETWORKS = [(name, init) for init in ("normal", "orthogonal") for name in ACTIVATIONS
            if init == "normal" or ACTIVATIONS[name] != "width"]
LEARNING_RATES = (1e-7, 3e-7, 1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3)
EPOCHS, BATCH = 10, 64
SEARCH_SEED, MORE_SEEDS = 1, (2, 3)  # the best rate of the first seed is trained with the others
LOCK = threading.Lock()


def run(program, *arguments):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    finished = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                              check=False, env=environment)
    return finished


def run_json(program, *arguments):
    finished = run(program, *arguments)
    if finished.returncode != 0:
        sys.exit(f"{' '.join(finished.args)}\n{finished.stderr}")
    return json.loads(finished.stdout)


@functools.cache
def shape(program, scale, init):
    if scale in ("depth", "width"):
        weights = "orthogonal" if scale == "depth" else "normal"
        scale = run_json(program, "theory", "shape", "--depth", LAYERS, "--width", WIDTH, "--init",
                         weights, "--json")["scale"]
    # A gradient passes through one layer fewer.
    return run_json(program, "theory", "shape", "--depth", LAYERS - 1, "--width", WIDTH, "--scale",
                    scale, "--init", init, "--json")


# ---- signals ---------------------------------------------------------------------------------

def propagated(program, name, init, draw, rows):
    flags, gain = ("--activation", "relu"), math.sqrt(2)  # He
    if ACTIVATIONS[name] is not None:
        made = shape(program, ACTIVATIONS[name], init)
        flags, gain = ("--alpha", made["alpha"], "--lambda", made["lambda"], "--scale",
                       made["scale"]), 1
    return run_json(program, "propagate", "--data", "digits", "--layers", LAYERS, "--width", WIDTH,
                    "--batch", rows, "--init", init, "--gain", gain, "--seed", draw,
                    "--gradients", "--json", *flags)["layers"]


def log_ratio(layers):
    ratio = layers[0]["gradient_second_moment"] / layers[-1]["gradient_second_moment"]
    return math.log(ratio) if ratio > 0 else None


def signals(program, name, init, draw):
    layers = propagated(program, name, init, draw, ROWS)
    settled = layers[BURN_IN_LAYERS:]
    mean = statistics.mean(layer["std"] for layer in settled)
    square = statistics.mean(layer["std_spread"] ** 2 + layer["std"] ** 2 for layer in settled)
    ratio = log_ratio(layers)
    return {"kind": "signals", "activation": name, "init": init, "draw": draw,
            "least": min(layer["std"] for layer in layers),
            "greatest": max(layer["std"] for layer in layers),
            "mean": mean, "square": square,
            "log_growth": None if ratio is None else ratio / (LAYERS - 1)}


def single(program, name, init, draw):
    """Measures the gradient of one row."""
    return {"kind": "single", "activation": name, "init": init, "draw": draw,
            "log_ratio": log_ratio(propagated(program, name, init, draw, 1))}


def predicted_ratio(program, name, init):
    """Predicts the logarithm of the gradient growth of one row over the depth.

    Returns its mean and standard deviation over draws, and its value at infinite width.
    """
    passed = LAYERS - 1
    if ACTIVATIONS[name] is None:
        # f'^2/E f'^2 is 0 or 2. Its variance is 1, and it does not depend on the size of the signal.
        # Direction and slopes contribute 3 to the noise and Gaussian weights 2. The mean of the
        # logarithm decreases by half of the noise (src/theory/finite_width.cc).
        noise = (3 if init == "orthogonal" else 5) / WIDTH
        return -0.5 * noise * passed, math.sqrt(noise * passed), 0.0
    made = shape(program, ACTIVATIONS[name], init)
    return (passed * math.log(made["typical_growth"]), made["log_growth_spread"],
            passed * math.log(made["gradient_growth"]))


def single_table(program, results):
    lines = ["| activation | weights | draws | log growth, mean of the draws | predicted | at "
             "infinite width | standard deviation of the draws | predicted |", "| --- |" + " --- |" * 7]
    for name in ACTIVATIONS:
        for init in ("normal", "orthogonal"):
            logs = [r["log_ratio"] for r in results if r["kind"] == "single"
                    and r["activation"] == name and r["init"] == init]
            if not logs:
                continue
            mean, deviation, infinite = predicted_ratio(program, name, init)
            error = statistics.stdev(logs) / math.sqrt(len(logs))
            lines.append(f"| {name} | {'He, ' if ACTIVATIONS[name] is None else ''}{init} | "
                         f"{len(logs)} | {statistics.mean(logs):.2f} ± {error:.2f} | {mean:.2f} | "
                         f"{infinite:.2f} | {statistics.stdev(logs):.2f} ± "
                         f"{statistics.stdev(logs) / math.sqrt(2 * len(logs) - 2):.2f} | "
                         f"{deviation:.2f} |")
    return "\n".join(lines)


def signals_table(program, results):
    lines = ["| activation | weights | draws | standard deviation of a layer, least to greatest | "
             "spread of a row's standard deviation | predicted | error | gradient growth per layer | "
             "predicted | error |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for name, scale in ACTIVATIONS.items():
        for init in ("normal", "orthogonal"):
            rows = [r for r in results if r["kind"] == "signals" and r["activation"] == name
                    and r["init"] == init]
            if not rows:
                continue
            mean = statistics.mean(r["mean"] for r in rows)
            spread = math.sqrt(max(0, statistics.mean(r["square"] for r in rows) - mean ** 2)) / mean
            logs = [r["log_growth"] for r in rows if r["log_growth"] is not None]
            growth = math.exp(statistics.mean(logs)) if logs else float("nan")
            error = statistics.stdev(logs) / math.sqrt(len(logs)) if len(logs) > 1 else float("nan")
            if scale is None:
                expected, wanted = None, 1.0  # E relu′² · 2
            else:
                made = shape(program, scale, init)
                expected, wanted = made["spread"], made["gradient_growth"]
            lines.append(
                f"| {name} | {'He, ' if scale is None else ''}{init} | {len(rows)} | "
                f"{min(r['least'] for r in rows):.3g} to {max(r['greatest'] for r in rows):.3g} | "
                f"{spread:.4f} | {'-' if expected is None else f'{expected:.4f}'} | "
                f"{'-' if expected is None else f'{100 * (spread / expected - 1):+.0f} %'} | "
                f"{growth:.5f} ± {error:.5f} | {wanted:.5f} | {100 * (growth / wanted - 1):+.2f} % |")
    return "\n".join(lines)


# ---- training --------------------------------------------------------------------------------

def network(program, name, init, rate):
    op, attributes, gain = "relu", "", math.sqrt(2)
    if ACTIVATIONS[name] is not None:
        made = shape(program, ACTIVATIONS[name], init)
        op, gain = "selu", 1
        attributes = "".join(f", {key} = {made[key]!r}" for key in ("alpha", "lambda", "scale"))
    weights = "orthogonal" if init == "orthogonal" else "lecun_normal"
    dense = f'{{ op = "dense", units = {WIDTH}, init = {{ name = "{weights}", gain = {gain} }} }}'
    first = dense.replace('"orthogonal"', '"lecun_normal"')
    layers = ['{ op = "flatten" }']
    for i in range(LAYERS):
        layers += [first if i == 0 else dense, f'{{ op = "{op}"{attributes} }}']
    layers.append('{ op = "dense", units = 10 }')
    return (f'[data]\nsource = "digits"\nvalidation_split = 0.2\nshuffle_split = false\n[model]\ninputs = {{ image = [1, 8, 8] '
            f'}}\nlayers = [\n  ' + ",\n  ".join(layers) + f',\n]\n[train]\noptimizer = {{ name = "adam", '
            f'learning_rate = {rate} }}\nschedule = {{ name = "cosine", warmup = 1 }}\nepochs = {EPOCHS}'
            f'\nbatch_size = {BATCH}\nwatch = false\n')


def training(program, name, init, rate, seed):
    result = {"kind": "training", "activation": name, "init": init, "rate": rate, "seed": seed}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "net.toml"
        path.write_text(network(program, name, init, rate))
        finished = run(program, "train", path, "--seed", seed, "--out", pathlib.Path(folder) / "run",
                       "--json")
    if finished.returncode == 5:
        return {**result, "diverged": finished.stderr.strip().splitlines()[-1][:160]}
    if finished.returncode != 0:
        sys.exit(finished.stderr)
    document = json.loads(finished.stdout)
    return {**result, "validation_loss": document["validation"]["loss"],
            "validation_accuracy": document["validation"]["accuracy"],
            "test_accuracy": document["test"]["accuracy"], "seconds": document["seconds"]}


def training_rows(results, name, init):
    return [r for r in results if r["kind"] == "training" and r["activation"] == name
            and r["init"] == init]


def best_rate(rows):
    """Returns the rate with the lowest validation loss of the search seed, or None if all diverged."""
    finished = [r for r in rows if r["seed"] == SEARCH_SEED and "diverged" not in r]
    return min(finished, key=lambda r: r["validation_loss"])["rate"] if finished else None


def accuracy_text(rows, key, digits):
    values = [r[key] for r in rows if "diverged" not in r]
    if not values:
        return "NaN"
    spread = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    lost = len(rows) - len(values)
    return f"{statistics.mean(values):.{digits}f}{spread}" + (f" ({lost} NaN)" if lost else "")


def training_table(results):
    rates = " | ".join(f"{rate:g}" for rate in LEARNING_RATES)
    lines = [f"| activation | weights | {rates} | seeds at the best rate | validation accuracy | "
             "test accuracy |", "| --- | --- |" + " --- |" * (len(LEARNING_RATES) + 3)]
    for name in ACTIVATIONS:
        for init in ("normal", "orthogonal"):
            rows = training_rows(results, name, init)
            if not rows:
                continue
            best = best_rate(rows)
            cells = []
            for rate in LEARNING_RATES:
                text = accuracy_text([r for r in rows if r["rate"] == rate
                                   and r["seed"] == SEARCH_SEED], "validation_accuracy", 3)
                cells.append(f"**{text}**" if rate == best else text)
            at_best = [r for r in rows if r["rate"] == best]
            lines.append(f"| {name} | {'He, ' if name == 'ReLU' else ''}{init} | "
                         f"{' | '.join(cells)} | {len(at_best)} | "
                         f"{accuracy_text(at_best, 'validation_accuracy', 3)} | "
                         f"{accuracy_text(at_best, 'test_accuracy', 4)} |")
    return "\n".join(lines)


# ---- both ------------------------------------------------------------------------------------

def write_readme(program, results):
    for name, table in (("signals", signals_table(program, results)),
                        ("single", single_table(program, results)),
                        ("training", training_table(results))):
        replace_table(README, name, table)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--only", choices=("signals", "training"))
    arguments = parser.parse_args()
    results = read_results(RESULTS)

    def key(row):
        return json.dumps({k: row.get(k) for k in ("kind", "activation", "init", "draw", "rate",
                                                   "seed")})

    def work(job):
        row = job[0](arguments.program, *job[1:])
        with LOCK:
            results.append(row)
            with RESULTS.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)

    def run_jobs(jobs):
        names = {signals: ("draw",), single: ("draw",), training: ("rate", "seed")}
        done = {key(r) for r in results}
        left = [(run_it, name, init, *rest) for run_it, name, init, *rest in jobs
                if key({"kind": run_it.__name__, "activation": name, "init": init,
                        **dict(zip(names[run_it], rest))}) not in done]
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(work, left))

    if arguments.only != "training":
        run_jobs([(kind, *made, draw) for kind in (signals, single) for made in NETWORKS
                 for draw in range(1, arguments.draws + 1)])
    if arguments.only != "signals":
        run_jobs([(training, *made, rate, SEARCH_SEED) for made in NETWORKS
                 for rate in LEARNING_RATES])
        best = {made: best_rate(training_rows(results, *made)) for made in NETWORKS}
        run_jobs([(training, *made, best[made], seed) for made in NETWORKS
                 for seed in MORE_SEEDS if best[made] is not None])
    write_readme(arguments.program, results)


if __name__ == "__main__":
    main()
