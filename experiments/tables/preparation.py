#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Preparations of table columns: which one gives the best held-out scores?

usage: experiments/tables/preparation.py [--program build/release/bin/selfnorm] [--seeds 3]

Trains the default network for about 3,000 steps on the files of files.py, and on Adult, California
Housing, HTRU2 and five sets of PMLB, with each value of `scaling`. A quarter of the rows is held out.
Tables with a column of more than 32 categories are also trained with a one-hot encoding instead of
embeddings. The scores are accuracy or R². They are stored in preparation.json after each table, and a
repeated call goes on where the last one stopped. The tables of README.md are written from this file.
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import run

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from results import replace_table  # noqa: E402

RESULTS = run.HERE / "preparation.json"
SCALINGS = ("standard", "robust", "quantile", "auto")
STEPS, BATCH, HELD_OUT = 3000, 32, 0.25


def all_tables():
    """Returns name, file and target of every table with at least 100 rows."""
    tables = [(name, path, target) for name, path, target, _ in run.all_files()]
    data = run.RAW.parent
    if data.exists():
        tables += [("adult", data / "adult/adult.data.gz", "-1"),
                   ("california", data / "california-housing/housing.csv.gz", "median_house_value"),
                   ("htru2", data / "htru2/HTRU_2.csv.gz", "-1")]
        tables += [(path.name.split(".")[0], path, "target")
                   for path in sorted((data / "pmlb-regression").glob("*.tsv.gz"))]
    return tables


def plan(program, path, target):
    """Returns what training would do, or None if the file has too few rows."""
    said = subprocess.run([program, "train", path, "--target", target, "--dry-run", "--json"],
                          capture_output=True, text=True, check=True).stdout
    found = json.loads(said)
    rows = found["train_rows"] + found["validation_rows"]
    embedded = re.search(r"^embed = \[(.*)\]$", found["config"], re.MULTILINE)
    return {"rows": rows, "embedded": json.loads(f"[{embedded.group(1)}]") if embedded else []}


def score(program, path, target, rows, seed, extra):
    """Returns the accuracy or R² of a quarter of the rows."""
    epochs = max(10, min(300, round(STEPS * BATCH / (rows * (1 - HELD_OUT)))))
    with tempfile.TemporaryDirectory() as out:
        said = subprocess.run(
            [program, "train", path, "--target", target, "--epochs", str(epochs), "--seed", str(seed),
             "--validation-split", str(HELD_OUT), "--out", out, "--report", "false", "--json", *extra],
            capture_output=True, text=True, check=True).stdout
    scores = json.loads(said)["validation"]
    return scores["accuracy"] if "accuracy" in scores else scores["r2"]


def variants(embedded):
    found = {name: ["--scaling", name] for name in SCALINGS}
    if embedded:
        found["one-hot"] = ["--scaling", "auto", "--categorical", ",".join(embedded)]
    return found


def measure(program, seeds):
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name, path, target in all_tables():
        if name in results:
            continue
        about = plan(program, path, target)
        if about["rows"] < 100:
            continue
        try:
            about["scores"] = {
                variant: [score(program, path, target, about["rows"], seed, extra)
                          for seed in range(seeds)]
                for variant, extra in variants(about["embedded"]).items()}
        except subprocess.CalledProcessError as error:
            about["error"] = error.stderr.strip().splitlines()[-1]
        results[name] = about
        print(name, {k: round(statistics.mean(v), 4) for k, v in about.get("scores", {}).items()},
              about.get("error", ""), flush=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(run.ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    measure(str(pathlib.Path(arguments.program).resolve()), arguments.seeds)


if __name__ == "__main__":
    main()
