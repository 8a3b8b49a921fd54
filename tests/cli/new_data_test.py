# SPDX-License-Identifier: Apache-2.0
"""Tests data other than the training data: separate validation and test sets, and new tables."""

import csv
import io
import signal
import subprocess
import time

from program import (DATA, INTERRUPTED, USAGE, CliTest, class_table, csv_text, environment,
                     idx_bytes, main, npy_bytes, program, regression_table)

SHORT = ("--epochs", "2", "--hidden", "8")


class TableTest(CliTest):
    def predictions(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.ok("predict", *arguments).out), strict=True))


class Dialect(TableTest):
    """Tests that a model reads new tables in the format of its training table."""

    def test_header_of_numbers(self):
        _, rows = regression_table(40)
        for flag in (("--header", "yes"), ()):  # without the flag, the name of the target shows that there is a header
            with self.subTest(flag):
                self.write("t.csv", csv_text(["2019", "2020", "2021", "y"], rows))
                self.ok("train", "--data", "t.csv", "--target", "y", *flag, *SHORT, "--out", "run")
                known = self.predictions("run", "--data", "t.csv")
                self.write("new.csv", csv_text(["2021", "2019", "2020"],
                                               [[r[2], r[0], r[1]] for r in rows]))
                self.assertEqual(known, self.predictions("run", "--data", "new.csv"))

    def test_tables_from_standard_input(self):
        _, rows = regression_table(40)
        self.write("t.csv", csv_text(["a", "b", "c", "y"], rows))
        self.ok("train", "--data", "t.csv", "--target", "y", *SHORT, "--out", "run")
        known = self.predictions("run", "--data", "t.csv")
        with open(self.path("t.csv"), "rb") as table:
            given = self.ok("predict", "run", "--data", "-", stdin=table).out
        self.assertEqual(known, list(csv.DictReader(io.StringIO(given), strict=True)))
        self.write("less.csv", csv_text(["a", "b"], [r[:2] for r in rows]))
        with open(self.path("less.csv"), "rb") as table:
            self.fails(DATA, "standard input: there is no column 'c'", "(available: a, b)", stdin=table,
                       arguments=["predict", "run", "--data", "-"])

    def stop_while_reading(self, folder, number):
        """Sends the signal to a program that reads rows, and returns its exit status."""
        with subprocess.Popen([program(), "predict", "run", "--data", "-"], cwd=self.dir,
                              env=environment(TMPDIR=str(folder)), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdin.write(b"a,b,c\n1,2,3\n")
            process.stdin.flush()
            deadline = time.monotonic() + 20
            while not any(file.stat().st_size for file in folder.iterdir()):
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)
            process.send_signal(number)
            return process.wait(timeout=20)

    def test_interrupt_leaves_no_temporary_rows(self):
        _, rows = regression_table(40)
        self.write("t.csv", csv_text(["a", "b", "c", "y"], rows))
        self.ok("train", "--data", "t.csv", "--target", "y", *SHORT, "--out", "run")
        folder = self.path("temporary")
        folder.mkdir()
        for number in (signal.SIGINT, signal.SIGHUP):
            self.assertEqual(INTERRUPTED, self.stop_while_reading(folder, number))
            self.assertEqual([], list(folder.iterdir()))
        self.stop_while_reading(folder, signal.SIGKILL)
        self.assertEqual(1, len(list(folder.iterdir())), "the test is of no use")
        with open(self.write("new.csv", "a,b,c\n1,2,3\n"), "rb") as table:
            self.ok("predict", "run", "--data", "-", stdin=table, TMPDIR=str(folder))
        self.assertEqual([], list(folder.iterdir()))

    def test_flags_override_the_format(self):
        _, rows = regression_table(40)
        self.write("t.csv", csv_text(None, rows))
        self.ok("train", "--data", "t.csv", "--target", "3", "--header", "no", "--delimiter",
                "comma", *SHORT, "--out", "run")
        known = self.predictions("run", "--data", "t.csv")
        self.write("new.csv", csv_text(["0", "1", "2", "3"], rows).replace(",", ";"))
        self.fails(DATA, "new.csv", arguments=["predict", "run", "--data", "new.csv"])
        flags = ("--header", "yes", "--delimiter", "semicolon")
        self.assertEqual(known, self.predictions("run", "--data", "new.csv", *flags))
        self.ok("evaluate", "run", "--data", "new.csv", *flags)
        self.fails(USAGE, "maybe", "yes", arguments=["predict", "run", "--data", "new.csv",
                                                     "--header", "maybe"])

    def test_accepts_a_plain_file_as_test_set(self):
        self.write("t.csv", csv_text(*class_table(60)))
        self.ok("train", "--data", "t.csv", "--target", "kind", *SHORT, "--out", "run")
        scores = self.ok_json("evaluate", "run", "--data", "t.csv", "--split", "test")
        self.assertEqual((60, "test"), (scores["samples"], scores["split"]))
        self.fails(DATA, "validation", arguments=["evaluate", "run", "--data", "t.csv", "--split",
                                                  "validation"])

    def test_evaluate_says_that_rows_may_be_those_of_the_training(self):
        header, rows = class_table(120)
        self.write("t.csv", csv_text(header, rows))
        self.write("copy.csv", csv_text(header, rows))
        self.write("new.csv", csv_text(header, rows[:119]))
        self.ok("train", "--data", "t.csv", "--target", "kind", *SHORT, "--out", "run")
        self.assertNotIn("note", self.ok("evaluate", "run").err)
        self.assertIn("these are the data that the model was trained on",
                      self.ok("evaluate", "run", "--data", "copy.csv").err)
        self.assertNotIn("note", self.ok("evaluate", "run", "--data", "new.csv").err)
        self.write("t.csv", csv_text(header, rows[::-1]))
        self.assertIn("t.csv has changed since the training", self.ok("evaluate", "run").err)

    def test_evaluate_knows_named_inputs_and_texts(self):
        self.write("t.csv", csv_text(["a", "b", "text", "y", "day"], [
            [i, i % 7, f"some words {i}", i % 5 + 0.5, f"2020-{i % 12 + 1:02}-{i % 28 + 1:02}"]
            for i in range(120)]))
        self.write("net.toml", '[data]\nsource = "t.csv"\ntarget = "y"\ndrop = ["text"]\n'
                   'inputs = { q = ["a"], p = ["day"] }\n[model]\ninputs = { q = [1], p = [5] }\n'
                   'layers = [{ op = "concat", inputs = ["q", "p"] }, { op = "dense", units = 1 }]\n'
                   '[train]\nepochs = 1\n')
        self.ok("train", "net.toml", "--out", "inputs")
        self.ok("train", "t.csv", "--target", "y", "--text", "text", *SHORT, "--out", "texts")
        for run in ("inputs", "texts"):
            self.assertNotIn("has changed", self.ok("evaluate", run).err, run)
            self.assertIn("these are the data that the model was trained on",
                          self.ok("evaluate", run, "--data", "t.csv").err, run)

    def test_numbers_of_json_have_decimal_points(self):
        rows = [[i * 1.37, i % 9 + 0.25] for i in range(120)]
        self.write("t.csv", "a;y\n" + "".join(f"{a:.3f};{y}\n".replace(".", ",") for a, y in rows))
        self.write("t.jsonl", "".join(f'{{"a": {a:.3f}, "y": {y}}}\n' for a, y in rows))
        self.ok("train", "t.csv", "--target", "y", *SHORT, "--out", "run")
        self.assertEqual(self.predictions("run", "--data", "t.csv"),
                         self.predictions("run", "--data", "t.jsonl"))
        self.assertEqual(self.ok_json("evaluate", "run", "--data", "t.csv")["rmse"],
                         self.ok_json("evaluate", "run", "--data", "t.jsonl")["rmse"])

    def test_keeps_the_names_of_several_targets(self):
        header, rows = regression_table(40)
        self.write("t.csv", csv_text([*header, "z"], [[*r, int(r[0] > 0)] for r in rows]))
        self.ok("train", "--data", "t.csv", "--target", "y,z", *SHORT, "--out", "run")
        predicted = self.predictions("run")
        self.assertEqual(["row", "y", "z"], list(predicted[0]))
        scores = self.ok_json("evaluate", "run", "--split", "all")
        for name, values in (("y", [r[3] for r in rows]), ("z", [int(r[0] > 0) for r in rows])):
            errors = [(float(p[name]) - v)**2 for p, v in zip(predicted, values)]
            rmse = (sum(errors) / len(errors))**0.5
            self.assertAlmostEqual(rmse, scores["rmse of " + name], delta=1e-4 * rmse)
        onehot = [[*r[:3], int(r[0] > 0), int(r[0] <= 0)] for r in rows]
        self.write("o.csv", csv_text(["a", "b", "c", "up", "down"], onehot))
        self.ok("train", "--data", "o.csv", "--target", "up,down", "--loss",
                "softmax_cross_entropy", *SHORT, "--out", "onehot")
        self.assertEqual(["row", "up", "down"], list(self.predictions("onehot")[0]))


class Sets(TableTest):
    def test_tables(self):
        header, rows = class_table(200)
        self.write("train.csv", csv_text(header, rows[:100]))
        self.write("valid.csv", csv_text(header[::-1], [r[::-1] for r in rows[100:150]
                                                        if r[3] != "left"]))
        self.write("sub/test.csv", csv_text(header, rows[150:]))
        validation = sum(r[3] != "left" for r in rows[100:150])
        train = self.ok_json("train", "--data", "train.csv", "--target", "kind", "--validation",
                             "valid.csv", "--test", "sub/test.csv", "--epochs", "60", "--out",
                             "run")
        self.assertGreater(train["validation"]["accuracy"], 0.8)
        self.assertGreater(train["test"]["accuracy"], 0.8)
        for split, rows_of_it in (("test", 50), ("validation", validation), ("train", 100)):
            scores = self.ok_json("evaluate", "run", "--split", split)
            self.assertEqual(rows_of_it, scores["samples"], split)
            if split in train:
                self.assertEqual(train[split]["loss"], scores["loss"])
        self.ok("evaluate", "../run", "--split", "validation", cwd=self.path("sub"))

    def test_arrays_and_folders(self):
        for name, count in (("train", 40), ("valid", 20)):
            pixels, labels = [i % 7 for i in range(4 * count)], [i % 2 for i in range(count)]
            self.write(f"{name}/x.npy", npy_bytes(pixels, (count, 4)))
            self.write(f"{name}/y.npy", npy_bytes(labels, (count,), "|u1"))
            self.write(f"{name}/train-images-idx3-ubyte", idx_bytes(pixels, (count, 2, 2)))
            self.write(f"{name}/train-labels-idx1-ubyte", idx_bytes(labels, (count,)))
        self.ok("train", "--data", "train/x.npy", "--target", "y.npy", "--validation",
                "valid/x.npy", *SHORT, "--out", "arrays")
        self.ok("train", "--data", "train", "--validation", "valid", *SHORT, "--out", "folders")
        for run in ("arrays", "folders"):
            self.assertEqual(20, self.ok_json("evaluate", run, "--split", "validation")["samples"])
        self.fails(DATA, "y.npy", "its own file", arguments=[
            "train", "--data", "train/x.npy", "--target", "y.npy", "--validation", "train/x.npy"])

    def test_rejects_wrong_sets(self):
        header, rows = class_table(60)
        self.write("t.csv", csv_text(header, rows))
        self.write("other.csv", csv_text(header, [[*r[:3], "unheard-of"] for r in rows]))
        self.write("less.csv", csv_text(header[1:], [r[1:] for r in rows]))
        self.write("bare.csv", csv_text(header[:3], [r[:3] for r in rows]))
        self.write("x.npy", npy_bytes(range(9), (3, 3)))
        for part in ("validation", "test"):
            for status, words, more in (
                    (USAGE, (f"{part}_split", "leave"), ("t.csv", f"--{part}-split", "0.2")),
                    (DATA, ("no.csv",), ("no.csv",)),
                    (DATA, ("unheard-of", "other.csv"), ("other.csv",)),
                    (DATA, ("'a'", "less.csv"), ("less.csv",)),
                    (DATA, ("kind", "bare.csv"), ("bare.csv",)),
                    (DATA, (part, "x.npy", "kind"), ("x.npy",))):
                with self.subTest((part, more)):
                    self.fails(status, *words, arguments=[
                        "train", "--data", "t.csv", "--target", "kind", f"--{part}", *more,
                        "--out", "run"])
                    self.assertFalse(self.path("run").exists())
        self.fails(DATA, "already has a test set",
                   arguments=["train", "--data", "digits", "--test", "digits"])


if __name__ == "__main__":
    main()
