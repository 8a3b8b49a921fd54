# SPDX-License-Identifier: Apache-2.0
"""Tests train, evaluate and predict on every kind of data that the program reads."""

import csv
import gzip
import io
import json
import math
import os
import subprocess

from program import (DATA, NUMERIC, CliTest, class_table, csv_text, digits_rows, floats, idx_bytes,
                     main, network, npy_bytes, read_safetensors, regression_table)

TOLERANCE = 1e-5  # for probabilities and scores that are computed twice in float32


class InferenceTest(CliTest):
    def predictions(self, *arguments):
        """Returns the rows of the CSV by column name. Checks the width of every row."""
        text = self.ok("predict", *arguments).out
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
        for row in rows:
            self.assertNotIn(None, row, "more cells than the header has")
            self.assertNotIn(None, row.values(), "fewer cells than the header has")
        return rows

    def check_classes(self, rows):
        for row in rows:
            p = {k[2:-1]: float(v) for k, v in row.items() if k.startswith("p(")}
            self.assertAlmostEqual(1, sum(p.values()), delta=TOLERANCE)
            self.assertEqual(max(p, key=p.get), row["prediction"])

    def assert_same_predictions(self, first, second):
        self.assertEqual(len(first), len(second))
        for one, two in zip(first, second):
            self.assertEqual(one.keys(), two.keys())
            for key in one:
                try:
                    a, b = float(one[key]), float(two[key])
                except ValueError:
                    self.assertEqual(one[key], two[key])
                else:
                    self.assertAlmostEqual(a, b, delta=TOLERANCE * max(1, abs(a)), msg=key)


class Digits(InferenceTest):
    def test_trains_with_flags_only(self):
        train = self.ok_json("train", "--data", "digits", "--epochs", "6", "--out", "run")
        self.assertEqual(["checkpoint/state.safetensors", "config.toml", "history.jsonl",
                          "model.safetensors", "report.html"], self.files("run"))
        self.assertEqual(6, train["epochs"])
        self.assertEqual(6 * 45, train["steps"])
        self.assertGreater(train["test"]["accuracy"], 0.95)
        evaluate = self.ok_json("evaluate", "run")
        self.assertEqual(359, evaluate["samples"])
        self.assertEqual(train["test"]["loss"], evaluate["loss"])
        self.assertEqual(train["test"]["accuracy"], evaluate["accuracy"])

    def test_trains_with_a_network_file(self):
        self.write("net.toml", network(data="validation_split = 0.25"))
        train = self.ok_json("train", "net.toml", "--out", "run", "--epochs", "4")
        self.assertEqual(4, train["epochs"], "a flag goes before the file")
        for split, samples in (("test", 359), ("validation", 360), ("train", 1078), ("all", 1438)):
            with self.subTest(split):
                evaluate = self.ok_json("evaluate", "run", "--split", split)
                self.assertEqual(samples, evaluate["samples"])
                self.assertLess(0, evaluate["loss"])
                if split in train:
                    self.assertEqual(train[split]["loss"], evaluate["loss"])
                    self.assertEqual(train[split]["accuracy"], evaluate["accuracy"])

    def test_prints_text_without_json(self):
        result = self.ok("train", "--data", "digits", "--epochs", "2", "--out", "run")
        self.assertRegex(result.err, r"(?m)^Epoch 1/2 .*/step - loss: [0-9.]+ - accuracy: [0-9.]+$")
        self.assertRegex(result.out, r"(?m)^test accuracy 0\.9\d+ ")
        self.assertIn("run/model.safetensors", result.out)
        self.assertIn("run/history.jsonl", result.out)
        self.assertIn("selfnorm evaluate run", result.out)
        for mark in ("\x1b", "\r"):
            self.assertNotIn(mark, result.err, "for terminals only")

    def test_writes_the_history(self):
        self.ok("train", "--data", "digits", "--epochs", "3", "--validation-split", "0.2", "--out",
                "run")
        history = self.history("run")
        self.assertEqual([0, 1, 2, 3], [r["epoch"] for r in history])
        for record in history[1:]:
            for key in ("loss", "accuracy", "validation_loss", "validation_accuracy", "step",
                        "learning_rate", "seconds"):
                self.assertIn(key, record)
        self.assertLess(history[3]["loss"], history[1]["loss"])
        for record in (history[0], history[3]):
            layers = [m["layer"] for m in record["moments"]]
            self.assertEqual(["selu_1", "selu_2", "dense_3", "average_members_1"], layers)
            for moments in record["moments"]:
                self.assertGreater(moments["variance"], 0)

    def test_predict_as_csv_and_json(self):
        self.ok("train", "--data", "digits", "--epochs", "3", "--out", "run")
        rows = self.predictions("run")
        self.assertEqual(359, len(rows))
        self.check_classes(rows)
        labels = [r[-1] for r in digits_rows()][4::5]
        right = sum(int(row["prediction"]) == label for row, label in zip(rows, labels))
        accuracy = self.ok_json("evaluate", "run")["accuracy"]
        self.assertAlmostEqual(accuracy, right / len(rows), delta=1e-6)
        document = self.ok_json("predict", "run")["predictions"]
        self.assertEqual([int(r["row"]) for r in rows], [p["row"] for p in document])
        for row, prediction in zip(rows, document):
            self.assertEqual(row["prediction"], prediction["prediction"])
            for name, p in prediction["probabilities"].items():
                self.assertAlmostEqual(float(row[f"p({name})"]), p, delta=1e-7)

    def test_predict_to_a_file(self):
        self.ok("train", "--data", "digits", "--epochs", "1", "--out", "run")
        result = self.ok("predict", "run", "--out", "p.csv")
        self.assertEqual("", result.out)
        self.assertIn("note: wrote 359 rows to p.csv\n", result.err)
        self.assertEqual(self.ok("predict", "run").out, self.bytes_of("p.csv").decode())
        self.ok("predict", "run", "--json", "--out", "p.json")
        self.assertEqual(359, len(json.loads(self.bytes_of("p.json"))["predictions"]))

    def test_predict_keeps_pipes_and_devices(self):
        self.ok("train", "--data", "digits", "--epochs", "1", "--out", "run")
        os.mkfifo(self.path("pipe"))
        with subprocess.Popen(["cat", "pipe"], cwd=self.dir, stdout=subprocess.PIPE) as reader:
            result = self.run_program("predict", "run", "--out", "pipe")
            still = self.path("pipe").is_fifo()
            reader.kill()
        self.assertTrue(still, f"--out replaced a pipe by a file: as root, `--out /dev/null` "
                               f"replaces that{result}")

    def test_predict_follows_a_link(self):
        self.ok("train", "--data", "digits", "--epochs", "1", "--out", "run")
        self.write("there.csv", "old")
        self.path("here.csv").symlink_to("there.csv")
        self.ok("predict", "run", "--out", "here.csv")
        self.assertTrue(self.path("here.csv").is_symlink(), "the link was replaced by a file")
        self.assertIn("prediction", self.bytes_of("there.csv").decode())

    def test_model_file_alone_needs_data(self):
        self.ok("train", "--data", "digits", "--epochs", "1", "--out", "run")
        self.path("run/model.safetensors").rename(self.path("model.safetensors"))
        self.fails(2, "--data", arguments=["evaluate", "model.safetensors"])
        evaluate = self.ok_json("evaluate", "model.safetensors", "--data", "digits")
        self.assertEqual((359, "test"), (evaluate["samples"], evaluate["split"]))

    def test_accepts_spaces_in_folders_and_the_default_folder(self):
        self.ok("train", "--data", "digits", "--epochs", "1", "--out", "my run/första")
        self.ok("evaluate", "my run/första")
        for expected in ("runs/digits", "runs/digits-2"):
            train = self.ok_json("train", "--data", "digits", "--epochs", "1")
            self.assertEqual(expected, train["out"])

    def test_run_works_from_another_folder(self):
        header, rows = class_table()
        self.write("t.csv", csv_text(header, rows))
        self.ok("train", "--data", "t.csv", "--target", "kind", "--epochs", "2", "--out", "run")
        here = self.ok_json("evaluate", "run")
        self.path("elsewhere").mkdir()
        there = self.ok_json("evaluate", "../run", cwd=self.path("elsewhere"))
        self.assertEqual(here["loss"], there["loss"])

    def test_saved_weights_are_finite_and_named_after_layers(self):
        self.ok("train", "--data", "digits", "--epochs", "1", "--out", "run")
        metadata, tensors = read_safetensors(self.path("run/model.safetensors"))
        self.assertEqual([512, 64], tensors["dense_1.weight"][1])  # of two members
        self.assertEqual([256, 256], tensors["dense_2.weight"][1])
        self.assertIn("network", metadata)
        for name, (_, _, content) in tensors.items():
            self.assertTrue(all(map(math.isfinite, floats(content))), name)


class Networks(InferenceTest):
    LAYERS = {
        "residual": ['{ name = "a", op = "dense", units = 64 }', '{ op = "selu", name = "b" }',
                     '{ op = "add", inputs = ["b", "flat"], weights = [0.7, 0.7] }',
                     '{ op = "dense", units = 10 }'],
        "shared": ['{ name = "a", op = "dense", units = 64 }', '{ op = "selu" }',
                   '{ op = "dense", units = 64, share = "a", name = "again" }', '{ op = "selu" }',
                   '{ op = "dense", units = 10, l2 = 1e-4 }'],
        "joined": ['{ op = "tanh", name = "t" }',
                   '{ op = "softplus", name = "s", inputs = ["flat"] }',
                   '{ op = "concat", inputs = ["t", "s"] }', '{ op = "layer_norm" }',
                   '{ op = "dense", units = 10 }'],
        "any order": ['{ op = "dense", units = 10, inputs = ["hidden"], name = "last" }',
                      '{ op = "selu", name = "hidden", inputs = ["first"] }',
                      '{ op = "dense", units = 30, name = "first", inputs = ["flat"] }'],
    }

    def test_layers_that_are_not_a_chain(self):
        for name, layers in self.LAYERS.items():
            with self.subTest(name):
                text = network(['{ op = "flatten", name = "flat" }', *layers])
                if name == "any order":
                    text = text.replace("\n[train]", '\noutputs = ["last"]\n[train]')
                self.write("net.toml", text)
                train = self.ok_json("train", "net.toml", "--epochs", "4", "--out", name)
                self.assertGreater(train["test"]["accuracy"], 0.8)
                evaluate = self.ok_json("evaluate", name)
                self.assertEqual(train["test"]["loss"], evaluate["loss"])
                self.check_classes(self.predictions(name))

    def test_images(self):
        layers = ['{ op = "conv2d", channels = 8, kernel = [3, 3], padding = "same" }',
                  '{ op = "batch_norm", momentum = 0.9 }', '{ op = "selu" }',
                  '{ op = "max_pool2d", kernel = [2, 2], stride = [2, 2] }',
                  '{ op = "conv2d", channels = 8, kernel = [3, 3], groups = 8,'
                  ' padding = [[1, 0], [0, 1]] }', '{ op = "elu" }',
                  '{ op = "feature_alpha_dropout", rate = 0.05 }', '{ op = "flatten" }',
                  '{ op = "dense", units = 10, init = { name = "orthogonal", gain = 0.5 } }']
        self.write("net.toml", network(layers))
        train = self.ok_json("train", "net.toml", "--epochs", "15", "--out", "run")
        self.assertGreater(train["test"]["accuracy"], 0.85)
        self.assertEqual(train["test"]["loss"], self.ok_json("evaluate", "run")["loss"])

    def test_accepts_one_number_for_both_sides_of_a_window(self):
        layers = ['{ op = "conv2d", channels = 4, kernel = KERNEL, stride = STRIDE }',
                  '{ op = "max_pool2d", kernel = KERNEL }', '{ op = "flatten" }',
                  '{ op = "dense", units = 10 }']
        for run, kernel, stride in (("pairs", "[2, 2]", "[1, 1]"), ("numbers", "2", "1")):
            self.write("net.toml", network([line.replace("KERNEL", kernel).replace("STRIDE", stride)
                                            for line in layers]))
            self.ok("train", "net.toml", "--epochs", "1", "--out", run)
        first, second = (self.ok_json("evaluate", run)["loss"] for run in ("pairs", "numbers"))
        self.assertEqual(first, second)

    def test_losses_metrics_and_optimizers(self):
        trains = {
            "smoothed": 'loss = { name = "softmax_cross_entropy", label_smoothing = 0.1 }',
            "weighted": 'loss = { name = "softmax_cross_entropy", class_weights = '
                        '[1, 1, 1, 1, 1, 2, 2, 2, 2, 2] }',
            "metrics": 'metrics = ["accuracy", "top_3_accuracy", "auc", "f1"]',
            "sgd": 'optimizer = { name = "sgd", learning_rate = 0.05, momentum = 0.9, '
                   'nesterov = true, clip_norm = 1.0 }',
            "adamw": 'optimizer = { name = "adamw", weight_decay = 0.05 }',
            "rmsprop": 'optimizer = { name = "rmsprop", learning_rate = 0.001 }',
        }
        for name, text in trains.items():
            with self.subTest(name):
                self.write("net.toml", network(train=text))
                train = self.ok_json("train", "net.toml", "--epochs", "4", "--out", name)
                self.assertGreater(train["test"].get("accuracy", 0), 0.7)
                self.assertEqual(train["test"]["loss"], self.ok_json("evaluate", name)["loss"])
                if name == "metrics":
                    self.assertGreater(train["test"]["auc"], 0.95)
                    self.assertGreaterEqual(train["test"]["top_3_accuracy"],
                                            train["test"]["accuracy"])

    def test_rejects_two_inputs_for_a_known_data_set(self):
        """A known data set has only one input."""
        layers = ['{ op = "flatten", inputs = ["image"], name = "f" }',
                  '{ op = "flatten", inputs = ["other"], name = "g" }',
                  '{ op = "add", inputs = ["f", "g"] }', '{ op = "dense", units = 10 }']
        self.write("net.toml", network(layers, inputs="image = [1, 8, 8], other = [64]"))
        self.fails((2, 3), "image, other", "digits", arguments=["train", "net.toml", "--out", "run"])


class Tables(InferenceTest):
    def test_predict_without_the_target_and_in_another_order(self):
        header, rows = class_table()
        self.write("t.csv", csv_text(header, rows))
        self.ok("train", "--data", "t.csv", "--target", "kind", "--epochs", "3", "--out", "run")
        reference = self.predictions("run", "--data", "t.csv")
        self.assertEqual(len(rows), len(reference))
        self.check_classes(reference)
        self.write("plain.csv", csv_text(header[:3], [r[:3] for r in rows]))
        order = [2, 3, 0, 1]
        self.write("order.csv", csv_text([header[i] for i in order],
                                         [[r[i] for i in order] for r in rows]))
        self.write("more.csv", csv_text(["id", *header], [[i, *r] for i, r in enumerate(rows)]))
        self.write("question.csv", csv_text(header, [[*r[:3], "?"] for r in rows]))
        self.write("empty.csv", csv_text(header, [[*r[:3], ""] for r in rows]))
        self.write("new.csv", csv_text(header, [[*r[:3], "unheard-of"] for r in rows]))
        for name in ("plain", "order", "more", "question", "empty", "new"):
            with self.subTest(name):
                self.assert_same_predictions(reference,
                                             self.predictions("run", "--data", f"{name}.csv"))
        for name in ("order", "more"):
            with self.subTest(f"evaluate {name}"):
                self.assertEqual(self.ok_json("evaluate", "run", "--data", "t.csv")["loss"],
                                 self.ok_json("evaluate", "run", "--data", f"{name}.csv")["loss"])
        self.fails(DATA, "kind", "plain.csv", arguments=["evaluate", "run", "--data", "plain.csv"])
        self.fails(DATA, "unheard-of", "new.csv",
                   arguments=["evaluate", "run", "--data", "new.csv"])
        self.write("less.csv", csv_text(["a", "c", "kind"], [[r[0], r[2], r[3]] for r in rows]))
        self.fails(DATA, "'b'", "less.csv", arguments=["predict", "run", "--data", "less.csv"])

    def test_tables_without_a_header(self):
        for place in (0, 1, 3, -1):
            with self.subTest(target=place):
                _, rows = class_table(120, names=("0", "1", "2"))
                features = [r[:3] for r in rows]
                column = place % 4
                with_target = [[*r[:column], r[3], *r[column:3]] for r in rows]
                self.write("t.csv", csv_text(None, with_target))
                self.write("plain.csv", csv_text(None, features))
                run = f"run{place}"
                self.ok("train", "--data", "t.csv", f"--target={place}", "--epochs", "2", "--out",
                        run)
                reference = self.predictions(run, "--data", "t.csv")
                self.check_classes(reference)
                self.assert_same_predictions(reference,
                                             self.predictions(run, "--data", "plain.csv"))

    def test_regression(self):
        header, rows = regression_table(400)
        self.write("t.csv", csv_text(header, rows))
        train = self.ok_json("train", "--data", "t.csv", "--target", "y", "--epochs", "30",
                             "--dropout-rate", "0", "--test-split", "0.2", "--shuffle-split", "false",
                             "--out", "run")
        self.assertGreater(train["test"]["r2"], 0.95)
        evaluate = self.ok_json("evaluate", "run")
        self.assertEqual(80, evaluate["samples"])
        self.assertEqual(train["test"]["rmse"], evaluate["rmse"])
        predicted = self.predictions("run")
        self.assertEqual(["row", "line", "y"], list(predicted[0]))
        self.assertEqual("322", predicted[0]["line"])  # of row 320, below the header
        error = sum((float(p["y"]) - r[3]) ** 2 for p, r in zip(predicted, rows[320:])) / 80
        self.assertAlmostEqual(evaluate["rmse"], math.sqrt(error), delta=1e-3)
        self.write("plain.csv", csv_text(header[:3], [r[:3] for r in rows[320:]]))
        plain = self.predictions("run", "--data", "plain.csv")
        for one, two in zip(predicted, plain):
            self.assertAlmostEqual(float(one["y"]), float(two["y"]), delta=1e-4)
        document = self.ok_json("predict", "run")["predictions"]
        self.assertAlmostEqual(float(predicted[0]["y"]), document[0]["prediction"], delta=1e-4)

    def test_several_targets(self):
        header, rows = regression_table(200)
        rows = [[*r, -r[3]] for r in rows]
        self.write("t.csv", csv_text([*header, "z"], rows))
        self.ok("train", "--data", "t.csv", "--target", "y,z", "--epochs", "3", "--out", "run")
        rows = self.predictions("run")
        self.assertEqual(200, len(rows))
        self.assertEqual(3, len(rows[0]))
        self.ok("evaluate", "run")

    def test_notes_classes_that_occur_only_in_held_out_rows(self):
        header, rows = class_table(60)
        self.write("t.csv", csv_text(header, sorted(rows, key=lambda r: r[3])))
        train = ("train", "--data", "t.csv", "--target", "kind", "--epochs", "1")
        for flag in ("--test-split", "--validation-split"):
            noted = self.ok(*train, flag, "0.5", "--shuffle-split", "false", "--out", f"run{flag}").err
            self.assertRegex(noted, "note: .*class right.*--shuffle-split")
        drawn = self.ok(*train, "--test-split", "0.5", "--out", "run")
        self.assertNotIn("note:", drawn.err)

    def test_evaluates_many_classes_as_classes(self):
        rows = [[i % 120, (i * 7) % 120, i % 120] for i in range(360)]
        self.write("t.csv", csv_text(["a", "b", "n"], rows))
        self.ok("train", "--data", "t.csv", "--target", "n", "--task", "classification",
                "--epochs", "2", "--out", "run")
        run = self.ok_json("evaluate", "run", "--split", "all")
        self.assertEqual(run["loss"], self.ok_json("evaluate", "run", "--data", "t.csv")["loss"])

    def test_labels_with_commas_quotes_and_letters(self):
        names = ('a, "b"', "Ärger", "l\u00ednea")
        header, rows = class_table(names=names)
        rows = [[*r[:3], '"' + r[3].replace('"', '""') + '"'] for r in rows]
        self.write("t.csv", csv_text(header, rows))
        self.ok("train", "--data", "t.csv", "--target", "kind", "--epochs", "2", "--out", "run")
        predicted = self.predictions("run")
        self.check_classes(predicted)
        self.assertTrue({p["prediction"] for p in predicted} <= set(names))
        for prediction in self.ok_json("predict", "run")["predictions"]:
            self.assertEqual(set(names), set(prediction["probabilities"]))

    def test_labels_and_columns_that_are_not_utf_8(self):
        """A table in Latin-1 is accepted, or rejected before training and not after it."""
        header, rows = class_table(names=("A", "B", "C"))
        for name, text in (("label", csv_text(header, rows).replace("A", "\xc4")),
                           ("column", csv_text(["gr\xf6\xdfe", *header[1:]], rows))):
            with self.subTest(name):
                self.write("t.csv", text.encode("latin-1"))
                result = self.run_program("train", "--data", "t.csv", "--target", "kind",
                                          "--epochs", "1", "--out", name, "--json")
                if result.status == 0:
                    self.parse_json(result)
                    self.ok("predict", name, "--data", "t.csv", "--out", "p.csv")
                else:
                    self.check_failure(result, (DATA,), "t.csv", "UTF-8")
                    self.assertNotIn("Epoch 1", result.err, "the training was for nothing")

    def test_several_labels_with_missing_ones(self):
        _, rows = regression_table(200)
        rows = [[*r[:3], int(r[0] > 0) if i % 7 else "", int(r[1] > 3)] for i, r in enumerate(rows)]
        self.write("t.csv", csv_text(["a", "b", "c", "p", "q"], rows))
        train = self.ok_json("train", "--data", "t.csv", "--target", "p,q", "--loss",
                             "sigmoid_cross_entropy", "--epochs", "8", "--test-split", "0.2",
                             "--out", "run")
        self.assertGreater(train["test"]["auc"], 0.9)
        self.assertEqual(train["test"]["loss"], self.ok_json("evaluate", "run")["loss"])
        for row in self.predictions("run"):
            for name, value in row.items():
                if name not in ("row", "line"):
                    self.assertTrue(0 <= float(value) <= 1, row)
        self.write("plain.csv", csv_text(["c", "b", "a"], [r[2::-1] for r in rows]))
        whole = self.predictions("run", "--data", "t.csv")
        self.assert_same_predictions(whole, self.predictions("run", "--data", "plain.csv"))

    def test_one_binary_label(self):
        _, rows = regression_table(200)
        self.write("t.csv", csv_text(["a", "b", "yes"], [[r[0], r[1], int(r[0] > 0)] for r in rows]))
        self.write("net.toml", '[data]\nsource = "t.csv"\ntarget = "yes"\n[model]\n'
                   'inputs = { x = [2] }\nlayers = [{ op = "dense", units = 1 }]\n'
                   '[train]\nloss = "sigmoid_cross_entropy"\nmetrics = ["accuracy", "auc", "f1"]\n'
                   'epochs = 20\noptimizer = { name = "adam", learning_rate = 0.05 }\n')
        self.ok("train", "net.toml", "--out", "run")
        evaluate = self.ok_json("evaluate", "run")
        self.assertGreater(evaluate["accuracy"], 0.9)
        everything = self.ok_json("evaluate", "run", "--split", "all")
        self.assertEqual(everything["loss"], self.ok_json("evaluate", "run", "--data", "t.csv")["loss"])
        for row, known in zip(self.predictions("run"), rows):
            if abs(known[0]) > 0.5:
                self.assertEqual(known[0] > 0, float(list(row.values())[-1]) > 0.5, row)

    def test_evaluate_leaves_out_rows_without_a_label(self):
        header, rows = class_table(60)
        self.write("t.csv", csv_text(header, rows))
        self.ok("train", "--data", "t.csv", "--target", "kind", "--epochs", "1", "--out", "run")
        for row in (0, 5):
            with self.subTest(row):
                changed = [r[:] for r in rows]
                changed[row][3] = ""
                self.write("m.csv", csv_text(header, changed))
                scores = self.run_program("evaluate", "run", "--data", "m.csv", "--json")
                self.assertEqual(59, json.loads(scores.out)["samples"])
                self.assertIn("1 rows without a label", scores.err)

    def test_table_formats_give_the_same_model(self):
        header, rows = class_table()
        plain = csv_text(header, rows)
        self.write("t.csv", plain)
        self.ok("train", "--data", "t.csv", "--target", "kind", "--epochs", "2", "--out", "t")
        two = len(plain) // 2
        dialects = {
            "crlf.csv": plain.replace("\n", "\r\n"),
            "bom.csv": b"\xef\xbb\xbf" + plain.encode(),
            "semicolons.csv": plain.replace(",", ";"),
            "tabs.tsv": plain.replace(",", "\t"),
            "spaces.csv": plain.replace(",", " , "),
            "blank.csv": plain + "\n\n",
            "unended.csv": plain.rstrip("\n"),
            "zipped.csv.gz": gzip.compress(plain.encode()),
            "twice.csv.gz": gzip.compress(plain[:two].encode()) + gzip.compress(plain[two:].encode()),
        }
        _, reference = read_safetensors(self.path("t/model.safetensors"))
        for name, text in dialects.items():
            with self.subTest(name):
                self.write(name, text)
                run = name.split(".", 1)[0]
                self.ok("train", "--data", name, "--target", "kind", "--epochs", "2", "--out", run)
                _, tensors = read_safetensors(self.path(run) / "model.safetensors")
                self.assertEqual(reference, tensors)


class Arrays(InferenceTest):
    def setUp(self):
        super().setUp()
        self.rows = digits_rows()[:500]
        self.counts = [c for r in self.rows for c in r[:64]]
        self.labels = [r[64] for r in self.rows]

    def train(self, run, source, target, *more):
        return self.ok_json("train", "--data", source, "--target", target, "--test-split", "0.2",
                            "--shuffle-split", "false", "--epochs", "3", "--out", run, *more)

    def test_npy_of_every_type_gives_the_same_model(self):
        models = {}
        self.write("y.npy", npy_bytes(self.labels, [500], "<i8"))
        for dtype in ("<f4", "<f8", ">f4", "<i8", "|u1"):
            with self.subTest(dtype):
                name = "x" + dtype[1:] + ("be" if dtype[0] == ">" else "")
                shape = [500, 64]
                self.write(name + ".npy", npy_bytes(self.counts, shape, dtype))
                train = self.train(name, name + ".npy", "y.npy")
                self.assertGreater(train["test"]["accuracy"], 0.8)
                _, models[name] = read_safetensors(self.path(name) / "model.safetensors")
        for name in ("xf8", "xf4be", "xi8"):
            self.assertEqual(models["xf4"], models[name], name)
        self.write("xf4.npy.gz", gzip.compress(self.bytes_of("xf4.npy")))
        self.write("y.npy.gz", gzip.compress(self.bytes_of("y.npy")))
        self.train("gz", "xf4.npy.gz", "y.npy.gz")
        self.assertEqual(models["xf4"], read_safetensors(self.path("gz/model.safetensors"))[1])

    def test_predict_on_npy_without_targets(self):
        self.write("x.npy", npy_bytes(self.counts, [500, 64]))
        self.write("y.npy", npy_bytes(self.labels, [500], "<i4"))
        self.train("run", "x.npy", "y.npy")
        reference = self.predictions("run", "--split", "test")
        self.assertEqual(100, len(reference))
        rows = self.predictions("run", "--data", "x.npy")
        self.assertEqual(500, len(rows))
        self.check_classes(rows)
        self.assert_same_predictions([{k: v for k, v in r.items() if k != "row"} for r in reference],
                                     [{k: v for k, v in r.items() if k != "row"}
                                      for r in rows[400:]])
        evaluate = self.ok_json("evaluate", "run", "--data", "x.npy", "--target", "y.npy")
        self.assertEqual(500, evaluate["samples"])
        self.assertGreater(evaluate["accuracy"], 0.8)

    def test_a_folder_of_idx_files(self):
        for part, first, last in (("train", 0, 400), ("t10k", 400, 500)):
            n = last - first
            self.write(f"set/{part}-images-idx3-ubyte",
                       idx_bytes([16 * c - (c == 16) for c in self.counts[64 * first:64 * last]],
                                 [n, 8, 8]))
            self.write(f"set/{part}-labels-idx1-ubyte.gz",
                       gzip.compress(idx_bytes(self.labels[first:last], [n])))
        train = self.ok_json("train", "--data", "set", "--epochs", "3", "--out", "run")
        self.assertGreater(train["test"]["accuracy"], 0.8)
        self.assertEqual(train["test"]["loss"], self.ok_json("evaluate", "run")["loss"])

    def test_overflowing_predictions_are_valid_json_or_an_error(self):
        header, rows = regression_table(60)
        self.write("t.csv", csv_text(header, rows))
        self.ok("train", "--data", "t.csv", "--target", "y", "--epochs", "1", "--standardize",
                "false", "--out", "run")
        self.write("huge.csv", csv_text(header[:3], [[3e38, 3e38, -3e38]] * 3))
        result = self.run_program("predict", "run", "--data", "huge.csv", "--json")
        self.assertIn(result.status, (0, NUMERIC), result)
        if result.status == 0:
            self.assertEqual(3, len(self.parse_json(result)["predictions"]))


class InputSources(InferenceTest):
    """The target is y = 2a − b + c/2, with a and b in one input and c in the other."""

    LAYERS = ('{ op = "dense", units = 16, inputs = ["left"] }', '{ op = "selu", name = "l" }',
              '{ op = "dense", units = 16, inputs = ["right"] }', '{ op = "selu", name = "r" }',
              '{ op = "concat", inputs = ["l", "r"] }', '{ op = "dense", units = 1 }')

    def net(self, data):
        text = network(self.LAYERS, train="optimizer = { learning_rate = 0.01 }",
                       inputs="right = [1], left = [2]")
        return text.replace('source = "digits"', data).replace("epochs = 2", "epochs = 30")

    def test_reads_columns_of_a_table(self):
        header, rows = regression_table()
        self.write("t.csv", csv_text(header, rows))
        self.write("net.toml", self.net('source = "t.csv"\ntarget = "y"\ntest_split = 0.25\n'
                                        'inputs = { left = ["b", "a"], right = "c" }'))
        scores = self.ok_json("train", "net.toml", "--out", "run")["test"]
        self.assertGreater(scores["r2"], 0.9)
        self.write("new.csv", csv_text(["c", "a", "b"], [[r[2], r[0], r[1]] for r in rows]))
        # The model contains the columns of each of its inputs.
        new = self.predictions("run", "--data", "new.csv")
        self.assert_same_predictions(new, self.predictions("run", "--data", "t.csv"))
        self.assert_same_predictions(
            new, self.predictions("run", "--data", "new.csv", "--input", "left=b,a", "--input",
                                  "right=c"))
        swapped = self.predictions("run", "--data", "new.csv", "--input", "left=c,a", "--input",
                                   "right=b")
        self.assertNotEqual(new, swapped)

    def test_reads_a_file_for_each_input(self):
        header, rows = regression_table()
        self.write("left.npy", npy_bytes([v for r in rows for v in (r[1], r[0])], (240, 2)))
        self.write("right.npy", npy_bytes([r[2] for r in rows], (240, 1)))
        self.write("y.npy", npy_bytes([r[3] for r in rows], (240, 1)))
        self.write("net.toml", self.net('inputs = { left = "left.npy", right = "right.npy" }\n'
                                        'target = "y.npy"\ntest_split = 0.25'))
        files = self.ok_json("train", "net.toml", "--out", "files")["test"]
        self.write("t.csv", csv_text(header, rows))
        self.write("table.toml", self.net('source = "t.csv"\ntarget = "y"\ntest_split = 0.25\n'
                                          'inputs = { left = ["b", "a"], right = "c" }'))
        table = self.ok_json("train", "table.toml", "--out", "table")["test"]
        for name, value in table.items():
            self.assertAlmostEqual(value, files[name], delta=1e-3 * max(1, abs(value)))
        self.assertEqual(240, len(self.predictions("files", "--input", "left=left.npy",
                                                   "--input", "right=right.npy")))
        self.assertEqual(60, self.ok_json("evaluate", "files")["samples"])

    def test_accepts_any_input_name(self):
        header, rows = regression_table(60)
        self.write("t.csv", csv_text(header, rows))
        layers = ('{ op = "concat", inputs = ["name", "inputs"] }', '{ op = "dense", units = 1 }')
        text = network(layers, inputs="name = [2], inputs = [1]")
        self.write("net.toml", text.replace('source = "digits"', 'source = "t.csv"\ntarget = "y"\n'
                                            'inputs = { name = ["a", "b"], inputs = "c" }'))
        self.ok("train", "net.toml", "--out", "run")
        scores = self.ok_json("evaluate", "run")
        self.ok("train", "run/config.toml", "--out", "again")
        self.assertEqual(scores["loss"], self.ok_json("evaluate", "again")["loss"])

    def test_default_network_joins_the_inputs(self):
        header, rows = regression_table()
        self.write("t.csv", csv_text(header, rows))
        self.ok("train", "--data", "t.csv", "--target", "y", "--input", "inputs=a", "--input",
                "two=b,c", "--hidden", "16", "--epochs", "1", "--out", "named")
        self.ok("train", "--data", "t.csv", "--target", "y", "--input", "one=a", "--input",
                "two=b,c", "--hidden", "16", "--epochs", "2", "--out", "run")
        self.assertIn("concat", self.path("run/config.toml").read_text())

    def test_rejects_wrong_inputs(self):
        header, rows = regression_table(12)
        self.write("t.csv", csv_text(header, rows))
        self.write("short.npy", npy_bytes(range(9), (9, 1)))
        self.write("left.npy", npy_bytes(range(24), (12, 2)))
        self.write("net.toml", self.net('source = "t.csv"\ntarget = "y"\n'
                                        'inputs = { left = ["a", "b"], wrong = "c" }'))
        table = ("--data", "t.csv", "--target", "y")
        for status, words, arguments in (
                (3, ("'left'", "'q'"), (*table, "--input", "left=a,q", "--input", "right=c")),
                (2, ("NAME=FILE", "'left'"), (*table, "--input", "left")),
                (3, ("right, left", "wrong"), ("net.toml",)),
                (3, ("12 rows", "9"), ("--input", "l=left.npy", "--input", "r=short.npy")),
                (3, ("one .npy or IDX",), ("--input", "left=left.npy,short.npy")),
                (3, ("digits", "only one input"), ("--data", "digits", "--input", "l=a"))):
            self.fails(status, *words, arguments=("train", *arguments, "--out", "run"))
            self.assertFalse(self.path("run").exists())


if __name__ == "__main__":
    main()
