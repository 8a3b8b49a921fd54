#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests tools/check_local_names.py: it finds a local function that hides one of another file."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools/check_local_names.py"
CALLER = "namespace selfnorm {\nint quoted(int);\nint call() { return quoted(1); }\n}\n"
LOCAL = "namespace selfnorm {\nnamespace {\n\nint %s(int x) { return x; }\n\n}  // namespace\nint other() { return %s(2); }\n}\n"


class CheckLocalNames(unittest.TestCase):
    def setUp(self):
        if shutil.which("g++") is None or shutil.which("nm") is None:
            self.skipTest("needs g++ and nm")
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)

    def tearDown(self):
        self.folder.cleanup()

    def check(self, name):
        for file, text in (("caller", CALLER), ("local", LOCAL.replace("%s", name))):
            source = self.root / f"src/cli/{file}.cc"
            target = self.root / f"build/CMakeFiles/program.dir/src/cli/{file}.cc.o"
            source.parent.mkdir(parents=True, exist_ok=True)
            target.parent.mkdir(parents=True, exist_ok=True)
            source.write_text(text)
            subprocess.run(["g++", "-c", source, "-o", target], check=True)
        return subprocess.run([sys.executable, TOOL, self.root / "build", "--root", self.root],
                              capture_output=True, text=True, check=False)

    def test_finds_a_name_that_hides_another(self):
        finished = self.check("quoted")
        self.assertEqual(1, finished.returncode, finished.stderr)
        self.assertIn("src/cli/local.cc: local function 'quoted' would hide the one that caller.cc",
                      finished.stdout)

    def test_accepts_a_unique_name(self):
        self.assertEqual(0, self.check("csv_quoted").returncode)

    def test_fails_without_object_files(self):
        finished = subprocess.run([sys.executable, TOOL, self.root, "--root", TOOL.parents[1]],
                                  capture_output=True, text=True, check=False)
        self.assertEqual(2, finished.returncode)


if __name__ == "__main__":
    unittest.main()
