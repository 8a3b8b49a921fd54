# SPDX-License-Identifier: Apache-2.0
"""Tests which files a run folder may replace, and its default name."""

import os
import signal
import subprocess

from program import DATA, USAGE, CliTest, class_table, csv_text, idx_bytes, main, network, npy_bytes

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
        ours = ["checkpoint/state.safetensors", "config.toml", "history.jsonl", "model.safetensors", "report.html"]
        self.assertEqual([*ours, "thesis.txt"], self.files("run/previous"))

    def test_moves_existing_files_to_previous(self):
        self.write("run/history.jsonl", "mine")
        self.write("run/model.safetensors", "mine too")
        said = self.ok("train", "--data", "digits", *ONE_EPOCH, "--out", "run").err
        self.assertIn("note: the files of the earlier run move to run/previous\n", said)
        self.assertEqual(b"mine", self.bytes_of("run/previous/history.jsonl"))
        self.assertEqual(b"mine too", self.bytes_of("run/previous/model.safetensors"))

    def test_keeps_a_finished_model_and_an_unfinished_run(self):
        """A model is finished, a rerun is killed, and a third run is finished."""
        self.ok("train", "--data", "digits", *ONE_EPOCH, "--out", "run")
        model = self.bytes_of("run/model.safetensors")
        self.interrupt(["train", "--data", "digits", "--epochs", "3000", "--hidden", "8", "--out", "run"],
                       "run/history.jsonl", 2, signal_number=signal.SIGKILL)
        said = self.ok("train", "--data", "digits", *ONE_EPOCH, "--seed", "2", "--out", "run").err
        self.assertIn("note: an unfinished run moves to run/unfinished; selfnorm train --out "
                      "run/unfinished --resume continues it\n", said)
        self.assertEqual(model, self.bytes_of("run/previous/model.safetensors"))
        self.assertNotEqual(model, self.bytes_of("run/model.safetensors"))
        epochs = len(self.history("run/unfinished")) - 1
        self.ok("train", "--out", "run/unfinished", "--resume", "--epochs", epochs + 2)
        self.assertEqual(epochs + 2, self.history("run/unfinished")[-1]["epoch"])
        finished = self.bytes_of("run/unfinished/model.safetensors")
        self.interrupt(["train", "--data", "digits", "--epochs", "3000", "--hidden", "8", "--out", "run"],
                       "run/history.jsonl", 2, signal_number=signal.SIGKILL)
        self.ok("train", "--data", "digits", *ONE_EPOCH, "--out", "run")
        self.assertEqual(finished, self.bytes_of("run/unfinished/model.safetensors"))
        self.assertTrue(self.path("run/unfinished-2/checkpoint/state.safetensors").exists())

    def test_keeps_the_history_of_a_run_without_a_checkpoint(self):
        self.write("run/history.jsonl", "mine")
        said = self.ok("train", "--data", "digits", *ONE_EPOCH, "--out", "run").err
        self.assertIn("note: the files of the earlier run move to run/unfinished\n", said)
        self.assertEqual(b"mine", self.bytes_of("run/unfinished/history.jsonl"))

    def test_refuses_a_file_as_a_folder(self):
        self.write("run", "mine")
        self.fails(DATA, "run: cannot be created", arguments=["train", "--data", "digits", *ONE_EPOCH, "--out", "run"])
        self.assertEqual(b"mine", self.bytes_of("run"))

    def test_continues_to_move_files_after_it_was_killed(self):
        """The first moves of an earlier run were made: its history and its configuration."""
        self.ok("train", "--data", "digits", *ONE_EPOCH, "--out", "run")
        ours = {name: self.bytes_of("run", name) for name in self.files("run")}
        self.path("run/previous").mkdir()
        for name in ("history.jsonl", "config.toml"):
            self.path(f"run/{name}").rename(self.path(f"run/previous/{name}"))
        self.ok("train", "--data", "digits", *ONE_EPOCH, "--seed", "2", "--out", "run")
        self.assertEqual(ours, {name: self.bytes_of("run/previous", name) for name in ours})

    def test_two_runs_cannot_use_one_folder(self):
        first = self.start("train", "--data", "digits", "--epochs", "5000", "--hidden", "8", "--out", "run")
        try:
            while not self.path("run/checkpoint/state.safetensors").exists():
                self.assertIsNone(first.poll())
            for what in (["--data", "digits", *ONE_EPOCH], ["--resume"]):
                result = self.run_program("train", *what, "--out", "run")
                self.assertEqual(USAGE, result.status, result)
                self.assertIn(f"run: is in use by process {first.pid} (wait", result.err)
        finally:
            first.kill()
            first.communicate()
        self.ok("train", "--data", "digits", *ONE_EPOCH, "--out", "run")

    def test_removes_files_of_killed_processes(self):
        dead = subprocess.Popen(["true"])
        dead.wait()
        kept = [f"run/model.safetensors.tmp{os.getpid()}", "run/model.safetensors.tmpx", "run/notes.tmp1"]
        for name in (f"run/model.safetensors.tmp{dead.pid}", f"run/checkpoint/state.safetensors.tmp{dead.pid}",
                     f"run/report.html.tmp{dead.pid}", *kept):
            self.write(name, "half")
        self.ok("train", "--data", "digits", *ONE_EPOCH, "--out", "run")
        left = [f"run/{name}" for name in self.files("run") if ".tmp" in name]
        self.assertEqual(sorted(kept), sorted(left))

    def test_does_not_train_into_the_folder_of_a_search(self):
        self.write("run/trials.jsonl", "{}")
        self.fails(USAGE, "run: has the files of a search", "--out",
                   arguments=["train", "--data", "digits", *ONE_EPOCH, "--out", "run"])

    def test_default_name_ignores_a_trailing_slash(self):
        self.write("set/train-images-idx3-ubyte", idx_bytes(range(40), (10, 2, 2)))
        self.write("set/train-labels-idx1-ubyte", idx_bytes([i % 2 for i in range(10)], (10,)))
        for source, expected in (("set/", "runs/set"), ("./set", "runs/set-2")):
            train = self.ok_json("train", "--data", source, *ONE_EPOCH)
            self.assertEqual(expected, train["out"])


class Paths(CliTest):
    """Tests that the paths in config.toml work from any folder."""

    def test_refuses_a_path_that_is_not_text(self):
        path = os.path.join(os.fsencode(self.dir), b"t\xff.csv")
        with open(path, "wb") as file:
            file.write(csv_text(*class_table(60)).encode())
        self.fails(USAGE, "not UTF-8", "rename",
                   arguments=["train", "--data", os.fsdecode(path), "--target", "kind", *ONE_EPOCH, "--out", "run"])
        self.assertFalse(self.path("run").exists())

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
