# SPDX-License-Identifier: Apache-2.0
"""Trains and predicts from tables in every format, from files and from standard input."""

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import zipfile

from program import DATA, CliTest, main
from tables_test import HEADER, SHORT, mixed_rows, text

COLORS = "{red, green, blue}"


def arff(rows):
    lines = ["@relation t", f"@attribute color {COLORS}", "@attribute number numeric",
             "@attribute when date 'yyyy-MM-dd HH:mm'", "@attribute y numeric", "@data"]
    lines += [f"{r[1]},{'?' if r[2] == 'NA' else r[2]},'{r[3]}',{r[5]}" for r in rows]
    return "\n".join(lines) + "\n"


def objects(rows):
    """Returns objects in which missing cells have no key, or are null in every second row."""
    found = []
    for i, row in enumerate(rows):
        each = {"color": row[1], "when": row[3], "y": float(row[5])}
        if row[2] != "NA":
            each["number"] = float(row[2])
        elif i % 2:
            each["number"] = None
        found.append(each)
    return found


def json_lines(rows):
    return "".join(json.dumps(each) + "\n" for each in objects(rows))


def zipped(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("__MACOSX/._" + name, "x")
        file.writestr(name, content)
    return out.getvalue()


class TableFormats(CliTest):
    def setUp(self):
        super().setUp()
        self.rows = mixed_rows(100)
        table = text(HEADER[1:4] + HEADER[5:], [r[1:4] + r[5:] for r in self.rows])
        self.write("t.csv", table)
        self.files = {
            "t.csv.gz": gzip.compress(table.encode()), "t.csv.xz": lzma.compress(table.encode()),
            "t.csv.bz2": bz2.compress(table.encode()), "t.zip": zipped("t.csv", table),
            "t.arff": arff(self.rows), "t.arff.xz": lzma.compress(arff(self.rows).encode()),
            "t.jsonl": json_lines(self.rows), "t.json": json.dumps(objects(self.rows), indent=1)}
        for name, content in self.files.items():
            self.write(name, content)

    def train(self, run, source, *arguments, **options):
        return self.ok("train", source, "--target", "y", *SHORT, "--out", run, *arguments, **options)

    def predict(self, run, name):
        given = self.ok("predict", run, "--data", name).out
        return [float(row["y"]) for row in csv.DictReader(io.StringIO(given), strict=True)]

    def test_a_model_reads_new_rows_in_every_format(self):
        self.train("run", "t.csv")
        known = self.predict("run", "t.csv")
        scores = self.ok_json("evaluate", "run", "--data", "t.csv")
        for name in self.files:
            with self.subTest(name):
                self.assertEqual(known, self.predict("run", name))
                found = self.ok_json("evaluate", "run", "--data", name)
                self.assertEqual(scores["r2"], found["r2"])

    def test_trains_from_every_format(self):
        for name in ("t.csv.bz2", "t.zip", "t.arff", "t.jsonl", "t.json"):
            with self.subTest(name):
                said = self.train("run", name).err
                for line in ("numbers  number (", "times    when", "words    color 3"):
                    self.assertIn(line, said)
                self.assertEqual(self.predict("run", name), self.predict("run", "t.csv"))

    def test_trains_from_standard_input(self):
        self.train("file", "t.csv")
        for name in ("t.csv", "t.csv.gz", "t.zip"):
            with self.subTest(name):
                with open(self.path(name), "rb") as table:
                    said = self.train("run", "-", stdin=table)
                self.assertIn("standard input: 100 training rows, of which 40 are validation rows", said.err)
                self.assertIn("selfnorm evaluate run --data NEW_ROWS", said.out)
                self.assertNotIn("doctor", said.out)
                self.assertEqual(self.predict("file", "t.csv"), self.predict("run", "t.csv"))
        with open(self.path("t.json"), "rb") as table:
            scores = self.ok_json("evaluate", "run", "--data", "-", stdin=table)
        self.assertEqual("standard input", scores["data"])
        self.fails(DATA, "the data are from standard input, which cannot be read again",
                   arguments=["evaluate", "run"])
        with open(self.path("t.csv"), "rb") as table:
            self.ok("train", "--resume", "--out", "run", "--epochs", "31", stdin=table)
        self.write("bad.csv", "a,y\n1,2\n3\n")
        with open(self.path("bad.csv"), "rb") as table:
            self.fails(DATA, "standard input:3: expected 2 cells", stdin=table,
                       arguments=["train", "--data", "-", "--target", "y", "--out", "bad"])

    def test_standard_input_names_its_run_folder(self):
        with open(self.path("t.csv"), "rb") as table:
            self.ok("train", "-", "--target", "y", *SHORT, stdin=table)
        self.assertTrue(self.path("runs/standard-input/model.safetensors").is_file())

    def test_pipes(self):
        os.mkfifo(self.path("pipe"))
        self.fails(DATA, "pipe: is a pipe", "use -", arguments=["train", "pipe", "--target", "y"])

    def test_libsvm(self):
        rows = [f"{'+1' if i % 3 else '-1'} {1 + i % 2}:{i % 3 - 1} 4:{i % 5}\n" for i in range(60)]
        self.write("t.svm", "".join(rows))
        self.ok("train", "t.svm", *SHORT, "--out", "run")
        self.assertGreater(self.ok_json("evaluate", "run", "--split", "all")["accuracy"], 0.9)
        self.write("new.svm", "1 1:1 9:3\n")
        self.assertIn("features 5 to 9 are not used", self.ok("predict", "run", "--data", "new.svm").err)
        self.write("new.csv", "1,2,3,4\n1,0,0,0\n")
        self.write("same.svm", "1:1\n")
        self.assertEqual(self.ok("predict", "run", "--data", "new.csv").out,
                         self.ok("predict", "run", "--data", "same.svm").out)

    def test_files_of_other_programs(self):
        self.write("t.orc", b"ORC\x15\0\x15")
        self.fails(DATA, "t.orc: is an ORC file", "pandas.read_orc",
                   arguments=["train", "t.orc", "--target", "y"])
        with zipfile.ZipFile(self.path("two.zip"), "w") as file:
            file.writestr("a.csv", "x,y\n")
            file.writestr("b.csv", "x,y\n")
        self.fails(DATA, "got 2 files: a.csv, b.csv", "unzip -p 'two.zip' 'a.csv' | selfnorm train -",
                   arguments=["train", "two.zip", "--target", "y"])


if __name__ == "__main__":
    main()
