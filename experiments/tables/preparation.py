#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Preparations of table columns: which one gives the best held-out scores?

usage: experiments/tables/preparation.py [--program build/release/bin/selfnorm] [--seeds 3]

Trains the default network for about 3,000 steps on the files of files.py, and on Adult, California
Housing, HTRU2 and five sets of PMLB, with each value of `scaling`. A quarter of the rows is held out.
Tables with columns of more than 32 categories are also trained with these columns embedded, and with
a one-hot encoding of their 32 most frequent categories. Tables with columns of 3 to 10 whole numbers
are also trained with these columns as categories. The scores are accuracy or R². They are stored
in preparation.json after each table, and a repeated call goes on where the last one stopped. The
tables of README.md are written from this file.
"""

import argparse
import concurrent.futures
import json
import os
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
SCALINGS = ("standard", "robust", "quantile")
ENCODINGS = {"one-hot": "--categorical", "embedding": "--embed"}
AS_NUMBERS, AS_CATEGORIES = "whole numbers", "whole numbers as categories"
STEPS, BATCH, HELD_OUT = 3000, 32, 0.25


def all_tables():
    """Returns name, file and target of every table."""
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
    """Returns the rows, the task, and the columns of many categories with their embedding or not."""
    said = subprocess.run([program, "train", path, "--target", target, "--dry-run", "--json"],
                          capture_output=True, text=True, check=True).stdout
    found = json.loads(said)
    embedded = re.search(r"^embed = \[(.*)\]$", found["config"], re.MULTILINE)
    words = "\n".join(note for note in found["notes"] if note.startswith("words"))
    numbers = "\n".join(note for note in found["notes"] if note.startswith("numbers"))
    return {"rows": found["train_rows"] + found["validation_rows"],
            "task": "classes" if "accuracy" in found["metrics"] else "number",
            "embedded": json.loads(f"[{embedded.group(1)}]") if embedded else [],
            "one-hot": re.findall(r"(\S+) 32 and others", words),
            "few values": re.findall(r"(\S+) \[\d+ values\]", numbers)}


def score(program, path, target, rows, seed, extra):
    """Returns the accuracy or R² of a quarter of the rows."""
    epochs = max(10, min(300, round(STEPS * BATCH / (rows * (1 - HELD_OUT)))))
    with tempfile.TemporaryDirectory() as out:
        said = subprocess.run(
            [program, "train", path, "--target", target, "--preset", "none", "--epochs", str(epochs),
             "--seed", str(seed),
             "--validation-split", str(HELD_OUT), "--out", out, "--report", "false", "--json", *extra],
            capture_output=True, text=True, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"}).stdout
    scores = json.loads(said)["validation"]
    return scores["accuracy"] if "accuracy" in scores else scores["r2"]


def variants(about):
    found = {name: ["--scaling", name] for name in SCALINGS}
    columns = ",".join(about["embedded"] + about["one-hot"])
    if columns:
        found |= {name: [flag, columns] for name, flag in ENCODINGS.items()}
    if about["few values"]:
        found |= {AS_NUMBERS: [], AS_CATEGORIES: ["--categorical", ",".join(about["few values"])]}
    return found


def add_scores(program, path, target, about, seeds):
    """Adds the scores of the variants that have none, with each seed. Trains two networks at a time."""
    scores = about.setdefault("scores", {})
    extras = {variant: extra for variant, extra in variants(about).items() if variant not in scores}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = {variant: [pool.submit(score, program, path, target, about["rows"], seed, extra)
                             for seed in range(seeds)] for variant, extra in extras.items()}
        scores |= {variant: [each.result() for each in found] for variant, found in waiting.items()}


def measure(program, seeds):
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for name, path, target in all_tables():
        about = plan(program, path, target)
        if about["rows"] < 100:
            continue  # a quarter of the rows would be too few to compare scores
        about["scores"] = results.get(name, {}).get("scores", {})
        try:
            add_scores(program, path, target, about, seeds)
        except subprocess.CalledProcessError as error:
            about["error"] = error.stderr.strip().splitlines()[-1]
        results[name] = about
        print(name, {k: round(statistics.mean(v), 4) for k, v in about["scores"].items()},
              about.get("error", ""), flush=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    return results


def mean_scores(about):
    return {variant: statistics.mean(scores) for variant, scores in about["scores"].items()}


def rank(scores, variant):
    """Returns the rank of a scaling. Equal scores share the mean of their ranks."""
    others = [scores[other] for other in SCALINGS if other != variant]
    return 1 + sum(o > scores[variant] for o in others) + sum(o == scores[variant] for o in others) / 2


def comparison_cells(means, variant, other):
    """Returns the last cells of a row: the mean score minus that of another variant, and its signs."""
    differences = [m[variant] - m[other] for m in means]
    error = statistics.stdev(differences) / len(differences) ** 0.5
    return (f"{statistics.mean(differences):.4f} ± {error:.4f} | {sum(d > 0 for d in differences)} "
            f"| {sum(d < 0 for d in differences)} |")


def summary_text(results):
    lines = ["| target | `scaling` | mean score | mean rank | minus `standard` | better | worse |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for task in ("classes", "number"):
        means = [mean_scores(about) for about in results.values() if about["task"] == task]
        for name in SCALINGS:
            lines.append(f"| {task}, {len(means)} tables | {name} | {statistics.mean(m[name] for m in means):.4f} "
                         f"| {statistics.mean(rank(m, name) for m in means):.2f} "
                         f"| {comparison_cells(means, name, 'standard')}")
    return "\n".join(lines)


def tables_text(results):
    lines = ["| table | rows | target | " + " | ".join(SCALINGS) + " |",
             "| --- | --- | --- |" + " --- |" * len(SCALINGS)]
    for name, about in results.items():
        scores = mean_scores(about)
        lines.append(f"| {name} | {about['rows']:,} | {about['task']} | "
                     + " | ".join(f"{scores[each]:.4f}" for each in SCALINGS) + " |")
    return "\n".join(lines)


def embedding_text(results):
    lines = ["| table | rows | columns | one-hot encoding | embedding | default |",
             "| --- | --- | --- | --- | --- | --- |"]
    for name, about in results.items():
        scores = mean_scores(about)
        if "one-hot" not in scores:
            continue
        default = ("embedding" if not about["one-hot"] else
                   "one-hot" if not about["embedded"] else f"embedding of {', '.join(about['embedded'])}")
        lines.append(f"| {name} | {about['rows']:,} | {', '.join(about['embedded'] + about['one-hot'])} "
                     f"| {scores['one-hot']:.4f} | {scores['embedding']:.4f} | {default} |")
    return "\n".join(lines)


def few_values_text(results):
    lines = ["| target | as numbers | as categories | difference | better | worse |",
             "| --- | --- | --- | --- | --- | --- |"]
    for task in ("classes", "number"):
        means = [mean_scores(about) for about in results.values()
                 if about["task"] == task and AS_CATEGORIES in about["scores"]]
        lines.append(f"| {task}, {len(means)} tables | {statistics.mean(m[AS_NUMBERS] for m in means):.4f} "
                     f"| {statistics.mean(m[AS_CATEGORIES] for m in means):.4f} "
                     f"| {comparison_cells(means, AS_CATEGORIES, AS_NUMBERS)}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(run.ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    results = measure(str(pathlib.Path(arguments.program).resolve()), arguments.seeds)
    results = {name: about for name, about in results.items() if "scores" in about}
    for name, text in (("scaling", summary_text), ("embedding", embedding_text), ("few values", few_values_text),
                       ("scaling by table", tables_text)):
        replace_table(run.README, name, text(results), maker="preparation.py")


if __name__ == "__main__":
    main()
