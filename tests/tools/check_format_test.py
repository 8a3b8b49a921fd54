# SPDX-License-Identifier: Apache-2.0
"""Tests tools/check_format.sh: it accepts formatted files, rejects others, and formats with --fix."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class CheckFormat(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        shutil.copy(ROOT / ".clang-format", self.root)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, text):
        (self.root / "src").mkdir(exist_ok=True)
        (self.root / "src/a.cc").write_text(text, encoding="utf-8")

    def status(self, *flags):
        command = [str(ROOT / "tools/check_format.sh"), "--root", str(self.root), *flags]
        return subprocess.run(command, capture_output=True, check=False).returncode

    def test_accepts_formatted_files(self):
        self.write("int a = 1;\n")
        self.assertEqual(self.status(), 0)

    def test_rejects_and_fixes_other_files(self):
        self.write("int  a=1 ;\n")
        self.assertEqual(self.status(), 1)
        self.assertEqual(self.status("--fix"), 0)
        self.assertEqual((self.root / "src/a.cc").read_text(encoding="utf-8"), "int a = 1;\n")
        self.assertEqual(self.status(), 0)

    def test_rejects_long_lines_of_markdown_except_in_tables_and_code(self):
        self.write("int a = 1;\n")
        (self.root / "a.md").write_text("| " + "a " * 60 + "|\n```\n" + "b " * 60 + "\n```\n",
                                        encoding="utf-8")
        self.assertEqual(self.status(), 0)
        (self.root / "a.md").write_text("a " * 60 + "\n", encoding="utf-8")
        self.assertEqual(self.status(), 1)

    def test_fails_without_files(self):
        self.assertEqual(self.status(), 2)

    def test_rejects_unknown_flags(self):
        self.assertEqual(self.status("--fiX"), 2)


if __name__ == "__main__":
    if shutil.which("clang-format") is None:
        print("skipped: clang-format is not installed")
        sys.exit(77)
    unittest.main()
