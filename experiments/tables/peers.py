#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares selfnorm with other programs for tables, all with their defaults and the same rows.

usage: experiments/tables/peers.py [--program build/release/bin/selfnorm] [--seeds 3]
                                   [--methods NAME ...] [--tables NAME ...] [--max-rows N] [--jobs 2] [--busy]

It needs a Python environment with scikit-learn, skrub, pandas and, for some methods, lightgbm, catboost
or pytabkit. A quarter of the rows of each table of sets.py is held out, with another seed each time.
The scores are accuracy or R². The models of scikit-learn and LightGBM read the columns as skrub's
`tabular_pipeline` prepares them. CatBoost and RealMLP read categories themselves. The results are
appended to peers.jsonl, without seconds if --busy says that other programs run, and a repeated call goes on where the last one stopped. To repeat a method,
remove its lines. The tables of README.md are written from this file.
"""

import argparse
import collections
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

RESULTS = HERE / "peers.jsonl"
README = HERE / "README.md"
NAMES = {"linear": "linear (logistic regression, ridge)", "mlp": "MLPClassifier, MLPRegressor",
         "hgb": "HistGradientBoosting", "lightgbm": "LightGBM", "catboost": "CatBoost",
         "realmlp_tds": "RealMLP-TD-S", "realmlp_td": "RealMLP-TD", "selfnorm": "**selfnorm**",
         "selfnorm_best": "**selfnorm --preset best**"}

MAIN = ["linear", "mlp", "hgb", "selfnorm"]


def split_of(table, seed):
    """Returns the row numbers of training and test."""
    from sklearn.model_selection import train_test_split
    labels = table.frame[table.target] if table.task == "classes" else None
    if labels is not None and labels.value_counts().min() < 2:
        labels = None
    return train_test_split(range(len(table.frame)), test_size=0.25, random_state=seed, stratify=labels)


def sklearn_model(name, task):
    import skrub
    from sklearn import ensemble, linear_model, neural_network
    classes = task == "classes"
    model = {
        "linear": linear_model.LogisticRegression() if classes else linear_model.Ridge(),
        "mlp": (neural_network.MLPClassifier if classes else neural_network.MLPRegressor)(random_state=0),
        "hgb": (ensemble.HistGradientBoostingClassifier if classes
                else ensemble.HistGradientBoostingRegressor)(random_state=0),
    }[name]
    return skrub.tabular_pipeline(model)


def lightgbm_model(task):
    import lightgbm
    import skrub
    kind = lightgbm.LGBMClassifier if task == "classes" else lightgbm.LGBMRegressor
    # LightGBM refuses names with the characters of JSON, so it gets numbers.
    return skrub.tabular_pipeline(kind(verbose=-1, random_state=0))


def predict_sklearn(method, table, train, test):
    model = lightgbm_model(table.task) if method == "lightgbm" else sklearn_model(method, table.task)
    features = table.frame.drop(columns=table.target)
    features.columns = [f"c{i}" for i in range(features.shape[1])]
    target = table.frame[table.target]
    target = target.astype(str) if table.task == "classes" else target.astype(float)
    start = time.perf_counter()
    model.fit(features.iloc[train], target.iloc[train])
    seconds = time.perf_counter() - start
    return list(model.predict(features.iloc[test])), seconds


def encoded_for_trees(table):
    """Returns the features with categories as strings, and their positions."""
    features = table.frame.drop(columns=table.target).copy()
    words = [name for name in features if features[name].dtype == object or features[name].dtype == bool
             or str(features[name].dtype) in ("str", "string", "category")]
    for name in words:
        features[name] = features[name].astype(object).where(features[name].notna(), "missing").astype(str)
    return features, words


def predict_catboost(table, train, test):
    import catboost
    features, words = encoded_for_trees(table)
    kind = catboost.CatBoostClassifier if table.task == "classes" else catboost.CatBoostRegressor
    model = kind(verbose=False, random_seed=0, allow_writing_files=False, cat_features=words)
    target = table.frame[table.target]
    target = target.astype(str) if table.task == "classes" else target.astype(float)
    start = time.perf_counter()
    model.fit(features.iloc[train], target.iloc[train])
    seconds = time.perf_counter() - start
    return [str(p) if table.task == "classes" else float(p)
            for p in model.predict(features.iloc[test]).ravel()], seconds


def predict_realmlp(method, table, train, test):
    import pytabkit
    import torch
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    features, words = encoded_for_trees(table)
    features = features.fillna(features.mean(numeric_only=True)).fillna(0)
    kind = getattr(pytabkit, f"RealMLP_{method.split('_')[1].upper().replace('TDS', 'TD_S')}_"
                             f"{'Classifier' if table.task == 'classes' else 'Regressor'}")
    target = table.frame[table.target]
    target = target.astype(str) if table.task == "classes" else target.astype(float)
    model = kind(device="cpu", random_state=0, n_cv=1, n_refit=0)
    start = time.perf_counter()
    model.fit(features.iloc[train], target.iloc[train].to_numpy(), cat_col_names=words)
    seconds = time.perf_counter() - start
    return list(model.predict(features.iloc[test]).ravel()), seconds


def predict_selfnorm(program, method, table, train, test):
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name, rows in (("train", train), ("test", test)):
            files.append(os.path.join(folder, name + ".csv"))
            table.frame.iloc[rows].to_csv(files[-1], index=False)
        start = time.perf_counter()
        task = "classification" if table.task == "classes" else "regression"
        preset = "best" if method == "selfnorm_best" else "default"
        subprocess.run([program, "train", files[0], "--target", table.target, "--out", folder + "/run", "--task",
                        task, "--preset", preset, "--report", "false"], check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        said = subprocess.run([program, "predict", folder + "/run", "--data", files[1]], check=True,
                              capture_output=True, text=True).stdout
    rows = list(csv.DictReader(said.splitlines(), strict=True))
    column = "prediction" if table.task == "classes" else list(rows[0])[-1]
    return [row[column] if table.task == "classes" else float(row[column]) for row in rows], seconds


def words_of(values):
    """Returns class names in one spelling, whether they were numbers or words."""
    names = []
    for value in values:
        try:
            number = float(value)
            names.append(str(int(number)) if number == int(number) else str(number))
        except (ValueError, OverflowError):
            names.append(str(value))
    return names


def score_of(table, predictions, test):
    from sklearn import metrics
    truth = list(table.frame[table.target].iloc[test])
    if table.task == "classes":
        return metrics.accuracy_score(words_of(truth), words_of(predictions))
    return metrics.r2_score(truth, predictions)


def measure(program, method, table, seed):
    warnings.filterwarnings("ignore")
    train, test = split_of(table, seed)
    result = {"table": table.name, "task": table.task, "method": method, "seed": seed, "rows": len(table.frame)}
    try:
        if method in ("linear", "mlp", "hgb", "lightgbm"):
            predictions, seconds = predict_sklearn(method, table, train, test)
        elif method == "catboost":
            predictions, seconds = predict_catboost(table, train, test)
        elif method.startswith("realmlp"):
            predictions, seconds = predict_realmlp(method, table, train, test)
        else:
            predictions, seconds = predict_selfnorm(program, method, table, train, test)
        return result | {"score": score_of(table, predictions, test), "seconds": seconds}
    except subprocess.CalledProcessError as error:
        return result | {"error": error.stderr.strip().splitlines()[-1]}
    except Exception as error:  # what a peer throws is its result
        return result | {"error": f"{type(error).__name__}: {error}"[:200]}


def mean_scores(results, methods):
    """Returns the mean score of each method on each table, by task, over the seeds that all methods have."""
    scores = collections.defaultdict(lambda: collections.defaultdict(dict))
    tasks = {}
    for r in results:
        if "score" in r:
            scores[r["table"]][r["method"]][r["seed"]] = r["score"]
            tasks[r["table"]] = r["task"]
    found = {"classes": {}, "number": {}}
    for name, by_method in scores.items():
        seeds = set.intersection(*(set(by_method[method]) for method in methods))
        if seeds:
            found[tasks[name]][name] = {
                method: statistics.mean(by_method[method][seed] for seed in seeds) for method in methods}
    return found


def rank(scores, method):
    """Returns the rank of a method. Equal scores share the mean of their ranks."""
    others = [scores[other] for other in scores if other != method]
    return 1 + sum(o > scores[method] for o in others) + sum(o == scores[method] for o in others) / 2


def summary_text(results, methods):
    tables = mean_scores(results, methods)
    both = {**tables["classes"], **tables["number"]}
    seconds = collections.defaultdict(list)
    for r in results:
        if "score" in r and r["table"] in both and r["seconds"] is not None:
            seconds[r["method"]].append(r["seconds"])
    lines = [f"| program | mean rank, {len(both)} tables | classes, {len(tables['classes'])} | "
             f"numbers, {len(tables['number'])} | mean accuracy | median R² | median seconds to train |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for method in methods:
        ranks = [statistics.mean(rank(scores, method) for scores in each.values())
                 for each in (both, tables["classes"], tables["number"])]
        lines.append(f"| {NAMES[method]} | " + " | ".join(f"{r:.2f}" for r in ranks)
                     + f" | {statistics.mean(s[method] for s in tables['classes'].values()):.4f}"
                     f" | {statistics.median(s[method] for s in tables['number'].values()):.4f}"
                     f" | {statistics.median(seconds[method]):.2f} |")
    return "\n".join(lines)


def tables_text(results, methods):
    found = mean_scores(results, methods)
    lines = ["| table | score | " + " | ".join(method for method in methods) + " |",
             "| --- | --- |" + " --- |" * len(methods)]
    for task, score in (("classes", "accuracy"), ("number", "R²")):
        for name, scores in sorted(found[task].items()):
            best = max(scores.values())
            cells = [f"**{s:.4f}**" if s == best else f"{s:.4f}" for s in scores.values()]
            lines.append(f"| {name} | {score} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def measure_all(arguments):
    import sets
    done = {(r["table"], r["method"], r["seed"]) for r in read_results(RESULTS)}
    program = str(pathlib.Path(arguments.program).resolve())
    with concurrent.futures.ProcessPoolExecutor(arguments.jobs) as pool, open(RESULTS, "a") as out:
        waiting = []
        for table in sets.all_tables():
            if arguments.tables and table.name not in arguments.tables or len(table.frame) > arguments.max_rows:
                continue
            waiting += [pool.submit(measure, program, method, table, seed) for method in arguments.methods
                        for seed in range(arguments.seeds) if (table.name, method, seed) not in done]
        for each in concurrent.futures.as_completed(waiting):
            result = each.result()
            if arguments.busy and "seconds" in result:
                result["seconds"] = None
            out.write(json.dumps(result) + "\n")
            out.flush()
            if "error" in result:
                print(result, file=sys.stderr, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/selfnorm")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--methods", nargs="*", default=MAIN)
    parser.add_argument("--tables", nargs="*")
    parser.add_argument("--max-rows", type=int, default=10**9)
    parser.add_argument("--busy", action="store_true", help="do not record seconds")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at a time")
    arguments = parser.parse_args()
    measure_all(arguments)
    results = read_results(RESULTS)
    every = [method for method in NAMES if method in {r["method"] for r in results}]
    replace_table(README, "peers", summary_text(results, MAIN), maker="peers.py")
    replace_table(README, "all peers", summary_text(results, every), maker="peers.py")
    replace_table(README, "peers by table", tables_text(results, MAIN), maker="peers.py")


if __name__ == "__main__":
    main()
