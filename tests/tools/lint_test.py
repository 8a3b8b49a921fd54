# SPDX-License-Identifier: Apache-2.0
"""tools/lint.sh prints how many files clang-tidy read, and fails when it read none. A script stands
in for clang-tidy."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = sorted(path.name for path in (ROOT / "src/base").glob("*.cc"))


class Lint(unittest.TestCase):
    def lint(self, script, seconds="20"):
        """`script` sees the file as the last argument."""
        with tempfile.TemporaryDirectory() as folder:
            tidy = pathlib.Path(folder) / "clang-tidy"
            tidy.write_text(f'#!/bin/bash\nfile=${{@: -1}}\n{script}\n', encoding="utf-8")
            tidy.chmod(0o755)
            environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
            return subprocess.run([ROOT / "tools/lint.sh", "build/none", seconds, "base"],
                                  env=environment, capture_output=True, text=True, check=False)

    def test_all_are_read(self):
        result = self.lint("true")
        self.assertEqual(0, result.returncode, result)
        self.assertIn(f"{len(FILES)} of {len(FILES)} files were read", result.stdout)

    def test_a_stop_after_some_tells_how_many(self):
        result = self.lint(f"[[ $file == */{FILES[0]} ]] || sleep 60", seconds="2")
        self.assertEqual(0, result.returncode, result)
        self.assertIn(f"1 of {len(FILES)} files were read", result.stdout)
        self.assertIn("stopped after 2 s", result.stdout)

    def test_a_stop_before_the_first_fails(self):
        result = self.lint("sleep 60", seconds="1")
        self.assertEqual(1, result.returncode, result)
        self.assertIn(f"0 of {len(FILES)} files were read", result.stdout)

    def test_an_error_fails(self):
        for then in ("", "sleep 60"):  # in time, and before the time is over
            with self.subTest(then):
                result = self.lint(f"[[ $file == */{FILES[0]} ]] || {{ {then or 'true'}; exit; }}\n"
                                   'echo "$file:1:1: error: no"; exit 1', seconds="2")
                self.assertEqual(1, result.returncode, result)
                self.assertIn("error: no", result.stdout)


if __name__ == "__main__":
    sys.exit(unittest.main())
