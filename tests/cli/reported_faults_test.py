# SPDX-License-Identifier: Apache-2.0
"""Tests files that other programs misread in silence: the right numbers, or an error that names the fix."""

import json
import random

from program import (DATA, USAGE, CliTest, csv_text, floats, main, npy_bytes, read_safetensors)

SHORT = ("--epochs", "1", "--report", "false", "--out", "run")


class Cells(CliTest):
    def test_one_bad_cell_among_numbers_is_an_error_and_not_a_class(self):
        lines = [f"{i},{i + 10}.5" for i in range(12)]
        lines[6] = "6,<1.0"
        self.write("t.csv", "a,y\n" + "\n".join(lines) + "\n")
        for task in ("auto", "regression"):
            with self.subTest(task):
                said = self.fails(DATA, "t.csv:8, column 'y'", "got '<1.0'", arguments=[
                    "train", "t.csv", "--target", "y", "--task", task, *SHORT])
                self.assertNotIn("10.5", said.err)

    def test_labels_with_leading_zeros_are_scored_where_all_look_like_numbers(self):
        rows = [[f"{i % 3}.{i % 7}", ("01", "02", "1A")[i % 3]] for i in range(30)]
        self.write("train.csv", csv_text(["a", "code"], rows))
        self.ok("train", "train.csv", "--target", "code", "--epochs", "100", *SHORT[2:])
        new = [row for row in rows if row[1] != "1A"]
        self.write("new.csv", csv_text(["a", "code"], new))
        scores = self.ok_json("evaluate", "run", "--data", "new.csv")
        self.assertEqual(20, scores["samples"])
        self.assertGreater(scores["accuracy"], 0.9)
        self.write("other.csv", csv_text(["a", "code"], [[0, "1"], [1, "2"]]))
        self.fails(DATA, "other.csv:2", "'1'", arguments=["evaluate", "run", "--data", "other.csv"])

    def test_rows_to_score_must_have_a_target(self):
        rows = [[i, f"{i}.5" if i < 28 else ""] for i in range(40)]
        self.write("t.csv", csv_text(["a", "y"], rows))
        self.write("labeled.csv", csv_text(["a", "y"], rows[:28]))
        self.write("none.csv", csv_text(["a", "y"], rows[28:]))
        self.write("two.csv", csv_text(["a", "y", "z"], [[i, "", ""] for i in range(20)]))
        split = ("--validation-split", "0.3", "--early-stopping-patience", "3")
        no_target = "none.csv: no row has a target 'y'"
        for words, arguments in (
                (["none of the 12 validation rows has a target 'y'", "shuffle_split"],
                 ["t.csv", *split, "--shuffle-split", "false"]),
                (["none of the 8 test rows has a target 'y'"],
                 ["t.csv", "--test-split", "0.2", "--shuffle-split", "false"]),
                ([no_target], ["none.csv"]),
                ([no_target], ["labeled.csv", "--validation", "none.csv"]),
                ([no_target], ["labeled.csv", "--test", "none.csv"]),
                (["two.csv: no row has a target"], ["two.csv", "--target", "y,z"])):
            with self.subTest(arguments):
                target = () if "--target" in arguments else ("--target", "y")
                self.fails(DATA, *words, arguments=["train", *arguments, *target, *SHORT])
        # Rows with a target are held out if the rows are drawn at random.
        told = self.ok_json("train", "t.csv", "--target", "y", *split, "--shuffle-split", "true", *SHORT)
        self.assertGreater(told["validation"]["loss"], 0)
        self.fails(DATA, no_target, arguments=["evaluate", "run", "--data", "none.csv"])

    def test_quotes_between_tabs_are_text_or_enclose_cells_on_request(self):
        self.write("pairs.tsv", 'q1\tq2\tsame\n"How do I say ""hi""\nto all?"\tWhat is it?\t0\nWho?\tWhat?\t1\n')
        pairs = ("train", "pairs.tsv", "--text", "q1,q2", "--target", "same", *SHORT)
        self.fails(DATA, "pairs.tsv:2: expected 3 cells, got 1", arguments=pairs)
        self.assertIn("pairs.tsv: 2 training rows", self.ok(*pairs, "--quotes", "yes").err)
        self.write("t.tsv", 'a\tb\ttitle\n1\t2\tplain\n3\t4\t"Rome" sweet\n')
        table = ("train", "t.tsv", "--target", "title", *SHORT)
        for quotes in ("auto", "no"):
            self.assertIn('2 classes ("Rome" sweet 50 %, plain 50 %)', self.ok(*table, "--quotes", quotes).err)
        self.fails(DATA, "t.tsv:3: a quote", 'quotes = "no"', arguments=[*table, "--quotes", "yes"])
        self.write("t.tsv", 'a\tb\ttitle\n1\t2\tplain\n3\t4\t"Rome"\n')
        self.assertIn("(Rome 50 %, plain 50 %)", self.ok(*table, "--quotes", "yes").err)
        self.assertIn('("Rome" 50 %, plain 50 %)', self.ok(*table, "--quotes", "no").err)

    def test_the_ending_of_a_name_may_have_capitals(self):
        text = csv_text(["x", "y"], [[i / 2, i % 2] for i in range(20)])
        losses = []
        for name, content in (("t.csv", text), ("DATA.CSV", text), ("Data.Tsv", text.replace(",", "\t"))):
            self.write(name, content)
            self.ok("train", name, "--target", "y", *SHORT)
            losses.append(self.history("run")[-1]["loss"])
        self.assertEqual([losses[0]] * 3, losses)


class Arrays(CliTest):
    NETWORK = """
[data]
source = "{name}"
target = "y.npy"
test_split = 0.25
[model]
inputs = {{ image = [3, 4, 4] }}
layers = [
  {{ op = "conv2d", channels = 8, kernel = [1, 1] }},
  {{ op = "selu" }},
  {{ op = "global_avg_pool" }},
  {{ op = "dense", units = 3 }},
]
[train]
epochs = 40
optimizer = {{ name = "adam", learning_rate = 0.01 }}
"""

    def test_images_with_channels_last_are_an_error(self):
        """The class is the channel that is bright. 3·4·4 numbers in another order do not show it."""
        rng = random.Random(1)
        classes = [rng.randrange(3) for _ in range(160)]
        images = [[[[rng.gauss(3 * (channel == bright), 1) for _ in range(4)] for _ in range(4)]
                   for channel in range(3)] for bright in classes]
        first = [x for image in images for channel in image for row in channel for x in row]
        last = [image[c][i][j] for image in images for i in range(4) for j in range(4) for c in range(3)]
        self.write("first.npy", npy_bytes(first, (160, 3, 4, 4)))
        self.write("last.npy", npy_bytes(last, (160, 4, 4, 3)))
        self.write("y.npy", npy_bytes(classes, (160,), "<i8"))
        self.write("first.toml", self.NETWORK.format(name="first.npy"))
        self.write("last.toml", self.NETWORK.format(name="last.npy"))
        told = self.ok_json("train", "first.toml", "--report", "false", "--out", "run")
        self.assertEqual(1, told["test"]["accuracy"])
        words = ("(3, 4, 4)", "last.npy has shape (4, 4, 3)", "channels must come first", "x.transpose(0, 3, 1, 2)")
        self.fails(USAGE, *words, arguments=["train", "last.toml", "--out", "other"])
        self.assertFalse(self.path("other").exists())

    def test_shapes_written_by_python_2_have_an_l_behind_each_number(self):
        numbers = [(7 * i) % 11 for i in range(60)]
        whole = npy_bytes(numbers, (20, 3), "<f8")
        longs = whole.replace(b"(20, 3), }  ", b"(20L, 3L), }")
        self.assertEqual((len(whole), 1), (len(longs), longs.count(b"3L")))
        self.write("y.npy", npy_bytes([i % 2 for i in range(20)], (20,), "<i8").replace(b"(20,), } ", b"(20L,), }"))
        losses = []
        for content in (whole, longs):
            self.write("x.npy", content)
            self.assertIn("x.npy: 20 training rows", self.ok("train", "x.npy", "--target", "y.npy", *SHORT).err)
            losses.append(self.history("run")[-1]["loss"])
        self.assertEqual(losses[0], losses[1])
        for shape in (b"(20LL, 3), }", b"(L, 3), }   "):
            with self.subTest(shape):
                self.write("x.npy", whole.replace(b"(20, 3), }  ", shape))
                self.fails(DATA, "x.npy", arguments=["train", "x.npy", "--target", "y.npy", *SHORT])


class Texts(CliTest):
    NETWORK = """
[data]
source = "t.tsv"
text = ["text"]
target = "label"
[model]
inputs = { text = [4] }
layers = [
  { op = "embedding", name = "words", dimension = 3, trainable = false, weights = "vectors.txt" },
  { op = "pool_steps" },
  { op = "dense", units = 2 },
]
[train]
epochs = 1
"""

    def vectors(self, content):
        """Returns the vectors of the words of the model other than 0, rounded, and what was said."""
        self.write("t.tsv", "text\tlabel\nthe cat\ta\na dog\tb\nthe dog\ta\na cat\tb\n")
        self.write("vectors.txt", content)
        self.write("net.toml", self.NETWORK)
        said = self.ok("train", "net.toml", "--report", "false", "--out", "run").err
        _, tensors = read_safetensors(self.path("run/model.safetensors"))
        numbers = [round(x, 6) for x in floats(tensors["words.table"][2])]
        rows = [tuple(numbers[i:i + 3]) for i in range(0, len(numbers), 3)]
        return {row for row in rows if any(row)}, said

    def test_numbers_of_vectors_that_are_too_small_are_zero(self):
        found, said = self.vectors("the .1 .2 .3\ncat 1e-46 0.5 -3e-42\ndog 1e-999 2 3\na 1 1 1\n")
        self.assertEqual({(0.1, 0.2, 0.3), (0, 0.5, 0), (0, 2, 3), (1, 1, 1)}, found)
        self.assertIn("100.0 % of the training tokens have vectors", said)
        self.write("vectors.txt", "cat 1e46 0.5 1\n")
        self.fails(DATA, "vectors.txt:1: number 1", "1e46", arguments=["train", "net.toml", "--out", "other"])

    def test_a_phrase_of_vectors_may_contain_numbers(self):
        found, said = self.vectors("4 3\nthe .1 .2 .3\nR$ 0,00 .4 .5 .6\nR$ 500 .7 .8 .9\ncat 1 2 3\n")
        self.assertEqual({(0.1, 0.2, 0.3), (1, 2, 3)}, found)
        self.assertIn("50.0 % of the training tokens have vectors", said)

    def test_a_label_of_minus_one_is_noted(self):
        rows = [{"premise": p, "hypothesis": "it rains", "label": label}
                for label in (0, 1, 2, -1) for p in ("a man", "two dogs")]
        self.write("t.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        train = ("train", "t.jsonl", "--text", "premise,hypothesis", *SHORT)
        note = ('the label -1 counts as a class (if it marks rows without a label, '
                'set labels = ["0", "1", "2"] and skip_bad = true)')
        self.assertIn(note, self.ok(*train).err)
        fixed = self.ok(*train, "--labels", "0,1,2", "--skip-bad", "true").err
        self.assertNotIn("-1 counts", fixed)
        self.assertIn("6 training rows", fixed)


if __name__ == "__main__":
    main()
