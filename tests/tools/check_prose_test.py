#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests tools/check_prose.py: it finds ruled-out phrases and misspellings."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/check_prose.py"


class CheckProse(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for name in ("prose_words.txt", "dictionary.txt"):
            self.write(f"tools/{name}", (ROOT / "tools" / name).read_text(encoding="utf-8"))
        self.write("README.md", "The doctor predicts moments.\n")

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def check(self):
        finished = subprocess.run([sys.executable, TOOL, "--root", self.root], capture_output=True,
                                  text=True, check=False)
        return finished.returncode, finished.stdout

    def expect(self, *words):
        status, out = self.check()
        self.assertEqual(1, status, out)
        for word in words:
            self.assertIn(word, out)

    def test_accepts_good_text(self):
        self.assertEqual((0, ""), self.check())

    def test_finds_ruled_out_phrases(self):
        for phrase in ("The user is told", "It tells the shape", "how to mend it", "the colour",
                       "Inputs are standardised", "what it makes of the input"):
            with self.subTest(phrase):
                self.write("src/bad.cc", f"int a;  // {phrase}.\n")
                self.expect("src/bad.cc:1:", "ruled out")

    def test_finds_misspellings(self):
        if shutil.which("codespell") is None:
            self.skipTest("codespell is not installed")
        self.write("docs/bad.md", "The varience is 1.\n")
        self.expect("varience")


if __name__ == "__main__":
    unittest.main()
