# SPDX-License-Identifier: Apache-2.0
"""Tests the periodic features that the default network reads with --numeric-embedding."""

import math
import random
import tomllib

from program import CliTest, main

ROWS = 800


def waves():
    """Returns rows (x, z, y) in which y oscillates with x, and z has no effect."""
    source = random.Random(3)
    xs = [source.gauss(0, 1) for _ in range(ROWS)]
    return [(x, source.gauss(0, 1), math.sin(4 * x)) for x in xs]


class NumericEmbedding(CliTest):
    def train(self, kind, epochs=20):
        self.write("t.csv", "x,z,y\n" + "".join(f"{x},{z},{y}\n" for x, z, y in waves()))
        return self.ok_json("train", "t.csv", "--target", "y", "--out", "run", "--epochs", epochs,
                            "--dropout-rate", "0", "--numeric-embedding", kind)

    def config(self):
        return tomllib.loads(self.bytes_of("run/config.toml").decode())

    def layers(self):
        return self.config()["model"]["layers"]

    def test_periodic_features_fit_oscillations(self):
        plain = self.train("none")["validation"]["r2"]
        self.assertNotIn("periodic", [layer["op"] for layer in self.layers()])
        for kind in ("periodic", "pbld"):
            told = self.train(kind)
            self.assertGreater(told["validation"]["r2"], plain, kind)
            self.assertEqual("periodic", self.layers()[0]["op"])
            again = self.ok_json("evaluate", "run")
            self.assertAlmostEqual(told["validation"]["rmse"], again["rmse"], places=5)

    def test_pbld_has_three_outputs_per_input(self):
        self.train("pbld", 1)
        ops = [layer["op"] for layer in self.layers()]
        self.assertEqual(["periodic", "reshape", "conv2d", "flatten", "concat", "dense"], ops[:6])
        convolution = self.layers()[2]
        self.assertEqual((6, 2), (convolution["channels"], convolution["groups"]))

    def test_inputs_with_names_and_images(self):
        self.write("net.toml", '[data]\nsource = "digits"\n[model]\nnumeric_embedding = "periodic"\n')
        self.ok("train", "net.toml", "--epochs", "1", "--out", "run")
        self.assertEqual(["flatten", "periodic", "concat"], [layer["op"] for layer in self.layers()[:3]])
        rows = "".join(f"{x},{z},{y}\n" for x, z, y in waves())
        self.write("t.csv", "numeric_embedding,embedded_features,y\n" + rows)
        self.write("net.toml", '[data]\nsource = "t.csv"\ntarget = "y"\n'
                               'inputs = { numeric_embedding = ["numeric_embedding"], embedded_features = ["embedded_features"] }\n'
                               '[model]\nnumeric_embedding = "pbld"\n')
        self.ok("train", "net.toml", "--epochs", "1", "--out", "run")

    def test_errors(self):
        self.write("t.csv", "x,y\n1,2\n")
        self.fails(2, "numeric-embedding", "periodic",
                   arguments=("train", "t.csv", "--target", "y", "--numeric-embedding", "wavelet"))
        self.write("net.toml", '[data]\nsource = "t.csv"\ntarget = "y"\n[model]\n'
                               'layers = [{ op = "dense", units = 1 }]\n')
        self.fails(2, "numeric-embedding", "the file gives layers",
                   arguments=("train", "net.toml", "--numeric-embedding", "periodic"))


if __name__ == "__main__":
    main()
