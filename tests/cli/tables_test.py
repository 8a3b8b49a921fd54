#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tables with words, times and missing cells: trained, evaluated and predicted on raw rows."""

import csv
import io
import math
import random

from program import DATA, USAGE, CliTest, main

SHORT = ("--epochs", "30", "--batch-size", "16", "--report", "false")


def mixed_rows(count, seed=1):
    """Returns rows whose target depends on a number, a word, a time and a missing cell."""
    generator = random.Random(seed)
    rows = []
    for i in range(count):
        color = generator.choice(["red", "green", "blue"])
        number = generator.gauss(0, 1)
        is_missing = generator.random() < 0.2
        month = generator.randrange(1, 13)
        y = 3 * (color == "red") + number * (not is_missing) - 2 * is_missing
        rows.append([f"r{i}", color, "NA" if is_missing else f"{number:.4f}",
                     f"2024-{month:02}-15 12:00", 7, f"{y + 100:.4f}"])
    return rows


HEADER = ["id", "color", "number", "when", "same", "y"]


def text(header, rows, delimiter=","):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


class Tables(CliTest):
    def train(self, *arguments):
        return self.ok("train", "--data", "t.csv", "--target", "y", *SHORT, "--out", "run", *arguments)

    def predict(self, name):
        given = self.ok("predict", "run", "--data", name).out
        return [float(row["y"]) for row in csv.DictReader(io.StringIO(given), strict=True)]

    def test_says_how_each_column_is_read(self):
        self.write("t.csv", text(HEADER, mixed_rows(200)))
        said = self.train().err
        for line in ("numbers  number (", "% missing)", "times    when", "words    color 3",
                     "ids      'id' (it names the rows); predictions repeat them",
                     "left out 'same' (all cells are the same)",
                     "rows     each of 2 networks holds out 40 other rows for validation"):
            self.assertIn(line, said)
        self.assertIn("rows     40 held out for validation, at random; --validation-split 0 trains on all",
                      self.train("--members", "1").err)

    def test_offers_few_whole_numbers_as_categories(self):
        self.write("t.csv", text(["x", "n", "z", "y"],
                                 [[i * 7 % 13, i % 4, i % 4 + 0.5, i % 9] for i in range(200)]))
        said = self.train("--dry-run").err
        self.assertIn("numbers  x, n [4 values], z; --categorical COLUMN makes each value a category", said)
        self.assertIn("words    n 4\n", self.train("--dry-run", "--categorical", "n").err)

    def test_says_that_rows_are_sorted_by_class(self):
        rows = [[i * 7 % 13, "ab"[i // 100]] for i in range(200)]
        self.write("t.csv", text(["x", "y"], rows))
        self.assertIn("classes  the rows are sorted by class, so the last rows alone do not represent",
                      self.train("--dry-run").err)
        self.assertNotIn("sorted", self.train("--dry-run", "--time", "x").err)
        said = self.train("--dry-run", "--shuffle-split", "false").err
        self.assertIn("warning: the rows are sorted by class, and the last ones are held out", said)
        self.write("t.csv", text(["x", "y"], rows[::2] + rows[1::2]))
        self.assertNotIn("sorted", self.train("--dry-run", "--shuffle-split", "false").err)

    def test_says_which_targets_there_are(self):
        self.write("t.csv", text(["x", "u", "v"], [[i % 7, i % 5, i % 3] for i in range(200)]))
        said = self.ok("train", "t.csv", "--target", "u,v", "--dry-run").err
        self.assertIn("targets  u, v: numbers, each in its own unit\n", said)

    def test_a_leak_may_be_a_column_of_many_categories(self):
        rows = [[f"city{i % 51}", i * 11 % 17, i % 51 % 3] for i in range(1020)]
        self.write("t.csv", text(["city", "x", "y"], rows))
        said = self.train("--dry-run").err
        self.assertIn("vectors  city 51", said)
        self.assertIn("warning: column 'city' alone predicts the target", said)
        described = self.ok_json("data", "describe", "t.csv", "--target", "y")
        city = described["columns"][0]
        self.assertEqual("embedded", city["kind"])
        self.assertEqual(51, len(city["shares"]))
        self.assertAlmostEqual(1 / 51, city["shares"]["city7"])
        self.assertEqual(1, city["target_score"])

    def test_words_and_missing_cells_are_used(self):
        self.write("t.csv", text(HEADER, mixed_rows(400)))
        self.train()
        new = mixed_rows(100, seed=2)
        self.write("new.csv", text(HEADER, new))
        scores = self.ok_json("evaluate", "run", "--data", "new.csv")
        self.assertGreater(scores["r2"], 0.9)  # the number alone explains 0.3 of the variance

    def test_predicts_raw_rows_in_any_order_of_columns(self):
        rows = mixed_rows(100)
        self.write("t.csv", text(HEADER, rows))
        self.train()
        self.write("new.csv", text(["extra", *HEADER[4:0:-1]], [["word", *r[4:0:-1]] for r in rows]))
        self.assertEqual(self.predict("t.csv"), self.predict("new.csv"))
        self.write("tabs.tsv", text(HEADER[1:5], [r[1:5] for r in rows], "\t"))
        self.assertEqual(self.predict("t.csv"), self.predict("tabs.tsv"))
        self.write("case.csv", text(["Color", *HEADER[2:5]], [r[1:5] for r in rows]))
        self.fails(DATA, "'color'", "did you mean 'Color'?",
                   arguments=["predict", "run", "--data", "case.csv"])

    def test_an_unknown_category_and_a_missing_cell_are_predicted(self):
        self.write("t.csv", text(HEADER, mixed_rows(100)))
        self.train()
        self.write("new.csv", "color,number,when\nviolet,0.5,2024-03-01\nred,,2024-03-01\n,0.5,\n")
        self.assertTrue(all(math.isfinite(y) for y in self.predict("new.csv")))
        self.write("bad.csv", "color,number,when\nred,much,2024-03-01\nred,1,soon\n")
        self.fails(DATA, "bad.csv:2, column 'number'", "'much'", "bad.csv:3, column 'when'", "'soon'",
                   arguments=["predict", "run", "--data", "bad.csv"])

    def test_options_override_what_is_decided(self):
        self.write("t.csv", text(HEADER, mixed_rows(100)))
        said = self.train("--keep", "same", "--drop", "when,number", "--categorical", "same").err
        self.assertIn("words    color 3, same 1", said)
        self.assertIn("'when' (--drop)", said)

    def test_predictions_repeat_identifiers_and_lines(self):
        self.write("t.csv", text(HEADER, mixed_rows(200)))
        self.train()
        self.write("new.csv", text(HEADER[:5], [row[:5] for row in mixed_rows(3, seed=2)]))
        rows = list(csv.DictReader(io.StringIO(self.ok("predict", "run", "--data", "new.csv").out)))
        self.assertEqual(["row", "id", "y"], list(rows[0]))
        self.assertEqual(["r0", "r1", "r2"], [row["id"] for row in rows])
        document = self.ok_json("predict", "run", "--data", "new.csv")
        self.assertEqual({"id": "r1"}, document["predictions"][1]["ids"])
        # New rows may lack identifiers.
        self.write("bare.csv", text(HEADER[1:5], [row[1:5] for row in mixed_rows(3, seed=2)]))
        bare = list(csv.DictReader(io.StringIO(self.ok("predict", "run", "--data", "bare.csv").out)))
        self.assertEqual([row["y"] for row in rows], [row["y"] for row in bare])
        held_out = list(csv.DictReader(io.StringIO(self.ok("predict", "run", "--split", "validation").out)))
        self.assertEqual(80, len(held_out))
        for row in held_out:  # below the header
            self.assertEqual(f"r{int(row['line']) - 2}", row["id"])

    def test_predictions_of_own_rows_repeat_identifiers_as_they_are(self):
        rows = [[12345678901234567890 + 10000 * i, i % 7, i % 7 + 0.5 * (i % 2)] for i in range(120)]
        self.write("t.csv", text(["", "x", "y"], rows))
        self.train()
        given = self.ok("predict", "run", "--split", "all").out
        names = [row[""] for row in csv.DictReader(io.StringIO(given))]
        self.assertEqual([str(row[0]) for row in rows], names)

    def test_a_run_of_an_earlier_version_is_divided_as_it_was(self):
        self.write("t.csv", text(HEADER, mixed_rows(200)))
        self.train()
        config = self.path("run/config.toml").read_text()
        old = "".join(line for line in config.splitlines(keepends=True) if not line.startswith(
            ("stratify_split", "group =", "time =", "id =", "columns =", "ordinal =", "date =")))
        old = old.replace("validation_split = 0.2", 'validation_split = "auto"').replace(
            "shuffle_split = true", "shuffle_split = false")
        self.path("run/config.toml").write_text(old)
        self.assertEqual("all", self.ok_json("evaluate", "run")["split"])  # no rows were held out

    def test_evaluate_scores_the_validation_rows_by_default(self):
        self.write("t.csv", text(HEADER, mixed_rows(200)))
        said = self.train()
        scored = self.ok_json("evaluate", "run")
        self.assertEqual("validation", scored["split"])
        self.assertEqual(80, scored["samples"])
        self.assertIn(f"validation rmse {scored['rmse']:.4f}", said.out)
        self.assertLess(scored["ranges"]["rmse"]["low"], scored["rmse"])
        self.assertGreater(scored["ranges"]["rmse"]["high"], scored["rmse"])
        self.assertAlmostEqual(0, scored["ranges"]["r2"]["baseline"], delta=1e-6)

    def test_groups_stay_together_and_times_are_last(self):
        rows = [[i % 20, f"2024-01-{1 + i // 20:02}", i % 7, i % 7 + i % 3] for i in range(400)]
        random.Random(1).shuffle(rows)
        self.write("t.csv", text(["who", "when", "x", "y"], rows))
        self.train("--group", "who", "--task", "regression", "--members", "1")
        line = {i + 2: row for i, row in enumerate(rows)}
        def held_out(split):
            given = self.ok("predict", "run", "--split", split).out
            return [line[int(row["line"])] for row in csv.DictReader(io.StringIO(given))]
        groups = {row[0] for row in held_out("validation")}
        self.assertEqual(4, len(groups))
        self.assertFalse(groups & {row[0] for row in held_out("train")})
        self.train("--time", "when", "--task", "regression")
        self.assertLess(max(row[1] for row in held_out("train")),
                        min(row[1] for row in held_out("validation")))

    def test_kinds_of_columns_in_a_network_file(self):
        rows = [["SML"[i % 3], i % 5, i % 3 + i % 5] for i in range(120)]
        self.write("t.csv", text(["size", "code", "y"], rows))
        self.write("net.toml", '[data]\nsource = "t.csv"\ntarget = "y"\ntask = "regression"\n[data.columns]\n'
                               'size = ["S", "M", "L"]\ncode = "category"\n')
        said = self.ok("train", "net.toml", *SHORT, "--out", "run").err
        self.assertIn("ordered  size S < M < L", said)
        self.assertIn("words    code 5", said)
        self.assertGreater(self.ok_json("evaluate", "run")["r2"], 0.9)
        self.write("bad.toml", '[data]\nsource = "t.csv"\n[data.columns]\nsize = "word"\n')
        self.fails(USAGE, "'size' expects", arguments=["train", "bad.toml", "--out", "bad"])

    def test_balanced_class_weights(self):
        generator = random.Random(1)
        rows = [[generator.gauss(1.2 * (i % 10 == 0), 1), "rare" if i % 10 == 0 else "usual"] for i in range(1000)]
        self.write("t.csv", text(["x", "y"], rows))
        said = self.train()
        self.assertIn("classes  uneven", said.err)
        plain = self.ok_json("evaluate", "run")
        said = self.train("--class-weights", "balanced")
        self.assertNotIn("uneven", said.err)
        balanced = self.ok_json("evaluate", "run")
        # The best threshold of two normal classes has a balanced accuracy of Φ(0.6) = 0.726.
        self.assertGreater(balanced["balanced_accuracy"], 0.65)
        self.assertGreater(balanced["balanced_accuracy"], plain["balanced_accuracy"])
        self.assertIn("class_weights = [5.0, 0.55", self.path("run/config.toml").read_text())

    def test_a_dry_run_writes_nothing(self):
        self.write("t.csv", text(HEADER, mixed_rows(200)))
        plan = self.ok_json("train", "--data", "t.csv", "--target", "y", "--dry-run", "--out", "run")
        self.assertEqual((200, 80), (plan["train_rows"], plan["validation_rows"]))
        self.assertEqual(2, plan["folds"])
        self.assertIn("[data]", plan["config"])
        self.assertFalse(self.path("run").exists())

    def test_a_dry_run_makes_the_checks_of_a_training(self):
        self.write("t.csv", text(HEADER, mixed_rows(50)))
        self.fails(USAGE, "early_stopping.patience above 0 needs validation rows", arguments=[
            "train", "--data", "t.csv", "--target", "y", "--dry-run", "--early-stopping-patience", "2"])

    def test_undefined_metrics_are_shown(self):
        self.write("t.csv", text(["x", "y"], [[i % 17, i % 17 - 8] for i in range(200)]))
        said = self.train("--metrics", "rmsle,rmse").out
        self.assertIn("validation rmsle undefined", said)
        scores = self.ok_json("evaluate", "run")
        self.assertIsNone(scores["rmsle"])
        self.assertGreater(scores["rmse"], 0)

    def test_balanced_weights_need_classes(self):
        self.write("t.csv", text(["x", "y"], [[i, i / 2] for i in range(50)]))
        self.fails(USAGE, "'y' is a number", arguments=[
            "train", "--data", "t.csv", "--target", "y", "--class-weights", "balanced", "--out", "run"])

    def test_missing_targets_are_counted(self):
        self.write("t.csv", text(["x", "u", "v"], [[i, i / 2 if i % 5 else "", i / 3] for i in range(50)]))
        self.assertIn("u: a number from 0.5 to 24.5 (10 missing, which do not count)",
                      self.ok("train", "t.csv", "--target", "u", "--dry-run").err)
        self.assertIn("targets  u (10 missing, which do not count), v: numbers",
                      self.ok("train", "t.csv", "--target", "u,v", "--dry-run").err)

    def test_another_task_is_offered_if_the_target_allows_it(self):
        for values, offer in ((["a", "b"], ""), ([0, 1], "; --task regression for a number"),
                              ([1.5, 2.25, 7.125], ""), (range(50, 90), "; --task classification for classes")):
            self.write("t.csv", text(["x", "y"], [[i, values[i % len(values)]] for i in range(80)]))
            target = next(line for line in self.ok("train", "t.csv", "--target", "y", "--dry-run").err.splitlines()
                          if line.startswith("target"))
            self.assertEqual(offer, target[target.index("; "):] if "; " in target else "")

    def test_describes_all_categories_and_notes(self):
        rows = [[f"c{i % 40}", f"{i % 9 + 1}/{i % 11 + 1}/2020", i] for i in range(160)]
        self.write("t.csv", text(["c", "when", "y"], rows))
        said = self.ok("data", "describe", "t.csv", "--target", "y").out
        self.assertRegex(said, r"c\d+ 2.5 %, 27 more, others 20 %")
        self.assertIn("note: the dates of 'when' are read as month/day/year", said)
        self.assertIn("the dates of 'when'", self.ok_json("data", "describe", "t.csv", "--target", "y")["notes"][0])

    def test_describes_a_table(self):
        rows = [[*row, float(row[5]) * 2] for row in mixed_rows(200)]
        self.write("t.csv", text([*HEADER, "twice"], rows))
        said = self.ok("data", "describe", "t.csv", "--target", "y", "--out", "t.html").out
        self.assertRegex(said, r"t\.csv: 200 rows, 6 columns")
        self.assertRegex(said, r"(?m)^when +time +2024-01-15 to 2024-12-15")
        self.assertRegex(said, r"(?m)^color +category +(red|green|blue) ")
        self.assertIn("column 'twice' alone predicts the target", said)
        self.assertIn("warning: column 'twice' alone predicts the target", self.train("--dry-run").err)
        page = self.path("t.html").read_text()
        self.assertIn("<svg", page)
        document = self.ok_json("data", "describe", "t.csv", "--target", "y")
        self.assertEqual(200, document["rows"])
        self.assertEqual({"red", "green", "blue"}, set(document["columns"][1]["shares"]))


if __name__ == "__main__":
    main()
