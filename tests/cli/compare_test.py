# SPDX-License-Identifier: Apache-2.0
"""Tests `selfnorm compare`: it trains, stores, resumes and reports configurations."""

import json
import re
import shutil

from program import CliTest, NUMERIC, USAGE, main

NETWORK = """
[data]
source = "digits"
validation_split = 0.2
[model]
layers = [{ op = "flatten" }, { op = "dense", units = 16 }, { op = "%s" }, { op = "dense", units = 10 }]
[train]
epochs = 3
batch_size = 64
watch = false
optimizer = { name = "sgd", learning_rate = %s }
"""


class Compare(CliTest):
    def setUp(self):
        super().setUp()
        self.write("relu.toml", NETWORK % ("relu", "0.1"))
        self.write("selu.toml", NETWORK % ("selu", "0.1"))

    def compare(self, *more, seeds=2):
        return self.ok_json("compare", "relu.toml", "selu.toml", "--seeds", seeds, "--out", "out",
                            *more)

    def test_writes_tables_numbers_and_curves(self):
        found = self.compare()
        self.assertEqual("accuracy", found["metric"])
        self.assertEqual(["relu", "selu"], [each["name"] for each in found["contenders"]])
        after = found["contenders"][0]["after"]
        self.assertEqual(["1", "3"], list(after))
        kept = json.loads(self.path("out/compare.json").read_text())
        trials = kept["contenders"][0]["trials"]
        self.assertEqual([1, 2], [trial["seed"] for trial in trials])
        last = [trial["epochs"][2]["validation_accuracy"] for trial in trials]
        self.assertAlmostEqual(sum(last) / 2, after["3"]["mean"])
        self.assertAlmostEqual(abs(last[0] - last[1]) / 2 ** 0.5, after["3"]["deviation"])
        table = self.path("out/compare.md").read_text()
        self.assertIn(f"{after['3']['mean']:.4f} ± {after['3']['deviation']:.4f}", table)
        # Each training is an ordinary run.
        again = self.ok_json("evaluate", "out/selu/seed-2", "--split", "validation")
        best = kept["contenders"][1]["trials"][1]["epochs"][2]["validation_accuracy"]
        self.assertAlmostEqual(best, again["accuracy"])
        if shutil.which("gnuplot"):
            picture = self.path("out/curves.svg").read_text()
            self.assertIn("seconds of training", picture)
            self.assertTrue({"relu", "selu"} <= set(re.findall(r">(\w+)<", picture)))

    def test_trains_as_a_single_run_does(self):
        self.compare()
        self.ok("train", "selu.toml", "--seed", "2", "--out", "alone")
        self.assertEqual(self.path("alone/model.safetensors").read_bytes(),
                         self.path("out/selu/seed-2/model.safetensors").read_bytes())

    def test_resume_keeps_finished_trainings(self):
        first = self.compare()
        self.fails(USAGE, "--resume", arguments=["compare", "relu.toml", "selu.toml", "--out", "out"])
        model = self.path("out/relu/seed-1/model.safetensors")
        before = model.stat().st_mtime_ns
        more = self.compare("--resume", seeds=3)
        self.assertEqual(before, model.stat().st_mtime_ns)
        self.assertEqual(3, more["contenders"][0]["best"]["trainings"])
        self.assertEqual(2, first["contenders"][0]["best"]["trainings"])
        self.fails(USAGE, "another configuration of 'relu'",
                   arguments=["compare", "relu.toml", "--out", "out", "--resume", "--epochs", "4"])

    def test_reports_a_mistake_before_training(self):
        self.write("narrow.toml", (NETWORK % ("relu", "0.1")).replace("{ op = \"flatten\" }, ", ""))
        self.fails(USAGE, "narrow: node 'dense_1'",
                   arguments=["compare", "relu.toml", "narrow.toml", "--out", "out"])
        self.assertFalse(self.path("out").exists())
        self.write("narrow.toml", NETWORK % ("relu", "0.1"))
        self.ok("compare", "relu.toml", "narrow.toml", "--seeds", "1", "--out", "out")

    def test_keeps_earlier_contenders(self):
        self.compare()
        self.write("tanh.toml", NETWORK % ("tanh", "0.1"))
        found = self.ok_json("compare", "relu.toml", "tanh.toml", "--seeds", "2", "--out", "out",
                             "--resume")
        self.assertEqual(["relu", "tanh"], [each["name"] for each in found["contenders"]])
        model = self.path("out/selu/seed-1/model.safetensors")
        before = model.stat().st_mtime_ns
        self.compare("--resume")
        self.assertEqual(before, model.stat().st_mtime_ns)

    def test_rejects_an_unfinished_training_of_another_configuration(self):
        self.ok("train", "relu.toml", "--out", "out/relu/seed-1")
        self.write("relu.toml", NETWORK % ("relu", "0.05"))
        pair = ["compare", "relu.toml", "selu.toml", "--out", "out"]
        self.fails(USAGE, "out/relu/seed-1: contains a training of another configuration",
                   arguments=[*pair, "--resume"])
        self.fails(USAGE, "already exists", arguments=pair)

    def test_reports_that_all_trainings_failed(self):
        self.write("wild.toml", NETWORK % ("relu", "1e30"))
        for more in ([], ["--resume"]):
            said = self.fails(NUMERIC, "none of the trainings finished", arguments=[
                "compare", "wild.toml", "--seeds", "2", "--out", "out", *more])
            self.assertIn("wild, seed 2, did not finish: numeric", said.err)
        self.assertIn("2, 2 failed", self.path("out/compare.md").read_text())

    def test_warns_about_scores_of_different_rows(self):
        self.write("half.toml", (NETWORK % ("relu", "0.1")).replace("0.2", "0.4"))
        said = self.ok("compare", "relu.toml", "half.toml", "--seeds", "1", "--out", "out")
        self.assertIn("scores on different rows are not comparable", said.err)

    def test_nan_loss_ends_only_one_training(self):
        self.write("wild.toml", NETWORK % ("relu", "1e30"))
        found = self.ok_json("compare", "wild.toml", "selu.toml", "--seeds", "1", "--out", "out")
        wild, calm = found["contenders"]
        self.assertIn("numeric", wild["failures"][0]["error"])
        self.assertEqual(0, wild["after"]["3"]["trainings"])
        self.assertEqual([], calm["failures"])
        self.assertIn("wild, seed 1, did not finish", self.path("out/compare.md").read_text())

    def test_rejects_invalid_comparisons(self):
        self.write("more/relu.toml", NETWORK % ("relu", "0.1"))
        self.fails(USAGE, "named 'relu'", arguments=["compare", "relu.toml", "more/relu.toml"])
        self.fails(USAGE, "validation rows",
                   arguments=["compare", "relu.toml", "--validation-split", "0", "--out", "a"])
        self.fails(USAGE, "available: loss, accuracy",
                   arguments=["compare", "relu.toml", "--metric", "iou", "--out", "b"])
        self.write("narrow.toml", (NETWORK % ("relu", "0.1")).replace("{ op = \"flatten\" }, ", ""))
        self.fails(USAGE, "narrow: node 'dense_1' (dense)", arguments=["compare", "narrow.toml"])
        for epochs, words in (("0", "a whole number of at least 1"), ("one", "expects a whole number"),
                              ("2,4", "expected at most 3, the number of epochs")):
            self.fails(USAGE, words, arguments=["compare", "relu.toml", "--at", epochs])
        self.write("file", "")
        self.fails(USAGE, "got a file", arguments=["compare", "relu.toml", "--out", "file"])
        self.fails(USAGE, "nothing.toml", arguments=["compare", "nothing.toml"])
        self.fails(USAGE, "--help", arguments=["compare"])


if __name__ == "__main__":
    main()
