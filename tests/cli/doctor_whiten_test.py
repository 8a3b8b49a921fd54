# SPDX-License-Identifier: Apache-2.0
"""Tests whitening: `selfnorm doctor` finds correlated inputs and inserts a whitening layer.

The layer is fitted to the training rows, stored in the model and applied to new data.
"""

import json
import math
import random
import struct

from program import CliTest, main, npy_bytes

IMAGES, SIDE = 96, 16
NETWORK = """[data]
source = "x.npy"
target = "y.npy"
validation_split = 0.25
[model]
inputs = { image = [1, 16, 16] }
layers = [
  { op = "conv2d", channels = 8, kernel = [3, 3] },
  { op = "selu" },
  { op = "flatten" },
  { op = "dense", units = 2 },
]
[train]
epochs = 2
batch_size = 24
"""


def waves(random_source, roughness):
    """Returns images of a few long waves with noise of this standard deviation."""
    values = []
    for _ in range(IMAGES):
        parts = [(random_source.gauss(0, 0.2), random_source.gauss(0, 0.2),
                  random_source.uniform(0, 2 * math.pi)) for _ in range(4)]
        values += [sum(math.cos(a * i + b * j + phase) for a, b, phase in parts)
                   + random_source.gauss(0, roughness) for i in range(SIDE) for j in range(SIDE)]
    return values


class DoctorWhiten(CliTest):
    def write_data(self, roughness):
        values = waves(random.Random(1), roughness)
        self.write("x.npy", npy_bytes(values, (IMAGES, SIDE, SIDE)))
        self.write("y.npy", npy_bytes([i % 2 for i in range(IMAGES)], (IMAGES,), "|u1"))
        self.write("net.toml", NETWORK)

    def test_finds_and_whitens_smooth_images(self):
        self.write_data(0.05)
        found = self.ok_json("doctor", "net.toml", "--json")["findings"]
        self.assertEqual(["correlated-inputs"], [f["code"] for f in found])
        self.assertEqual(["conv2d_1"], found[0]["layers"])
        self.assertLess(found[0]["value"], 1.5 / 9)
        self.assertGreater(found[0]["value"], 1 / 9)
        self.ok("doctor", "net.toml", "--repair", "good.toml")
        self.assertIn('layers = [\n  { op = "whiten" },\n  { op = "conv2d"',
                      self.bytes_of("good.toml").decode())
        good = self.ok_json("doctor", "good.toml", "--measure", "--draws", "3", "--json")
        self.assertEqual([], good["findings"])
        whiten = good["layers"][0]
        for told in (whiten, whiten["measured"]):
            self.assertAlmostEqual(0, told["mean"], places=5)
            self.assertAlmostEqual(1, told["variance"], places=4)
        # The prediction is exact, because it uses the measured values.
        self.assertAlmostEqual(whiten["variance"], whiten["measured"]["variance"], places=5)

    def test_does_not_change_rough_images(self):
        self.write_data(1.5)
        self.assertEqual([], self.ok_json("doctor", "net.toml", "--json")["findings"])

    def test_model_contains_the_fitted_filter(self):
        self.write_data(0.05)
        self.write("net.toml", NETWORK.replace("layers = [", 'layers = [\n  { op = "whiten" },'))
        trained = self.ok_json("train", "net.toml", "--out", "run", "--json")
        content = self.bytes_of("run/model.safetensors")
        header = json.loads(content[8:8 + struct.unpack("<Q", content[:8])[0]])
        begin, end = header["whiten_1.filter"]["data_offsets"]
        self.assertEqual([1, 1, 3, 3], header["whiten_1.filter"]["shape"])
        start = 8 + struct.unpack("<Q", content[:8])[0] + begin
        weights = struct.unpack("<9f", content[start:start + end - begin])
        self.assertEqual(4, weights.index(max(weights)))  # the center pixel
        self.assertLess(abs(sum(weights)), weights[4])  # the neighbors have the opposite sign
        again = self.ok_json("evaluate", "run", "--split", "validation", "--json")
        self.assertEqual(trained["validation"]["loss"], again["loss"])


if __name__ == "__main__":
    main()
