# SPDX-License-Identifier: Apache-2.0
"""Tests what stops a training: non-finite numbers, full disks and folders that are not writable.

The message helps, and the files of earlier runs remain.
"""

import json
import math
import os
import re
import subprocess

from program import (DATA, NUMERIC, CliTest, class_table, csv_text, floats, main, network,
                     read_safetensors, regression_table)

SGD = ["--optimizer", "sgd"]


class Numeric(CliTest):
    def all_finite(self, path):
        for name, (dtype, _, content) in read_safetensors(path)[1].items():
            if dtype == "F32" and not all(map(math.isfinite, floats(content))):
                return name
        return None

    def test_names_step_and_node_of_a_nan_loss(self):
        result = self.fails(NUMERIC, "learning rate", arguments=[
            "train", "--data", "digits", "--epochs", "3", *SGD, "--learning-rate", "1e20", "--out",
            "run"])
        self.assertRegex(result.err, r"step \d+")
        self.assertRegex(result.err, r"'(dense|selu|alpha_dropout|loss)[_.\w]*'")
        self.assertNotIn("model.safetensors", self.files("run"))

    def test_finds_a_failure_in_the_last_step(self):
        """There is one step per epoch. The loss is computed before the step that breaks the weights."""
        result = self.fails(NUMERIC, "step", arguments=[
            "train", "--data", "digits", "--epochs", "1", "--batch-size", "2000", *SGD,
            "--learning-rate", "1e39", "--out", "run"])
        self.assertNotIn("model.safetensors", self.files("run"), result)

    def test_kept_checkpoint_is_finite(self):
        """The failure is between two epochs: the first one ends with a finite loss."""
        self.fails(NUMERIC, "step", arguments=[
            "train", "--data", "digits", "--epochs", "3", "--batch-size", "2000", *SGD,
            "--learning-rate", "1e39", "--out", "run"])
        state = self.path("run/checkpoint/state.safetensors")
        if state.exists():
            self.assertIsNone(self.all_finite(state), "the checkpoint that is kept holds NaN in")

    def write_diverging(self):
        """Writes one linear layer. Its error doubles at every step and overflows after some epochs."""
        self.write("t.csv", csv_text(*regression_table(200)))
        self.write("net.toml", '[data]\nsource = "t.csv"\ntarget = "y"\n[model]\n'
                   'inputs = { x = [3] }\nlayers = [{ op = "dense", units = 1 }]\n'
                   '[train]\noptimizer = { name = "sgd", learning_rate = 1.5 }\nepochs = 50\n')

    def test_names_the_existing_checkpoint(self):
        self.write_diverging()
        train = ["train", "net.toml", "--out", "run"]
        self.fails(NUMERIC, "no checkpoint has been saved yet",
                   arguments=[*train, "--checkpoint-every", "40"])
        self.assertFalse(self.path("run/checkpoint/state.safetensors").exists())
        result = self.fails(NUMERIC, "kept", arguments=[*train, "--checkpoint-every", "4"])
        told = re.search(r"after epoch (\d+), step 0 is kept", result.err)
        state = json.loads(
            read_safetensors(self.path("run/checkpoint/state.safetensors"))[0]["state"])
        self.assertEqual(state["epoch"], int(told.group(1)), result)
        self.fails(NUMERIC, told.group(), arguments=[
            "train", "--out", "run", "--resume", "--checkpoint-every", "40"])

    def test_last_good_checkpoint_is_usable(self):
        self.write_diverging()
        result = self.fails(NUMERIC, "checkpoint", "kept", arguments=["train", "net.toml", "--out",
                                                                      "run"])
        kept = int(re.search(r"after epoch (\d+), step 0 is kept", result.err).group(1))
        state = self.path("run/checkpoint/state.safetensors")
        self.assertIsNone(self.all_finite(state), result)
        self.assertEqual(list(range(kept + 1)), [r["epoch"] for r in self.history("run")])
        self.assertNotIn("model.safetensors", self.files("run"))
        resumed = self.run_program("train", "--out", "run", "--resume", "--learning-rate", "0.01")
        self.assertEqual(0, resumed.status, "the message says to lower the learning rate and that "
                         f"the checkpoint is kept, but it cannot be continued so{resumed}")

    def test_failed_training_does_not_mix_with_the_earlier_run(self):
        """Otherwise the old model with the new configuration would be evaluated on the wrong rows."""
        self.write("t.csv", csv_text(*class_table(200)))
        common = ["train", "--data", "t.csv", "--target", "kind", "--out", "run"]
        self.ok(*common, "--epochs", "2", "--test-split", "0.2", "--shuffle-split", "true")
        before = self.ok_json("evaluate", "run")
        self.fails(NUMERIC, arguments=[*common, "--epochs", "2", *SGD, "--learning-rate", "1e30",
                                       "--test-split", "0.5", "--batch-size", "10"])
        result = self.run_program("evaluate", "run", "--json")
        if result.status == 0:
            self.assertEqual(before, self.parse_json(result))

    def test_data_with_overflowing_squares(self):
        rows = [[1e38 * (i % 3), i, i] for i in range(30)]
        self.write("t.csv", csv_text(["a", "b", "y"], rows))
        result = self.run_program("train", "--data", "t.csv", "--target", "y", "--standardize",
                                  "false", "--task", "regression", "--epochs", "1", "--out", "run")
        self.assertIn(result.status, (0, NUMERIC), result)
        if result.status == 0:
            self.assertIsNone(self.all_finite(self.path("run/model.safetensors")), result)


class FullDisk(CliTest):
    def small_disk(self, size, command):
        """Runs in a shell with a separate mount namespace, in which `disk` has `size` bytes."""
        self.path("disk").mkdir(exist_ok=True)
        script = f'mount -t tmpfs -o size={size} none "$0/disk" && shift 0 && exec "$@"'
        return self.run_program(*command, prefix=("unshare", "-rm", "sh", "-c", script,
                                                  str(self.dir)))

    def test_training_on_a_full_disk(self):
        probe = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"],
                               capture_output=True, check=False)
        if probe.returncode != 0:
            self.skipTest(f"no file systems of one's own here: {probe.stderr.decode().strip()}")
        for size in ("8k", "64k", "300k", "900k"):
            with self.subTest(size):
                self.path("disk").mkdir(exist_ok=True)
                command = ["train", "--data", "digits", "--epochs", "3", "--out", "disk/run"]
                result = self.small_disk(size, command)
                self.check_failure(result, (DATA,), "disk/run", "No space left")

    def test_file_size_limit_keeps_existing_files(self):
        self.ok("train", "--data", "digits", "--preset", "none", "--epochs", "1", "--out", "run")
        before = {name: self.bytes_of("run", name) for name in self.files("run")}
        for limit in (0, 1000, 100000):
            with self.subTest(limit):
                self.fails(DATA, "run/", ("large", "space"), file_bytes=limit, arguments=[
                    "train", "--out", "run", "--resume", "--epochs", "3"])
                self.assertEqual(before["model.safetensors"],
                                 self.bytes_of("run", "model.safetensors"))
                self.assertEqual(before["checkpoint/state.safetensors"],
                                 self.bytes_of("run", "checkpoint/state.safetensors"))
        for line in self.bytes_of("run", "history.jsonl").decode().splitlines(keepends=True):
            self.assertTrue(line.endswith("}\n"), f"half a line of history: {line!r}")
        self.ok("train", "--out", "run", "--resume", "--epochs", "3")
        self.ok("train", "--data", "digits", "--preset", "none", "--epochs", "3", "--out", "whole")
        self.assert_same_model("whole", "run")

    def test_resumes_with_a_truncated_history(self):
        """Tests a power failure while a line was written."""
        self.ok("train", "--data", "digits", "--preset", "none", "--epochs", "4", "--out", "whole")
        self.ok("train", "--data", "digits", "--preset", "none", "--epochs", "2", "--out", "run")
        with open(self.path("run/history.jsonl"), "ab") as file:
            file.write(b'{"epoch":3,"step":13')
        self.ok("train", "--out", "run", "--resume", "--epochs", "4")
        self.assert_same_model("whole", "run")
        self.assertEqual([0, 1, 2, 3, 4], [r["epoch"] for r in self.history("run")])

    def test_history_on_a_full_device(self):
        self.path("run").mkdir()
        self.path("run/history.jsonl").symlink_to("/dev/full")
        result = self.run_program("train", "--data", "digits", "--preset", "none", "--epochs", "1", "--out", "run")
        self.assertIn(result.status, (0, DATA), result)
        if result.status == DATA:
            self.check_failure(result, (DATA,), "history.jsonl", "No space left")
        else:
            self.assertEqual(2, len(self.history("run")), "0: then the history is there")
        self.assertTrue(os.path.exists("/dev/full") and not os.path.isfile("/dev/full"))

    def test_results_on_a_full_device_are_an_error(self):
        self.ok("train", "--data", "digits", "--preset", "none", "--epochs", "1", "--out", "run")
        for arguments in (["predict", "run"], ["predict", "run", "--json"],
                          ["evaluate", "run", "--json"], ["evaluate", "run"]):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                result = self.run_program(*arguments, stdout=full)
                self.assertEqual(DATA, result.status, f"standard output is full{result}")

    def test_predict_out(self):
        self.ok("train", "--data", "digits", "--preset", "none", "--epochs", "1", "--out", "run")
        self.write("p.csv", "precious")
        self.fails(DATA, "p.csv", file_bytes=500, arguments=["predict", "run", "--out", "p.csv"])
        self.assertEqual(b"precious", self.bytes_of("p.csv"))
        self.fails(DATA, "no/p.csv", arguments=["predict", "run", "--out", "no/p.csv"])
        self.path("folder").mkdir()
        self.fails(DATA, "folder", arguments=["predict", "run", "--out", "folder"])


class OutFolder(CliTest):
    def refused(self, out, *words):
        self.fails(DATA, *words, arguments=["train", "--data", "digits", "--preset", "none", "--epochs", "1", "--out",
                                            out])

    def test_file_in_place_of_the_folder(self):
        self.write("run", "mine")
        self.refused("run", "run")
        self.refused("run/deeper", "run")
        self.assertEqual(b"mine", self.bytes_of("run"))

    def test_folder_in_place_of_the_model(self):
        self.path("run/model.safetensors").mkdir(parents=True)
        self.refused("run", "model.safetensors")

    def test_nowhere_to_write(self):
        self.refused("/proc/selfnorm-run", "/proc/selfnorm-run")

    def test_no_permission(self):
        if os.geteuid() == 0:
            self.skipTest("root may write everywhere")
        self.path("closed").mkdir(mode=0o500)
        self.refused("closed/run", "closed")

    def test_unreadable_configuration_of_a_run(self):
        self.ok("train", "--data", "digits", "--preset", "none", "--epochs", "1", "--out", "run")
        self.write("run/config.toml", "[data\n")
        self.fails((2, 4), "run/config.toml:", arguments=["evaluate", "run"])
        self.path("run/config.toml").unlink()
        self.fails((2, 3, 4), "run/config.toml", arguments=["evaluate", "run"])

    def test_accepts_the_configuration_of_the_run_as_network_file(self):
        self.write("net.toml", network())
        self.ok("train", "net.toml", "--out", "run")
        first = self.bytes_of("run", "model.safetensors")
        self.ok("train", "run/config.toml", "--out", "run")
        self.assertEqual(first, self.bytes_of("run", "model.safetensors"))


if __name__ == "__main__":
    main()
