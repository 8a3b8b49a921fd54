# SPDX-License-Identifier: Apache-2.0
"""Trains on Parquet, Arrow and Feather files that pyarrow wrote, and compares with a CSV file.

usage: arrow_python_test.py SELFNORM_PROGRAM WORK_FOLDER
The exit status is 77 (skipped, for ctest) if pyarrow is not installed and cannot be installed.
"""

import csv
import datetime
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

from packages import interpreter_with

PACKAGES = ["pyarrow"]
PROGRAM = os.path.abspath(sys.argv[1])


def columns():
    """Returns columns of every kind that CSV can express, with missing cells."""
    generator = random.Random(1)
    count = 300
    numbers = [None if i % 17 == 0 else generator.gauss(0, 1) for i in range(count)]
    words = [['Köln, "Rhein"', "Ulm", "two\nlines"][i % 3] for i in range(count)]
    start = datetime.datetime(2024, 3, 1, 12)
    return {"number": numbers, "whole": [generator.randrange(1000) for _ in range(count)],
            "word": words, "code": [f"{i % 4:03}" for i in range(count)],
            "flag": [i % 5 < 2 for i in range(count)],
            "when": [start + datetime.timedelta(hours=7 * i) for i in range(count)],
            "y": [(n or 0) + (w == "Ulm") for n, w in zip(numbers, words)]}


class ArrowFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="selfnorm-arrow-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_program(self, *arguments, path=None):
        path = path or f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
        return subprocess.run([PROGRAM, *map(str, arguments)], cwd=self.folder, check=False, text=True,
                              capture_output=True, env=os.environ | {"PATH": path})

    def predictions(self, name):
        trained = self.run_program("train", name, "--target", "y", "--epochs", "3", "--out", f"{name}-run",
                                   "--report", "false")
        self.assertEqual(0, trained.returncode, trained.stderr)
        predicted = self.run_program("predict", f"{name}-run", "--data", name)
        self.assertEqual(0, predicted.returncode, predicted.stderr)
        return predicted.stdout

    def write_csv(self, table):
        with open(self.folder / "t.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(table)
            writer.writerows(zip(*table.values()))

    def test_the_same_table_in_every_format(self):
        import pyarrow
        import pyarrow.feather
        import pyarrow.parquet
        table = columns()
        self.write_csv(table)
        arrow = pyarrow.table(table)
        pyarrow.parquet.write_table(arrow, self.folder / "t.parquet")
        words = arrow.schema.get_field_index("word")
        encoded = arrow.set_column(words, "word", arrow.column("word").dictionary_encode())
        pyarrow.feather.write_feather(encoded, self.folder / "t.feather")
        with pyarrow.ipc.new_file(self.folder / "t.arrow", arrow.schema) as file:
            file.write_table(arrow)
        expected = self.predictions("t.csv")
        for name in ("t.parquet", "t.feather", "t.arrow"):
            self.assertEqual(expected, self.predictions(name), name)

    def test_row_names_of_pandas_are_row_names(self):
        import pyarrow
        import pyarrow.parquet
        table = columns()
        table["__index_level_0__"] = [f"row {i}" for i in range(len(table["y"]))]
        pyarrow.parquet.write_table(pyarrow.table(table), self.folder / "t.parquet")
        told = self.run_program("train", "t.parquet", "--target", "y", "--dry-run")
        self.assertIn("it names the rows", told.stderr)

    def test_errors_name_the_file_itself(self):
        import pyarrow
        import pyarrow.parquet
        pyarrow.parquet.write_table(pyarrow.table(columns()), self.folder / "t.parquet")
        told = self.run_program("train", "t.parquet", "--target", "z")
        self.assertEqual(3, told.returncode)
        self.assertIn("t.parquet: there is no target column 'z'", told.stderr)
        (self.folder / "t.parquet").write_bytes(b"PAR1\1\2\3")
        told = self.run_program("train", "t.parquet", "--target", "y")
        self.assertEqual(3, told.returncode)
        self.assertIn("t.parquet: is a Parquet file that pyarrow cannot convert", told.stderr)

    def test_modules_in_the_current_folder_are_not_run(self):
        import pyarrow
        import pyarrow.parquet
        pyarrow.parquet.write_table(pyarrow.table(columns()), self.folder / "t.parquet")
        (self.folder / "pyarrow.py").write_text("open('was-run', 'w').close()\n", encoding="utf-8")
        told = self.run_program("train", "t.parquet", "--target", "y", "--dry-run")
        self.assertEqual(0, told.returncode, told.stderr)
        self.assertFalse((self.folder / "was-run").exists())

    def test_without_python(self):
        (self.folder / "t.parquet").write_bytes(b"PAR1\1\2\3")
        told = self.run_program("train", "t.parquet", "--target", "y", path=str(self.folder))
        self.assertEqual(3, told.returncode)
        self.assertIn("env/bin/pip install pyarrow", told.stderr)


if __name__ == "__main__":
    python = interpreter_with(PACKAGES, sys.argv[2])
    if "ARROW_TEST" not in os.environ:
        sys.exit(subprocess.run([python, __file__, *sys.argv[1:]], check=False,
                                env=os.environ | {"ARROW_TEST": "1"}).returncode)
    unittest.main(argv=sys.argv[:1])
