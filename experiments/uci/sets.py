# SPDX-License-Identifier: Apache-2.0
"""The data sets of the UCI collection with their official partitions. It needs ../shared/data."""

import collections
import csv
import dataclasses
import gzip
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DATA = ROOT.parent / "shared" / "data" / "uci121"
LARGEST = 10


@dataclasses.dataclass
class Part:
    """Rows to train on and rows to score. A row is a list of cells, the last of which is the class."""

    columns: list
    train: list
    score: list

    def write(self, folder, train_name, score_name):
        """Writes both as CSV files and returns the fraction of the scored rows that is written.

        A class without a training row cannot be predicted, so its rows are left out and count as wrong.
        """
        known = {row[-1] for row in self.train}
        rows = [row for row in self.score if row[-1] in known]
        for name, written in ((train_name, self.train), (score_name, rows)):
            with (folder / name).open("w", newline="") as out:
                csv.writer(out).writerows([self.columns, *written])
        return len(rows) / len(self.score)

    def majority_accuracy(self):
        most = collections.Counter(row[-1] for row in self.train).most_common(1)[0][0]
        return sum(row[-1] == most for row in self.score) / len(self.score)


@dataclasses.dataclass
class DataSet:
    name: str
    rows: int
    classes: int
    tuning: Part
    tests: list


def lines_of(path):
    with gzip.open(path, "rt") as file:
        return file.read().splitlines()


def read_rows(path):
    """Returns the columns and the rows without their number."""
    lines = lines_of(path)
    columns = lines[0].split("\t")[1:-1] + ["class"]
    return columns, [line.split("\t")[1:] for line in lines[1:]]


def read_partitions(path, rows):
    """Returns pairs of rows, from pairs of lines of row numbers."""
    chosen = [[rows[int(i)] for i in line.split()] for line in lines_of(path) if line.strip()]
    return list(zip(chosen[::2], chosen[1::2], strict=True))


def read_set(name):
    folder = DATA / name
    fixed = "_fixed" if (folder / f"{name}_train_fixed_R.dat.gz").exists() else ""
    train_file = folder / f"{name}_train{fixed}_R.dat.gz"
    has_test_file = train_file.exists()
    columns, rows = read_rows(train_file if has_test_file else folder / f"{name}_R.dat.gz")
    (train, validation), = read_partitions(folder / "conxuntos.dat.gz", rows)
    tuning = Part(columns, train, validation)
    if has_test_file:
        _, test_rows = read_rows(folder / f"{name}_test{fixed}_R.dat.gz")
        tests = [Part(columns, rows, test_rows)] * 4
    else:
        test_rows = []
        tests = [Part(columns, *pair) for pair in read_partitions(folder / "conxuntos_kfold.dat.gz", rows)]
    classes = len({row[-1] for part in (tuning, *tests) for row in part.train})
    return DataSet(name, len(rows) + len(test_rows), classes, tuning, tests)


def subset(count):
    """Returns the names of the ten largest sets and of others of all sizes, in a mixed order."""
    with (DATA / "datasets.tsv").open() as file:
        listed = sorted(csv.DictReader(file, delimiter="\t"), key=lambda row: (-int(row["rows"]), row["name"]))
    names = [row["name"] for row in listed]
    large, others = names[:LARGEST], names[LARGEST:]
    count = min(max(count, LARGEST), len(names)) - LARGEST
    chosen = [others[i * len(others) // count] for i in range(count)] if count else []
    every = max(1, count // LARGEST)
    mixed = []
    for i, name in enumerate(large):
        mixed += chosen[i * every:(i + 1) * every if i + 1 < LARGEST else None] + [name]
    return mixed
