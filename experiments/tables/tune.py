#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares `selfnorm tune` with scikit-learn's RandomizedSearchCV over its MLP, in the same time.

usage: experiments/tables/tune.py [--program build/release/bin/selfnorm] [--seconds 120] [--seeds 1]
                                  [--tables NAME ...]

It needs the Python environment of peers.py. A quarter of the rows of ten tables is held out, and the
two searches run on the other rows at the same time, each on one core. RandomizedSearchCV has no time
limit, so it is called for one candidate after another, each in a five-fold cross-validation. It ends
with the candidate that is running when the time is over, and trains the best one again on all rows.
The scores are accuracy or R² of the held-out rows, next to those of the best network that tune found
(--ensemble 1), since the peer is a single network, and of `selfnorm train` without options. The results are appended to tune.jsonl, and a
repeated call goes on where the last one stopped. The table of README.md is written from this file.
"""

import argparse
import concurrent.futures
import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import warnings

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from results import read_results, replace_table  # noqa: E402

import peers  # noqa: E402

RESULTS = HERE / "tune.jsonl"
TABLES = ["yeast", "car", "contrac", "statlog-german-credit", "steel-plates", "spambase",
          "R_Boston", "diabetes_data_raw", "R_Computers", "225_puma8NH"]


def search_sklearn(table, train, test, seconds, seed):
    """Returns the predictions for the test rows, the number of candidates, and the seconds."""
    import scipy.stats
    import skrub
    from sklearn import model_selection, neural_network
    warnings.filterwarnings("ignore")
    classes = table.task == "classes"
    model = skrub.tabular_pipeline((neural_network.MLPClassifier if classes else neural_network.MLPRegressor)(random_state=seed))
    step = model.steps[-1][0]
    choices = {"hidden_layer_sizes": [(64,), (128,), (256,), (64, 64), (128, 64), (256, 128), (128, 128, 128)],
               "alpha": scipy.stats.loguniform(1e-6, 1), "learning_rate_init": scipy.stats.loguniform(3e-4, 1e-2),
               "batch_size": [32, 64, 128, 200], "early_stopping": [False, True], "max_iter": [200]}
    choices = {f"{step}__{name}": values for name, values in choices.items()}
    features = table.frame.drop(columns=table.target)
    features.columns = [f"c{i}" for i in range(features.shape[1])]
    target = table.frame[table.target]
    target = target.astype(str) if classes else target.astype(float)
    x, y = features.iloc[train], target.iloc[train]
    folds = (model_selection.StratifiedKFold if classes else model_selection.KFold)(5, shuffle=True, random_state=seed)
    start, best, count = time.perf_counter(), None, 0
    while time.perf_counter() - start < seconds or best is None:
        search = model_selection.RandomizedSearchCV(model, choices, n_iter=1, cv=folds, refit=False,
                                                    random_state=1000 * seed + count, error_score=-1e9)
        search.fit(x, y)
        count += 1
        if best is None or search.best_score_ > best[0]:
            best = (search.best_score_, search.best_params_)
    model.set_params(**best[1]).fit(x, y)
    return list(model.predict(features.iloc[test])), count, round(time.perf_counter() - start, 1)


def predictions_of(program, folder, table, run):
    said = subprocess.run([program, "predict", run, "--data", "test.csv"], check=True, capture_output=True, text=True,
                          cwd=folder).stdout
    rows = list(csv.DictReader(said.splitlines(), strict=True))
    column = "prediction" if table.task == "classes" else list(rows[0])[-1]
    return [row[column] if table.task == "classes" else float(row[column]) for row in rows]


def search_selfnorm(program, table, train, test, seconds, seed):
    """Returns predictions by kind: of the search, of its best network alone, and of the default network. Also returns
    the number of candidates, and the seconds of the search."""
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in (("train.csv", train), ("test.csv", test)):
            table.frame.iloc[rows].to_csv(os.path.join(folder, name), index=False)
        task = "classification" if table.task == "classes" else "regression"
        options = ["train.csv", "--target", table.target, "--task", task, "--seed", str(seed + 1)]
        search = [program, "tune", *options, "--time", f"{seconds}s", "--jobs", "1", "--out", "search", "--json"]
        start = time.perf_counter()
        said = subprocess.run(search, check=True, capture_output=True, text=True, cwd=folder).stdout
        taken = round(time.perf_counter() - start, 1)
        found = predictions_of(program, folder, table, "search")
        # The time is used up, so this only chooses another model.
        subprocess.run([*search, "--resume", "--ensemble", "1"], check=True, capture_output=True, cwd=folder)
        single = predictions_of(program, folder, table, "search")
        subprocess.run([program, "train", *options, "--report", "false", "--out", "run"], check=True,
                       capture_output=True, cwd=folder)
        count = sum(trial["rung"] == 0 for trial in json.loads(said)["trials"])
        return {"tune": found, "single": single, "default": predictions_of(program, folder, table, "run")}, count, taken


def measure(program, table, seconds, seed):
    train, test = peers.split_of(table, seed)
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        theirs = pool.submit(search_sklearn, table, train, test, seconds, seed)
        ours = pool.submit(search_selfnorm, program, table, train, test, seconds, seed)
        found, our_candidates, our_seconds = ours.result()
        predictions, candidates, their_seconds = theirs.result()

    def score(which):
        return peers.score_of(table, which, test)
    return {"table": table.name, "task": table.task, "rows": len(table.frame), "seed": seed, "seconds": seconds,
            "tune": {"score": score(found["tune"]), "candidates": our_candidates, "seconds": our_seconds},
            "single": {"score": score(found["single"])}, "default": {"score": score(found["default"])},
            "sklearn": {"score": score(predictions), "candidates": candidates, "seconds": their_seconds}}


def table_text(results):
    seconds = max(r["seconds"] for r in results)
    results = [r for r in results if r["seconds"] == seconds]
    seeds = len({r["seed"] for r in results})
    kinds = {"default": "`train`", "tune": "`tune`", "single": "`tune --ensemble 1`", "sklearn": "RandomizedSearchCV"}
    lines = [f"| table, {seconds} s, {'mean of ' if seeds > 1 else ''}{seeds} seed{'s' if seeds > 1 else ''} | score | "
             + " | ".join(kinds.values()) + " | candidates, `tune` | RandomizedSearchCV | seconds, `tune` "
             "| RandomizedSearchCV |", "| --- " * (len(kinds) + 6) + "|"]
    ahead = dict.fromkeys(kinds, 0)
    for name in dict.fromkeys(r["table"] for r in results):
        own = [r for r in results if r["table"] == name]

        def mean(kind, what="score", own=own):
            return statistics.mean(r[kind][what] for r in own)
        scores = {kind: mean(kind) for kind in kinds}
        for kind in kinds:
            ahead[kind] += scores[kind] > scores["sklearn"]
        cells = [f"**{s:.4f}**" if s == max(scores.values()) else f"{s:.4f}" for s in scores.values()]
        cells += [f"{mean(kind, what):.0f}" for what in ("candidates", "seconds") for kind in ("tune", "sklearn")]
        lines.append(f"| {name} | {'accuracy' if own[0]['task'] == 'classes' else 'R²'} | " + " | ".join(cells) + " |")
    count = len(lines) - 2
    lines.append("| ahead of RandomizedSearchCV | tables | " + " | ".join(
        f"{ahead[kind]} of {count}" if kind != "sklearn" else "" for kind in kinds) + " | | | | |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/selfnorm")
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--tables", nargs="*", default=TABLES)
    arguments = parser.parse_args()
    import sets
    os.environ["OMP_NUM_THREADS"] = "1"  # also for the linear algebra of scikit-learn
    program = str(pathlib.Path(arguments.program).resolve())
    done = {(r["table"], r["seed"], r["seconds"]) for r in read_results(RESULTS)}
    tables = {table.name: table for table in sets.all_tables() if table.name in arguments.tables}
    with RESULTS.open("a") as out:
        for seed in range(arguments.seeds):
            for name in arguments.tables:
                if (name, seed, arguments.seconds) in done:
                    continue
                out.write(json.dumps(measure(program, tables[name], arguments.seconds, seed)) + "\n")
                out.flush()
    replace_table(HERE / "README.md", "tune", table_text(read_results(RESULTS)), maker="tune.py")


if __name__ == "__main__":
    main()
