# SPDX-License-Identifier: Apache-2.0
"""Tests regression targets in any unit, as in real tables."""

import csv
import io
import random
import statistics
import tomllib

from program import USAGE, CliTest, main

ROWS = 600


def prices(row):
    x, y = row % 23 / 23 - 0.5, row % 7 / 7 - 0.5
    return x, y, 250_000 + 90_000 * x - 40_000 * y * y


class Numbers(CliTest):
    def train(self, rows, *options):
        self.write("t.csv", "x,y,price\n" + "".join(f"{x},{y},{price}\n" for x, y, price in rows))
        return self.ok_json("train", "--data", "t.csv", "--target", "price", "--dropout-rate", "0", "--out", "run", *options)

    def layers(self):
        return tomllib.loads(self.bytes_of("run/config.toml").decode())["model"]["layers"]

    def test_default_network_scales_to_the_targets(self):
        rows = [prices(i) for i in range(ROWS)]
        told = self.train(rows, "--epochs", "20", "--test-split", "0.2", "--shuffle-split", "true")
        self.assertGreater(told["test"]["r2"], 0.95)
        scale, average = self.layers()[-2:]  # each member of the ensemble has the scale of the targets
        self.assertEqual("scale", scale["op"])
        self.assertEqual(("average_members", 2), (average["op"], average["members"]))

    def test_each_of_several_targets_has_its_own_unit(self):
        rows = [(x, y, price, 40 + 10 * (x - y)) for x, y, price in map(prices, range(ROWS))]
        self.write("t.csv", "x,y,price,age\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
        told = self.ok_json("train", "--data", "t.csv", "--target", "price,age", "--epochs", "20",
                            "--test-split", "0.2", "--shuffle-split", "true", "--out", "run")
        self.assertGreater(told["test"]["r2"], 0.95)  # the mean over the targets
        scale = self.layers()[-2]
        self.assertEqual("scale_features", scale["op"])
        self.assertEqual(4, len(scale["factors"]))  # two targets of two members
        self.assertEqual(scale["factors"][:2], scale["factors"][2:])
        self.assertEqual(2, len(told["output_lines"]))

    def test_scale_ignores_validation_rows(self):
        rows = [prices(i) for i in range(ROWS)]
        rows[-60:] = [(x, y, 1e9) for x, y, _ in rows[-60:]]
        self.train(rows, "--epochs", "1", "--validation-split", "0.1", "--shuffle-split", "false")
        trained = [price for _, _, price in rows[:-60]]
        last = self.layers()[-2]
        self.assertAlmostEqual(1, last["factor"] / statistics.pstdev(trained), delta=1e-3)
        self.assertAlmostEqual(1, last["shift"] / statistics.mean(trained), delta=1e-3)

    def test_intervals_contain_their_share_of_new_targets(self):
        generator = random.Random(4)
        rows = [(x := generator.gauss(0, 1), 2 * x + generator.gauss(0, 1)) for _ in range(3000)]
        for name, part in (("t.csv", rows[:1000]), ("new.csv", rows[1000:])):
            self.write(name, "x,y\n" + "".join(f"{x:.5f},{y:.5f}\n" for x, y in part))
        self.ok("train", "t.csv", "--target", "y", "--epochs", "10", "--out", "run")
        given = self.ok("predict", "run", "--data", "new.csv", "--interval", "0.8").out
        found = list(csv.DictReader(io.StringIO(given), strict=True))
        self.assertEqual(["row", "y", "y_low", "y_high"], list(found[0]))
        inside = sum(float(p["y_low"]) <= y <= float(p["y_high"]) for p, (_, y) in zip(found, rows[1000:]))
        # 200 held-out errors give the level to √(0.8·0.2/200) = 0.028, and 2,000 rows to 0.009.
        self.assertAlmostEqual(0.8, inside / 2000, delta=4 * 0.03)
        document = self.ok_json("predict", "run", "--data", "new.csv", "--interval", "0.8")
        first = document["predictions"][0]["intervals"][0]
        self.assertAlmostEqual(float(found[0]["y_low"]), first["low"], places=4)
        self.fails(USAGE, "needs at least 999 held-out rows", arguments=[
            "predict", "run", "--data", "new.csv", "--interval", "0.999"])
        for level in ("90", "0"):
            self.fails(USAGE, "between 0 and 1", arguments=[
                "predict", "run", "--data", "new.csv", "--interval", level])

    def test_large_mean_with_small_standard_deviation(self):
        told = self.train([(x, y, 1_234_567 + (price - 250_000) / 10_000) for x, y, price in map(prices, range(ROWS))],
                          "--epochs", "20", "--test-split", "0.2", "--shuffle-split", "true")
        self.assertGreater(told["test"]["r2"], 0.9)

    def test_constant_targets_are_predicted_from_the_start(self):
        told = self.train([(x, y, 250_000.5) for x, y, _ in map(prices, range(50))], "--epochs", "1", "--validation-split", "0.2")
        self.assertLess(told["validation"]["rmse"], 10)

    def test_learning_rate_does_not_depend_on_the_unit(self):
        """The optimizer here does not adapt its step size."""
        scores = []
        for unit in (1, 1e-6, 1e6):
            rows = [(x, y, unit * price) for x, y, price in map(prices, range(ROWS))]
            told = self.train(rows, "--epochs", "5", "--test-split", "0.2", "--optimizer", "sgd", "--learning-rate", "0.01")
            scores.append(told["test"]["r2"])
        for score in scores[1:]:
            self.assertAlmostEqual(scores[0], score, delta=0.01)
        self.assertGreater(scores[0], 0.5)


if __name__ == "__main__":
    main()
