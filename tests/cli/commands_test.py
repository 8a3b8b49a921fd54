# SPDX-License-Identifier: Apache-2.0
"""Tests help, usage errors and the commands that only print information."""

import os
import re

from program import DATA, ROOT, USAGE, CliTest, main


class Help(CliTest):
    def test_help_lists_every_command_on_standard_output(self):
        result = self.ok("--help")
        for command in ("train", "evaluate", "predict", "ops", "data"):
            self.assertRegex(result.out, rf"(?m)^\s+{command}\b")
        self.assertEqual("", result.err)

    def test_every_command_has_help(self):
        for command in (["train"], ["evaluate"], ["predict"], ["ops"], ["data"], ["data", "list"]):
            with self.subTest(command):
                result = self.ok(*command, "--help")
                self.assertIn("Usage", result.out)
                self.assertEqual("", result.err)

    def test_prints_the_version_of_the_build(self):
        text = (ROOT / "CMakeLists.txt").read_text()
        version = re.search(r"project\([^)]*VERSION\s+([0-9.]+)", text).group(1)
        result = self.ok("--version")
        self.assertEqual(version, result.out.split()[-1], result)

    def test_help_shows_the_default_of_every_training_flag(self):
        flags = [line for line in self.ok("train", "--help").out.splitlines()
                 if re.match(r"\s+--(epochs|learning-rate|batch-size|seed)\b", line)]
        self.assertEqual(4, len(flags))
        for line in flags:
            self.assertRegex(line, r"\[[^]]+\]")


class Usage(CliTest):
    def test_wrong_usage_has_status_2_and_prints_to_standard_error(self):
        for arguments in ([], ["trian"], ["train", "--epocs", "3"], ["evaluate"], ["predict"],
                          ["train", "--epochs"], ["data"], ["data", "lst"], ["ops", "a", "b"]):
            with self.subTest(arguments):
                self.fails(USAGE, arguments=arguments)

    def test_explains_wrong_usage(self):
        for expected, arguments in (
                ("--epochs expects N, but no value follows; see: selfnorm train --help",
                 ["train", "--epochs"]),
                ("--out is given more than once", ["train", "digits", "--out", "a", "--out", "b"]),
                ("--batch-size expects a whole number of at least 1, got '1.5'",
                 ["train", "digits", "--batch-size", "1.5"]),
                ("--validation-split expects a number in [0, 1) or \"auto\", got 'atuo'",
                 ["train", "digits", "--validation-split", "atuo"]),
                ("expected a command after 'selfnorm theory'", ["theory"]),
                ("expected one of bash, zsh, fish after 'selfnorm completion'", ["completion"]),
                ("unknown value 'tcsh' (available: bash, zsh, fish)", ["completion", "tcsh"]),
                ("expected N with --depth after 'selfnorm theory shape'", ["theory", "shape"])):
            with self.subTest(arguments):
                self.fails(USAGE, expected, arguments=arguments)

    def test_suggests_the_nearest_command_or_flag(self):
        for arguments, wrong, near in ((["trian"], "trian", "train"),
                                       (["train", "--epocs", "3"], "--epocs", "--epochs"),
                                       (["evaluate", "run", "--jsn"], "--jsn", "--json")):
            with self.subTest(arguments):
                self.fails(USAGE, wrong, f"{near}", arguments=arguments)


class Ops(CliTest):
    def test_table_lists_every_op_of_the_json(self):
        document = self.ok_json("ops")
        names = [op["name"] for op in document["ops"]]
        for name in ("dense", "conv2d", "selu", "alpha_dropout", "batch_norm", "layer_norm",
                     "softmax_cross_entropy"):
            self.assertIn(name, names)
        text = self.ok("ops").out
        for name in names:
            self.assertRegex(text, rf"(?m)^{name}\s")

    def test_shows_the_attributes_of_each_op(self):
        for op in self.ok_json("ops")["ops"]:
            with self.subTest(op["name"]):
                text = self.ok("ops", op["name"]).out
                for attribute in op["attributes"]:
                    self.assertIn(attribute["name"], text)
                    self.assertTrue(attribute["help"])
                self.assertEqual(op, self.ok_json("ops", op["name"]))

    def test_suggests_the_nearest_op(self):
        self.fails(USAGE, "alpha_dropuot", "alpha_dropout", arguments=["ops", "alpha_dropuot"])

    def test_prints_no_color_codes_without_a_terminal(self):
        self.assertNotIn("\x1b", self.ok("ops").out)
        self.assertNotIn("\x1b", self.run_program("ops", "sleu").err)


class DataList(CliTest):
    def test_finds_the_digits(self):
        sets = {s["name"]: s for s in self.ok_json("data", "list")["datasets"]}
        self.assertTrue(os.path.isdir(self.dir / sets["digits"]["path"]))
        self.assertIn("mnist", sets)
        for known in sets.values():
            self.assertTrue(known["path"] or known["get"], known)
        self.assertIn("digits", self.ok("data", "list").out)

    def test_explains_how_to_get_a_missing_data_set(self):
        sets = {s["name"]: s for s in self.ok_json("data", "list")["datasets"]}
        absent = [name for name, known in sets.items() if known["path"] is None]
        if not absent:
            self.skipTest("every known data set is here")
        self.fails(DATA, absent[0], ("SELFNORM_DATA", "apt-get"),
                   arguments=["train", "--data", absent[0], "--out", "run"])
        self.assertFalse(self.path("run").exists())

    def test_searches_data_dir_first(self):
        source = (ROOT / "data/digits/digits.csv.gz").read_bytes()
        self.write("sets/digits/digits.csv.gz", source)
        sets = self.ok_json("data", "list", "--data-dir", "sets")["datasets"]
        self.assertEqual("sets/digits", sets[0]["path"])


class FullDevice(CliTest):
    """Tests that a result which cannot be written is an error, so that a script does not continue."""

    def test_standard_output_on_a_full_disk(self):
        for arguments in (["ops", "--json"], ["ops"], ["data", "list", "--json"], ["--help"]):
            with self.subTest(arguments), open("/dev/full", "wb") as full:
                result = self.run_program(*arguments, stdout=full)
                self.assertEqual(DATA, result.status, f"standard output is full{result}")


if __name__ == "__main__":
    main()
