#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tables with words, times and missing cells: trained, evaluated and predicted on raw rows."""

import csv
import io
import math
import random

from program import DATA, CliTest, main

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
                     "rows     40 held out for validation, at random; --validation-split 0 trains on all"):
            self.assertIn(line, said)

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


if __name__ == "__main__":
    main()
