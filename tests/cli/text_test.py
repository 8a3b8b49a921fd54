# SPDX-License-Identifier: Apache-2.0
"""Tests texts: from files of every kind to token ids, to a model, and to predictions for new files."""

import gzip
import json

from program import CliTest, DATA, USAGE, main

PAIRS = [("A man sleeps.", "A man is asleep.", "yes"), ("A man sleeps.", "A dog runs.", "no"),
         ("Two dogs run.", "Dogs are running.", "yes"), ("Two dogs run.", "A cat sits.", "no")] * 20

NETWORK = """
[data]
source = "pairs.tsv"
text = ["left", "right"]
[model]
inputs = { left = [6], right = [6] }
layers = [
  { op = "embedding", name = "words", inputs = ["left"], dimension = 3, trainable = false, weights = "vectors.txt.gz" },
  { op = "pool_steps", name = "a", inputs = ["words"] },
  { op = "embedding", name = "more", inputs = ["right"], share = "words" },
  { op = "pool_steps", name = "b", inputs = ["more"] },
  { op = "concat", inputs = ["a", "b"] },
  { op = "dense", units = 16 }, { op = "selu" },
  { op = "dense", units = 2 },
]
[train]
epochs = 30
batch_size = 16
seed = 1
"""


class Text(CliTest):
    def setUp(self):
        super().setUp()
        self.write("pairs.tsv", "left\tright\tlabel\n" + "".join("\t".join(p) + "\n" for p in PAIRS)
                   + "What?\tNobody knows.\t-\n")
        words = ["man", "dog", "dogs", "cat", "sleeps", "asleep", "run", "runs", "running", "sits"]
        lines = [f"{word} {i % 3 - 1} {i % 2} {i / 9:.2f}" for i, word in enumerate(words)]
        with gzip.open(self.path("vectors.txt.gz"), "wt") as file:
            file.write(f"{len(lines)} 3\n" + "\n".join(lines) + "\n")

    def test_trains_on_pairs_without_a_network_file(self):
        run = self.ok_json("train", "--data", "pairs.tsv", "--text", "left,right", "--epochs", "10",
                           "--out", "run")
        self.assertEqual(1, run["text"]["unlabeled"])
        self.assertGreater(self.ok_json("evaluate", "run")["accuracy"], 0.95)

    def test_finds_vectors_and_reports_their_coverage(self):
        self.write("net.toml", NETWORK)
        said = self.ok("train", "net.toml", "--out", "run")
        # 16 of the 33 words in four pairs have vectors.
        self.assertRegex(said.err, r"vocabulary of \d+ tokens, 48\.5 % of the training tokens have vectors; 1 rows without")
        self.assertGreater(self.ok_json("evaluate", "run")["accuracy"], 0.95)
        found = self.ok_json("doctor", "run", "--fail-on", "never")["findings"]
        self.assertIn("embedding-not-standardized", [finding["code"] for finding in found])

    def test_standardizes_vectors_over_the_training_words(self):
        self.write("net.toml", NETWORK.replace('weights =', 'standardize = true, weights ='))
        self.ok("train", "net.toml", "--out", "run", "--epochs", "1")
        found = self.ok_json("doctor", "run", "--fail-on", "never")
        self.assertNotIn("embedding-not-standardized", [f["code"] for f in found["findings"]])
        self.write("plain.toml", NETWORK)
        self.ok("doctor", "plain.toml", "--repair", "fixed.toml", "--fail-on", "never")
        text = self.path("fixed.toml").read_text()
        self.assertEqual(1, text.count("standardize = true"))
        self.assertNotIn("standardize", text.split("layers")[1].split("more")[1])
        self.write("bad.toml", NETWORK.replace(', weights = "vectors.txt.gz"', ", standardize = true"))
        self.fails(USAGE, "`standardize` requires vectors", arguments=["train", "bad.toml"])

    def test_reads_pairs_from_standard_input(self):
        self.write("net.toml", NETWORK)
        self.ok("train", "net.toml", "--out", "run")
        kinds = {"tabs": "left\tright\n" + "".join("\t".join(p[:2]) + "\n" for p in PAIRS[:4]),
                 "commas": "left,right\n" + "".join(",".join(p[:2]) + "\n" for p in PAIRS[:4]),
                 "objects": "".join(json.dumps({"left": p[0], "right": p[1]}) + "\n"
                                    for p in PAIRS[:4])}
        for kind, text in kinds.items():
            for content in (text.encode(), gzip.compress(text.encode())):
                with self.subTest(kind=kind, zipped=content != text.encode()):
                    path = self.write("given", content)
                    with open(path, "rb") as given:
                        said = self.ok("predict", "run", "--data", "-", stdin=given)
                    rows = said.out.splitlines()
                    self.assertEqual("row,prediction,p(no),p(yes)", rows[0])
                    self.assertEqual(["yes", "no"] * 2, [row.split(",")[1] for row in rows[1:]])
        labeled = self.write("given", "left\tright\tlabel\n" + "\t".join(PAIRS[0]) + "\n")
        with open(labeled, "rb") as given:
            said = self.ok_json("evaluate", "run", "--data", "-", stdin=given)
        self.assertEqual(1, said["samples"])
        for content, words in (("", "standard input: the file is empty"),
                               ("left\tright\nA man.\n", "standard input:2: expected 2 cells"),
                               ('{"left": "A man."}\n', "standard input:1: there is no member 'right'")):
            with self.subTest(words=words), open(self.write("given", content), "rb") as given:
                self.fails(DATA, words, arguments=["predict", "run", "--data", "-"], stdin=given)

    def test_evaluates_and_predicts_the_same_rows_of_the_run(self):
        lines = ["left\tright\tlabel"] + ["\t".join(p) for p in PAIRS]
        for at in (3, 30, 60):
            lines.insert(at, "What?\tNobody knows.\t-")
        self.write("pairs.tsv", "\n".join(lines) + "\n")
        self.ok("train", "--data", "pairs.tsv", "--text", "left,right", "--test-split", "0.25",
                "--epochs", "1", "--out", "run")
        samples = self.ok_json("evaluate", "run")["samples"]
        self.assertEqual(samples, len(self.ok_json("predict", "run")["predictions"]))
        self.fails(2, "--skip-bad", arguments=["predict", "run", "--skip-bad", "true"])

    def test_evaluates_with_the_target_of_training(self):
        rows = "".join(f"{a}\t{b}\t{c}\twrong\n" for a, b, c in PAIRS)
        self.write("kinds.tsv", "left\tright\tkind\tlabel\n" + rows)
        self.ok("train", "--data", "kinds.tsv", "--text", "left,right", "--target", "kind",
                "--epochs", "10", "--out", "run")
        scores = self.ok_json("evaluate", "run", "--data", "kinds.tsv")
        self.assertGreater(scores["accuracy"], 0.95)

    def test_requires_an_embedding_for_texts(self):
        self.write("plain.toml", """[data]
source = "pairs.tsv"
text = ["left"]
[model]
layers = [ { op = "dense", units = 2 } ]
""")
        self.fails(2, "input 'left' contains texts, so an `embedding` must read it",
                   arguments=["train", "plain.toml", "--out", "run"])

    def test_model_reads_every_kind_of_file(self):
        self.write("net.toml", NETWORK)
        self.ok("train", "net.toml", "--out", "run")
        left, right, _ = PAIRS[0]
        self.write("new.jsonl", json.dumps({"left": left, "right": right}) + "\n")
        self.write("new.csv", f'left,right\n"{left}","{right}"\n')
        self.write("bare.tsv", f"{left}\t{right}\n")
        want = self.ok("predict", "run", "--data", "new.jsonl").out
        self.assertIn("0,yes", want)
        self.assertEqual(want, self.ok("predict", "run", "--data", "new.csv").out)
        self.assertEqual(want, self.ok("predict", "run", "--data", "bare.tsv", "--text", "0,1").out)
        model = "run/model.safetensors"
        self.assertEqual(want, self.ok("predict", model, "--data", "new.jsonl").out)

    def test_names_or_skips_bad_rows(self):
        self.write("net.toml", NETWORK)
        self.ok("train", "net.toml", "--out", "run")
        rows = "left\tright\tlabel\nA dog.\tA cat.\tno\nA dog.\tA cat.\tnoo\n"
        self.write("bad.tsv", rows)
        self.fails(DATA, "bad.tsv:3: unknown label 'noo', expected one of no, yes",
                   arguments=["evaluate", "run", "--data", "bad.tsv"])
        scores = self.ok_json("evaluate", "run", "--data", "bad.tsv", "--skip-bad", "true")
        self.assertEqual(1, scores["samples"])
        said = self.ok("evaluate", "run", "--data", "bad.tsv", "--skip-bad", "true").err
        self.assertIn("bad.tsv: left out 1 unreadable rows and 0 rows without a label", said)

    def test_rejects_options_without_effect(self):
        self.write("numbers.csv", "a,y\n1,2\n2,3\n")
        self.fails(DATA, "`min_count` applies only to texts", arguments=["train", "--data", "numbers.csv",
                                                               "--target", "y", "--min-count", "2"])
        self.fails(DATA, "input 'x': expected one column of `text` (left, right)",
                   arguments=["train", "--data", "pairs.tsv", "--text", "left,right",
                              "--input", "x=label"])
        self.write("dev.tsv", "left\tright\tlabel\nA dog.\tA cat.\tnoo\n")
        self.fails(DATA, "dev.tsv:2: unknown label 'noo'", arguments=[
            "train", "--data", "pairs.tsv", "--text", "left,right", "--validation", "dev.tsv"])

    def test_names_vectors_of_another_length(self):
        self.write("net.toml", NETWORK.replace("dimension = 3", "dimension = 4"))
        self.fails(DATA, "vectors.txt.gz:2: expected a word and 4 numbers, got 3",
                   arguments=["train", "net.toml", "--out", "run"])
        self.write("net.toml", NETWORK)
        with gzip.open(self.path("vectors.txt.gz"), "at") as file:
            file.write("bird 1 2\n")
        self.fails(DATA, "vectors.txt.gz:12: expected a word and 3 numbers, got 2 (skip_bad = true",
                   arguments=["train", "net.toml", "--out", "run"])
        told = self.ok_json("train", "net.toml", "--skip-bad", "true", "--epochs", "1", "--out", "run")
        self.assertEqual(1, told["text"]["skipped_vectors"])
        said = self.ok("train", "net.toml", "--skip-bad", "true", "--epochs", "1", "--out", "run").err
        self.assertIn("1 unreadable lines of vectors skipped", said)

    def test_reads_the_files_of_snli(self):
        """Tests the files as published, with all columns. Most columns are not used."""
        names = ["gold_label", "sentence1_binary_parse", "sentence2_binary_parse", "sentence1_parse",
                 "sentence2_parse", "sentence1", "sentence2", "captionID", "pairID",
                 *(f"label{i}" for i in range(1, 6))]
        table, lines = ["\t".join(names)], []
        for i, (left, right, label) in enumerate(PAIRS[:8] + [("A man.", "He runs.", "-")]):
            parse = f"( ( {left[:-1]} ) . )"
            table.append("\t".join([label, parse, parse, "(ROOT \"S\")", "(ROOT)", left, right, f"{i}.jpg#4",
                                    f"{i}.jpg#4r1n", label, "", "", "", ""]))
            lines.append(json.dumps({
                "annotator_labels": [label], "captionID": f"{i}.jpg#4", "gold_label": label, "pairID": f"{i}.jpg#4r1n",
                "sentence1": left, "sentence1_binary_parse": parse, "sentence1_parse": "(ROOT)",
                "sentence2": right, "sentence2_binary_parse": parse, "sentence2_parse": "(ROOT)"}))
        self.write("snli_1.0_train.txt", "\n".join(table) + "\n")
        self.write("snli_1.0_train.jsonl", "\n".join(lines) + "\n")
        losses = []
        for kind in ("txt", "jsonl"):
            told = self.ok_json("train", "--data", f"snli_1.0_train.{kind}", "--text", "sentence1,sentence2",
                                "--epochs", "2", "--out", kind)
            self.assertEqual(1, told["text"]["unlabeled"])
            losses.append(self.history(kind)[-1]["loss"])
        self.assertEqual(losses[0], losses[1])


if __name__ == "__main__":
    main()
