# SPDX-License-Identifier: Apache-2.0
"""Tests that the network files of experiments/snli train and match networks.py."""

import gzip
import random
import sys

from program import CliTest, ROOT, main

FOLDER = ROOT / "experiments" / "snli"
sys.path.insert(0, str(FOLDER))
import networks  # noqa: E402

WORDS = [f"word{i}" for i in range(60)]
LABELS = ("entailment", "neutral", "contradiction")


class Snli(CliTest):
    def setUp(self):
        super().setUp()
        rng = random.Random(1)
        with gzip.open(self.path("vectors.txt.gz"), "wt") as file:
            for word in WORDS[5:]:
                file.write(word + "".join(f" {rng.gauss(0, 0.1):.4f}" for _ in range(300)) + "\n")
        for name, rows in (("train", 64), ("dev", 16), ("test", 16)):
            lines = ["gold_label\tsentence1\tsentence2"]
            for i in range(rows):
                texts = [" ".join(rng.choices(WORDS, k=rng.randint(1, 50))) for _ in range(2)]
                lines.append("\t".join([LABELS[i % 3], *texts]))
            self.write(f"{name}.tsv.gz", gzip.compress(("\n".join(lines) + "\n").encode()))

    def test_trains_every_file(self):
        files = sorted(FOLDER.glob("*.toml"))
        self.assertGreaterEqual(len(files), 7)
        found = self.ok_json("compare", *files, "--seeds", "1", "--epochs", "1", "--out", "out")
        self.assertEqual([f.stem for f in files], [each["name"] for each in found["contenders"]])
        for each in found["contenders"]:
            self.assertEqual([], each["failures"])

    def test_published_files_match_networks_py(self):
        for activation in ("relu", "selu"):
            for variant in ("batch norm", "none", "alpha dropout"):
                path = FOLDER / f"{activation}_{variant.replace(' ', '_')}.toml"
                text = networks.network_file(networks.published(activation, variant))
                self.assertEqual(text, path.read_text().split("\n", 1)[1])


if __name__ == "__main__":
    main()
