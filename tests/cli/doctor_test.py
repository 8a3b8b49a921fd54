# SPDX-License-Identifier: Apache-2.0
"""Tests `selfnorm doctor`: predictions and measurements."""

import json

from program import CliTest, main

NETWORK = """[data]
source = "digits"
[model]
inputs = { image = [1, 8, 8] }
layers = [
  { op = "conv2d", channels = 16, kernel = [3, 3], padding = "same" },
  { op = "selu" },
  { op = "flatten" },
  { op = "dense", units = 10 },
]
"""

FAULTY = """# ours, before we knew
[model]
inputs = { x = [64] }
layers = [
  { op = "dense", units = 128, init = "he_normal" },  # as for ReLU
  { op = "selu" },
  { op = "dropout", rate = 0.2 },
  { op = "dense", units = 128, init = "he_normal" },
  { op = "selu" },
  { op = "dense", units = 10 },
]
"""

RESIDUAL = """[data]
source = "digits"  # ä
standardize = false
[model]
inputs = { image = [1, 8, 8] }
layers = [
  { op = "conv2d", name = "stem", channels = 16, kernel = [3, 3] },
  { op = "batch_norm" },
  { op = "selu" },
  { op = "conv2d", name = "f", inputs = ["selu_1"], channels = 16, kernel = [1, 1] },
  { op = "selu", name = "g" },
  { op = "add", inputs = ["selu_1", "g"] },
  { op = "flatten" }, { op = "dense", units = 10 },
]
"""

POOLED = """[model]
inputs = { image = [16, 12, 12] }
layers = [
  { op = "selu" },
  { op = "max_pool2d", kernel = [2, 2] },
  { op = "flatten" },
  { op = "dense", units = 10 },
]
"""

REPAIRED = (RESIDUAL.replace("standardize = false", "standardize = true")
            .replace('  { op = "batch_norm" },\n', "")
            .replace('"g"] }', '"g"], weights = [0.7066, 0.7066] }'))


class Doctor(CliTest):
    def test_predicts_and_measures_layers(self):
        self.write("net.toml", NETWORK)
        predicted = self.ok_json("doctor", "net.toml", "--json")
        self.assertEqual(["conv2d_1", "selu_1", "flatten_1", "dense_1"],
                         [layer["name"] for layer in predicted["layers"]])
        self.assertEqual("digits", predicted["input"])
        self.assertNotIn("measured", predicted["layers"][0])
        self.assertEqual(1, predicted["layers"][3]["gradient_second_moment"])
        measured = self.ok_json("doctor", "net.toml", "--measure", "--draws", "10", "--json")
        for layer in measured["layers"]:
            self.assertFalse(layer["missed"], layer)
        one = measured["layers"][3]["fluctuation"]
        got = measured["layers"][3]["measured"]["standard_error"]["variance"] * 10 ** 0.5
        self.assertLess(0.3, one["variance"] / got)
        self.assertLess(one["variance"] / got, 3)
        self.assertNotIn("fluctuation", predicted["layers"][3])
        self.assertIn("selu_1", self.ok("doctor", "net.toml", "--measure").out)

    def test_reads_the_network_of_a_run_and_of_a_model(self):
        self.write("net.toml", NETWORK)
        self.ok("train", "net.toml", "--epochs", "1", "--out", "run")
        want = self.ok_json("doctor", "net.toml", "--json")
        self.assertEqual(want, self.ok_json("doctor", "run", "--json"))
        self.assertEqual(want, self.ok_json("doctor", "run/model.safetensors", "--data", "digits",
                                            "--json"))

    def test_exit_status_depends_on_findings(self):
        self.write("net.toml", NETWORK)
        good = self.ok_json("doctor", "net.toml", "--json")
        self.assertEqual([], [f["code"] for f in good["findings"] if f["severity"] == "error"])
        self.write("bad.toml", FAULTY)
        bad = self.run_program("doctor", "bad.toml", "--json")
        self.assertEqual(1, bad.status)
        findings = json.loads(bad.out)["findings"]
        self.assertEqual(["initial-variance", "plain-dropout"], [f["code"] for f in findings])
        self.assertEqual(["dense_1", "dense_2"], findings[0]["layers"])
        self.assertEqual({"code", "severity", "layers", "value", "values", "details", "message", "fix"},
                         set(findings[0]))
        self.assertEqual(0, self.run_program("doctor", "bad.toml", "--fail-on", "never").status)
        listed = self.ok("doctor", "--codes").out
        for finding in findings:
            self.assertIn("## " + finding["code"], listed)

    def test_repair_changes_only_what_was_found(self):
        self.write("bad.toml", FAULTY)
        shown = self.ok("doctor", "bad.toml", "--repair", "good.toml").out
        self.assertIn("-  { op = \"dropout\", rate = 0.2 },", shown)
        self.assertIn("+  { op = \"alpha_dropout\", rate = 0.058 },", shown)
        want = (FAULTY.replace("\"dropout\", rate = 0.2", "\"alpha_dropout\", rate = 0.058")
                .replace(", init = \"he_normal\"", ""))
        self.assertEqual(want, self.bytes_of("good.toml").decode())
        self.assertEqual([], self.ok_json("doctor", "good.toml", "--json")["findings"])
        again = self.ok_json("doctor", "good.toml", "--repair", "again.toml", "--json")
        self.assertEqual([], again["repaired"])
        self.assertEqual(want, self.bytes_of("again.toml").decode())

    def test_inserts_and_removes_layers_in_the_right_place(self):
        self.write("bad.toml", RESIDUAL)
        self.ok("doctor", "bad.toml", "--repair", "good.toml")
        self.assertEqual(REPAIRED, self.bytes_of("good.toml").decode())

    def test_inserts_a_scale_after_pooling(self):
        self.write("bad.toml", POOLED)
        self.ok("doctor", "bad.toml", "--repair", "good.toml")
        self.assertEqual(POOLED.replace("pool2d\", kernel = [2, 2] },\n",
                                        "pool2d\", kernel = [2, 2] },\n"
                                        "  { op = \"scale\", factor = 1.335, shift = -1.436 },\n"),
                         self.bytes_of("good.toml").decode())

    def test_weights_that_became_small_need_less_weight_decay(self):
        self.write("net.toml", NETWORK)
        self.ok("train", "net.toml", "--epochs", "6", "--out", "run", "--optimizer", "adamw", "--weight-decay", "10")
        found = json.loads(self.run_program("doctor", "run", "--json").out)["findings"]
        left = [f for f in found if f["code"] == "weights-left-domain"]
        self.assertLess(left[0]["value"], 0.8)
        self.assertIn("use less weight decay", left[0]["fix"])

    def test_finds_trained_weights_outside_the_domain(self):
        self.write("net.toml", NETWORK)
        self.ok("train", "net.toml", "--epochs", "6", "--out", "run", "--learning-rate", "0.02")
        for where in ("run", "run/model.safetensors"):
            found = json.loads(self.run_program("doctor", where, "--json").out)["findings"]
            left = [f for f in found if f["code"] == "weights-left-domain"]
            self.assertEqual(["conv2d_1"], left[0]["layers"])
            self.assertEqual(where == "run", "outside since epoch" in left[0]["message"])
            self.assertEqual([left[0]["value"]], left[0]["values"])
            self.assertRegex(left[0]["details"][0], r"tau .* % of them outside 0.8 to 1.25, omega ")
            self.assertIn("lower the learning rate", left[0]["fix"])
        self.assertNotIn("weights-left-domain", self.ok("doctor", "net.toml").out)
        repaired = self.run_program("doctor", "run", "--repair", "good.toml", "--json")
        beyond = json.loads(repaired.out)["beyond_repair"]
        self.assertEqual(["weights-left-domain"], [f["code"] for f in beyond])
        self.assertEqual(1 if beyond[0]["severity"] == "error" else 0, repaired.status)
        self.assertNotIn("weights-left-domain", [f["code"] for f in json.loads(repaired.out)["repaired"]])
        self.assertIn("findings that a network file cannot fix",
                      self.run_program("doctor", "run", "--repair", "good.toml").out)
        tau = {layer["layer"]: layer["tau"] for layer in self.history("run")[-1]["weights"]}
        padding = ((3 * 8 - 2) / (3 * 8)) ** 2
        self.assertAlmostEqual(left[0]["value"], padding * tau["conv2d_1"], places=6)

    def test_prints_the_factors_of_a_calibration(self):
        self.write("net.toml", NETWORK)
        told = self.ok_json("doctor", "net.toml", "--repair", "good.toml", "--calibrate", "5",
                            "--json")
        self.assertEqual(["conv2d_1"], [layer["layer"] for layer in told["calibrated"]])
        self.assertIn("calibration = ", self.bytes_of("good.toml").decode())
        self.assertEqual([], self.ok_json("doctor", "good.toml", "--json")["findings"])
        self.assertIn("weights times", self.ok("doctor", "net.toml", "--repair", "good.toml",
                                               "--calibrate", "2").out)
        self.fails(2, "--repair", arguments=("doctor", "net.toml", "--calibrate", "2"))

    def test_calibration_ignores_padding(self):
        texts = [" ".join(f"word{(7 * i + j) % 40}" for j in range(1 + i % 24)) for i in range(200)]
        self.write("t.csv", "says,label\n" + "".join(f"{text},{i % 2}\n" for i, text in enumerate(texts)))
        self.write("net.toml", '''[data]
source = "t.csv"
text = ["says"]
target = "label"
[model]
inputs = { says = [24] }
layers = [
  { op = "embedding", dimension = 128 }, { op = "dense", name = "each", units = 256 }, { op = "selu" },
  { op = "pool_steps", mode = "sqrt" }, { op = "dense", units = 2 },
]
''')
        told = self.ok_json("doctor", "net.toml", "--repair", "good.toml", "--calibrate", "3", "--json")
        factor = {each["layer"]: each["factor"] for each in told["calibrated"]}["each"]
        self.assertAlmostEqual(1, factor, delta=0.1)  # half of the steps are padding, which would give √2

    def test_names_the_layer_of_a_bad_network(self):
        self.write("net.toml", NETWORK.replace("units = 10", "unitz = 10"))
        self.fails(2, "unitz", "units", arguments=("doctor", "net.toml"))
        self.fails((2, 3), "absent.toml", arguments=("doctor", "absent.toml"))
        self.write("net.toml", NETWORK)
        self.fails(2, "samples", arguments=("doctor", "net.toml", "--samples", "1"))


if __name__ == "__main__":
    main()
