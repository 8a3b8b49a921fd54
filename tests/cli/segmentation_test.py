# SPDX-License-Identifier: Apache-2.0
"""Tests images with a class per pixel: training on arrays, evaluation and prediction."""

import random

from program import DATA, CliTest, main, npy_bytes

ROWS, HEIGHT, WIDTH = 100, 8, 6
PIXELS = HEIGHT * WIDTH
NETWORK = """
[data]
source = "x.npy"
target = "{target}"
validation_split = 0.2
[model]
inputs = {{ image = [1, 8, 6] }}
layers = [
  {{ op = "conv2d", channels = 16, kernel = 3, stride = 2, padding = "same" }},
  {{ op = "selu" }},
  {{ op = "conv_transpose2d", channels = 16, kernel = 3, stride = 2, padding = "same" }},
  {{ op = "selu" }},
  {{ op = "conv2d", channels = {channels}, kernel = 1 }},
]
[train]
loss = {loss}
metrics = ["iou", "dice", "accuracy"]
optimizer = {{ name = "adam", learning_rate = 0.01 }}
epochs = 30
"""


class Segmentation(CliTest):
    """The images are noise. The class of a pixel depends on its value."""

    def setUp(self):
        super().setUp()
        draw = random.Random(1)
        x = [draw.gauss(0, 1) for _ in range(ROWS * PIXELS)]
        self.mask = [0 if v < -0.5 else 1 if v > 0.5 else 2 for v in x]
        self.write("x.npy", npy_bytes(x, (ROWS, 1, HEIGHT, WIDTH)))
        self.save("mask.npy", self.mask)
        self.save("fg.npy", [int(label == 1) for label in self.mask])

    def save(self, name, labels):
        self.write(name, npy_bytes(labels, (ROWS, HEIGHT, WIDTH), "|u1"))

    def network(self, **words):
        self.write("net.toml", NETWORK.format(**words))
        return "net.toml"

    def test_trains_evaluates_and_predicts(self):
        for loss, channels, target in (('"softmax_cross_entropy"', 3, "mask.npy"),
                                       ('{ name = "dice", smooth = 0.5 }', 3, "mask.npy"),
                                       ('"sigmoid_cross_entropy"', 1, "fg.npy"),
                                       ('"dice"', 1, "fg.npy")):
            with self.subTest(loss=loss, channels=channels):
                network = self.network(loss=loss, channels=channels, target=target)
                trained = self.ok_json("train", network, "--out", "run")
                self.assertGreater(trained["validation"]["iou"], 0.8)
                scores = self.ok_json("evaluate", "run", "--data", "x.npy", "--target", target)
                self.assertEqual(ROWS, scores["samples"])
                self.assertAlmostEqual(1, 0.5 * scores["dice"] * (1 + scores["iou"])
                                       / scores["iou"], delta=0.02)
                rows = self.ok_json("predict", "run", "--data", "x.npy")["predictions"]
                self.assertGreater(self.share_right(rows, channels), 0.9)

    def share_right(self, rows, channels):
        right = 0
        for n, row in enumerate(rows):
            p = row["prediction"]
            for i, label in enumerate(self.mask[n * PIXELS:(n + 1) * PIXELS]):
                if channels == 1:
                    right += (p[i] > 0.5) == (label == 1)
                else:
                    right += max(range(3), key=lambda c: p[c * PIXELS + i]) == label
        return right / (ROWS * PIXELS)

    def test_rejects_a_class_without_output(self):
        self.save("mask.npy", [3, *self.mask[1:]])
        network = self.network(loss='"dice"', channels=3, target="mask.npy")
        self.fails(DATA, "row 0, column 0", "from 0 to 2", "got 3", arguments=["train", network])


if __name__ == "__main__":
    main()
