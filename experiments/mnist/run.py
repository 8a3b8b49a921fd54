#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the MNIST and Fashion-MNIST experiments and writes their tables into README.md.

usage: experiments/mnist/run.py [--program build/release/bin/selfnorm] [--seeds 5] [--only NAME ...]
       experiments/mnist/run.py --step-times [build/ci/bin/mnist_step_bench]

Each finished run is stored in results.jsonl, so an interrupted experiment resumes. Delete lines of
this file to measure again. The script finds MNIST where `selfnorm data list` does, and in
../shared/data next to the checkout. With --step-times, it does not train. It runs the benchmark of a
training step and writes its table. Keep the machine idle during this time.
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from results import replace_table, read_results  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = HERE / "results.jsonl"
README = HERE / "README.md"
STEP_BENCH = ROOT / "build/ci/bin/mnist_step_bench"  # where preset ci builds it

# Name, network file, data set.
EXPERIMENTS = [
    ("tutorial", "selu_cnn.toml", "mnist"),
    ("selfnorm", "selfnorm_cnn.toml", "mnist"),
    ("selfnorm, equal noise", "selfnorm_equal_noise_cnn.toml", "mnist"),
    ("relu", "relu_cnn.toml", "mnist"),
    ("selfnorm, fashion", "selfnorm_cnn.toml", "fashion_mnist"),
    ("relu, fashion", "relu_cnn.toml", "fashion_mnist"),
]

# What alpha dropout computes at inference. Both are measured on the same trained models.
MODES = ("identity", "expectation")

# Row of the table, name of the benchmark.
STEP_TIMES = [
    ("forward and backward, SELU + alpha dropout", "BM_TrainingStep/selu/real_time"),
    ("the same network with ReLU + plain dropout", "BM_TrainingStep/relu/real_time"),
    ("its matrix products alone", "BM_MatmulsAlone/real_time"),
    ("its convolutions alone", "BM_ConvolutionsAlone/real_time"),
    ("Adam on its 5.5 million parameters", "BM_AdamAlone/real_time"),
]


def run(program, name, network, data, seed):
    """Trains once and returns the row for results.jsonl."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "train", str(HERE / network), "--data", data, "--seed", str(seed),
                   "--out", folder, "--json"]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{finished.stderr}")
        result = json.loads(finished.stdout)
        tests = {mode: test_scores(program, folder, mode) for mode in MODES}
        history = [json.loads(line)
                   for line in (pathlib.Path(folder) / "history.jsonl").read_text().splitlines()]
    epochs = [line for line in history if line["epoch"] > 0]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {
        "experiment": name, "network": network, "data": data, "seed": seed,
        **tests,
        "validation_accuracy": result["validation"]["accuracy"],
        "epoch_seconds": statistics.median(line["seconds"] for line in epochs),
        "steps_per_epoch": result["steps"] // result["epochs"],
        "largest_peak_kb": peak, "threads": os.cpu_count(),
        "moments_before": history[0].get("moments"), "moments_after": history[-1].get("moments"),
    }


def test_scores(program, folder, mode):
    """Returns the scores on the test rows with this inference of alpha dropout."""
    command = [program, "evaluate", folder, "--inference", mode, "--json"]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    return {key: json.loads(finished.stdout)[key] for key in ("accuracy", "loss")}


def spread(values, digits):
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


def has_alpha_dropout(rows):
    return any(row["identity"] != row["expectation"] for row in rows)


def moments_text(moments):
    return ", ".join(f"{m['layer']} ({m['mean']:+.2f}, {m['variance']:.2f})" for m in moments)


def tables(results):
    lines = ["| experiment | seeds | test accuracy: identity | expectation | lowest accuracy | "
             "test loss: identity | expectation | time per epoch | time per step |",
             "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for name, network, data in EXPERIMENTS:
        rows = [row for row in results if row["experiment"] == name]
        if not rows:
            continue
        accuracy, loss = (
            [spread([row[mode][key] for row in rows], 4) for mode in MODES] if has_alpha_dropout(rows)
            else ["", spread([row["expectation"][key] for row in rows], 4)]
            for key in ("accuracy", "loss"))
        seconds = statistics.median(row["epoch_seconds"] for row in rows)
        step = seconds / rows[0]["steps_per_epoch"]
        lowest = min(row["expectation"]["accuracy"] for row in rows)
        lines.append(
            f"| {name}: `{network}` on {data} | {len(rows)} | {' | '.join(accuracy)} | {lowest:.4f} | "
            f"{' | '.join(loss)} | {seconds:.1f} s | {step * 1e3:.1f} ms |")
    lines += ["", "Mean and variance of each layer over 256 training rows, for seed 1:", "",
              "| experiment | before training | after training |", "| --- | --- | --- |"]
    for name, _, _ in EXPERIMENTS:
        for row in results:
            if row["experiment"] == name and row["seed"] == 1 and row["moments_before"]:
                lines.append(f"| {name} | {moments_text(row['moments_before'])} | "
                             f"{moments_text(row['moments_after'])} |")
    peak = max((row["largest_peak_kb"] for row in results), default=0)
    lines += ["", f"The largest peak memory of a run is {peak / 1024:.0f} MiB."]
    return "\n".join(lines)


def step_table(report):
    """Returns the table of a benchmark report and the sentences that follow from it."""
    milliseconds = {b["name"]: b["real_time"] for b in report["benchmarks"]}
    selu, relu, products, convolutions, _ = (milliseconds[name] for _, name in STEP_TIMES)
    lines = [f"One run on {report['context']['num_cpus']} CPUs, float32, batch 250:", "",
             "| part | ms |", "| --- | --- |"]
    lines += [f"| {what} | {milliseconds[name]:.1f} |" for what, name in STEP_TIMES]
    lines += ["", f"The engine adds {selu - products - convolutions:.1f} ms to the products and "
              "convolutions: activation, dropout and their gradients on",
              "5.4 million elements, and the gradients of the biases. A step with SELU and alpha "
              f"dropout takes {selu / relu:.2f}",
              "times as long as one with ReLU and plain dropout."]
    return "\n".join(lines)


def measure_step(bench):
    if not os.access(bench, os.X_OK):
        print(f"skipped: no program at {bench} (cmake --preset ci && "
              "cmake --build --preset ci --target mnist_step_bench)")
        return
    finished = subprocess.run([bench, "--benchmark_format=json"], capture_output=True, text=True,
                              check=False)
    if finished.returncode != 0:
        sys.exit(f"{bench}\n{finished.stderr}")
    table = step_table(json.loads(finished.stdout))
    replace_table(README, "step times", table, "run.py --step-times")
    print(table)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="*", help="names of the experiments to run")
    parser.add_argument("--step-times", nargs="?", const=str(STEP_BENCH), metavar="BENCH",
                        help=f"measure the parts of a training step instead [{STEP_BENCH.relative_to(ROOT)}]")
    arguments = parser.parse_args()
    if arguments.step_times:
        measure_step(arguments.step_times)
        return
    shared = ROOT.parent / "shared" / "data"
    if "SELFNORM_DATA" not in os.environ and shared.exists():
        os.environ["SELFNORM_DATA"] = str(shared)
    results = read_results(RESULTS)
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
            replace_table(README, "results", tables(results))
            print(f"{name}, seed {seed}: test accuracy {row['expectation']['accuracy']:.4f}", flush=True)
    replace_table(README, "results", tables(results))


if __name__ == "__main__":
    main()
