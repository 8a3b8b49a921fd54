#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ensembles of default networks: members, folds, presets and the time of a training."""

import csv
import io
import math
import random
import tomllib

from program import USAGE, CliTest, csv_text, main

SHORT = ("--target", "y", "--epochs", "3", "--hidden", "8", "--report", "false", "--out", "run")


def rows_of(count):
    generator = random.Random(5)
    rows = []
    for i in range(count):
        x, z = generator.gauss(0, 1), generator.gauss(0, 1)
        rows.append([f"{x:.4f}", f"{z:.4f}", f"g{i % 20}", "yes" if x + 0.3 * z > 0 else "no"])
    return rows


class Ensembles(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", csv_text(["x", "z", "group", "y"], rows_of(200)))

    def config(self):
        return tomllib.loads(self.bytes_of("run/config.toml").decode())

    def predictions(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.ok("predict", "run", *arguments).out), strict=True))

    def test_folds_score_every_row_once(self):
        said = self.ok("train", "t.csv", "--folds", "4", *SHORT)
        self.assertIn("t.csv: 200 training rows, of which 200 are validation rows", said.err)
        self.assertIn("each of 4 networks holds out 50 other rows", said.err)
        self.assertEqual(0.25, self.config()["data"]["validation_split"])
        scored = self.ok_json("evaluate", "run")
        self.assertEqual(("validation", 200), (scored["split"], scored["samples"]))
        self.assertIn(f"validation loss {scored['loss']:.4f}", said.out)
        # Cross-entropy by its definition, from the predictions of the held-out rows.
        truth = [row[3] for row in rows_of(200)]
        held_out = self.predictions("--split", "validation")
        loss = -sum(math.log(float(row[f"p({label})"])) for row, label in zip(held_out, truth)) / 200
        self.assertAlmostEqual(scored["loss"], loss, places=5)
        # The mean of the networks predicts rows as they are given, and knows these rows.
        self.assertNotEqual([row["p(yes)"] for row in held_out], [row["p(yes)"] for row in self.predictions()])

    def test_the_configuration_of_a_run_reproduces_it(self):
        self.ok("train", "t.csv", "--folds", "4", *SHORT)
        model = self.bytes_of("run/model.safetensors")
        self.ok("train", "run/config.toml", "--out", "copy", "--report", "false")
        self.assertEqual(model, self.bytes_of("copy/model.safetensors"))

    def test_whole_groups_are_held_out(self):
        self.ok("train", "t.csv", "--group", "group", "--members", "2", "--validation-split", "0.1", *SHORT)
        held_out = self.predictions("--split", "validation")
        groups = {(int(row["line"]) - 2) % 20 for row in held_out}
        self.assertEqual(10 * len(groups), len(held_out))

    def test_members_share_held_out_rows_that_the_user_names(self):
        said = self.ok("train", "t.csv", "--members", "2", "--shuffle-split", "false", *SHORT).err
        self.assertIn("160 training rows, 40 validation rows", said)
        self.assertIn("40 held out for validation by all networks, the last ones", said)
        said = self.ok("train", "t.csv", "--members", "2", "--validation", "t.csv", *SHORT).err
        self.assertIn("t.csv: 200 training rows, 200 validation rows", said)

    def test_contradictions_are_errors(self):
        for arguments, message in (
                (("--folds", "1"), "at least 2 folds"),
                (("--folds", "5", "--members", "3"), "leave out members"),
                (("--folds", "5", "--validation-split", "0.2"), "leave out validation_split"),
                (("--folds", "5", "--shuffle-split", "false"), "leave out shuffle_split"),
                (("--folds", "30", "--group", "group"), "cannot be divided into so many folds"),
                (("--folds", "4", "--loss", "dice"), "does not ignore missing targets"),
                (("--preset", "none", "--seconds", "9"), "seconds chooses the length of a preset")):
            with self.subTest(message):
                self.fails(USAGE, message, arguments=["train", "t.csv", *arguments, *SHORT])

    def test_more_time_means_more_work(self):
        work = []
        for time in ("100ms", "20s"):
            plan = self.ok_json("train", "t.csv", "--target", "y", "--time", time, "--dry-run", "--out", "run")
            config = tomllib.loads(plan["config"])
            members = [layer.get("members", 1) for layer in config["model"]["layers"]][-1]
            work.append(members * config["train"]["epochs"])
        self.assertGreater(work[1], 4 * work[0])

    def planned(self, *arguments):
        """Returns the number of members and of epochs of a planned training of one second."""
        plan = self.ok_json("train", "t.csv", "--target", "y", "--time", "1s", "--dry-run", "--out", "run",
                            "--early-stopping-patience", "5", *arguments)
        config = tomllib.loads(plan["config"])
        return config["model"]["layers"][-1].get("members", 1), config["train"]["epochs"]

    def test_time_keeps_given_members_and_epochs(self):
        self.assertEqual(3, self.planned("--members", "3")[0])
        self.assertEqual(7, self.planned("--epochs", "7")[1])

    def test_many_categories_are_those_of_the_training_when_the_run_is_opened(self):
        generator = random.Random(3)
        rows = [[f"k{int(generator.expovariate(0.05))}", round(generator.gauss(0, 1), 4), "ab"[i % 2]]
                for i in range(400)]
        self.write("k.csv", csv_text(["c", "x", "y"], rows))
        for arguments in (("--folds", "4"), ("--preset", "best"), ("--members", "8")):
            with self.subTest(arguments[0]):
                said = self.ok("train", "k.csv", *arguments, *SHORT)
                scored = self.ok_json("evaluate", "run")
                self.assertIn(f"validation loss {scored['loss']:.4f}", said.out)
                self.ok("report", "run")

    def test_other_data_are_scored_by_the_mean_of_the_members(self):
        self.ok("train", "t.csv", "--folds", "4", *SHORT)
        self.write("new.csv", csv_text(["x", "z", "group", "y"], rows_of(150)))
        part = self.predictions("--data", "new.csv", "--split", "validation")
        whole = self.predictions("--data", "new.csv")
        known = {row["row"]: row["p(yes)"] for row in whole}
        self.assertEqual([known[row["row"]] for row in part], [row["p(yes)"] for row in part])

    def test_time_may_still_be_a_column(self):
        rows = [[i, i % 7, i % 3] for i in range(120)]
        self.write("w.csv", csv_text(["when", "x", "y"], rows))
        said = self.ok("train", "w.csv", "--time", "when", *SHORT).err
        self.assertIn("the last ones by when", said)


if __name__ == "__main__":
    main()
