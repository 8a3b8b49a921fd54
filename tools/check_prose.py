#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the language of documents, comments and messages.

usage: tools/check_prose.py [--root DIR]

Reports phrases that tools/prose_words.txt rules out. If codespell is installed, also reports
misspelled words that are not in tools/dictionary.txt. The exit status is 0 if there are no faults, and
1 if there are, with one line per fault.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

SUFFIXES = {".md", ".h", ".cc", ".py", ".js", ".sh", ".cmake", ".txt", ".html", ".css"}
FOLDERS = ["include", "src", "tests", "bench", "docs", "tools", "cmake", "examples", "experiments"]
# Contain ruled-out phrases on purpose, or are quoted from elsewhere.
EXCLUDED = {"tools/prose_words.txt", "tools/check_prose.py", "tests/tools/check_prose_test.py",
            "docs/glossary.md", "LICENSE"}


def rules(root):
    lines = (root / "tools/prose_words.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            pattern, advice = line.split("\t")
            yield re.compile(pattern, re.IGNORECASE), advice


def checked_files(root):
    files = [path for path in root.glob("*.md")]
    for folder in FOLDERS:
        files += [path for path in (root / folder).rglob("*") if path.suffix in SUFFIXES]
    return sorted(path for path in files
                  if path.relative_to(root).as_posix() not in EXCLUDED and path.is_file()
                  and "build" not in path.relative_to(root).parts)


def phrase_faults(lines, patterns):
    for number, line in enumerate(lines, 1):
        for pattern, advice in patterns:
            match = pattern.search(line)
            if match:
                yield number, f"'{match.group()}' is ruled out: {advice}"


def misspellings(root, files):
    """Returns the lines of codespell. Prints a note and returns none if it is not installed."""
    if shutil.which("codespell") is None:
        print("check_prose: spelling is not checked, because codespell is not installed", file=sys.stderr)
        return []
    finished = subprocess.run(
        ["codespell", "--ignore-words", str(root / "tools/dictionary.txt"),
         *(str(path) for path in files)],
        capture_output=True, text=True, check=False)
    return finished.stdout.splitlines()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parents[1])
    root = parser.parse_args().root.resolve()
    patterns = list(rules(root))
    files = checked_files(root)
    faults = []
    for path in files:
        lines = path.read_text(encoding="utf-8").splitlines()
        faults += [f"{path.relative_to(root)}:{number}: {fault}"
                   for number, fault in phrase_faults(lines, patterns)]
    faults += misspellings(root, files)
    for fault in faults:
        print(fault)
    print(f"check_prose: {len(files)} files, {len(faults)} faults", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
