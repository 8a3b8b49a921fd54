#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that the completions of bash and fish offer commands, flags and choices, and that zsh parses its script."""

import shutil
import subprocess
import tempfile
import unittest

from program import main, program


def script(shell):
    return subprocess.run([program(), "completion", shell], capture_output=True, text=True,
                          check=True).stdout


class Bash(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("bash") is None:
            raise unittest.SkipTest("bash is not installed")

    def complete(self, *words):
        """Returns the completions of the last word."""
        line = " ".join(f"'{word}'" for word in ("selfnorm", *words))
        code = (f"{script('bash')}\nCOMP_WORDS=({line})\nCOMP_CWORD={len(words)}\n_selfnorm\n"
                'printf "%s\\n" "${COMPREPLY[@]}"')
        finished = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True)
        return finished.stdout.split()

    def test_commands(self):
        self.assertEqual(self.complete("tr"), ["train"])
        self.assertEqual(self.complete("theory", "fix"), ["fixed_points"])
        self.assertNotIn("manual", self.complete(""))

    def test_flags(self):
        self.assertEqual(self.complete("train", "--batch"), ["--batch-size"])
        self.assertEqual(self.complete("train", "net.toml", "--out", "runs/a", "--resu"),
                         ["--resume"])
        self.assertEqual(self.complete("theory", "shape", "--dep"), ["--depth"])

    def test_values(self):
        self.assertEqual(self.complete("train", "--optimizer", "ad"), ["adam", "adamw"])
        self.assertEqual(self.complete("train", "--shuffle", ""), ["true", "false"])
        self.assertEqual(self.complete("data", "make", "sp"), ["spirals"])


class Fish(unittest.TestCase):
    def setUp(self):
        if shutil.which("fish") is None:
            self.skipTest("fish is not installed")

    def complete(self, line):
        with tempfile.NamedTemporaryFile("w", suffix=".fish") as file:
            file.write(script("fish"))
            file.flush()
            finished = subprocess.run(
                ["fish", "--no-config", "-c", f"source {file.name}; complete -C '{line}'"],
                capture_output=True, text=True, check=True)
        return [row.split("\t")[0] for row in finished.stdout.splitlines()]

    def test_commands_flags_and_values(self):
        self.assertEqual(self.complete("selfnorm tr"), ["train"])
        self.assertEqual(self.complete("selfnorm theory fix"), ["fixed_points"])
        self.assertEqual(self.complete("selfnorm train --batch"), ["--batch-size"])
        self.assertEqual(self.complete("selfnorm train --optimizer ad"), ["adam", "adamw"])


class Zsh(unittest.TestCase):
    def test_syntax(self):
        if shutil.which("zsh") is None:
            self.skipTest("zsh is not installed")
        finished = subprocess.run(["zsh", "-n"], input=script("zsh"), text=True,
                                  capture_output=True, check=False)
        self.assertEqual((finished.returncode, finished.stderr), (0, ""))


if __name__ == "__main__":
    main()
