#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures trainings of networks of several sizes with one thread, with all cores, and with the
number of threads that `train` chooses: alone, and while another program loads each core.

usage: bench/thread_bench.py [--program build/release/bin/selfnorm] [--rounds 3]

The table has medians over the rounds, in ms per step. A network is that of the digits with two
hidden layers, with Adam.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIZES = [(64, 64, 32), (64, 256, 128), (256, 256, 128), (64, 512, 256), (64, 1024, 512)]  # batch, units
MOST_EPOCHS = 20


def network(batch, first, second, epochs):
    return (f'[data]\nsource = "digits"\n[model]\nlayers = [{{ op = "flatten" }}, '
            f'{{ op = "dense", units = {first} }}, {{ op = "selu" }}, '
            f'{{ op = "dense", units = {second} }}, {{ op = "selu" }}, {{ op = "dense", units = 10 }}]\n'
            f'[train]\nepochs = {epochs}\nbatch_size = {batch}\nwatch = false\n'
            'optimizer = { name = "adam", learning_rate = 1e-3 }\n')


def measure(program, folder, batch, threads):
    """Returns milliseconds per training step and the number of threads used."""
    result = subprocess.run([program, "train", "net.toml", "--out", "run", "--report", "false", "--json",
                             *(["--threads", str(threads)] if threads else [])],
                            cwd=folder, capture_output=True, text=True, check=True)
    history = [json.loads(line) for line in (folder / "run/history.jsonl").read_text().splitlines()]
    seconds = statistics.median(record["seconds"] - record.get("evaluation_seconds", 0) for record in history)
    steps = json.loads(result.stdout)["steps"] / len(history)
    used = re.search(r"^threads = (\d+)", (folder / "run/config.toml").read_text(), re.MULTILINE)
    return 1000 * seconds / steps, int(used.group(1))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    program, cores = os.path.abspath(arguments.program), os.cpu_count()
    print(f"| batch, units | load | 1 thread | {cores} threads | chosen | number |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for batch, first, second in SIZES:
            (folder / "net.toml").write_text(network(batch, first, second, MOST_EPOCHS))
            for load in (False, True):
                busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(cores if load else 0)]
                try:
                    rounds = [[measure(program, folder, batch, threads) for threads in (1, cores, None)]
                              for _ in range(arguments.rounds)]
                finally:
                    for process in busy:
                        process.kill()
                        process.wait()
                times = [statistics.median(r[i][0] for r in rounds) for i in range(3)]
                print(f"| {batch}, {first}-{second} | {'each core busy' if load else 'none'} | "
                      + " | ".join(f"{ms:.3f}" for ms in times) + f" | {rounds[0][2][1]} |", flush=True)


if __name__ == "__main__":
    main()
