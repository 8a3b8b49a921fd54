#!/usr/bin/env python3
"""A dense network of 1,000 layers and width 128 on the bundled digits: what reaches the last layer,
what comes back to the first, and which network trains.

usage: experiments/depth/run.py [--program build/release/bin/selfnorm] [--draws 20] [--only signals|training]

Every finished run is kept in results.jsonl, so an interrupted experiment goes on where it stopped;
README.md's tables are written from it. Two runs at a time, on one thread each.
"""

import argparse
import concurrent.futures
import json
import math
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS, README = HERE / "results.jsonl", HERE / "README.md"
LAYERS, WIDTH, ROWS = 1000, 128, 256
SETTLED = 50  # layers after which the input is forgotten: 0.966^50 is the slowest contraction here
# Their scale s; None: no SELU. "depth": the s for which the gradient grows by e over all layers.
ACTIVATIONS = {"SELU, published": 1, "SELU, s = 0.1": 0.1, "SELU, shape = depth": "depth",
               "ReLU": None}
LEARNING_RATES = (1e-6, 1e-5, 1e-4)
EPOCHS, BATCH, SEEDS = 10, 64, (1,)
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


def shape(program, scale, init):
    given = () if scale == "depth" else ("--scale", scale)
    width = ("--width", WIDTH) if given else ()  # the s of infinite width, in either case of weights
    made = run_json(program, "theory", "shape", "--depth", LAYERS, *width, *given, "--init", init,
                    "--json")
    return made if given else shape(program, made["scale"], init)


# ---- signals ---------------------------------------------------------------------------------

def signals(program, name, init, draw):
    flags, gain = ("--activation", "relu"), math.sqrt(2)  # He
    if ACTIVATIONS[name] is not None:
        made = shape(program, ACTIVATIONS[name], init)
        flags, gain = ("--alpha", made["alpha"], "--lambda", made["lambda"], "--scale",
                       made["scale"]), 1
    layers = run_json(program, "propagate", "--data", "digits", "--layers", LAYERS, "--width", WIDTH,
                      "--batch", ROWS, "--init", init, "--gain", gain, "--seed", draw,
                      "--gradients", "--json", *flags)["layers"]
    settled = layers[SETTLED:]
    mean = statistics.mean(layer["std"] for layer in settled)
    square = statistics.mean(layer["std_spread"] ** 2 + layer["std"] ** 2 for layer in settled)
    ratio = layers[0]["gradient_second_moment"] / layers[-1]["gradient_second_moment"]
    return {"kind": "signals", "activation": name, "init": init, "draw": draw,
            "least": min(layer["std"] for layer in layers),
            "greatest": max(layer["std"] for layer in layers),
            "mean": mean, "square": square,
            "log_growth": math.log(ratio) / (LAYERS - 1) if ratio > 0 else None}


def signals_table(program, results):
    lines = ["| activation | weights | draws | deviation of a layer, least to greatest | spread of a "
             "row's deviation | predicted | off by | gradient growth a layer | predicted | off by |",
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
    return (f'[data]\nsource = "digits"\nvalidation_split = 0.2\n[model]\ninputs = {{ image = [1, 8, 8] '
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


def training_table(results):
    lines = ["| activation | weights | best rate | validation accuracy | test accuracy | other rates: "
             "validation accuracy |", "| --- | --- | --- | --- | --- | --- |"]
    for name in ACTIVATIONS:
        for init in ("normal", "orthogonal"):
            rows = [r for r in results if r["kind"] == "training" and r["activation"] == name
                    and r["init"] == init]
            if not rows:
                continue
            finished = [r for r in rows if "diverged" not in r]
            best = min(finished, key=lambda r: r["validation_loss"], default=None)
            text = ", ".join(f"{r['rate']:g}: " + ("NaN" if "diverged" in r else
                                                   f"{r['validation_accuracy']:.3f}")
                             for r in sorted(rows, key=lambda r: r["rate"]) if r is not best)
            if best is None:
                lines.append(f"| {name} | {init} | none | - | - | {text} |")
                continue
            lines.append(f"| {name} | {init} | {best['rate']:g} | {best['validation_accuracy']:.3f} | "
                         f"{best['test_accuracy']:.4f} | {text} |")
    return "\n".join(lines)


# ---- both ------------------------------------------------------------------------------------

def read_results():
    return [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []


def write_readme(program, results):
    text = README.read_text()
    for name, table in (("signals", signals_table(program, results)),
                        ("training", training_table(results))):
        start, end = f"<!-- {name}: made by run.py -->", f"<!-- end of {name} -->"
        text = re.sub(re.escape(start) + ".*?" + re.escape(end),
                      lambda _, t=table, s=start, e=end: f"{s}\n{t}\n{e}", text, flags=re.DOTALL)
    README.write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--only", choices=("signals", "training"))
    arguments = parser.parse_args()
    results = read_results()
    done = {json.dumps({k: r.get(k) for k in ("kind", "activation", "init", "draw", "rate", "seed")})
            for r in results}
    jobs = []
    for init in ("normal", "orthogonal"):
        for name in ACTIVATIONS:
            if arguments.only != "training":
                jobs += [(signals, name, init, draw) for draw in range(1, arguments.draws + 1)]
            if arguments.only != "signals":
                jobs += [(training, name, init, rate, seed) for rate in LEARNING_RATES
                         for seed in SEEDS]

    def key(job):
        known = {"kind": job[0].__name__, "activation": job[1], "init": job[2], "draw": None,
                 "rate": None, "seed": None}
        known.update({"draw": job[3]} if job[0] is signals else {"rate": job[3], "seed": job[4]})
        return json.dumps(known)

    def work(job):
        row = job[0](arguments.program, *job[1:])
        with LOCK:
            results.append(row)
            with RESULTS.open("a") as file:
                file.write(json.dumps(row) + "\n")
            print(row, flush=True)

    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(work, [job for job in jobs if key(job) not in done]))
    write_readme(arguments.program, results)


if __name__ == "__main__":
    main()
