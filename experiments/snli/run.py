#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sentence pairs: repeats the published comparison of ReLU and SELU on SNLI.

Also examines its networks with the doctor, and trains SELU as it is intended to be used.

usage: experiments/snli/run.py [--program build/release/bin/selfnorm]
                               [--only published repaired search finalists tuned moments tried
                                      ablation speed doctor tables]

Needs ../shared/data. `selfnorm compare` runs the trainings and stores each finished one, so an
interrupted experiment resumes. Delete build/snli to start from the beginning. The results are in
results.json, and the tables of README.md are written from this file. Keep the machine idle, because
times are recorded.
"""

import argparse
import csv
import gzip
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys

import networks

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from results import replace_table  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared" / "data"
WORK = ROOT / "build" / "snli"
RESULTS, README = HERE / "results.json", HERE / "README.md"

VARIANTS = ("batch norm", "none", "alpha dropout")
TRAIN = ("snli/snli_train20k.tsv.gz", "nli-extra/cad_snli_train.tsv.gz")
OTHER_TESTS = {"Breaking NLI": "nli-extra/breaking_nli.tsv.gz", "SICK": "nli-extra/sick_test.tsv.gz"}
COLUMNS = ("gold_label", "sentence1", "sentence2")
FULL_SIZE = 549367
# The equal search: each family has the same number of trials with one seed, compared by the best
# validation accuracy of ten epochs. The best three of each family are trained with more seeds. The
# tuned networks have other seeds.
LEARNING_RATES, DROPOUT_RATES = (1e-2, 3e-3, 1e-3, 5.5e-4, 3e-4), (0.0, 0.05, 0.1, 0.2)
FINALISTS, TUNED_FIRST_SEED = 3, 11
WATCHED = ("relu", "selu, largest", "selu, repaired")
SEEDS, TUNED_SEEDS = 3, 5


# ---- data --------------------------------------------------------------------------------------

def rows_of(name):
    with gzip.open(SHARED / name, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(row.get("gold_label") or row["entailment_label"], row["sentence1"], row["sentence2"])
                for row in rows]


def write_rows(path, rows):
    part = path.with_name("part-" + path.name)
    with gzip.open(part, "wt", encoding="utf-8", newline="", compresslevel=1) as file:
        for row in (COLUMNS, *rows):
            file.write("\t".join(row) + "\n")
    part.replace(path)


def make_data():
    if not SHARED.exists():
        sys.exit(f"skipped: needs the data sets in {SHARED}")
    WORK.mkdir(parents=True, exist_ok=True)
    made = {"train": [row for name in TRAIN for row in rows_of(name)],
            "dev": rows_of("snli/snli_1.0_dev.tsv.gz"), "test": rows_of("snli/snli_1.0_test.tsv.gz"),
            **{name: rows_of(file) for name, file in OTHER_TESTS.items()}}
    for name, rows in made.items():
        if not (WORK / f"{name}.tsv.gz").exists():
            write_rows(WORK / f"{name}.tsv.gz", rows)
    vectors = WORK / "vectors.txt.gz"
    if not vectors.exists():
        shutil.copyfile(SHARED / "word2vec/googlenews_word2vec_8000x300.txt.gz", vectors)


def make_full_size():
    """Writes as many pairs as the training set of SNLI, drawn with replacement from the available ones."""
    path = WORK / "full.tsv.gz"
    if not path.exists():
        rows = [row for name in TRAIN for row in rows_of(name)]
        rng = random.Random(1)
        write_rows(path, (rng.choice(rows) for _ in range(FULL_SIZE)))
    return path


# ---- networks ----------------------------------------------------------------------------------

def name_of(*parts):
    return "_".join(str(part).replace(" ", "_") for part in parts)


def write(folder, name, options, remark=""):
    path = folder / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(networks.network_file(options, remark))
    return path


def published():
    remark = "The published network with {}, variant '{}'. Written by run.py from networks.py."
    return [write(HERE, name_of(a, v), networks.published(a, v), remark.format(a, v))
            for a in ("relu", "selu") for v in VARIANTS]


def repaired(program):
    """Writes the network that the doctor repairs from SELU with batch norm."""
    path = HERE / "selu_repaired.toml"
    run(program, "doctor", HERE / "selu_batch_norm.toml", "--repair", path)
    text = path.read_text().split("\n", 1)[1]
    path.write_text("# Written by `selfnorm doctor selu_batch_norm.toml --repair`.\n" + text)
    return path


def families():
    """Returns the families of the equal search.

    They are the two published ReLU networks, the better of these without padding in its sums, SELU
    repaired in two ways, and ReLU with the same changes.
    """
    relu = {"activation": "relu", "dropout": "dropout", "init": "he_normal"}
    return {"relu, batch norm": networks.published("relu", "batch norm"),
            "relu, batch norm, masked sum": networks.changed(
                networks.published("relu", "batch norm"), {"pooling": {"mode": "sum"}}),
            "relu": networks.published("relu", "none"),
            "relu, same changes": networks.changed(networks.REPAIRED, relu),
            "relu, largest": networks.changed(networks.MAX_POOLING, relu, {"behind_pooling": None}),
            "selu, repaired": networks.REPAIRED,
            "selu, largest": networks.MAX_POOLING}


def with_settings(options, rate, drop, seed=1):
    train = json.loads(json.dumps(options["train"]))
    train["optimizer"]["learning_rate"] = rate
    train["seed"] = seed
    return networks.changed(options, {"train": train, "rate": drop})


def setting_name(family, rate, drop):
    return name_of(family.replace(",", ""), f"{rate:g}", drop)


def setting_file(family, rate, drop):
    return write(WORK / "search_networks", setting_name(family, rate, drop),
                 with_settings(families()[family], rate, drop))


# ---- the program -------------------------------------------------------------------------------

def run(program, *arguments, **options):
    finished = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                              check=False, cwd=WORK, **options)
    if finished.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, arguments))}\n{finished.stderr}")
    return finished.stdout


def compare(program, name, files, seeds):
    """Runs one comparison in the folder of this name and returns the results of these files."""
    out = WORK / name
    command = [program, "compare", *map(str, files), "--seeds", str(seeds), "--out", str(out)]
    finished = subprocess.run(command + (["--resume"] if out.exists() else []), check=False, cwd=WORK,
                              stdout=subprocess.DEVNULL)
    if finished.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit status {finished.returncode}")
    found = json.loads((out / "compare.json").read_text())
    trials = {each["name"]: each["trials"] for each in found["contenders"]}
    return {path.stem: [summary(trial) for trial in trials[path.stem]][:seeds] for path in files}


def summary(trial):
    epochs = trial["epochs"]
    return {"seed": trial["seed"], "failure": trial["failure"],
            "validation": [e["validation_accuracy"] for e in epochs],
            "training": [e["accuracy"] for e in epochs], "loss": [e["loss"] for e in epochs],
            "seconds": [round(e["seconds"], 3) for e in epochs],
            "test": trial["test"].get("accuracy")}


def add_other_tests(program, name, table):
    for contender, trials in table.items():
        for trial in trials:
            model = WORK / name / contender / f"seed-{trial['seed']}"
            for test in OTHER_TESTS:
                found = json.loads(run(program, "evaluate", model, "--data", f"{test}.tsv.gz", "--json"))
                trial[test] = found["accuracy"]


def watched(record):
    return {key: {layer["layer"]: {k: layer[k] for k in layer if k != "layer"}
                  for layer in record[key]} for key in ("moments", "weights")}


# ---- the stages --------------------------------------------------------------------------------

class Experiment:
    def __init__(self, program):
        self.program = program
        self.results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}

    def keep(self, name, found):
        self.results[name] = found
        part = RESULTS.with_suffix(".tmp0")
        part.write_text(json.dumps(self.results, indent=0) + "\n")
        part.replace(RESULTS)

    def compare(self, name, files, seeds, other_tests=False):
        """Trains the networks that have no results yet. The others keep theirs."""
        known = self.results.get(name, {})
        missing = [path for path in files if path.stem not in known]
        made = compare(self.program, name, missing, seeds) if missing else {}
        if other_tests:
            add_other_tests(self.program, name, made)
        self.keep(name, {path.stem: made.get(path.stem) or known[path.stem] for path in files})

    def published(self):
        self.compare("published", published(), SEEDS, other_tests=True)
        unmasked = [write(WORK / "networks", name_of(a, v, "masked_sum"), networks.changed(
            networks.published(a, v), {"pooling": {"mode": "sum"}}))
            for a in ("relu", "selu") for v in ("batch norm", "none")]
        self.compare("masked", unmasked, SEEDS)
        # The published networks compute the identity for alpha dropout at inference.
        corrected = [write(WORK / "networks", name_of(a, "alpha dropout expectation"), networks.changed(
            networks.published(a, "alpha dropout"), {"inference": "expectation"}))
            for a in ("relu", "selu")]
        self.compare("expectation", corrected, SEEDS, other_tests=True)

    def repaired(self):
        by_hand = write(WORK / "networks", "selu_by_hand", networks.REPAIRED)
        self.compare("repaired", [repaired(self.program), by_hand], SEEDS, other_tests=True)

    def search(self):
        files = [setting_file(family, rate, drop) for family in families()
                 for rate in LEARNING_RATES for drop in DROPOUT_RATES]
        self.compare("search", files, 1)

    def by_score(self, piece, family):
        """Sorts the settings of a family by the mean over seeds of the best validation accuracy."""
        def score(setting):
            trials = self.results[piece][setting_name(family, *setting)]
            return sum(max(t["validation"], default=0) for t in trials if not t["failure"]) / len(trials)
        known = [(rate, drop) for rate in LEARNING_RATES for drop in DROPOUT_RATES
                 if setting_name(family, rate, drop) in self.results[piece]]
        return sorted(known, key=score, reverse=True)

    def finalists(self):
        files = [setting_file(family, *setting) for family in families()
                 for setting in self.by_score("search", family)[:FINALISTS]]
        known = self.results.get("finalists", {})
        missing = [path for path in files if path.stem not in known]
        made = compare(self.program, "search", missing, SEEDS) if missing else {}
        self.keep("finalists", {path.stem: made.get(path.stem) or known[path.stem] for path in files})

    def tuned(self):
        files = []
        for family, options in families().items():
            rate, drop = self.by_score("finalists", family)[0]
            count = len(LEARNING_RATES) * len(DROPOUT_RATES)
            remark = f"The best of {count} settings of the family '{family}'. Written by run.py."
            files.append(write(HERE, name_of("tuned", family.replace(",", "")),
                               with_settings(options, rate, drop, TUNED_FIRST_SEED), remark))
        self.compare("tuned", files, TUNED_SEEDS, other_tests=True)

    def moments(self):
        """Trains the tuned networks again and records signals and weights before and after."""
        found = {}
        for family in WATCHED:
            name = name_of("tuned", family.replace(",", ""))
            out = WORK / "watched"
            shutil.rmtree(out, ignore_errors=True)
            run(self.program, "train", HERE / f"{name}.toml", "--watch", "true", "--out", out)
            history = [json.loads(line) for line in (out / "history.jsonl").read_text().splitlines()]
            found[name] = {"start": watched(history[0]), "end": watched(history[-1])}
        self.keep("moments", found)

    def tried(self):
        files = [write(WORK / "tried_networks", name_of(name.replace(",", "")), options)
                 for name, options in networks.POOLING_VARIANTS.items()]
        self.compare("tried", files, SEEDS)

    def ablation(self):
        base = networks.published("selu", "batch norm")
        files = [write(WORK / "ablation_networks", "all", networks.REPAIRED),
                 write(WORK / "ablation_networks", "nothing", base)]
        for name, fix in networks.FIXES.items():
            others = [other for key, other in networks.FIXES.items() if key != name]
            files.append(write(WORK / "ablation_networks", name_of("only", name),
                               networks.changed(base, fix)))
            files.append(write(WORK / "ablation_networks", name_of("without", name),
                               networks.changed(base, *others)))
        self.compare("ablation", files, SEEDS)

    def speed(self):
        """Times two epochs at the size of SNLI. The networks take turns."""
        data, file = make_full_size(), WORK / "speed.json"
        timed = [f"{name_of(a, v)}.toml" for a in ("relu", "selu") for v in ("batch norm", "none")]
        timed += ["tuned_relu.toml", "tuned_selu_largest.toml"]
        found = json.loads(file.read_text()) if file.exists() else {}
        for turn in range(2):
            for name in timed:
                key = f"{name.removesuffix('.toml').replace('_', ' ')}, turn {turn + 1}"
                if key not in found:
                    found[key] = self.timed(data, HERE / name)
                    file.write_text(json.dumps(found))
        self.keep("speed", found)

    def timed(self, data, network):
        out = WORK / "speed"
        shutil.rmtree(out, ignore_errors=True)
        command = ["/usr/bin/env", "python3", "-c", PEAK, self.program, "train", str(network), "--data",
                   str(data), "--epochs", "2", "--threads", "2", "--report", "false", "--out", str(out),
                   "--json"]
        finished = subprocess.run(command, capture_output=True, text=True, check=False, cwd=WORK)
        if finished.returncode != 0:
            sys.exit(finished.stderr)
        history = [json.loads(line) for line in (out / "history.jsonl").read_text().splitlines()]
        return {"seconds": [round(e["seconds"], 2) for e in history if e["epoch"] > 0],
                "peak_mib": int(finished.stderr.splitlines()[-1]) // 1024}

    def doctor(self):
        found = {}
        for path in (*published(), HERE / "selu_repaired.toml"):
            said = json.loads(run(self.program, "doctor", path, "--measure", "--draws", "20", "--json",
                                  "--fail-on", "never"))
            found[path.stem] = {
                "findings": [{k: f[k] for k in ("code", "severity", "value")} for f in said["findings"]],
                "layers": [{"name": layer["name"], "op": layer["op"], "mean": layer["mean"],
                            "variance": layer["variance"],
                            "gradient": layer["gradient_second_moment"],
                            "measured_variance": layer["measured"]["variance"],
                            "missed": layer["missed"]} for layer in said["layers"]]}
        self.keep("doctor", found)


# Runs a command and prints its peak memory in KiB as the last line of standard error.
PEAK = """import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)"""

STAGES = ("published", "repaired", "search", "finalists", "tuned", "moments", "tried", "ablation", "speed", "doctor")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--only", nargs="*", choices=(*STAGES, "tables"), default=[*STAGES, "tables"])
    arguments = parser.parse_args()
    arguments.program = os.path.abspath(arguments.program)
    make_data()
    experiment = Experiment(arguments.program)
    for piece in STAGES:
        if piece in arguments.only:
            getattr(experiment, piece)()
    if "tables" in arguments.only:
        import pictures
        import tables
        for name, text in tables.tables(experiment.results, networks, LEARNING_RATES, DROPOUT_RATES).items():
            replace_table(README, name, text)
        for name in ("published", "repaired", "tuned"):
            pictures.draw_curves(experiment.results[name], HERE / f"{name}.svg")


if __name__ == "__main__":
    main()
