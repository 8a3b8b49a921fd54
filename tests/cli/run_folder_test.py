# SPDX-License-Identifier: Apache-2.0
"""Tests which files a run folder may replace, and its default name."""

from program import USAGE, CliTest, class_table, csv_text, idx_bytes, main, network, npy_bytes

ONE_EPOCH = ("--epochs", "1", "--hidden", "8")


class RunFolder(CliTest):
    def test_does_not_overwrite_a_configuration_of_the_user(self):
        self.write("config.toml", network())
        self.fails(USAGE, "config.toml", "--out", arguments=["train", "config.toml", "--out", "."])
        self.assertEqual(["config.toml"], self.files("."))
        self.assertEqual(network(), self.path("config.toml").read_text())
        self.ok("train", "config.toml", "--out", "run")

    def test_keeps_files_of_the_user_in_previous(self):
        self.write("run/previous/thesis.txt", "years of work")
        for _ in range(3):
            self.ok("train", "--data", "digits", *ONE_EPOCH, "--out", "run")
        self.assertEqual(b"years of work", self.bytes_of("run/previous/thesis.txt"))
        ours = ["config.toml", "history.jsonl", "model.safetensors", "report.html"]
        self.assertEqual([*ours, "thesis.txt"], self.files("run/previous"))

    def test_moves_existing_files_to_previous(self):
        self.write("run/history.jsonl", "mine")
        self.write("run/model.safetensors", "mine too")
        said = self.ok("train", "--data", "digits", *ONE_EPOCH, "--out", "run").err
        self.assertIn("note: the files of the earlier run are in run/previous\n", said)
        self.assertEqual(b"mine", self.bytes_of("run/previous/history.jsonl"))
        self.assertEqual(b"mine too", self.bytes_of("run/previous/model.safetensors"))

    def test_default_name_ignores_a_trailing_slash(self):
        self.write("set/train-images-idx3-ubyte", idx_bytes(range(40), (10, 2, 2)))
        self.write("set/train-labels-idx1-ubyte", idx_bytes([i % 2 for i in range(10)], (10,)))
        for source, expected in (("set/", "runs/set"), ("./set", "runs/set-2")):
            train = self.ok_json("train", "--data", source, *ONE_EPOCH)
            self.assertEqual(expected, train["out"])


class Paths(CliTest):
    """Tests that the paths in config.toml work from any folder."""

    def test_file_with_the_name_of_the_target_column(self):
        self.write("t.csv", csv_text(*class_table(60)))
        self.write("kind", "a file")
        self.ok("train", "--data", "t.csv", "--target", "kind", *ONE_EPOCH, "--out", "run")
        self.ok("evaluate", ".", cwd=self.path("run"))

    def test_finds_the_targets_next_to_an_array(self):
        labels = [i % 2 for i in range(20)]
        self.write("set/x.npy", npy_bytes(range(40), (20, 2)))
        self.write("set/y.npy", npy_bytes(labels, (20,), "|u1"))
        self.write("y.npy", npy_bytes([2] * 20, (20,), "|u1"))
        self.ok("train", "--data", "set/x.npy", "--target", "y.npy", *ONE_EPOCH, "--out", "run")
        self.assertIn('set/y.npy"', self.path("run/config.toml").read_text())
        self.ok("evaluate", ".", cwd=self.path("run"))


if __name__ == "__main__":
    main()
