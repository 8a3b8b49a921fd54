# SPDX-License-Identifier: Apache-2.0
"""Tests the losses whose outputs are logarithms of predictions: mean_squared_log_error and poisson."""

import csv
import math
import random
import re
import statistics
import tomllib

from program import DATA, CliTest, main

ROWS = 600
LOSSES = ("mean_squared_log_error", "poisson")


def table(target):
    """Returns rows (x, y) with y from `target`, a function of x and a source of random numbers."""
    source = random.Random(5)
    xs = [source.uniform(-1, 1) for _ in range(ROWS)]
    return [(x, target(x, source)) for x in xs]


def price(x, source):
    return math.exp(5 + 3 * x + source.gauss(0, 0.3))


def count(x, source):
    """Returns a number of events at the rate e^(1 + 2x), by Knuth's method."""
    limit, product, events = math.exp(-math.exp(1 + 2 * x)), source.random(), 0
    while product > limit:
        product *= source.random()
        events += 1
    return events


class LogLosses(CliTest):
    def write_table(self, rows):
        self.write("t.csv", "x,y\n" + "".join(f"{x},{y}\n" for x, y in rows))
        return [y for _, y in rows]

    def train(self, *options):
        return self.ok_json("train", "t.csv", "--target", "y", "--out", "run", "--seed", "1", *options)

    def config(self):
        return tomllib.loads(self.bytes_of("run/config.toml").decode())

    def predictions(self):
        result = self.ok("predict", "run", "--data", "t.csv")
        return [float(row["y"]) for row in csv.DictReader(result.out.splitlines())]

    def test_scores_are_those_of_predictions(self):
        targets = self.write_table(table(price))
        for loss in LOSSES:
            told = self.train("--loss", loss, "--validation-split", "0", "--epochs", "20")
            found = self.predictions()
            self.assertGreater(min(found), -1)
            scores = self.ok_json("evaluate", "run", "--data", "t.csv")
            squares = [(p - y) ** 2 for p, y in zip(found, targets)]
            # Predictions are printed with about seven digits.
            self.assertAlmostEqual(1, scores["rmse"] / math.sqrt(statistics.mean(squares)), places=4)
            r2 = 1 - statistics.mean(squares) / statistics.pvariance(targets)
            self.assertAlmostEqual(r2, scores["r2"], places=4)
            self.assertNotIn("output_lines", told)  # a line through logarithms is not one of targets

    def test_loss_metrics(self):
        targets = self.write_table(table(price))
        self.train("--loss", "mean_squared_log_error", "--validation-split", "0", "--epochs", "3")
        errors = [math.log1p(p) - math.log1p(y) for p, y in zip(self.predictions(), targets)]
        scores = self.ok_json("evaluate", "run", "--data", "t.csv")
        rmsle = math.sqrt(statistics.mean(error ** 2 for error in errors))
        self.assertAlmostEqual(rmsle, scores["rmsle"], places=5)
        unit = self.config()["train"]["loss"]["unit"]
        self.assertAlmostEqual(rmsle ** 2 / unit ** 2, scores["loss"], places=4)
        self.train("--loss", "poisson", "--validation-split", "0", "--epochs", "3")
        found = self.predictions()
        scores = self.ok_json("evaluate", "run", "--data", "t.csv")
        deviances = [2 * (y * math.log(y / p) - y + p) for p, y in zip(found, targets)]
        self.assertAlmostEqual(1, statistics.mean(deviances) / scores["poisson_deviance"], places=4)
        unit = self.config()["train"]["loss"]["unit"]
        losses = [(p - y * math.log(p)) / unit for p, y in zip(found, targets)]
        self.assertAlmostEqual(1, statistics.mean(losses) / scores["loss"], places=4)

    def test_default_network_starts_at_the_targets(self):
        targets = self.write_table(table(price))
        self.train("--loss", "mean_squared_log_error", "--validation-split", "0", "--epochs", "1")
        logarithms = [math.log1p(y) for y in targets]
        last = self.config()["model"]["layers"][-2]
        self.assertAlmostEqual(statistics.mean(logarithms), last["shift"], delta=0.02)
        self.assertAlmostEqual(statistics.pstdev(logarithms), last["factor"], delta=0.001)
        self.assertEqual(last["factor"], self.config()["train"]["loss"]["unit"])
        targets = self.write_table(table(count))
        self.train("--loss", "poisson", "--validation-split", "0", "--epochs", "1")
        last, mean = self.config()["model"]["layers"][-2], statistics.mean(targets)
        self.assertAlmostEqual(math.log(mean), last["shift"], delta=0.01)
        spread = math.log1p(statistics.pvariance(targets) / mean ** 2)
        self.assertAlmostEqual(min(1, math.sqrt(spread)), last["factor"], delta=0.001)
        self.assertAlmostEqual(mean, self.config()["train"]["loss"]["unit"], delta=0.001)

    def test_learning_does_not_depend_on_the_unit(self):
        """The optimizer here does not adapt its step size."""
        for loss in LOSSES:
            scores = []
            for unit in (1, 1000):
                rows = [(x, 1000 * unit * y) for x, y in table(price)]  # 1 is small for both
                self.write_table(rows)
                told = self.train("--loss", loss, "--epochs", "5", "--optimizer", "sgd", "--learning-rate", "0.001")
                scores.append(told["validation"]["r2"])
            self.assertAlmostEqual(scores[0], scores[1], delta=0.01)

    def test_recovers_a_rate(self):
        rows = table(count)
        self.write_table(rows)
        self.train("--loss", "poisson", "--epochs", "60", "--dropout-rate", "0")
        errors = [math.log(p) - (1 + 2 * x) for p, (x, _) in zip(self.predictions(), rows)]
        # The rate is at least e^-1, so 600 rows determine its logarithm to about 0.1.
        self.assertLess(math.sqrt(statistics.mean(e ** 2 for e in errors)), 0.3)

    def test_negative_targets_are_errors(self):
        self.write("t.csv", "x,y\n" + "".join(f"{i},{i + 0.5 if i != 7 else -2}\n" for i in range(20)))
        for loss in LOSSES:
            self.fails(DATA, "row 7", "at least 0", "mean_squared_error", "-2",
                       arguments=("train", "t.csv", "--target", "y", "--loss", loss, "--out", "run"))

    def test_classes_are_errors(self):
        self.write("t.csv", "x,y\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(20)))
        for loss in LOSSES:
            self.fails(2, "numeric targets", "classes",
                       arguments=("train", "t.csv", "--target", "y", "--loss", loss, "--out", "run"))

    def test_several_targets_with_missing_ones(self):
        rows = table(price)
        lines = [f"{x},{y if i % 5 else ''},{100 * y}\n" for i, (x, y) in enumerate(rows)]
        self.write("t.csv", "x,y,z\n" + "".join(lines))
        for loss in LOSSES:
            told = self.ok_json("train", "t.csv", "--target", "y,z", "--loss", loss, "--out", "run",
                                "--epochs", "30", "--dropout-rate", "0")
            self.assertGreater(told["validation"]["r2"], 0.6, loss)

    def offer(self, rows, *options):
        self.write_table(rows)
        result = self.ok("train", "t.csv", "--target", "y", "--dry-run", "--out", "run", *options)
        lines = [line for line in result.err.splitlines() if "skewed" in line]
        return lines[0] if lines else None

    def test_offers_a_loss_for_skewed_targets(self):
        told = self.offer(table(price))
        self.assertIn("--loss mean_squared_log_error", told)
        [median] = re.findall("median ([0-9.]+)", told)
        # Over 480 training rows, whose logarithms vary by 1.8: the median varies by 10 %.
        self.assertAlmostEqual(1, float(median) / math.exp(5), delta=0.3)
        self.assertIn("--loss poisson", self.offer([(x, 3 * y * y) for x, y in table(count)]))
        for loss in ("mean_squared_error", "huber", *LOSSES):
            self.assertIsNone(self.offer(table(price), "--loss", loss))

    def test_offers_nothing_for_other_targets(self):
        even = table(lambda x, source: 100 + 10 * x + source.gauss(0, 1))
        signed = [(x, y - 200) for x, y in table(price)]
        outlier = [(x, 100 + x) for x, _ in table(price)[1:]] + [(0, 180)]
        for rows in (even, signed, outlier):
            self.assertIsNone(self.offer(rows))

    def test_doctor_compares_predictions_with_targets(self):
        targets = self.write_table(table(count))
        text = '[data]\nsource = "t.csv"\ntarget = "y"\nvalidation_split = 0\n[model]\nlayers = [{{ op = "dense", units = 1 }}, {{ op = "{}" }}]\n[train]\nloss = "poisson"\n'
        self.write("net.toml", text.format("relu"))
        inside = sum(y >= 1 for y in targets) / ROWS  # relu is at least 0 = log 1
        found = self.ok_json("doctor", "net.toml", "--fail-on", "never")["findings"]
        [finding] = [each for each in found if each["code"] == "activation-before-loss"]
        self.assertAlmostEqual(inside, finding["value"], places=6)
        self.assertIn("predictions are numbers from 1", finding["message"])


if __name__ == "__main__":
    main()
