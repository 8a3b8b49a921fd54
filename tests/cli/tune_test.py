#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The search for the best network: its output, its files, and a search that is killed."""

import csv
import io
import json
import random
import signal
import time

from program import INTERRUPTED, USAGE, CliTest, csv_text, main

SEARCH = ("tune", "t.csv", "--target", "y", "--epochs", "18")


def rows_of(count):
    generator = random.Random(4)
    rows = []
    for _ in range(count):
        x, z = generator.gauss(0, 1), generator.gauss(0, 1)
        rows.append([f"{x:.4f}", f"{z:.4f}", "yes" if x * z > 0 else "no", f"{x - z * z:.4f}"])
    return rows


class Tune(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", csv_text(["x", "z", "y", "number"], rows_of(200)))

    def wait_for_trials(self, running, count):
        for line in running.stderr:
            count -= line.startswith(b"candidate")
            if count == 0:
                return

    def trials_of(self, document):
        return [{key: value for key, value in trial.items() if key != "seconds"} for trial in document["trials"]]

    def test_writes_a_model_a_table_and_a_page(self):
        said = self.ok(*SEARCH, "--trials", "10", "--out", "search", "--drop", "number")
        self.assertIn("tried    10 candidates in", said.out)
        self.assertIn("candidate 0 is the default network", said.out)
        self.assertIn("slightly optimistic", said.out)
        self.assertIn("candidate   0   18 epochs  accuracy 0.", said.err)
        self.assertIn("t.csv: 200 rows, of which 200 are held out in one of 5 folds, search in search", said.err)
        self.assertIn("target   y: 2 classes", said.err)
        page = self.bytes_of("search/trials.html").decode()
        self.assertIn('"head":["candidate","epochs","accuracy","loss","choices","in the model","seconds"]', page)
        report = self.bytes_of("search/report.html").decode()
        for part in ("dependence", "importance", "confusion", "calibration"):
            self.assertIn(f'"{part}":{{', report)
        scored = self.ok_json("evaluate", "search")
        self.assertEqual(("validation", 200), (scored["split"], scored["samples"]))
        self.assertIn(f"validation accuracy {scored['accuracy']:.4f}", said.out)
        # Accuracy by its definition, from the predictions for the held-out rows.
        held_out = list(csv.DictReader(io.StringIO(self.ok("predict", "search", "--split", "validation").out)))
        right = sum(row["prediction"] == truth[2] for row, truth in zip(held_out, rows_of(200), strict=True))
        self.assertAlmostEqual(right / 200, scored["accuracy"])

    def test_a_killed_search_ends_with_the_same_table(self):
        arguments = (*SEARCH, "--trials", "20", "--drop", "number", "--json")
        expected = json.loads(self.ok(*arguments, "--out", "whole").out)
        for attempt in range(3):
            with self.start(*arguments, "--out", "killed", *(["--resume"] if attempt else [])) as running:
                self.wait_for_trials(running, 7)
                running.send_signal(signal.SIGKILL)
        resumed = json.loads(self.ok(*arguments, "--out", "killed", "--resume").out)
        self.assertEqual(self.trials_of(expected), self.trials_of(resumed))
        self.assertEqual(expected["ensemble"], resumed["ensemble"])
        self.assertEqual(self.bytes_of("whole/model.safetensors"), self.bytes_of("killed/model.safetensors"))

    def test_an_interrupted_search_names_its_continuation(self):
        with self.start(*SEARCH, "--time", "10m", "--out", "search") as running:
            self.wait_for_trials(running, 1)
            running.send_signal(signal.SIGINT)
            self.assertIn("add --out search --resume to the command to continue", running.stderr.read().decode())
            self.assertEqual(INTERRUPTED, running.wait())

    def test_time_ends_a_search_of_numbers(self):
        start = time.monotonic()
        found = self.ok_json("tune", "t.csv", "--target", "number", "--drop", "y", "--time", "3s", "--out", "search",
                             "--test-split", "0.25")
        self.assertLess(time.monotonic() - start, 60)  # far more than a busy machine takes
        self.assertEqual(0, found["trials"][0]["trial"])
        self.assertGreater(found["test"]["r2"], 0)
        header = self.ok("predict", "search", "--data", "t.csv", "--interval", "0.9").out.splitlines()[0]
        self.assertEqual("row,number,number_low,number_high", header)

    def test_nested_cross_validation(self):
        said = self.ok(*SEARCH, "--trials", "3", "--out", "search", "--drop", "number", "--outer-folds", "2")
        self.assertRegex(said.out, r"nested cross-validation: accuracy 0\.\d+ ± 0\.\d+ \(mean and standard deviation over 2 parts\)")
        self.assertIn("search 2 of 2, without part 2 of the rows", said.err)
        found = self.ok_json(*SEARCH, "--trials", "3", "--out", "search", "--drop", "number", "--outer-folds", "2",
                             "--resume")
        self.assertEqual(2, len(found["outer"]))

    def test_errors(self):
        def fails(word, *arguments):
            self.fails(USAGE, word, arguments=arguments)
        fails("--trials 50, or --time 10m", *SEARCH, "--out", "a")
        fails("'10' is not a duration, such as 10s", *SEARCH, "--out", "a", "--time", "10")
        fails("needs a file", "tune", "-", "--target", "y", "--trials", "3")
        fails("--resume requires --out", *SEARCH, "--trials", "3", "--resume")
        fails("no search to resume", *SEARCH, "--trials", "3", "--resume", "--out", "a")
        network = '[model]\nlayers = [{ op = "dense", units = 2 }]\n'
        self.write("net.toml", '[data]\nsource = "t.csv"\ntarget = "y"\n' + network)
        fails("gives layers", "tune", "net.toml", "--trials", "3", "--out", "a")
        self.assertFalse(self.path("a").exists())


if __name__ == "__main__":
    main()
