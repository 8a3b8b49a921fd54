#!/usr/bin/env python3
"""Runs the MNIST and Fashion-MNIST experiments and writes their tables into README.md.

usage: experiments/mnist/run.py [--program build/release/bin/selfnorm] [--seeds 5] [--only NAME ...]

Each finished run is kept in results.jsonl, so an interrupted experiment goes on where it stopped;
delete lines there to measure again. MNIST is looked for as `selfnorm data list` does, and in
../shared/data beside the checkout.
"""

import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = HERE / "results.jsonl"
README = HERE / "README.md"
START, END = "<!-- results: made by run.py -->", "<!-- end of results -->"

# name, network file, data set
EXPERIMENTS = [
    ("tutorial", "selu_cnn.toml", "mnist"),
    ("selfnorm", "selfnorm_cnn.toml", "mnist"),
    ("relu", "relu_cnn.toml", "mnist"),
    ("selfnorm, fashion", "selfnorm_cnn.toml", "fashion_mnist"),
    ("relu, fashion", "relu_cnn.toml", "fashion_mnist"),
]


def read_results():
    if not RESULTS.exists():
        return []
    return [json.loads(line) for line in RESULTS.read_text().splitlines()]


def run(program, name, network, data, seed):
    """One training; its row for results.jsonl."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "train", str(HERE / network), "--data", data, "--seed", str(seed),
                   "--out", folder, "--json"]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{finished.stderr}")
        result = json.loads(finished.stdout)
        history = [json.loads(line)
                   for line in (pathlib.Path(folder) / "history.jsonl").read_text().splitlines()]
    epochs = [line for line in history if line["epoch"] > 0]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "experiment": name, "network": network, "data": data, "seed": seed,
        "test_accuracy": result["test"]["accuracy"], "test_loss": result["test"]["loss"],
        "validation_accuracy": result["validation"]["accuracy"],
        "epoch_seconds": statistics.median(line["seconds"] for line in epochs),
        "steps_per_epoch": result["steps"] // result["epochs"],
        "largest_peak_kb": peak, "threads": os.cpu_count(),
        "moments_before": history[0].get("moments"), "moments_after": history[-1].get("moments"),
    }


def spread(values, digits):
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


def moments_text(moments):
    return ", ".join(f"{m['layer']} ({m['mean']:+.2f}, {m['variance']:.2f})" for m in moments)


def tables(results):
    lines = ["| experiment | seeds | test accuracy | least | test loss | epoch | step |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, network, data in EXPERIMENTS:
        rows = [row for row in results if row["experiment"] == name]
        if not rows:
            continue
        accuracy = [row["test_accuracy"] for row in rows]
        seconds = statistics.median(row["epoch_seconds"] for row in rows)
        step = seconds / rows[0]["steps_per_epoch"]
        lines.append(
            f"| {name}: `{network}` on {data} | {len(rows)} | {spread(accuracy, 4)} | "
            f"{min(accuracy):.4f} | {spread([row['test_loss'] for row in rows], 4)} | "
            f"{seconds:.1f} s | {step * 1e3:.1f} ms |")
    lines += ["", "Mean and variance of each layer over 256 training rows, seed 1:", "",
              "| experiment | before training | after |", "| --- | --- | --- |"]
    for name, _, _ in EXPERIMENTS:
        for row in results:
            if row["experiment"] == name and row["seed"] == 1 and row["moments_before"]:
                lines.append(f"| {name} | {moments_text(row['moments_before'])} | "
                             f"{moments_text(row['moments_after'])} |")
    peak = max((row["largest_peak_kb"] for row in results), default=0)
    lines += ["", f"Largest peak memory of a run: {peak / 1024:.0f} MiB."]
    return "\n".join(lines)


def write_readme(results):
    text = README.read_text()
    before, after = text.split(START)[0], text.split(END)[1]
    README.write_text(f"{before}{START}\n{tables(results)}\n{END}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="*", help="names of experiments")
    arguments = parser.parse_args()
    shared = ROOT.parent / "shared" / "data"
    if "SELFNORM_DATA" not in os.environ and shared.exists():
        os.environ["SELFNORM_DATA"] = str(shared)
    results = read_results()
    for name, network, data in EXPERIMENTS:
        if arguments.only and name not in arguments.only:
            continue
        for seed in range(1, arguments.seeds + 1):
            if any(row["experiment"] == name and row["seed"] == seed for row in results):
                continue
            row = run(arguments.program, name, network, data, seed)
            results.append(row)
            with RESULTS.open("a") as file:
                file.write(json.dumps(row) + "\n")
            write_readme(results)
            print(f"{name}, seed {seed}: test accuracy {row['test_accuracy']:.4f}", flush=True)
    write_readme(results)


if __name__ == "__main__":
    main()
