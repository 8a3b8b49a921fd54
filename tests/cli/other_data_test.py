"""Data other than those trained on."""

import csv
import io

from program import DATA, USAGE, CliTest, class_table, csv_text, main, regression_table

SHORT = ("--epochs", "2", "--hidden", "8")


class TableTest(CliTest):
    def predictions(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.ok("predict", *arguments).out), strict=True))


class Dialect(TableTest):
    """A model reads new tables as that which it was trained on."""

    def test_a_header_of_numbers(self):
        _, rows = regression_table(40)
        for flag in (("--header", "yes"), ()):  # without it the target's name tells the header
            with self.subTest(flag):
                self.write("t.csv", csv_text(["2019", "2020", "2021", "y"], rows))
                self.ok("train", "--data", "t.csv", "--target", "y", *flag, *SHORT, "--out", "run")
                known = self.predictions("run", "--data", "t.csv")
                self.write("new.csv", csv_text(["2021", "2019", "2020"],
                                               [[r[2], r[0], r[1]] for r in rows]))
                self.assertEqual(known, self.predictions("run", "--data", "new.csv"))

    def test_the_flags_say_otherwise(self):
        _, rows = regression_table(40)
        self.write("t.csv", csv_text(None, rows))
        self.ok("train", "--data", "t.csv", "--target", "3", "--header", "no", "--delimiter",
                "comma", *SHORT, "--out", "run")
        known = self.predictions("run", "--data", "t.csv")
        self.write("new.csv", csv_text(["0", "1", "2", "3"], rows).replace(",", ";"))
        self.fails(DATA, "new.csv", arguments=["predict", "run", "--data", "new.csv"])
        flags = ("--header", "yes", "--delimiter", "semicolon")
        self.assertEqual(known, self.predictions("run", "--data", "new.csv", *flags))
        self.ok("evaluate", "run", "--data", "new.csv", *flags)
        self.fails(USAGE, "maybe", "yes", arguments=["predict", "run", "--data", "new.csv",
                                                     "--header", "maybe"])

    def test_a_plain_file_is_a_test_set(self):
        self.write("t.csv", csv_text(*class_table(60)))
        self.ok("train", "--data", "t.csv", "--target", "kind", *SHORT, "--out", "run")
        scores = self.ok_json("evaluate", "run", "--data", "t.csv", "--split", "test")
        self.assertEqual((60, "test"), (scores["samples"], scores["split"]))
        self.fails(DATA, "validation", arguments=["evaluate", "run", "--data", "t.csv", "--split",
                                                  "validation"])

    def test_several_targets_keep_their_names(self):
        header, rows = regression_table(40)
        self.write("t.csv", csv_text([*header, "z"], [[*r, int(r[0] > 0)] for r in rows]))
        self.ok("train", "--data", "t.csv", "--target", "y,z", *SHORT, "--out", "run")
        self.assertEqual(["row", "y", "z"], list(self.predictions("run")[0]))
        onehot = [[*r[:3], int(r[0] > 0), int(r[0] <= 0)] for r in rows]
        self.write("o.csv", csv_text(["a", "b", "c", "up", "down"], onehot))
        self.ok("train", "--data", "o.csv", "--target", "up,down", "--loss",
                "softmax_cross_entropy", *SHORT, "--out", "onehot")
        self.assertEqual(["row", "up", "down"], list(self.predictions("onehot")[0]))


if __name__ == "__main__":
    main()
