# SPDX-License-Identifier: Apache-2.0
"""Tests networks that read token ids: training, checks of new data, bad files."""

import pathlib
import random

from program import DATA, CliTest, main, npy_bytes

ROWS, STEPS, WORDS, WIDTH = 240, 6, 12, 8
NETWORK = """[data]
source = "x.npy"
target = "y.npy"
validation_split = 0.25
[model]
inputs = { words = [6] }
layers = [
  { op = "embedding", vocabulary = 12, dimension = 8, trainable = false, weights = "table.npy" },
  { op = "dense", units = 16 },
  { op = "selu" },
  { op = "pool_steps" },
  { op = "dense", units = 2 },
]
[train]
epochs = 12
batch_size = 20
optimizer = { name = "adam", learning_rate = 0.01 }
"""


class Words(CliTest):
    def setUp(self):
        super().setUp()
        draw = random.Random(1)
        self.rows = [[draw.randrange(1, WORDS) if t < length else 0 for t in range(STEPS)]
                     for length in (draw.randrange(1, STEPS + 1) for _ in range(ROWS))]
        self.write_words("x.npy", self.rows)
        # The label is whether token id 3 occurs.
        self.write("y.npy", npy_bytes([int(3 in row) for row in self.rows], (ROWS,), "|u1"))
        table = [draw.gauss(0, 1) for _ in range(WORDS * WIDTH)]
        self.write("table.npy", npy_bytes(table, (WORDS, WIDTH)))
        self.write("net.toml", NETWORK)

    def write_words(self, name, rows):
        numbers = [number for row in rows for number in row]
        self.write(name, npy_bytes(numbers, (len(rows), STEPS), "<i4"))

    def test_learns_which_token_occurs(self):
        told = self.ok_json("train", "net.toml", "--out", "run", "--json")
        self.assertGreater(told["validation"]["accuracy"], 0.85)
        again = self.ok_json("evaluate", "run", "--split", "validation", "--json")
        self.assertEqual(told["validation"]["loss"], again["loss"])

    def test_model_contains_the_table_and_checks_new_token_ids(self):
        self.ok("train", "net.toml", "--out", "run", "--epochs", "1")
        pathlib.Path(self.path("table.npy")).unlink()
        self.write_words("new.npy", self.rows[:3])
        self.ok("predict", "run", "--data", "new.npy")
        self.write_words("bad.npy", [self.rows[0], [1, 2, 12, 0, 0, 0]])
        self.fails(DATA, "row 1, step 2 (from 0): expected a token id from 0 (padding) to 11, got 12",
                   arguments=("predict", "run", "--data", "bad.npy"))

    def test_names_the_location_of_bad_token_ids(self):
        self.write_words("x.npy", [[-1] + row[1:] for row in self.rows])
        self.fails(DATA, "row 0, step 0",
                   arguments=("train", "net.toml", "--out", "run"))
        self.write_words("x.npy", self.rows)
        self.write("table.npy", npy_bytes(range(24), (WORDS, 2)))
        self.fails(DATA, "contains an array of shape (12, 2), but the table of node 'embedding_1' (embedding) has shape (12, 8)",
                   arguments=("train", "net.toml", "--out", "run"))
        self.write("table.npy", npy_bytes([float("nan")] * 96, (WORDS, WIDTH)))
        self.fails(DATA, "got NaN or infinity",
                   arguments=("train", "net.toml", "--out", "run"))
        pathlib.Path(self.path("table.npy")).unlink()
        self.fails(DATA, "table.npy",
                   arguments=("train", "net.toml", "--out", "run"))
        self.assertFalse(pathlib.Path(self.path("run/model.safetensors")).exists())


if __name__ == "__main__":
    main()
