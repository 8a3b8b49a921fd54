# SPDX-License-Identifier: Apache-2.0
"""Tests that runs are reproducible: from config.toml, with other thread counts, after an interruption."""

import json
import shlex
import shutil
import signal
import subprocess
import tomllib

from program import (DATA, INTERRUPTED, MODEL, USAGE, CliTest, csv_text, floats, main, network, program,
                     read_safetensors, regression_table, safetensors_bytes)

TOO_SMALL_TO_MOVE = 1e-25  # the largest change of a bias that starts at 0, with a learning rate of 1e-30
LOSS_TOLERANCE = 1e-3  # relative, between thread counts, which add in another order
CONVOLUTIONS = [
    '{ op = "conv2d", channels = 8, kernel = [3, 3], padding = [[1, 1], [0, 1]],'
    ' init = { name = "he_normal", gain = 0.9 } }',
    '{ op = "batch_norm", momentum = 0.9 }', '{ op = "selu", alpha = 1.7 }',
    '{ op = "feature_alpha_dropout", rate = 0.1 }', '{ op = "flatten", name = "flat" }',
    '{ op = "dense", units = 30, name = "odd name: \\"fc\\" \\\\ é", l2 = 1e-5 }',
    '{ op = "selu" }', '{ op = "dropout", rate = 0.2 }',
    '{ op = "dense", units = 10, name = "dense_1" }']

# Features that a resumed run must restore: name → (layers, data, train).
RUNS = {
    "plain": (None, "", ""),
    # No epoch is better by 0.9 than the first. So training stops after the sixth epoch and restores
    # the weights of the first.
    "early_stopping": (None, "validation_split = 0.3",
                       'early_stopping = { patience = 5, monitor = "accuracy", min_delta = 0.9 }'),
    "reduce_on_plateau": (None, "validation_split = 0.3\nshuffle_split = true",
                          'schedule = { name = "reduce_on_plateau", patience = 1, factor = 0.5 }'),
    "batch_norm": (CONVOLUTIONS, "limit = 200", ""),
    "cosine_sgd": (None, "", 'schedule = { name = "cosine", warmup = 1.5 }\noptimizer = { name = '
                   '"sgd", learning_rate = 0.02, momentum = 0.9, nesterov = true }'),
    "step_adamw": (None, "", 'schedule = { name = "step", step_epochs = 2, factor = 0.7 }\n'
                   'optimizer = { name = "adamw", weight_decay = 0.1, clip_norm = 0.5 }'),
    "rmsprop": (None, "", 'optimizer = { name = "rmsprop", momentum = 0.5, clip_value = 0.1 }\n'
                'loss = { name = "softmax_cross_entropy", label_smoothing = 0.1 }'),
    "rare_checkpoints": (None, "", "checkpoint_every = 5"),
}
EPOCHS = 8
WIDE = ['{ op = "flatten" }', '{ op = "dense", units = 300 }', '{ op = "selu" }',
        '{ op = "alpha_dropout", rate = 0.1 }', '{ op = "dense", units = 10 }']


class Reproduce(CliTest):
    def test_configuration_reproduces_the_run(self):
        cases = {name: RUNS[name] for name in ("early_stopping", "batch_norm", "rmsprop",
                                               "step_adamw")}
        for name, (layers, data, train) in cases.items():
            with self.subTest(name):
                self.write("net.toml", network(layers, data, train))
                self.ok("train", "net.toml", "--epochs", "3", "--out", name)
                shutil.copy(self.path(name) / "config.toml", self.path("copy.toml"))
                self.ok("train", "copy.toml", "--out", name + "-2")
                self.assert_same_model(name, name + "-2")
                self.assert_same_history(name, name + "-2")
                self.assertEqual(self.bytes_of(name, "config.toml"),
                                 self.bytes_of(name + "-2", "config.toml"))

    def test_configuration_contains_the_flags(self):
        header, rows = regression_table()
        self.write("t.csv", csv_text(header, rows))
        flags = ["--target", "y", "--test-split", "0.25", "--shuffle-split", "true", "--seed", "77",
                 "--hidden", "17,9", "--dropout-rate", "0.2", "--optimizer", "rmsprop",
                 "--learning-rate", "0.0123456789012345", "--loss", "huber", "--epochs", "3",
                 "--batch-size", "7", "--metrics", "mae,r2", "--standardize", "false"]
        self.ok("train", "--data", "t.csv", *flags, "--out", "run")
        shutil.copy(self.path("run/config.toml"), self.path("copy.toml"))
        self.ok("train", "copy.toml", "--out", "again")
        self.assert_same_model("run", "again")
        self.ok("train", "copy.toml", "--seed", "78", "--out", "other")
        self.assertNotEqual(self.bytes_of("run", "model.safetensors"),
                            self.bytes_of("other", "model.safetensors"))

    def test_same_run_gives_the_same_bits(self):
        for run in ("one", "two"):
            self.ok("train", "--data", "digits", "--epochs", "2", "--out", run)
        self.assert_same_model("one", "two")
        self.assert_same_history("one", "two")


class Threads(CliTest):
    def train(self, threads, layers, *more):
        run = f"threads{threads}"
        shutil.rmtree(self.path(run), ignore_errors=True)
        self.write("net.toml", network(layers, "limit = 512",
                                       'optimizer = { name = "sgd", learning_rate = 0.001 }'))
        self.ok("train", "net.toml", "--out", run, "--threads", str(threads), *more)
        return self.history(run)

    def chosen_threads(self, units, most):
        self.write("net.toml", network(['{ op = "flatten" }', f'{{ op = "dense", units = {units} }}',
                                        '{ op = "selu" }', '{ op = "dense", units = 10 }'], "limit = 512"))
        self.ok("train", "net.toml", "--epochs", "1", "--batch-size", "32", "--out", "run",
                OMP_NUM_THREADS=str(most))
        with open(self.path("run/config.toml"), "rb") as file:
            return tomllib.load(file)["train"]["threads"]

    def test_are_as_many_as_the_work_of_a_step_needs(self):
        """12 million multiply-adds a thread: 3 passes of 32 rows, with 74 weights per hidden unit."""
        self.assertEqual(1, self.chosen_threads(64, 4))
        self.assertEqual(1, self.chosen_threads(3300, 4))
        self.assertEqual(2, self.chosen_threads(3400, 4))
        self.assertEqual(1, self.chosen_threads(3400, 1))

    def test_configuration_of_a_run_reproduces_it(self):
        self.chosen_threads(3400, 2)
        self.ok("train", "run/config.toml", "--out", "again", OMP_NUM_THREADS="1")
        self.assertEqual(read_safetensors(self.path("run/model.safetensors"))[1],
                         read_safetensors(self.path("again/model.safetensors"))[1])

    def test_masks_are_the_same(self):
        """Half of a layer is dropped, so other masks would change the loss by percents."""
        layers = ['{ op = "flatten" }', '{ op = "dense", units = 300 }', '{ op = "selu" }',
                  '{ op = "alpha_dropout", rate = 0.5 }', '{ op = "dense", units = 10 }']
        for name, network_layers in (("dense", layers), ("convolution", CONVOLUTIONS)):
            with self.subTest(name):
                one, two = (self.train(n, network_layers, "--epochs", "4") for n in (1, 2))
                for a, b in zip(one[1:], two[1:]):
                    self.assertLess(abs(a["loss"] - b["loss"]), LOSS_TOLERANCE * a["loss"])
                other = self.train(2, network_layers, "--epochs", "4", "--seed", "2")
                self.assertGreater(abs(one[1]["loss"] - other[1]["loss"]),
                                   LOSS_TOLERANCE * one[1]["loss"], "the test sees another seed")

    def test_initial_weights_are_the_same(self):
        tensors = []
        for threads in (1, 2):
            self.train(threads, CONVOLUTIONS, "--epochs", "1", "--learning-rate", "1e-30")
            tensors.append(read_safetensors(self.path(f"threads{threads}/model.safetensors"))[1])
        one, two = tensors
        for name in ("conv2d_1.weight", "dense_1.weight"):
            self.assertEqual(one[name], two[name], name)
        for name, (_, _, content) in one.items():
            if "running" in name or "mean" in name or "variance" in name:
                continue  # a state changes for any learning rate
            for a, b in zip(floats(content), floats(two[name][2])):
                self.assertAlmostEqual(a, b, delta=TOO_SMALL_TO_MOVE, msg=name)
        self.assertGreater(len(set(floats(one["conv2d_1.weight"][2]))), 20)

    def test_flag_and_environment_variable_are_equivalent(self):
        self.ok("train", "--data", "digits", "--epochs", "1", "--out", "flag", "--threads", "1")
        self.ok("train", "--data", "digits", "--epochs", "1", "--out", "env", OMP_NUM_THREADS="1")
        self.assertEqual(read_safetensors(self.path("flag/model.safetensors"))[1],
                         read_safetensors(self.path("env/model.safetensors"))[1])


class Resume(CliTest):
    def arguments(self, name, run):
        layers, data, train = RUNS[name]
        layers = layers or WIDE
        data = (data if "limit" in data else data + "\nlimit = 400")
        self.write(name + ".toml", network(layers, data, train))
        return ["train", name + ".toml", "--batch-size", "2", "--epochs", EPOCHS, "--out", run]

    def check_interrupted(self, result, run):
        self.assertEqual(INTERRUPTED, result.status, result)
        self.assertIn(f"selfnorm train --out {run} --resume", result.err)
        self.assertRegex(result.err, r"epoch \d+, step \d+")
        self.assertEqual("", result.out, result)
        self.assertFalse((self.path(run) / "model.safetensors").exists(), "it is not finished")
        self.assert_no_leftovers()

    def test_resumes_bit_for_bit(self):
        for name in RUNS:
            with self.subTest(name):
                self.ok(*self.arguments(name, name + "-whole"))
                run = name + "-cut"
                arguments = self.arguments(name, run)
                # Interrupted twice, the second time during a resumed run.
                for more in ([], ["--resume"]):
                    lines = len(self.history(run)) if more else 1
                    result = self.interrupt(arguments + more, f"{run}/history.jsonl", lines, 0.004)
                    self.check_interrupted(result, run)
                self.ok("train", "--out", run, "--resume")
                self.assert_same_model(name + "-whole", run)
                self.assert_same_history(name + "-whole", run)
                self.assertEqual(self.bytes_of(name + "-whole", "config.toml"),
                                 self.bytes_of(run, "config.toml"))

    def test_progress_of_a_resumed_run_counts_all_steps(self):
        result = self.interrupt(self.arguments("plain", "cut"), "cut/history.jsonl", 1, 0.004)
        self.check_interrupted(result, "cut")
        lines = [line for line in self.ok("train", "--out", "cut", "--resume").err.splitlines()
                 if line.startswith("Epoch ")]
        self.assertGreater(len(lines), 2)
        for line in lines:
            self.assertRegex(line, r"^Epoch \d+/8 200/200 ")

    def test_resumes_after_an_interruption_in_the_first_epoch(self):
        arguments = ["train", "--data", "digits", "--batch-size", "1", "--epochs", "2",
                     "--hidden", "256,256", "--out"]
        self.ok(*arguments, "whole")
        result = self.interrupt([*arguments, "cut"], "cut/history.jsonl", 0, 0.03)
        self.check_interrupted(result, "cut")
        self.assertIn("epoch 0", result.err)
        self.ok("train", "--out", "cut", "--resume")
        self.assert_same_model("whole", "cut")
        self.assert_same_history("whole", "cut")

    def test_saves_after_every_signal_that_ends_a_program(self):
        """A terminal that closes may send SIGHUP twice."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGXCPU):
            with self.subTest(number):
                run = f"cut-{number}"
                arguments = self.arguments("plain", run)
                result = self.interrupt(arguments, f"{run}/history.jsonl", 1, 0.01, number)
                self.check_interrupted(result, run)

    def test_an_ignored_signal_stays_ignored(self):
        for name, number in (("INT", signal.SIGINT), ("HUP", signal.SIGHUP)):
            with self.subTest(name):
                before = signal.signal(number, signal.SIG_IGN)  # which the program inherits
                try:
                    result = self.interrupt(self.arguments("plain", name), f"{name}/history.jsonl", 1, 0, number)
                finally:
                    signal.signal(number, before)
                self.assertEqual(0, result.status, result)
                self.assertEqual(EPOCHS, self.history(name)[-1]["epoch"])

    def test_a_closed_standard_error_does_not_end_a_training(self):
        self.ok(*self.arguments("plain", "whole"))
        with self.start(*self.arguments("plain", "pipe")) as closed:
            closed.stderr.close()
            closed.stdout.read()
        self.assertEqual(0, closed.returncode)
        command = shlex.join([program(), *map(str, self.arguments("plain", "none"))])
        subprocess.run(["sh", "-c", command + " 0<&- 2>&-"], cwd=self.dir, check=True, stdout=subprocess.PIPE)
        for run in ("pipe", "none"):
            self.assert_same_model("whole", run)

    def test_a_killed_run_continues_from_its_last_checkpoint(self):
        self.ok(*self.arguments("plain", "whole"))
        self.interrupt(self.arguments("plain", "cut"), "cut/history.jsonl", 2, 0.01, signal.SIGKILL)
        self.ok("train", "--out", "cut", "--resume")
        self.assert_same_model("whole", "cut")
        self.assert_same_history("whole", "cut")

    def test_resumes_with_json(self):
        result = self.interrupt([*self.arguments("plain", "cut"), "--json"], "cut/history.jsonl", 1)
        self.check_interrupted(result, "cut")

    def test_resumes_after_an_infinite_validation_loss(self):
        """The last row is held out. The square of its target does not fit into a float."""
        header, rows = regression_table(60)
        rows[-1][-1] = 1e30
        self.write("t.csv", csv_text(header, rows))
        arguments = ["train", "t.csv", "--target", header[-1], "--preset", "none", "--schedule",
                     "reduce_on_plateau", "--validation-split", "0.1", "--shuffle-split", "false"]
        self.ok(*arguments, "--epochs", "4", "--out", "whole")
        self.ok(*arguments, "--epochs", "2", "--out", "run")
        self.assertEqual("Infinity", self.history("run")[-1]["validation_loss"])
        self.ok("train", "--out", "run", "--resume", "--epochs", "4")
        self.assert_same_model("whole", "run")

    def test_names_with_control_characters_can_be_resumed(self):
        self.write("net.toml", network(['{ op = "flatten" }', '{ op = "dense", units = 10, name = "a\\u007Fb\\u0001" }']))
        self.ok("train", "net.toml", "--epochs", "1", "--out", "run")
        self.ok("train", "--out", "run", "--resume", "--epochs", "2")
        self.ok("evaluate", "run")

    def test_rejects_damaged_best_weights_and_scores(self):
        self.ok("train", "--data", "digits", "--epochs", "2", "--validation-split", "0.2",
                "--early-stopping-patience", "1", "--out", "run")
        before = self.bytes_of("run", "model.safetensors")
        checkpoint = self.path("run/checkpoint/state.safetensors")
        metadata, tensors = read_safetensors(checkpoint)
        dtype, shape, content = tensors["best"]
        not_finite = {**tensors, "best": (dtype, shape, b"\xff\xff\xff\xff" + content[4:])}
        state = json.loads(metadata["state"])
        state["schedule"]["best"] = None
        no_score = {**metadata, "state": json.dumps(state)}
        for changed in ((metadata, not_finite), (no_score, tensors)):
            checkpoint.write_bytes(safetensors_bytes(*changed))
            self.fails(MODEL, "state.safetensors", "NaN", arguments=["train", "--resume", "--out", "run"])
            self.assertEqual(before, self.bytes_of("run", "model.safetensors"))

    def test_continues_with_a_damaged_history(self):
        self.ok("train", "--data", "digits", "--limit", "100", "--hidden", "8", "--epochs", "3", "--out", "run")
        history = self.path("run/history.jsonl")
        lines = history.read_bytes().splitlines(keepends=True)
        damaged = lines[0] + b"{\"epoch\": 2, \xff\x00\n" + b"3\n" + b"{}\n" + lines[2]
        history.write_bytes(damaged)
        self.fails(DATA, "history.jsonl:2", "resume", arguments=["report", "run"])
        told = self.ok("train", "--out", "run", "--resume", "--epochs", "5")
        for number in (2, 3, 4):
            self.assertIn(f"history.jsonl:{number}", told.err)
        self.assertEqual(damaged, self.bytes_of("run", "history.damaged.jsonl"))
        records = [json.loads(line) for line in history.read_text().splitlines()]
        self.assertEqual([0, 2, 4, 5], [record["epoch"] for record in records])
        self.ok("report", "run")
        self.ok("train", "--data", "digits", "--limit", "100", "--hidden", "8", "--epochs", "1", "--out", "run")
        self.assertEqual(damaged, self.bytes_of("run/previous", "history.damaged.jsonl"))
        self.assertFalse(self.path("run/history.damaged.jsonl").exists())

    def test_changed_options_are_noted(self):
        start = ["train", "--data", "digits", "--limit", "100", "--hidden", "8", "--threads", "1", "--out", "run"]
        self.ok(*start, "--epochs", "2")
        self.assertNotIn("continues with", self.ok("train", "--out", "run", "--resume").err)
        told = self.ok("train", "--out", "run", "--resume", "--epochs", "3").err
        self.assertIn("the run continues with `epochs = 3` instead of `epochs = 2`", told)
        told = self.ok("train", "--out", "run", "--resume", "--epochs", "4", "--threads", "2").err
        self.assertIn("`threads = 2`", told)
        self.assertIn("`threads = 1`", told)

    def test_does_not_change_a_finished_run(self):
        self.ok("train", "--data", "digits", "--epochs", "2", "--out", "run")
        before = {name: self.bytes_of("run", name) for name in self.files("run")}
        self.ok("train", "--out", "run", "--resume")
        self.assertEqual(before["model.safetensors"], self.bytes_of("run", "model.safetensors"))
        self.assertEqual(before["history.jsonl"], self.bytes_of("run", "history.jsonl"))

    def test_more_epochs_continue_a_finished_run(self):
        # The default schedule depends on the number of epochs.
        self.ok("train", "--data", "digits", "--preset", "none", "--epochs", "4", "--out", "whole")
        self.ok("train", "--data", "digits", "--preset", "none", "--epochs", "2", "--out", "run")
        self.ok("train", "--out", "run", "--resume", "--epochs", "4")
        self.assert_same_model("whole", "run")
        self.assertEqual([0, 1, 2, 3, 4], [r["epoch"] for r in self.history("run")])

    def test_more_epochs_continue_a_run_of_a_preset(self):
        rows = [[i % 17, i % 5, i * 7 % 13] for i in range(200)]
        self.write("t.csv", csv_text(["a", "b", "y"], rows))
        self.ok("train", "t.csv", "--target", "y", "--epochs", "3", "--out", "run")
        self.ok("train", "--out", "run", "--resume", "--epochs", "9")
        self.assertEqual(list(range(10)), [r["epoch"] for r in self.history("run")])

    def test_rejects_runs_that_cannot_be_resumed(self):
        self.fails(USAGE, "--out", arguments=["train", "--resume"])
        self.write("net.toml", network())
        for more in (["net.toml"], [], ["--data", "digits"]):
            with self.subTest(more):
                self.fails(USAGE, "none", "checkpoint", "--resume",
                           arguments=["train", *more, "--resume", "--out", "none"])
                self.assertFalse(self.path("none").exists())

    def test_does_not_resume_another_configuration(self):
        self.ok("train", "--data", "digits", "--epochs", "1", "--out", "run")
        before = {name: self.bytes_of("run", name) for name in self.files("run")}
        self.fails((USAGE, MODEL), "configuration", "seed", "run",
                   arguments=["train", "--resume", "--out", "run", "--seed", "2"])
        self.assertEqual(before, {name: self.bytes_of("run", name) for name in self.files("run")})

    def test_does_not_resume_with_changed_data(self):
        header, rows = regression_table(40)
        self.write("t.csv", csv_text(header, rows))
        self.ok("train", "--data", "t.csv", "--target", "y", "--epochs", "1", "--out", "run")
        resume = ["train", "--resume", "--out", "run", "--epochs", "2"]
        changed = [[*rows[0][:3], rows[0][3] + 1], *rows[1:]]
        for words, table in ((("40 rows", "39 rows"), rows[1:]), (("XXH64",), changed)):
            self.write("t.csv", csv_text(header, table))
            self.fails(MODEL, "training data", *words, arguments=resume)
        self.write("t.csv", csv_text(header, rows))
        self.ok(*resume)

    def test_explains_how_to_finish_an_unfinished_run(self):
        self.interrupt(self.arguments("plain", "cut"), "cut/history.jsonl", 1)
        for command in ("evaluate", "predict"):
            self.fails(MODEL, "selfnorm train --out cut --resume", arguments=[command, "cut"])


if __name__ == "__main__":
    main()
