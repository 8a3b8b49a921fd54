# SPDX-License-Identifier: Apache-2.0
"""The tables of the comparison with other programs, as pandas data frames.

Raw tables are those of files.py that pandas reads without options, with at least 150 rows. Sets of
the UCI collection have only numbers. All of them need ../shared/data.
"""

import gzip
import pathlib

import pandas

import files
import run

DATA = run.ROOT.parent / "shared" / "data"
UCI = DATA / "uci121"

# Sets of at least 300 rows, of all sizes up to 67,557 rows.
UCI_SETS = [
    "haberman-survival", "vertebral-column-3clases", "ecoli", "ionosphere", "dermatology", "arrhythmia",
    "cylinder-bands", "low-res-spect", "ilpd-indian-liver", "synthetic-control", "balance-scale",
    "credit-approval", "energy-y2", "oocytes_trisopterus_nucleus_2f", "mammographic", "led-display",
    "statlog-german-credit", "contrac", "yeast", "semeion", "plant-margin", "car", "steel-plates",
    "cardiotocography-10clases", "ozone", "molec-biol-splice", "spambase", "wine-quality-white",
    "waveform", "wall-following", "page-blocks", "musk-2", "twonorm", "mushroom", "nursery", "magic",
    "letter", "pendigits", "chess-krvk", "connect-4"]

# What pandas needs to read a file.
READ = {"iris": {"header": None, "skiprows": 1}, "wine_data": {"header": None, "skiprows": 1},
        "breast_cancer": {"header": None, "skiprows": 1},
        "diabetes_data_raw": {"header": None, "sep": " "}, "sm_modechoice": {"sep": ";"}}

OTHERS = [("california", "california-housing/housing.csv.gz", "median_house_value"),
          ("htru2", "htru2/HTRU_2.csv.gz", "-1"), ("adult_raw", "adult/adult.data.gz", "-1")]


class Table:
    """A data frame with string column names, its target and its task: "classes" or "number"."""

    def __init__(self, name, frame, target, task):
        self.name, self.frame, self.target, self.task = name, frame, target, task


def frame_of(path, options):
    frame = pandas.read_csv(path, **options)
    if str(frame.columns[0]).startswith("Unnamed"):
        frame = frame.drop(columns=frame.columns[0])  # row numbers of R
    frame.columns = [str(name) for name in frame.columns]
    return frame


def table_of(name, frame, target, task):
    if target == "-1":
        target = frame.columns[-1]
    frame = frame[frame[target].notna()].reset_index(drop=True)
    return Table(name, frame, target, task)


def raw_tables():
    for name, path, target, task in run.all_files():
        frame = frame_of(path, READ.get(name, {}))
        if len(frame) >= 150:
            yield table_of(name, frame, target, "number" if task == "number" else "classes")


def other_tables():
    for name, path, target in OTHERS:
        headerless = {} if name == "california" else {"header": None, "sep": " " if name == "adult_raw" else ","}
        yield table_of(name, frame_of(DATA / path, headerless), target,
                       "number" if name == "california" else "classes")
    for path in sorted((DATA / "pmlb-regression").glob("*.tsv.gz")):
        yield table_of(path.name.split(".")[0], pandas.read_csv(path, sep="\t"), "target", "number")


def uci_parts(name):
    """Returns the data files of a set: the first one, and a second one that some sets have."""
    folder = UCI / name
    fixed = sorted(folder.glob("*_fixed_R.dat.gz"))
    return fixed or sorted(folder.glob("*_R.dat.gz"))


def uci_tables(names=tuple(UCI_SETS)):
    for name in names:
        parts = []
        for path in uci_parts(name):
            with gzip.open(path, "rt") as lines:
                parts.append(pandas.read_csv(lines, sep="\t", index_col=0))
        frame = pandas.concat(parts, ignore_index=True)
        # A class of a single row cannot be in both parts of a split.
        counts = frame["clase"].value_counts()
        frame = frame[frame["clase"].isin(counts[counts >= 2].index)].reset_index(drop=True)
        yield table_of(name, frame, "clase", "classes")


def all_tables():
    yield from raw_tables()
    yield from other_tables()
    yield from uci_tables()
