# SPDX-License-Identifier: Apache-2.0
"""Tests the theory commands: numbers, proofs, propagation, plots and bad input."""

import csv
import io
import math
import os
import re

from program import NUMERIC, CliTest, main

ALPHA, LAMBDA = 1.6732632423543772848, 1.0507009873554804934
PLOTS = ("activation", "map", "shape", "propagation")


class Constants(CliTest):
    def test_published_constants(self):
        got = self.ok_json("theory", "constants")
        self.assertAlmostEqual(ALPHA, got["alpha"], delta=1e-14 * ALPHA)
        self.assertAlmostEqual(LAMBDA, got["lambda"], delta=1e-14 * LAMBDA)
        self.assertAlmostEqual(0.7826479, got["contraction"], delta=1e-7)
        self.assertAlmostEqual(0.7876734, got["largest_singular_value"], delta=1e-7)
        self.assertAlmostEqual(1.0715750, got["gradient_growth"], delta=1e-7)

    def test_constants_give_a_fixed_point(self):
        weights = ("--weight-mean", "0.2", "--weight-variance", "0.9", "--map", "random_weights")
        got = self.ok_json("theory", "constants", "--mean", "0.1", "--variance", "1.5", *weights)
        points = self.ok_json("theory", "fixed_points", "--alpha", got["alpha"], "--lambda",
                              got["lambda"], *weights)["fixed_points"]
        self.assertEqual(1, len(points))
        self.assertAlmostEqual(0.1, points[0]["mean"], delta=1e-10)
        self.assertAlmostEqual(1.5, points[0]["variance"], delta=1e-10)
        self.assertTrue(points[0]["attracts"])

    def test_bad_targets(self):
        for words, arguments in ((("variance", "above 0"), ("--variance", "0")),
                                 (("variance", "-1"), ("--variance", "-1")),
                                 (("mean", "nan"), ("--mean", "nan")),
                                 (("weight-variance",), ("--weight-variance", "0")),
                                 (("needs a variance above",), ("--mean", "5"))):
            self.fails(2, *words, arguments=("theory", "constants", *arguments))

    def test_fixed_points_of_other_activations(self):
        tanh = ("theory", "fixed_points", "--activation", "tanh", "--weight-variance", "2")
        points = self.ok_json(*tanh)["fixed_points"]
        self.assertEqual([True], [p["attracts"] for p in points])
        self.assertEqual([], self.ok_json("theory", "fixed_points", "--activation",
                                          "relu")["fixed_points"])
        self.fails(2, "reluu", "relu", arguments=("theory", "fixed_points", "--activation", "reluu"))
        self.fails(2, "alpha", arguments=("theory", "fixed_points", "--activation", "relu",
                                          "--alpha", "1"))


class Map(CliTest):
    POINTS = "mu,omega,nu,tau\n0,0,1,1\n0.1,0.05,0.9,1.05\n"

    def rows(self, text):
        return list(csv.DictReader(io.StringIO(text), strict=True))

    def test_reads_and_writes_a_table(self):
        self.write("points.csv", self.POINTS)
        self.ok("theory", "map", "--input", "points.csv", "--output", "out.csv")
        rows = self.rows(self.path("out.csv").read_text())
        self.assertEqual(["mu", "omega", "nu", "tau", "mean_out", "variance_out", "d_mean_d_mu",
                          "d_mean_d_nu", "d_variance_d_mu", "d_variance_d_nu",
                          "largest_singular_value"], list(rows[0]))
        self.assertAlmostEqual(0.7876733604657156, float(rows[0]["largest_singular_value"]),
                               delta=1e-10)
        self.assertAlmostEqual(1, float(rows[0]["variance_out"]), delta=1e-13)
        self.assertEqual(0.05, float(rows[1]["omega"]))
        self.assertEqual(self.path("out.csv").read_text(),
                         self.ok("theory", "map", "--input", "points.csv").out)

    def test_json_has_the_same_numbers(self):
        self.write("points.csv", self.POINTS)
        rows = self.rows(self.ok("theory", "map", "--input", "points.csv").out)
        points = self.ok_json("theory", "map", "--input", "points.csv", "--json")["points"]
        self.assertEqual([{k: float(v) for k, v in row.items()} for row in rows], points)

    def test_uses_the_given_constants(self):
        shape = self.ok_json("theory", "shape", "--depth", "200")
        self.write("points.csv", self.POINTS)
        row = self.rows(self.ok("theory", "map", "--input", "points.csv", "--alpha", shape["alpha"],
                                "--lambda", shape["lambda"], "--scale", shape["scale"]).out)[0]
        self.assertAlmostEqual(0, float(row["mean_out"]), delta=1e-12)
        self.assertAlmostEqual(1, float(row["variance_out"]), delta=1e-12)
        self.assertAlmostEqual(shape["contraction"], float(row["d_variance_d_nu"]), delta=1e-12)

    def test_writes_no_file_for_bad_tables(self):
        for words, text in (((":3", "'nu'", "abc"), "mu,omega,nu,tau\n0,0,1,1\n0,0,abc,1\n"),
                            ((":2", "column 'tau'", "end of the row"), "mu,omega,nu,tau\n0,0,1\n"),
                            (("no column 'tau'",), "mu,omega,nu\n0,0,1\n"),
                            ((":2", "'nu'", "above 0", "-1"), "mu,omega,nu,tau\n0,0,-1,1\n"),
                            ((":2", "'mu'", "nan"), "mu,omega,nu,tau\nnan,0,1,1\n"),
                            ((":2", "column 5", "end of the row"), "mu,omega,nu,tau\n0,0,1,1,2\n"),
                            (("2 columns named 'mu'",), "mu,mu,omega,nu,tau\n0,0,0,1,1\n"),
                            ((":2", "double precision"), "mu,omega,nu,tau\n0,0,1e308,1e10\n"),
                            ((":2", "double precision"), "mu,omega,nu,tau\n1,1,1e-200,1e-200\n"),
                            (("no rows",), "mu,omega,nu,tau\n")):
            self.write("points.csv", text)
            self.fails(3, "points.csv", *words, arguments=("theory", "map", "--input", "points.csv",
                                                           "--output", "out.csv"))
            self.assertEqual(["points.csv"], self.files("."))
        self.fails(3, "absent.csv", arguments=("theory", "map", "--input", "absent.csv"))


class Certify(CliTest):
    def test_proves_the_theorems(self):
        theorems = self.ok_json("theory", "certify")["theorems"]
        self.assertEqual([1, 2, 3], [t["id"] for t in theorems])
        for theorem in theorems:
            self.assertEqual("proved", theorem["status"])
            self.assertGreater(theorem["boxes"], 10)
            self.assertGreater(theorem["margin"], 0)
            self.assertIsNone(theorem["counterexample"])
        for part in theorems[2]["parts"]:
            self.assertLess(part["smallest_nu"], 0.02)

    def test_refutes_a_false_claim(self):
        result = self.run_program("theory", "certify", "--theorem", "1", "--tau", "0.95,1.9",
                                  "--mu", "-0.1,0.1", "--json")
        self.assertEqual(1, result.status, result)
        theorem = self.parse_json(result)["theorems"][0]
        self.assertEqual("refuted", theorem["status"])
        box = theorem["counterexample"]
        self.assertLessEqual(box["tau"][1], 1.9 + 1e-12)
        self.assertEqual("", result.err)

    def test_counterexample_is_in_the_domain(self):
        result = self.run_program("theory", "certify", "--theorem", "1", "--tau", "0.95,1.9", "--json")
        theorem = self.parse_json(result)["theorems"][0]
        domain = theorem["parts"][0]["domain"]
        for name, (low, high) in theorem["counterexample"].items():
            self.assertLessEqual(domain[name][0], low)
            self.assertLessEqual(high, domain[name][1])

    def test_bad_bounds(self):
        for words, arguments in ((("tau", "1.1,0.9"), ("--tau", "1.1,0.9")),
                                 (("nu", "above 0"), ("--nu", "0,1")),
                                 (("alpha",), ("--alpha", "-1")),
                                 (("theorem",), ("--theorem", "4"))):
            self.fails(2, *words, arguments=("theory", "certify", *arguments))


class Shapes(CliTest):
    def test_gradient_growth_equals_the_bound(self):
        for growth in (math.e, 2):
            got = self.ok_json("theory", "shape", "--depth", "1000", "--growth", growth)
            self.assertAlmostEqual(growth, got["gradient_growth"] ** 1000, delta=1e-6)
            self.assertNotIn("spread", got)
        given = self.ok_json("theory", "shape", "--depth", "100", "--scale", "0.1")
        self.assertAlmostEqual(1.2036512, given["alpha"], delta=5e-8)
        self.assertAlmostEqual(2.75, given["growth_over_depth"], delta=5e-3)

    def test_width_balances_growth_and_noise(self):
        flags = ("theory", "shape", "--depth", "1000", "--width", "128")
        orthogonal, normal = self.ok_json(*flags), self.ok_json(*flags, "--init", "normal")
        self.assertLess(orthogonal["spread"], 0.05)
        self.assertGreater(normal["scale"], orthogonal["scale"])
        self.assertLess(normal["typical_growth"], normal["gradient_growth"])
        self.assertGreater(normal["log_growth_spread"], orthogonal["log_growth_spread"])

    def test_dropout(self):
        got = self.ok_json("theory", "dropout", "--rate", "0.05", "--mean", "0", "--variance", "1")
        self.assertAlmostEqual(0.9548444760050308762863862, got["a"], delta=1e-15)
        self.assertAlmostEqual(0.08393557219381018671313103, got["b"], delta=1e-15)
        self.assertAlmostEqual(-LAMBDA * ALPHA, got["alpha_prime"], delta=1e-15)
        self.assertAlmostEqual(0.95 * 0.9548444760050308762863862, got["inference_factor"], delta=1e-15)
        self.assertEqual(0, got["inference_shift"])

    def test_alpha_dropout_reduces_the_noise(self):
        flags = ("theory", "shape", "--depth", "100", "--scale", "0.1", "--width", "200",
                 "--init", "normal")
        without, damped = self.ok_json(*flags), self.ok_json(*flags, "--dropout-rate", "0.2")
        self.assertLess(damped["contraction"], without["contraction"])
        self.assertLess(damped["spread"], without["spread"])

    def test_notes(self):
        for words, arguments in (
                ("repels", ("constants", "--mean", "-0.1", "--variance", "2", "--weight-mean", "1")),
                ("no s meets both limits",
                 ("shape", "--depth", "1000", "--width", "128", "--init", "normal")),
                ("a line", ("fixed_points", "--activation", "leaky_relu", "--alpha", "1"))):
            result = self.run_program("theory", *arguments)
            self.assertEqual(0, result.status, result)
            self.assertIn(words, result.err)

    def test_bad_numbers(self):
        for words, arguments in ((("depth", "0"), ("shape", "--depth", "0")),
                                 (("growth", "above 1"), ("shape", "--depth", "9", "--growth", "1")),
                                 (("width",), ("shape", "--depth", "9", "--width", "0")),
                                 (("depth", "at most"), ("shape", "--depth", "1000000000000000")),
                                 (("depth",), ("shape", "--depth", "-5", "--scale", "0.1")),
                                 (("scale",), ("shape", "--depth", "9", "--scale", "1e-320")),
                                 (("width",), ("shape", "--depth", "9", "--spread", "0.2")),
                                 (("never below 0",), ("constants", "--mean", "1", "--variance", "2",
                                                       "--weight-mean", "100")),
                                 (("never above 0",), ("constants", "--mean", "-1", "--variance",
                                                         "2", "--weight-mean", "100")),
                                 (("finite a and b",), ("dropout", "--rate", "0.1", "--mean",
                                                        "1e200")),
                                 (("did you mean 'constants'",), ("constantz",)),
                                 (("did you mean '--depth'",), ("shape", "--depht", "3")),
                                 (("[0, 1)", "1"), ("shape", "--depth", "9", "--dropout-rate", "1")),
                                 (("rate", "nan"), ("dropout", "--rate", "nan")),
                                 (("rate", "1"), ("dropout", "--rate", "1")),
                                 (("variance",), ("dropout", "--rate", "0.1", "--variance", "0"))):
            self.fails(2, *words, arguments=("theory", *arguments))


class Propagate(CliTest):
    def layers(self, *arguments):
        return self.ok_json("propagate", *arguments)["layers"]

    def test_matches_the_published_tables(self):
        for dropout in ("none", "alpha"):
            for seed in (1, 2):
                layers = self.layers("--dropout", dropout, "--seed", seed)
                self.assertEqual(list(range(1, 101)), [layer["layer"] for layer in layers])
                for layer in layers:
                    self.assertGreater(layer["mean_min"], -0.4)
                    self.assertLess(layer["mean_max"], 0.4)
                    self.assertGreater(layer["std_min"], 0.65)
                    self.assertLess(layer["std_max"], 1.45)
                    self.assertAlmostEqual(1, layer["predicted_std"], delta=0.05)
        none = self.layers("--dropout", "none", "--rate", "0.2")  # an explicit choice is used
        self.assertEqual(none, self.layers())
        plain = self.layers("--dropout", "plain", "--rate", "0.2")
        self.assertGreater(max(layer["std_max"] for layer in plain[:16]), 2)
        self.assertGreater(max(layer["std_max"] for layer in plain), 2.3)
        settled = [layer["std"] for layer in plain[50:]]
        self.assertAlmostEqual(1.67, sum(settled) / 50, delta=0.05)

    def test_notebook_dropout_corrects_twice(self):
        layers = self.layers("--dropout", "notebook")[50:]
        self.assertAlmostEqual(1.20, sum(layer["std"] for layer in layers) / 50, delta=0.03)
        self.assertAlmostEqual(0.12, sum(layer["mean"] for layer in layers) / 50, delta=0.03)

    def test_gradients_grow_as_predicted(self):
        layers = self.layers("--gradients", "--layers", "60", "--seed", "3")
        ratio = layers[0]["gradient_second_moment"] / layers[-1]["gradient_second_moment"]
        self.assertAlmostEqual(1.0716, ratio ** (1 / 59), delta=0.01)
        self.assertAlmostEqual(1.0716, (layers[0]["predicted_gradient_second_moment"]) ** (1 / 59),
                               delta=0.01)
        self.assertNotIn("gradient_second_moment", self.layers("--layers", "2")[0])

    def test_runs_every_activation_dropout_and_initializer(self):
        ops = self.ok_json("ops")["ops"]
        for kind, flag in (("activation", "--activation"), ("dropout", "--dropout")):
            for name in [op["name"] for op in ops if op["category"] == kind]:
                if name in ("exp", "expm1"):  # not for hidden layers: a stack of them overflows
                    told = self.run_program("propagate", flag, name, "--layers", "3", "--width", "64")
                    self.assertEqual(NUMERIC, told.status, told)
                    self.assertIn("the signal exceeds the range of 32-bit floats", told.err)
                    continue
                layers = self.layers(flag, name, "--layers", "3", "--width", "64", "--gradients")
                self.assertEqual(3, len(layers), name)
                if name == "softmax":  # an output depends on several units
                    self.assertIsNone(layers[2]["predicted_std"])
                    continue
                self.assertAlmostEqual(layers[2]["predicted_std"], layers[2]["std"], delta=0.1,
                                       msg=name)
        inits = re.search(r'init +"auto" .*', self.ok("ops", "dense").out).group().split("; one of ")[1]
        for init in inits.split(", "):
            self.layers("--init", init, "--layers", "2", "--width", "32")

    def test_reads_data(self):
        layers = self.layers("--data", "digits", "--layers", "5", "--width", "128")
        for layer in layers:
            self.assertAlmostEqual(1, layer["std"], delta=0.25)

    def test_depth_tuned_selu(self):
        flags = ("--layers", "120", "--shape", "depth", "--init", "auto", "--gradients")
        layers = self.layers(*flags)
        growth = layers[0]["gradient_second_moment"] / layers[-1]["gradient_second_moment"]
        self.assertLess(growth, 4)
        self.assertGreater(growth, 1.7)

    def test_same_seed_gives_the_same_numbers(self):
        flags = ("--layers", "4", "--dropout", "alpha")
        self.assertEqual(self.layers(*flags), self.layers(*flags))
        self.assertNotEqual(self.layers(*flags), self.layers(*flags, "--seed", "2"))

    def test_rejects_bad_requests(self):
        for words, arguments in ((("selu", "sellu"), ("--activation", "sellu")),
                                 (("dropout",), ("--dropout", "alpah")),
                                 (("rate", "[0, 1)"), ("--dropout", "alpha", "--rate", "1")),
                                 (("rate", "nan"), ("--dropout", "alpha", "--rate", "nan")),
                                 (("layers",), ("--layers", "0")),
                                 (("width",), ("--width", "0")),
                                 (("init", "lecun_normal"), ("--init", "lecun_norml")),
                                 (("alpha",), ("--activation", "relu", "--alpha", "1"))):
            self.fails(2, *words, arguments=("propagate", *arguments))


class Pictures(CliTest):
    def test_writes_svg_files(self):
        names = self.ok_json("theory", "plot", "--output", "pictures")["files"]
        self.assertEqual(sorted(f"pictures/{name}.svg" for name in PLOTS), sorted(names))
        for name in names:
            text = self.path(name).read_text()
            self.assertTrue(text.startswith("<?xml") and text.rstrip().endswith("</svg>"), name)

    def test_draws_a_single_plot(self):
        self.ok("theory", "plot", "map", "--output", ".")
        self.assertEqual(["map.svg"], self.files("."))

    def test_reports_missing_gnuplot(self):
        self.fails(2, "gnuplot", "apt-get install", arguments=("theory", "plot"),
                   PATH=os.path.join(self.dir, "nothing"))
        self.assertEqual([], self.files("."))


if __name__ == "__main__":
    main()
