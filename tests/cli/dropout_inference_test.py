# SPDX-License-Identifier: Apache-2.0
"""Tests what alpha dropout computes at inference, against the formulas of docs/theory.md."""

import csv
import math
import random
import struct

from program import MODEL, USAGE, CliTest, main, read_safetensors, safetensors_bytes

RATE = 0.2
ALPHA, LAMBDA = 1.6732632423543772, 1.0507009873554805


def selu(x):
    return LAMBDA * x if x > 0 else LAMBDA * ALPHA * math.expm1(x)


def expectation(x, rate=RATE):
    """The mean over masks of a·(x or α′) + b."""
    q, dropped = round((1 - rate) * 65536) / 65536, -LAMBDA * ALPHA
    a = (q + dropped ** 2 * q * (1 - q)) ** -0.5
    b = -a * (1 - q) * dropped
    return q * (a * x + b) + (1 - q) * (a * dropped + b)


class DropoutInference(CliTest):
    def setUp(self):
        super().setUp()
        rng = random.Random(1)
        self.rows = [[rng.gauss(0, 1) for _ in range(3)] for _ in range(200)]
        lines = ["a,b,c,y"] + [f"{a},{b},{c},{2 * a - b}" for a, b, c in self.rows]
        self.write("t.csv", "\n".join(lines) + "\n")
        self.write("net.toml", f"""
[data]
source = "t.csv"
target = "y"
task = "regression"
standardize = false
[model]
inputs = {{ features = [3] }}
layers = [
  {{ op = "dense", units = 4, name = "hidden" }}, {{ op = "selu" }},
  {{ op = "alpha_dropout", rate = {RATE} }},
  {{ op = "dense", units = 1, name = "output" }},
]
[train]
epochs = 2
refit_output = false
""")
        self.ok("train", "net.toml", "--out", "run")

    def network(self, row, after_selu):
        _, tensors = read_safetensors(self.path("run/model.safetensors"))

        def dense(name, x):
            _, (units, features), weights = tensors[name + ".weight"]
            w = struct.unpack(f"<{units * features}f", weights)
            b = struct.unpack(f"<{units}f", tensors[name + ".bias"][2])
            return [sum(w[u * features + i] * x[i] for i in range(features)) + b[u]
                    for u in range(units)]
        return dense("output", [after_selu(selu(z)) for z in dense("hidden", row)])[0]

    def predictions(self, *arguments):
        text = self.ok("predict", "run", "--data", "t.csv", *arguments).out
        return [float(row[1]) for row in list(csv.reader(text.splitlines()))[1:]]

    def check(self, got, after_selu):
        self.assertEqual(len(self.rows), len(got))
        for row, value in zip(self.rows, got):
            self.assertAlmostEqual(self.network(row, after_selu), value, places=4)

    def test_the_mean_over_masks_is_the_default(self):
        self.check(self.predictions(), expectation)
        self.check(self.predictions("--inference", "expectation"), expectation)

    def test_the_output_is_refitted_by_default(self):
        text = self.path("net.toml").read_text()
        self.write("net.toml", text.replace("refit_output = false\n", ""))
        result = self.ok_json("train", "net.toml", "--out", "refitted")
        (line,) = result["output_lines"]
        self.assertNotEqual(1, line["slope"])
        self.assertIn("least-squares line", self.ok("train", "net.toml", "--out", "refitted").out)
        plain = self.ok_json("train", "net.toml", "--out", "plain", "--refit-output", "false")
        self.assertNotIn("output_lines", plain)
        predict = ("predict", "--data", "t.csv")
        columns = [[float(row[1]) for row in list(csv.reader(
            self.ok(*predict, name).out.splitlines()))[1:]] for name in ("plain", "refitted")]
        for x, y in zip(*columns):
            self.assertAlmostEqual(line["slope"] * x + line["offset"], y, places=4)

    def test_another_inference_has_outputs_as_trained(self):
        self.ok("train", "net.toml", "--out", "refitted", "--refit-output", "true")
        predict = ("predict", "--data", "t.csv", "--inference", "identity")
        plain, refitted = self.ok(*predict, "run"), self.ok(*predict, "refitted")
        self.assertNotIn("as trained", plain.err)
        self.assertIn("as trained", refitted.err)
        for want, got in zip(plain.out.splitlines()[1:], refitted.out.splitlines()[1:]):
            self.assertAlmostEqual(float(want.split(",")[1]), float(got.split(",")[1]), places=4)

    def test_lines_that_do_not_fit_the_network(self):
        self.ok("train", "net.toml", "--out", "run", "--refit-output", "true")
        model = self.path("run/model.safetensors")
        metadata, tensors = read_safetensors(model)
        evaluate = ["evaluate", "run", "--data", "t.csv"]
        for lines in ('[{"slope": 0, "offset": 0}]', '[{"slope": 1}]', '{"slope": 1}', "x",
                      '[{"slope": 1, "offset": 0}, {"slope": 1, "offset": 0}]',
                      '[{"slope": null, "offset": 0}]', '[{"slope": 1e999, "offset": 0}]'):
            with self.subTest(lines):
                model.write_bytes(safetensors_bytes({**metadata, "output_lines": lines}, tensors))
                self.fails(MODEL, "output_lines", arguments=evaluate)

    def test_resuming_a_finished_run_gives_the_same_model(self):
        refit = ("train", "net.toml", "--out", "run", "--refit-output", "true")
        self.ok(*refit)
        model = self.path("run/model.safetensors").read_bytes()
        self.ok(*refit, "--resume")
        self.assertEqual(model, self.path("run/model.safetensors").read_bytes())
        # The checkpoint has the output as trained, so a resumed run may leave it so.
        self.ok("train", "net.toml", "--out", "run", "--resume")
        self.ok("train", "net.toml", "--out", "plain")
        self.assertEqual(self.path("plain/model.safetensors").read_bytes(),
                         self.path("run/model.safetensors").read_bytes())

    def test_identity_on_request(self):
        self.check(self.predictions("--inference", "identity"), lambda x: x)
        self.fails(USAGE, "inference", "expectation",
                   arguments=["predict", "run", "--data", "t.csv", "--inference", "expected"])

    def test_identity_in_the_network_file(self):
        text = self.path("net.toml").read_text()
        self.write("net.toml", text.replace(f"rate = {RATE}", f'rate = {RATE}, inference = "identity"'))
        self.ok("train", "net.toml", "--out", "run")
        self.check(self.predictions(), lambda x: x)
        self.check(self.predictions("--inference", "expectation"), expectation)

    def test_models_of_older_versions_keep_the_identity(self):
        model = self.path("run/model.safetensors")
        metadata, tensors = read_safetensors(model)
        self.assertEqual("selfnorm-model-2", metadata["format"])
        model.write_bytes(safetensors_bytes({**metadata, "format": "selfnorm-model-1"}, tensors))
        self.check(self.predictions(), lambda x: x)

    def test_checkpoints_of_older_versions_are_refused(self):
        state = self.path("run/checkpoint/state.safetensors")
        metadata, tensors = read_safetensors(state)
        state.write_bytes(safetensors_bytes({**metadata, "format": "selfnorm-checkpoint-1"}, tensors))
        self.fails(MODEL, "0.2", "alpha dropout",
                   arguments=["train", "net.toml", "--out", "run", "--epochs", "3", "--resume"])

    def test_evaluate_scores_the_same_predictions(self):
        for inference in ("identity", "expectation"):
            loss = self.ok_json("evaluate", "run", "--data", "t.csv", "--inference", inference)["loss"]
            got = self.predictions("--inference", inference)
            want = sum((y - (2 * a - b)) ** 2 for y, (a, b, _) in zip(got, self.rows)) / len(got)
            self.assertAlmostEqual(want, loss, places=4)


if __name__ == "__main__":
    main()
