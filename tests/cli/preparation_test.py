#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How the columns of a table are prepared for the network: scaling, and embeddings of categories."""

import csv
import io
import math
import random
import re

from program import DATA, USAGE, CliTest, main

SHORT = ("--target", "y", "--report", "false", "--out", "run")


def lines(header, rows):
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


def city_rows(count, cities=60, seed=1):
    """Returns rows of a city, a number, and a target that depends on both."""
    generator = random.Random(seed)
    effects = [generator.gauss(0, 2) for _ in range(cities)]
    rows = []
    for _ in range(count):
        city, x = generator.randrange(cities), generator.gauss(0, 1)
        rows.append([f"city{city}", f"{x:.4f}", f"{effects[city] + x:.4f}"])
    return rows


class Preparation(CliTest):
    def predict(self, name, column="y"):
        given = self.ok("predict", "run", "--data", name).out
        return [float(row[column]) for row in csv.DictReader(io.StringIO(given), strict=True)]

    def test_many_categories_are_embedded(self):
        self.write("t.csv", lines("city,x,y", city_rows(2400)))
        trained = self.ok("train", "t.csv", "--epochs", "20", *SHORT)
        self.assertIn("vectors  city 60", trained.err)
        self.assertIn('embed = ["city"]', self.path("run/config.toml").read_text())
        r2 = self.ok_json("evaluate", "run")["r2"]
        # Half of the categories would share one number in a one-hot encoding, and four fifths of the
        # variance are between cities.
        self.assertGreater(r2, 0.9)

    def test_embedded_categories_of_new_rows(self):
        rows = city_rows(1200)
        rare = [[f"rare{i}", "0.5", "0"] for i in range(20)]
        self.write("t.csv", lines("city,x,y", [*rows, ["", "0.5", "0"], *rare]))
        self.ok("train", "t.csv", "--epochs", "2", *SHORT)
        self.write("new.csv", "x,city\n0.5,city1\n0.5,\n0.5,unseen\n0.5,rare7\n0.5,NA\n")
        known, empty, unseen, rare, missing = self.predict("new.csv")
        self.assertEqual(empty, missing)
        self.assertEqual(unseen, rare)
        self.assertNotEqual(known, empty)
        self.assertNotEqual(unseen, empty)

    def test_a_category_of_held_out_rows_only_counts_as_unseen(self):
        rows = [[*row, f"g{i % 10}"] for i, row in enumerate(city_rows(1200))]
        for row in rows:
            if row[3] == "g3":
                row[0] = f"other{row[0]}"
        self.write("t.csv", lines("city,x,y,group", rows))
        for seed in range(1, 30):  # until the third group is held out
            self.ok("train", "t.csv", "--epochs", "1", "--group", "group", "--seed", seed,
                    "--validation-split", "0.1", *SHORT)
            held_out = self.ok("predict", "run", "--split", "validation").out
            if len(held_out.splitlines()) == 121 and "vocabulary = 62" in self.path("run/config.toml").read_text():
                break
        else:
            self.fail("the group was never held out")
        self.write("new.csv", "city,x\nothercity1,0.5\nnever seen,0.5\n")
        one, two = self.predict("new.csv")
        self.assertEqual(one, two)

    def test_numeric_embeddings_leave_categories_alone(self):
        self.write("t.csv", lines("city,x,y", city_rows(1200)))
        self.ok("train", "t.csv", "--numeric-embedding", "pbld", "--epochs", "1", *SHORT)
        config = self.path("run/config.toml").read_text()
        self.assertIn('op = "periodic", name = "periodic_1", inputs = ["features"]', config)
        self.assertIn('name = "inputs", inputs = ["embedded_features", "city_flat"]', config)

    def test_categorical_overrides_the_embedding(self):
        self.write("t.csv", lines("city,x,y", city_rows(1200)))
        said = self.ok("train", "t.csv", "--categorical", "city", "--dry-run", *SHORT).err
        self.assertIn("words    city 32 and others", said)

    def test_own_layers_read_embedded_columns(self):
        self.write("t.csv", lines("city,x,y", city_rows(2400)))
        network = """
[data]
source = "t.csv"
target = "y"
embed = ["city"]
[model]
layers = [
  { op = "embedding", name = "vector", inputs = ["city"], dimension = 4 },
  { op = "flatten", name = "flat" },
  { op = "concat", inputs = ["features", "flat"] },
  { op = "dense", units = 1 },
]
[train]
epochs = 20
loss = { name = "mean_squared_error" }
"""
        self.write("own.toml", network)
        self.ok("train", "own.toml", "--report", "false", "--out", "run")
        self.assertIn("vocabulary = 62", self.path("run/config.toml").read_text())
        self.write("none.toml", network.replace('op = "embedding", name = "vector", inputs = ["city"], '
                                                "dimension = 4",
                                                'op = "dense", name = "vector", inputs = ["city"], '
                                                "units = 4"))
        self.fails(USAGE, "the token ids of a column in `embed`",
                   arguments=("train", "none.toml", "--out", "other"))
        self.fails(DATA, "town", "does not exist", arguments=("train", "t.csv", "--embed", "town", *SHORT))

    def test_quantiles_do_not_depend_on_the_scale_of_a_column(self):
        generator = random.Random(2)
        rows = [[x := generator.gauss(0, 1), round(math.sin(x), 6)] for _ in range(200)]
        self.write("t.csv", lines("x,y", rows))
        self.write("exp.csv", lines("x,y", [[math.exp(4 * x), y] for x, y in rows]))
        predictions = []
        for name in ("t.csv", "exp.csv"):
            self.ok("train", name, "--scaling", "quantile", "--validation-split", "0", "--epochs", "5",
                    *SHORT)
            predictions.append(self.predict(name))
        self.assertEqual(predictions[0], predictions[1])

    def test_says_that_quantiles_are_used_for_classes_and_many_rows(self):
        generator = random.Random(3)
        rows = [[x := generator.gauss(0, 1), x + generator.gauss(0, 1), "yes" if x > 0 else "no"]
                for _ in range(1300)]
        self.write("t.csv", lines("x,number,y", rows))
        said = "scaling  numbers become the normal quantiles of their ranks, since the targets are classes"
        self.assertIn(said, self.ok("train", "t.csv", "--epochs", "2", *SHORT).err)
        quiet = (("--target", "y", "--scaling", "standard"), ("--target", "number", "--drop", "y"),
                 ("--target", "y", "--limit", "400"))
        for arguments in quiet:
            trained = self.ok("train", "t.csv", "--epochs", "2", *arguments, *SHORT[2:]).err
            self.assertNotIn("scaling", trained)

    def test_a_column_that_is_empty_in_the_training_rows(self):
        rows = [[i, f"d{i % 40}" if i >= 1700 else "", i % 7, i % 2] for i in range(2200)]
        self.write("t.csv", lines("when,device,x,y", rows))
        self.ok("train", "t.csv", "--time", "when", "--validation-split", "0.25", "--epochs", "1",
                "--embed", "device", *SHORT)
        self.ok("evaluate", "run")

    def test_an_embedded_column_has_an_input_of_its_own(self):
        self.write("t.csv", lines("city,x,y", city_rows(1200)))
        self.fails(DATA, "input 'all'", "city", arguments=(
            "train", "t.csv", "--input", "all=x,city", "--embed", "city", *SHORT))

    def test_the_first_layer_may_be_the_embedding(self):
        self.write("t.csv", lines("city,y", [[row[0], row[2]] for row in city_rows(1200)]))
        self.write("own.toml", """
[data]
source = "t.csv"
target = "y"
columns = { city = "embed" }
[model]
layers = [ { op = "embedding", dimension = 4 }, { op = "flatten" }, { op = "dense", units = 1 } ]
[train]
epochs = 1
""")
        self.ok("train", "own.toml", "--report", "false", "--out", "run")

    def test_columns_may_be_named_like_layers(self):
        rows = [["selu_1" + row[0], *row[1:]] for row in city_rows(1200)]
        self.write("t.csv", lines("dense_1,x,y", rows))
        self.ok("train", "t.csv", "--epochs", "1", *SHORT)
        self.ok("evaluate", "run")

    def test_first_row_of_a_file_without_a_header_is_read(self):
        rows = [[i % 7, "abc"[i % 3], i % 2] for i in range(200)]
        self.write("t.csv", "\n".join(",".join(map(str, row)) for row in rows) + "\n")
        self.ok("train", "t.csv", "--target", "2", "--epochs", "1", *SHORT[2:])
        predicted = self.ok("predict", "run", "--data", "t.csv").out.splitlines()
        self.assertEqual(1 + len(rows), len(predicted))

    def test_options_without_an_effect_are_errors(self):
        self.write("t.csv", lines("city,y", [[row[0], row[2]] for row in city_rows(1200)]))
        self.fails(USAGE, "numeric_embedding", "needs an input of numbers",
                   arguments=("train", "t.csv", "--numeric-embedding", "periodic", *SHORT))
        self.fails(DATA, "leave `scaling` out", arguments=(
            "train", "t.csv", "--text", "city", "--scaling", "robust", *SHORT))

    def test_test_rows_have_targets_that_the_loss_can_score(self):
        self.write("t.csv", lines("x,y", [[i % 7, i % 3] for i in range(200)]))
        self.write("negative.csv", lines("x,y", [[i % 7, -1] for i in range(20)]))
        self.fails(DATA, "negative.csv", arguments=(
            "train", "t.csv", "--task", "regression", "--loss", "poisson", "--test", "negative.csv",
            *SHORT))

    def test_report_of_a_file_that_has_changed(self):
        rows = city_rows(1200)
        self.write("t.csv", lines("city,x,y", rows))
        self.ok("train", "t.csv", "--epochs", "5", "--validation", self.write(
            "held_out.csv", lines("city,x,y", rows[:300])), *SHORT)
        expected = self.ok_json("evaluate", "run", "--data", "held_out.csv")["rmse"]
        # The most frequent category comes first, so other token ids belong to the categories.
        self.write("t.csv", lines("city,x,y", [*rows[::-1], *([rows[0]] * 50)]))
        self.ok("report", "run", "--out", "page.html")
        page = self.path("page.html").read_text()
        found = re.search(r'"regression":{"of":"300 validation rows".*?"deviation":([0-9.]+)', page)
        self.assertAlmostEqual(expected, float(found.group(1)), places=6)

    def test_standardize_false_excludes_scaling(self):
        self.write("t.csv", lines("x,y", [[i % 7, i % 3] for i in range(200)]))
        self.fails(USAGE, "standardize = false", "robust",
                   arguments=("train", "t.csv", "--standardize", "false", "--scaling", "robust", *SHORT))


if __name__ == "__main__":
    main()
