#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The zoo: examines, repairs and trains networks as users build them.

Records the findings of the doctor, the errors of its predictions, and how the networks train before
and after the repair, compared with ReLU and batch norm.

usage: experiments/zoo/run.py [--program build/release/bin/selfnorm]
                              [--only doctor|calibration|training|seconds|tables]
                              [--network NAME] [--version NAME] [--seeds 3]

Needs ../shared/data. Every finished result is stored in results.jsonl with a hash of its network
file. For results of the doctor, the hash includes the program. So an interrupted experiment resumes,
and results are computed again if a changed repair gives another network. The tables of README.md are
written from this file. Every run uses one thread. Times are measured separately (--only seconds), on
an idle machine.
"""

import argparse
import gzip
import hashlib
import json
import math
import os
import pathlib
import re
import statistics
import struct
import subprocess
import sys
import time

import curves
import networks
import tables
import text

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from results import alone, replace_table, read_results, write_results  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared" / "data"
WORK = ROOT / "build" / "zoo"  # working directory of the program; paths in network files are relative to it
RESULTS, README = HERE / "results.jsonl", HERE / "README.md"
ROWS, NLI_PAIRS = 12000, 20000
INPUTS = {"mnist": {"image": [1, 28, 28]}, "membrane": {"image": [1, 128, 128]},
          "nli": {"premise": [networks.STEPS], "hypothesis": [networks.STEPS]}}
CROP, PER_SIDE, IMAGES, HELD_OUT = 128, 4, 30, 5
SAMPLES, DRAWS = 64, 20  # samples that the doctor examines, networks that it measures
CALIBRATION = {"mnist": (64, 5), "membrane": (8, 5), "nli": (64, 5)}  # samples per batch, batches
# Networks for the run time of the doctor: (function that builds the layers, data).
DEEP = {"1,000 dense layers, MNIST": (networks.dense_net(1000, width=128), "mnist"),
        "5,000 dense layers, MNIST": (networks.dense_net(5000, width=128), "mnist"),
        "5,000 convolutions of 8 channels on 28², N(0, 1)": (networks.convolutions(5000), None)}
VERSIONS = ("faulty", "repaired", "ReLU + batch norm")
WHITENED = "repaired, whitened"  # tests whitening where the doctor does not advise it
# For each data set: batch size, epochs, learning rates that are tried with the first seed.
BUDGET = {"mnist": (64, 4, (1e-3, 3e-4)), "membrane": (4, 4, (1e-3, 3e-4)), "nli": (64, 4, (1e-3, 3e-4))}
SEARCH_SEED = 1
METRIC = {"mnist": "accuracy", "membrane": "iou", "nli": "accuracy"}


# ---- data --------------------------------------------------------------------------------------

def read_idx(path):
    content = gzip.decompress(path.read_bytes())
    count, height, width = struct.unpack(">3i", content[4:16])
    return content[16:], count, height, width


def crops(path):
    """Divides every image into 16 crops, in the order of the images."""
    pixels, count, height, width = read_idx(path)
    parts = []
    for n in range(count):
        for i in range(PER_SIDE):
            for j in range(PER_SIDE):
                for row in range(CROP):
                    at = (n * height + i * CROP + row) * width + j * CROP
                    parts.append(pixels[at:at + CROP])
    return b"".join(parts)


def write_npy(path, numbers, *sample):
    """Writes an array.array or bytes as samples of this shape."""
    count = len(numbers) // math.prod(sample)
    kind = {"B": "|u1", "i": "<i4", "f": "<f4"}[getattr(numbers, "typecode", "B")]
    shape = str((count, *sample))
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust((len(header) + 10 + 64) // 64 * 64 - 11) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
                     + bytes(numbers))


def make_membrane():
    x, y = WORK / "membrane.npy", WORK / "membrane_mask.npy"
    if not y.exists():
        folder = SHARED / "membrane"
        write_npy(x, crops(folder / "train-images-idx3-ubyte.gz"), CROP, CROP)
        labels = crops(folder / "train-labels-idx3-ubyte.gz")
        write_npy(y, bytes(1 if value > 127 else 0 for value in labels), CROP, CROP)
    return {"source": x.name, "target": y.name, "test_split": HELD_OUT / IMAGES, "validation_split": 0.1,
            "shuffle_split": False}


def make_nli():
    """Writes SNLI pairs as token ids: 0 is padding, 1 a word without a vector. The vectors of both are 0."""
    numbers = {s: WORK / f"nli_{s}.npy" for s in INPUTS["nli"]}
    labels, vectors = WORK / "nli_labels.npy", WORK / "nli_vectors.npy"
    train, test = (text.read_pairs(SHARED / "snli" / f) for f in
                   ("snli_train20k.tsv.gz", "snli_1.0_test.tsv.gz"))
    pairs = train[:NLI_PAIRS] + test
    if not vectors.exists():
        known = text.read_vectors(SHARED / "word2vec" / "googlenews_word2vec_8000x300.txt.gz",
                                  text.words_of(train))
        for place, path in enumerate(numbers.values()):
            write_npy(path, text.numbers_of([p[place] for p in pairs], known, networks.STEPS),
                      networks.STEPS)
        write_npy(labels, bytes(text.LABELS.index(p[2]) for p in pairs))
        write_npy(vectors, text.table_of(known, networks.EMBEDDING_DIMENSION), networks.EMBEDDING_DIMENSION)
    return {"inputs": {s: [path.name] for s, path in numbers.items()}, "target": labels.name,
            "test_split": len(test) / len(pairs), "validation_split": 0.1, "shuffle_split": False}


def vocabulary():
    """Returns the number of rows in the table of vectors."""
    return int(re.search(rb"\((\d+),", (WORK / "nli_vectors.npy").read_bytes()[:128])[1])


def data_of(name):
    if name == "nli":
        return make_nli()
    if name == "membrane":
        return make_membrane()
    return {"source": "mnist", "data_dir": os.path.relpath(SHARED, WORK), "limit": ROWS,
            "validation_split": 0.1, "shuffle_split": False}


def train_of(data, rate, seed):
    batch, epochs, _ = BUDGET[data]
    train = {"batch_size": batch, "epochs": epochs, "seed": seed, "watch": False,
             "optimizer": {"name": "adam", "learning_rate": rate},
             "schedule": {"name": "cosine", "warmup": 0.5}}
    if data == "membrane":
        train |= {"loss": "sigmoid_cross_entropy", "metrics": ["iou", "dice", "accuracy"]}
    return train


# ---- the program -------------------------------------------------------------------------------

REPAIRED = set()


class Failed(Exception):
    pass


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                          check=False, cwd=WORK, env={**os.environ, "OMP_NUM_THREADS": "1"})


def run_json(program, *arguments, statuses=(0,)):
    finished = run(program, *arguments)
    if finished.returncode not in statuses:
        raise Failed(finished.stderr.strip().splitlines()[-1])
    return json.loads(finished.stdout)


def file_of(name, version):
    return WORK / (re.sub(r"[^a-z0-9.]+", "_", f"{name} {version}".lower()) + ".toml")


def repaired_text(program, name, train):
    """Returns the faulty network as repaired by this program, with these training settings."""
    source = networks.NETWORKS[name][2]
    made = file_of(name, "repaired").with_suffix(".base.toml")
    if made not in REPAIRED:  # replace the file of an earlier run
        faulty = write_network(program, name, "faulty")
        finished = run(program, "doctor", faulty, "--repair", made, "--samples", SAMPLES)
        if finished.returncode != 0:
            raise Failed(finished.stderr.strip().splitlines()[-1])
        REPAIRED.add(made)
    tail = networks.network_file({}, [], {}, train).partition("[train]")[2]
    return made.read_text().partition("[train]")[0] + "[train]" + tail


def whitened(text):
    """Adds local whitening before the first convolution."""
    image = 'inputs = ["image"]'
    layer = f'  {{ op = "whiten", name = "whitened", {image} }},\n'
    return text.replace(image, 'inputs = ["whitened"]').replace("layers = [\n", "layers = [\n" + layer)


def network_text(program, name, version, train):
    build, style, data = networks.NETWORKS[name]
    if version == "repaired":
        return repaired_text(program, name, train)
    if version == WHITENED:
        return whitened(repaired_text(program, name, train))
    source = data_of(data)
    if version == "faulty":
        source = {**source, "standardize": False}
    layers = build(style if version == "faulty" else networks.REFERENCE)
    text_of = networks.network_file(INPUTS[data], layers, source, train)
    return text_of.replace('"VOCABULARY"', str(vocabulary()) if data == "nli" else "")


def write_network(program, name, version, rate=1e-3, seed=SEARCH_SEED):
    path = file_of(name, version)
    train = train_of(networks.NETWORKS[name][2], rate, seed)
    path.write_text(network_text(program, name, version, train))
    return path


def hash_of(*paths):
    """Hashes the files without the setting that was the default when the first results were made."""
    content = b"".join(pathlib.Path(path).read_bytes().replace(b"shuffle_split = false\n", b"")
                       for path in paths)
    return hashlib.sha256(content).hexdigest()[:16]


# ---- the doctor --------------------------------------------------------------------------------

def largest_errors(layers):
    """Returns the largest errors of mean (in standard deviations), variance and gradient (per layer)."""
    mean = variance = gradient = 0
    for layers_after, layer in enumerate(reversed(layers), 1):
        measured = layer["measured"]
        if None in (measured["mean"], measured["variance"]) or measured["variance"] <= 0:
            continue
        shift = layer["fluctuation"]
        off = layer["mean"] + shift["mean_shift"] - measured["mean"]
        mean = max(mean, abs(off) / measured["variance"] ** 0.5)
        predicted = layer["variance"] + shift["variance_shift"]
        variance = max(variance, abs(predicted / measured["variance"] - 1))
        predicted, got = layer["gradient_second_moment"], measured["gradient_second_moment"]
        if predicted and got:
            gradient = max(gradient, abs((predicted / got) ** (1 / layers_after) - 1))
    return {"mean": mean, "variance": variance, "gradient": gradient,
            "missed": [layer["name"] for layer in layers if layer["missed"]]}


def spreads(layers):
    """Returns the ratio of predicted to measured spread over draws: least, median and greatest."""
    ratios = {"variance": [], "gradient": []}
    for layer in layers:
        one, errors = layer["fluctuation"], layer["measured"]["standard_error"]
        for what, predicted, error in (
                ("variance", one["variance"], errors["variance"]),
                ("gradient", one["log_gradient"], errors["gradient_second_moment"])):
            scale = layer["measured"]["variance"] if what == "variance" else 1
            if None not in (predicted, error, scale) and error > 1e-4 * scale:
                ratios[what].append(predicted / (error * DRAWS ** 0.5))
    return {what: [min(r), statistics.median(r), max(r)] for what, r in ratios.items() if r}


def examined(program, path):
    found = run_json(program, "doctor", path, "--samples", SAMPLES, "--measure", "--draws", DRAWS,
                     "--fail-on", "never", "--json", statuses=(0, 5))
    findings = [{"code": f["code"], "severity": f["severity"], "value": f["value"],
                 "layers": len(f["layers"])} for f in found["findings"]]
    last = found["layers"][-1]
    return {"findings": findings, "layers": len(found["layers"]), "off": largest_errors(found["layers"]),
            "spreads": spreads(found["layers"]),
            "output_variance": last["variance"],
            "largest_variance": max(layer["variance"] for layer in found["layers"]),
            "first_gradient": found["layers"][1]["gradient_second_moment"]}


def calibrated(program, path, name):
    """Returns the factors by which calibration multiplies the weights of a repaired network."""
    samples, batches = CALIBRATION[networks.NETWORKS[name][2]]
    made = path.with_suffix(".calibrated.toml")
    found = run_json(program, "doctor", path, "--repair", made, "--samples", samples, "--calibrate",
                     batches, "--json")
    factors = sorted(layer["factor"] for layer in found["calibrated"])
    again = run_json(program, "doctor", made, "--samples", samples, "--json")
    return {"layers": len(factors), "least": factors[0], "median": statistics.median(factors),
            "most": factors[-1], "samples": samples, "batches": batches,
            "findings": [f["code"] for f in again["findings"]]}


# ---- training ----------------------------------------------------------------------------------

def trained(program, path, name):
    folder = WORK / f"run_{os.getpid()}"
    document = run_json(program, "train", path, "--out", folder, "--json")
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    score = "validation_" + METRIC[networks.NETWORKS[name][2]]
    return {"losses": [epoch["loss"] for epoch in history],
            "validation": [epoch[score] for epoch in history], "test": document["test"]}


def timed(program, path):
    """Measures the seconds per epoch, without evaluation: the lower of two epochs."""
    folder = WORK / f"run_{os.getpid()}"
    run_json(program, "train", path, "--out", folder, "--epochs", 2, "--json")
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    return {"epoch_seconds": min(epoch["seconds"] for epoch in history)}


# ---- all of it ---------------------------------------------------------------------------------

KEYS = ("kind", "network", "version", "rate", "seed")


def has_same_key(row, what):
    return all(row.get(k) == what.get(k) for k in KEYS)


def best_rate(results, name, version):
    """Returns the rate with the lowest training loss of the search seed, or None if all failed."""
    rows = [r for r in results if r["kind"] == "training" and r["network"] == name
            and r["version"] == version and r["seed"] == SEARCH_SEED and r.get("losses")]
    return min(rows, key=lambda r: r["losses"][-1])["rate"] if rows else None


def versions_of(name):
    return VERSIONS + ((WHITENED,) if name in networks.WHITENED else ())


class Zoo:
    def __init__(self, program, versions):
        self.program, self.versions = program, versions
        self.results = read_results(RESULTS)
        self.made = set()  # the results of this run

    def versions_of(self, name):
        return [v for v in versions_of(name) if v in self.versions]

    def keep(self, row):
        with alone(RESULTS):
            others = read_results(RESULTS)  # another run may have added to them
            self.results = [r for r in others if not has_same_key(r, row)] + [row]
            write_results(RESULTS, self.results)
        print(json.dumps(row)[:300], flush=True)

    def do(self, kind, work, name, version, again=False, **drawn):
        row = {"kind": kind, "network": name, "version": version, **drawn}
        try:
            path = write_network(self.program, name, version, **drawn)
            # Results of the doctor depend on the program. Results of training do not.
            row["file"] = hash_of(path, *([self.program] if kind in ("doctor", "calibration") else []))
            same = [r for r in self.results if r["kind"] == kind and r.get("file") == row["file"]
                    and (not again or (kind, row["file"]) in self.made)]
            if any(has_same_key(r, row) for r in same):
                return
            # The same network under another name has the same numbers.
            self.keep({**same[0], **row} if same else {**row, **work(path)})
            self.made.add((kind, row["file"]))
        except Failed as failure:
            self.keep({**row, "failed": str(failure)[:160]})

    def doctor(self, name):
        for version in self.versions_of(name):
            self.do("doctor", lambda path: examined(self.program, path), name, version)

    def calibrate(self, name):
        if "repaired" in self.versions:
            self.do("calibration", lambda path: calibrated(self.program, path, name), name, "repaired")

    def train(self, name, seeds):
        for version in self.versions_of(name):
            def at(rate, seed):
                self.do("training", lambda path: trained(self.program, path, name),
                        name, version, rate=rate, seed=seed)
            for rate in BUDGET[networks.NETWORKS[name][2]][2]:
                at(rate, SEARCH_SEED)
            best = best_rate(self.results, name, version)
            self.forget_other_rates(name, version, best)
            for seed in range(2, seeds + 1):
                if best is not None:
                    at(best, seed)

    def forget_other_rates(self, name, version, best):
        """Drops results of other seeds at a rate that was best for an older network."""
        with alone(RESULTS):
            self.results = [r for r in read_results(RESULTS) if not (
                r["kind"] == "training" and (r["network"], r["version"]) == (name, version)
                and r["seed"] != SEARCH_SEED and r["rate"] != best)]
            write_results(RESULTS, self.results)

    def time(self, name):
        for version in self.versions_of(name):
            self.do("seconds", lambda path: timed(self.program, path), name, version, again=True)

    def time_doctor(self):
        """Measures the run time of the doctor for deep networks: the lowest of three runs."""
        for name, (build, data) in DEEP.items():
            path = file_of(name, "deep")
            made = build(networks.Style(init="lecun_normal"))
            path.write_text(networks.network_file(INPUTS["mnist"], made, data_of(data) if data else {}, {}))
            seconds = []
            for _ in range(3):
                start = time.perf_counter()
                found = run_json(self.program, "doctor", path, "--fail-on", "never", "--json")
                seconds.append(time.perf_counter() - start)
            self.keep({"kind": "doctor seconds", "network": name, "version": "deep",
                       "nodes": len(found["layers"]), "seconds": min(seconds)})


def write_readme(results):
    replace_table(README, "doctor", tables.doctor_table(results, networks.NETWORKS, versions_of))
    replace_table(README, "calibration", tables.calibration_table(results, networks.NETWORKS))
    replace_table(README, "unets", tables.unet_table(results, networks.NETWORKS))
    replace_table(README, "seconds", tables.doctor_seconds(results))
    replace_table(README, "training", tables.training_table(results, networks.NETWORKS, versions_of))
    replace_table(README, "inference", tables.inference_table(results, networks.NETWORKS, versions_of))
    if not curves.draw(HERE / "curves.svg", results, networks.NETWORKS, versions_of):
        print("curves.svg was not redrawn: gnuplot is not installed")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--only",
                        choices=("doctor", "calibration", "training", "seconds", "tables"))
    parser.add_argument("--network", action="append", choices=tuple(networks.NETWORKS))
    parser.add_argument("--version", action="append", choices=(*VERSIONS, WHITENED))
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    if not SHARED.exists():
        sys.exit(f"experiments/zoo needs the data sets next to the checkout, in {SHARED}")
    WORK.mkdir(parents=True, exist_ok=True)
    zoo = Zoo(os.path.abspath(arguments.program), arguments.version or (*VERSIONS, WHITENED))
    pieces = {"doctor": zoo.doctor, "calibration": zoo.calibrate,
              "training": lambda name: zoo.train(name, arguments.seeds), "seconds": zoo.time}
    for piece, work in pieces.items():
        for name in arguments.network or networks.NETWORKS:
            if arguments.only in (None, piece):
                work(name)
    if arguments.only in (None, "seconds") and not arguments.network:
        zoo.time_doctor()
    write_readme(zoo.results)


if __name__ == "__main__":
    main()
