# SPDX-License-Identifier: Apache-2.0
"""Tests what `selfnorm train` prints at the end."""

from program import CliTest, class_table, csv_text, main, network

# No epoch is better by 0.9 than the first, so training stops after the third.
STOPS = 'early_stopping = { patience = 2, monitor = "accuracy", min_delta = 0.9 }'


class WarmUp(CliTest):
    def test_shorter_training_than_its_warm_up_learns(self):
        cosine = ('schedule = { name = "cosine", warmup = 2 }\n'
                  'optimizer = { name = "adam", learning_rate = 0.01 }')
        self.write("net.toml", network(train=cosine))
        result = self.ok("train", "net.toml", "--epochs", "2", "--out", "run")
        self.assertIn("the warm-up of 2 epochs would take the whole training", result.err)
        self.assertGreater(self.ok_json("evaluate", "run")["accuracy"], 0.8)
        self.assertNotIn("warm-up", self.ok("train", "net.toml", "--epochs", "3", "--out", "run").err)


class EarlyStopping(CliTest):
    def train(self, train, *flags):
        self.write("net.toml", network(data="validation_split = 0.3", train=train))
        return ["train", "net.toml", "--epochs", "6", "--out", "run", *flags]

    def test_reports_early_stopping(self):
        result = self.ok_json(*self.train(STOPS))
        self.assertEqual((3, True, 1), tuple(result[key] for key in (
            "epochs", "stopped_early", "best_epoch")))
        self.assertEqual(result["validation"]["loss"], self.history("run")[1]["validation_loss"])
        self.assertIn("moments", self.history("run")[-1])
        text = self.ok(*self.train(STOPS)).out
        self.assertIn("stopped  early after epoch 3\nbest     epoch 1 (the model has its weights)\n",
                      text)

    def test_keeps_the_last_weights_on_request(self):
        last = STOPS.replace(" }", ", restore_best = false }")
        result = self.ok_json(*self.train(last))
        self.assertEqual((True, 1), (result["stopped_early"], result["best_epoch"]))
        self.assertEqual(result["validation"]["loss"], self.history("run")[-1]["validation_loss"])
        self.assertIn("best     epoch 1\n", self.ok(*self.train(last)).out)

    def test_reports_no_best_epoch_without_patience(self):
        result = self.ok_json(*self.train(""))
        self.assertEqual((6, False, None), tuple(result[key] for key in (
            "epochs", "stopped_early", "best_epoch")))
        self.assertEqual(result["validation"]["loss"], self.history("run")[-1]["validation_loss"])
        text = self.ok(*self.train("")).out
        for word in ("stopped", "best"):
            self.assertNotIn(word, text)


class Validation(CliTest):
    def train(self, rows, *flags):
        self.write("t.csv", csv_text(*class_table(rows)))
        return self.ok("train", "t.csv", "--target", "kind", "--epochs", "1", "--out", "run", *flags)

    def test_holds_out_rows_where_they_suffice(self):
        # The temperature is fitted after the last epoch, so the scores change.
        result = self.train(2000, "--temperature-scaling", "false")
        self.assertIn("2,000 training rows, of which 400 are validation rows", result.err)
        self.assertIn("each of 2 networks holds out 200 other rows", result.err)
        self.assertIn("validation accuracy", result.out)
        evaluated = self.ok_json("evaluate", "run", "--split", "validation")
        self.assertEqual(evaluated["samples"], 400)
        self.assertEqual(evaluated["loss"], self.history("run")[-1]["validation_loss"])

    def test_holds_out_a_fifth_of_small_tables(self):
        self.assertIn("of which 200 are validation rows", self.train(499).err)
        said = self.train(499, "--members", "1").err
        self.assertIn("399 training rows, 100 validation rows", said)
        self.assertIn("100 held out for validation, at random, the same share of each class", said)

    def test_holds_out_no_rows_of_tiny_tables_or_on_request(self):
        said = self.train(99).err
        self.assertIn("t.csv: 99 training rows\n", said)
        self.assertIn("none held out, since there are fewer than 100", said)
        said = self.train(2000, "--validation-split", "0").err
        self.assertIn("t.csv: 2,000 training rows\n", said)
        self.assertNotIn("held out", said)


class Watching(CliTest):
    def test_reports_watch_seconds_separately(self):
        result = self.ok_json("train", "--data", "digits", "--epochs", "3", "--out", "run")
        history = self.history("run")
        for record in history:
            self.assertEqual("weights" in record, "watch_seconds" in record)
        self.assertTrue(all("weights" in record for record in history))  # cheap enough for every epoch
        self.assertEqual([True, False, False, True], ["moments" in record for record in history])
        watched = sum(record.get("watch_seconds", 0) for record in history)
        self.assertGreater(watched, 0)
        self.assertAlmostEqual(watched, result["watch_seconds"])
        self.assertAlmostEqual(sum(r["seconds"] for r in history), result["seconds"])

    def test_reports_evaluation_seconds_separately(self):
        result = self.ok_json("train", "--data", "digits", "--epochs", "2", "--validation-split", "0.2", "--out", "run")
        history = self.history("run")
        self.assertEqual([False, True, True], ["evaluation_seconds" in record for record in history])
        evaluated = sum(record.get("evaluation_seconds", 0) for record in history)
        self.assertGreater(evaluated, 0)
        self.assertAlmostEqual(evaluated, result["evaluation_seconds"])

    def test_reports_no_watch_seconds_without_watching(self):
        result = self.ok_json("train", "--data", "digits", "--epochs", "1", "--watch", "false",
                              "--out", "run")
        self.assertEqual(0, result["watch_seconds"])


if __name__ == "__main__":
    main()
