# SPDX-License-Identifier: Apache-2.0
"""Tests the finding `activation-before-loss`, and the findings that `train` prints."""

import math
import random

from program import CliTest, class_table, csv_text, main, regression_table

CODE = "activation-before-loss"
DENSE = ('{ op = "dense", units = 16 }', '{ op = "selu" }')


def net(target, *last, source="t.csv", loss="", inputs=3):
    """Returns a network file of dense layers that ends with `last`."""
    layers = "".join(f"  {layer},\n" for layer in (*DENSE, *last))
    train = f'loss = "{loss}"\n' if loss else ""
    return (f'[data]\nsource = "{source}"\ntarget = "{target}"\nvalidation_split = 0\n'
            f"[model]\ninputs = {{ x = [{inputs}] }}\nlayers = [\n{layers}]\n"
            f"[train]\nepochs = 2\n{train}")


def dense(units):
    return f'{{ op = "dense", units = {units} }}'


def op(name, rest=""):
    return f'{{ op = "{name}"{rest} }}'


class ActivationBeforeLoss(CliTest):
    def findings(self, text):
        self.write("net.toml", text)
        return self.ok_json("doctor", "net.toml", "--fail-on", "never")["findings"]

    def found(self, text):
        """Returns the only finding. Checks that `train` prints it in one line, and that its repair works."""
        [finding] = self.findings(text)
        self.assertEqual(CODE, finding["code"])
        result = self.ok("train", "net.toml", "--out", "run", "--report", "false")
        [line] = [line for line in result.err.splitlines() if CODE in line]
        self.assertTrue(line.startswith(f"{finding['severity']}: {finding['layers'][0]}: "), line)
        self.assertIn("selfnorm doctor net.toml", result.err)
        self.ok("doctor", "net.toml", "--repair", "good.toml")
        self.assertEqual([], self.ok_json("doctor", "good.toml")["findings"])
        good = self.ok("train", "good.toml", "--out", "good", "--report", "false")
        self.assertNotIn(CODE, good.err)
        return finding

    def binary_table(self):
        rng = random.Random(1)
        rows = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(120)]
        self.write("t.csv", csv_text(["a", "b", "c", "y"], [[*x, int(x[0] > 0)] for x in rows]))

    def test_second_sigmoid(self):
        self.binary_table()
        finding = self.found(net("y", dense(1), op("sigmoid"), loss="sigmoid_cross_entropy"))
        self.assertEqual(("error", ["sigmoid_1"]), (finding["severity"], finding["layers"]))
        self.assertAlmostEqual(1 / (1 + math.exp(-1)) - 0.5, finding["value"], places=6)
        self.assertIn("no probability can be below 0.5 or above 0.7311", finding["message"])
        self.assertEqual(1, self.run_program("doctor", "net.toml").status)
        model = self.ok_json("doctor", "run/model.safetensors", "--fail-on", "never")
        self.assertIn(CODE, [each["code"] for each in model["findings"]])

    def test_softmax_before_the_default_loss_of_classes(self):
        self.write("t.csv", csv_text(*class_table()))
        finding = self.found(net("kind", dense(3), op("softmax")))
        high, low = math.e / (math.e + 2), 1 / (1 + 2 * math.e)
        self.assertAlmostEqual(high - low, finding["value"], places=6)
        text = net("kind", dense(3), op("relu"), loss="softmax_cross_entropy")
        self.assertEqual("warning", self.found(text)["severity"])

    def test_targets_that_an_activation_cannot_reach(self):
        header, rows = regression_table()
        self.write("t.csv", csv_text(header, rows))
        for name, low, high in (("relu", 0, math.inf), ("tanh", -1, 1)):
            inside = sum(low <= row[-1] <= high for row in rows) / len(rows)
            finding = self.found(net("y", dense(1), op(name)))
            self.assertAlmostEqual(inside, finding["value"], places=6)
            self.assertIn(f"{100 * (1 - inside):.3g} %", finding["message"])
        self.assertIn("numbers from -1 to 1", finding["message"])

    def test_targets_that_a_scaled_activation_can_reach(self):
        header, rows = regression_table()
        self.write("t.csv", csv_text(header, rows))
        most = max(abs(row[-1]) for row in rows)
        enough, short = (op("scale", f", factor = {factor * most}") for factor in (1.01, 0.5))
        self.assertEqual([], self.findings(net("y", dense(1), op("tanh"), enough)))
        inside = sum(abs(row[-1]) <= 0.5 * most for row in rows) / len(rows)
        [finding] = self.findings(net("y", dense(1), op("tanh"), short))
        self.assertAlmostEqual(inside, finding["value"], places=6)

    def test_each_target_has_its_own_scale(self):
        header, rows = regression_table()
        table = [[*row[:3], row[3], 100 * row[3]] for row in rows]
        self.write("t.csv", csv_text([*header, "z"], table))
        most = 1.01 * max(abs(row[3]) for row in rows)
        scales = [op("scale_features", f", factors = [{most}, {each * most}]") for each in (100, 1)]
        text = [net("y,z", dense(2), op("tanh"), scale) for scale in scales]
        self.assertEqual([], self.findings(text[0]))
        inside = sum(abs(100 * row[3]) <= most for row in rows) / len(rows)
        [finding] = self.findings(text[1])
        self.assertAlmostEqual((1 + inside) / 2, finding["value"], places=6)

    def test_rows_without_targets_in_the_range_are_no_finding(self):
        rows = [[*row[:3], 1 / (1 + math.exp(row[3]))] for row in regression_table()[1]]
        self.write("t.csv", csv_text(["a", "b", "c", "p"], rows))
        self.assertEqual([], self.findings(net("p", dense(1), op("sigmoid"))))

    def test_the_doctor_reports_an_unknown_loss(self):
        self.write("net.toml", "[model]\ninputs = { x = [3] }\nlayers = [" + dense(1) + "]\n"
                   '[train]\nloss = "sigmoid_crossentropy"\n')
        self.fails(2, "sigmoid_cross_entropy", arguments=("doctor", "net.toml"))


class TrainingFindings(CliTest):
    def test_default_networks_are_silent(self):
        self.write("c.csv", csv_text(*class_table()))
        self.write("r.csv", csv_text(*regression_table()))
        # Texts of few words repeat them, so the variance of their sums is above 1.
        rng = random.Random(1)
        texts = [[rng.choice(["good", "bad", "film"]) for _ in range(20)] for _ in range(90)]
        self.write("t.csv", csv_text(["text", "kind"], [[" ".join(each), i % 2]
                                                        for i, each in enumerate(texts)]))
        for flags in (("digits",), ("c.csv", "--target", "kind"), ("r.csv", "--target", "y"),
                      ("t.csv", "--target", "kind", "--text", "text")):
            result = self.ok("train", *flags, "--epochs", "1", "--out", "run", "--report", "false")
            for word in ("warning", "error", "doctor", "details"):
                self.assertNotIn(word, result.err)

    def test_findings_are_in_the_json_document(self):
        self.write("t.csv", csv_text(*class_table()))
        self.write("net.toml", net("kind", op("dropout", ", rate = 0.5"), dense(3)))
        train = ("train", "net.toml", "--out", "run", "--report", "false")
        [finding] = self.ok_json(*train)["findings"]
        self.assertEqual(("plain-dropout", "error"), (finding["code"], finding["severity"]))
        self.write("net.toml", net("kind", dense(3)))
        self.assertEqual([], self.ok_json(*train)["findings"])

    def test_flags_that_change_the_network_file(self):
        self.write("t.csv", csv_text(*class_table()))
        self.write("net.toml", net("kind", dense(3)))
        result = self.ok("train", "net.toml", "--standardize", "false", "--out", "run",
                         "--report", "false")
        self.assertIn("(input-not-standardized)", result.err)
        self.assertIn("selfnorm doctor run ", result.err)
        found = self.ok_json("doctor", "run", "--fail-on", "never")["findings"]
        self.assertIn("input-not-standardized", [each["code"] for each in found])

    def test_one_training_row_has_no_findings(self):
        self.write("t.csv", csv_text(["a", "y"], [[1, 2.5]]))
        result = self.ok("train", "t.csv", "--target", "y", "--epochs", "1", "--out", "run",
                         "--report", "false")
        self.assertNotIn("doctor:", result.err)


if __name__ == "__main__":
    main()
