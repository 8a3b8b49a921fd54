# SPDX-License-Identifier: Apache-2.0
"""Tests errors in data: exit status 3, and a message that names the file, the location and the fix."""

import gzip
import os

from program import (DATA, USAGE, CliTest, class_table, csv_text, idx_bytes, main, npy_bytes,
                     regression_table)


class DataErrors(CliTest):
    def refused(self, words, *arguments, statuses=DATA):
        self.fails(statuses, *words, arguments=["train", *arguments, "--epochs", "1", "--out", "run"])
        self.assertFalse(self.path("run").is_dir() and self.files("run"), "files were written")

    def test_missing_files_and_folders(self):
        self.path("folder.csv").mkdir()
        self.path("net.toml").mkdir()
        self.path("empty").mkdir()
        self.write("t.xls", b"a\0")
        for words, arguments in ((["no.csv"], ["--data", "no.csv", "--target", "y"]),
                                 (["digit", "digits"], ["--data", "digit"]),
                                 (["folder.csv"], ["--data", "folder.csv", "--target", "y"]),
                                 (["empty", "train-images"], ["--data", "empty"]),
                                 (["t.xls", ".csv"], ["--data", "t.xls", "--target", "y"])):
            with self.subTest(arguments):
                self.refused(words, *arguments)
        # A network file is configuration, not data.
        for words, arguments in ((["no.toml", "No such file"], ["no.toml"]),
                                 (["net.toml", ("folder", "directory")], ["net.toml"])):
            with self.subTest(arguments):
                self.refused(words, *arguments, statuses=USAGE)
        self.fails(USAGE, "--data", arguments=["train", "--out", "run"])

    def test_empty_data(self):
        for name, content in (("a.csv", b""), ("b.csv", b"x,y\n"), ("c.csv", b"\n\n"),
                              ("d.csv.gz", gzip.compress(b"")), ("e.npy", npy_bytes([], [0, 3])),
                              ("f.npy", b""), ("g.csv.gz", b"")):
            with self.subTest(name):
                self.write(name, content)
                self.refused([name], "--data", name, "--target", "y" if "csv" in name else name)

    def test_names_line_and_column_of_cells_that_are_not_numbers(self):
        header, rows = regression_table(20)
        for cell in ("inf", "-inf", "abc", "1e400", "1,5", "0x10", "1.2.3"):
            with self.subTest(cell):
                changed = [r[:] for r in rows]
                changed[6][1] = f'"{cell}"'
                self.write("t.csv", csv_text(header, changed))
                self.refused(["t.csv:8", "'b'"], "--data", "t.csv", "--target", "y")

    def test_rejects_invalid_targets(self):
        header, rows = regression_table(20)
        for cell in ("inf", "1e400"):
            with self.subTest(cell):
                changed = [r[:] for r in rows]
                changed[6][3] = cell
                self.write("t.csv", csv_text(header, changed))
                self.refused(["t.csv:8", "'y'"], "--data", "t.csv", "--target", "y")
        self.write("t.csv", csv_text(header, rows))
        self.refused(["z", "t.csv"], "--data", "t.csv", "--target", "z")
        self.refused(["9"], "--data", "t.csv", "--target", "9")
        self.write("one.csv", "y\n1\n2\n3\n")
        self.refused(["one.csv", "feature"], "--data", "one.csv", "--target", "y")

    def test_asks_for_the_target_of_a_table(self):
        self.write("t.csv", csv_text(*regression_table(20)))
        self.refused(["target"], "--data", "t.csv", statuses=(USAGE, DATA))

    def test_accepts_a_constant_column(self):
        """A column with standard deviation 0 must not cause a division by zero."""
        _, rows = class_table(60)
        self.write("t.csv", csv_text(["a", "b", "c", "kind"], [[r[0], 7, r[2], r[3]] for r in rows]))
        train = self.ok_json("train", "--data", "t.csv", "--target", "kind", "--epochs", "2",
                             "--test-split", "0.2", "--out", "run")
        self.assertIsNotNone(train["test"]["loss"])

    def test_ragged_rows_and_open_quotes(self):
        self.write("t.csv", "a,b,y\n1,2,3\n4,5\n")
        self.refused(["t.csv:3", "3", "2"], "--data", "t.csv", "--target", "y")
        self.write("t.csv", 'a,b,y\n1,2,3\n4,"5,6\n7,8,9\n')
        self.refused(["t.csv", "quote"], "--data", "t.csv", "--target", "y")
        self.write("t.csv", "a,a,y\n1,2,3\n4,5,6\n")
        self.refused(["'a'"], "--data", "t.csv", "--target", "a")
        self.write("t.csv", os.urandom(3000))
        self.refused(["t.csv"], "--data", "t.csv", "--target", "y")

    def test_truncated_or_damaged_gzip(self):
        header, rows = regression_table(200)
        whole = gzip.compress(csv_text(header, rows).encode())
        for length in (1, 5, 10, 11, 100, len(whole) // 2, len(whole) - 9, len(whole) - 8,
                       len(whole) - 1):
            with self.subTest(length):
                self.write("t.csv.gz", whole[:length])
                self.refused(["t.csv.gz"], "--data", "t.csv.gz", "--target", "y")
        damaged = bytearray(whole)
        damaged[-6] ^= 1  # the checksum
        self.write("t.csv.gz", bytes(damaged))
        self.refused(["t.csv.gz"], "--data", "t.csv.gz", "--target", "y")
        self.write("t.csv.gz", whole + b"garbage after the end")
        result = self.run_program("train", "--data", "t.csv.gz", "--target", "y", "--epochs", "1",
                                  "--out", "run")
        self.assertIn(result.status, (0, DATA), result)

    def test_truncated_or_hostile_npy(self):
        whole = npy_bytes(list(range(64 * 20)), [20, 64])
        self.write("y.npy", npy_bytes([i % 3 for i in range(20)], [20], "<i8"))
        for length in (3, 6, 8, 9, 10, 60, 128, 129, len(whole) - 1):
            with self.subTest(length):
                self.write("x.npy", whole[:length])
                self.refused(["x.npy"], "--data", "x.npy", "--target", "y.npy")
        for old, new in ((b"(20, 64)", b"(2000000000000, 64)"), (b"(20, 64)", b"(-20, -64)"),
                         (b"(20, 64)", b"()"), (b"<f4", b"|O"), (b"<f4", b"<c8"),
                         (b"(20, 64)", b"(9223372036854775807, 9)"), (b"fortran", b"fortnox"),
                         (b"{", b"__import__('os').system('touch hacked')#{")):
            with self.subTest(new):
                self.write("x.npy", whole.replace(old, new))
                self.refused(["x.npy"], "--data", "x.npy", "--target", "y.npy")
        self.assertFalse(self.path("hacked").exists())
        for bad in (float("nan"), float("inf")):
            with self.subTest(bad):
                self.write("x.npy", npy_bytes([bad if i == 70 else i for i in range(1280)], [20, 64]))
                self.refused(["x.npy", "row 1"], "--data", "x.npy", "--target", "y.npy")
        self.write("x.npy", whole)
        self.write("y.npy", npy_bytes([1] * 19, [19], "<i8"))
        self.refused(["x.npy", "y.npy", "20", "19"], "--data", "x.npy", "--target", "y.npy")

    def test_truncated_or_hostile_idx(self):
        labels = idx_bytes([i % 10 for i in range(10)], [10])
        whole = idx_bytes([1] * 640, [10, 8, 8])
        for name, content in (("short", whole[:-1]), ("header", whole[:9]), ("long", whole + b"x"),
                              ("type", b"\0\0\x07" + whole[3:]), ("zeros", bytes(700)),
                              ("huge", whole[:4] + b"\xff" * 12 + whole[16:])):
            with self.subTest(name):
                self.write("set/train-images-idx3-ubyte", content)
                self.write("set/train-labels-idx1-ubyte", labels)
                self.refused(["train-images-idx3-ubyte"], "--data", "set")

    def test_labels_without_an_output_of_the_network(self):
        header, rows = class_table(60, names=("0", "1", "2"))
        self.write("t.csv", csv_text(header, rows))
        self.write("net.toml", '[data]\nsource = "t.csv"\ntarget = "kind"\n[model]\n'
                   'inputs = { x = [3] }\nlayers = [{ op = "dense", units = 2 }]\n')
        self.refused(["kind", "2", "3 units"], "net.toml")
        self.write("net.toml", '[data]\nsource = "digits"\n[model]\ninputs = { x = [64] }\n'
                   'layers = [{ op = "dense", units = 9 }]\n')
        self.refused(["digits", "9", "10 units"], "net.toml")
        header, rows = regression_table(60)
        self.write("t.csv", csv_text(header, rows))
        self.write("net.toml", '[data]\nsource = "t.csv"\ntarget = "y"\n[model]\n'
                   'inputs = { x = [3] }\nlayers = [{ op = "dense", units = 2 }]\n')
        self.refused(["y", "2 outputs"], "net.toml")

    def test_options_of_tables_are_not_ignored_elsewhere(self):
        for flag in ("--group", "--time", "--id", "--drop", "--columns"):
            self.refused([flag[2:], "not a table"], "--data", "digits", flag, "x")
        self.write("texts.csv", "says,label\n" + "good day,yes\nbad day,no\n" * 20)
        self.refused(["group", "texts"], "--data", "texts.csv", "--text", "says", "--target", "label", "--group", "x")

    def test_splits_that_leave_no_rows(self):
        header, rows = regression_table(3)
        self.write("t.csv", csv_text(header, rows))
        for flag, value in (("--validation-split", "0.99"), ("--test-split", "0.99")):
            with self.subTest(flag):
                self.refused([flag[2:].replace("-", "_")], "--data", "t.csv", "--target", "y", flag,
                             value)
        self.refused(["test_split"], "--data", "digits", "--test-split", "0.2")

    def test_evaluate_and_predict_on_other_data(self):
        self.ok("train", "--data", "digits", "--epochs", "1", "--out", "run")
        header, rows = regression_table(20)
        self.write("t.csv", csv_text(header, rows))
        for command in ("evaluate", "predict"):
            with self.subTest(command):
                self.fails(DATA, "no.csv", arguments=[command, "run", "--data", "no.csv"])
                self.fails(DATA, "t.csv", ("(1, 8, 8)", "label"), arguments=[command, "run", "--data", "t.csv"])
                self.fails(USAGE, "tset", "test", arguments=[command, "run", "--split", "tset"])
                self.fails(DATA, "validation", arguments=[command, "run", "--split", "validation"])


if __name__ == "__main__":
    main()
