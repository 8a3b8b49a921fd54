# SPDX-License-Identifier: Apache-2.0
"""Tests tools/lint.sh, with a script in place of clang-tidy.

It prints how many files clang-tidy read, and fails if clang-tidy read none.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = sorted(path.name for path in (ROOT / "src/base").glob("*.cc"))


class Lint(unittest.TestCase):
    def lint(self, script, seconds="20", start="0"):
        """Runs tools/lint.sh. In `script`, $file is the file that clang-tidy reads."""
        with tempfile.TemporaryDirectory() as folder:
            tidy = pathlib.Path(folder) / "clang-tidy"
            tidy.write_text(f'#!/bin/bash\nfile=${{@: -1}}\n{script}\n', encoding="utf-8")
            tidy.chmod(0o755)
            environment = {**os.environ, "LINT_START": start,
                           "PATH": f"{folder}:{os.environ['PATH']}"}
            return subprocess.run([ROOT / "tools/lint.sh", "build/none", seconds, "base"],
                                  env=environment, capture_output=True, text=True, check=False)

    def test_reads_all_files(self):
        result = self.lint("true")
        self.assertEqual(0, result.returncode, result)
        self.assertIn(f"{len(FILES)} of {len(FILES)} files were read", result.stdout)

    def test_prints_how_many_files_it_read_in_time(self):
        result = self.lint(f"[[ $file == */{FILES[0]} ]] || sleep 60", seconds="2")
        self.assertEqual(0, result.returncode, result)
        self.assertIn(f"1 of {len(FILES)} files were read", result.stdout)
        self.assertIn("stopped after 2 s", result.stdout)

    def test_starts_with_the_file_of_its_turn(self):
        result = self.lint(f"[[ $file == */{FILES[-1]} ]] || sleep 60", seconds="2",
                           start=str(2 * len(FILES) - 1))
        self.assertEqual(0, result.returncode, result)
        self.assertIn(f"1 of {len(FILES)} files were read", result.stdout)

    def test_fails_if_it_reads_no_file_in_time(self):
        result = self.lint("sleep 60", seconds="1")
        self.assertEqual(1, result.returncode, result)
        self.assertIn(f"0 of {len(FILES)} files were read", result.stdout)

    def test_fails_for_an_error(self):
        for then in ("", "sleep 60"):  # before the time limit, and until the limit
            with self.subTest(then):
                result = self.lint(f"[[ $file == */{FILES[0]} ]] || {{ {then or 'true'}; exit; }}\n"
                                   'echo "$file:1:1: error: no"; exit 1', seconds="2")
                self.assertEqual(1, result.returncode, result)
                self.assertIn("error: no", result.stdout)


if __name__ == "__main__":
    sys.exit(unittest.main())
