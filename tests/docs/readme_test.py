#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the network files and commands of README.md and the guides, in order.

usage: readme_test.py PROGRAM
tests/package builds the C++ program of docs/guides/cpp.md. CI also runs `make demo`.
"""

import pathlib
import random
import re
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PROGRAM = ("selfnorm", "build/release/bin/selfnorm")


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def table(rows, target):
    rng = random.Random(1)
    lines = ["a,b,c" + (",y" if target else "")]
    for _ in range(rows):
        a, b, c = (rng.gauss(0, 1) for _ in range(3))
        lines.append(f"{a},{b},{c}" + (f",{2 * a - b + c / 2}" if target else ""))
    return "\n".join(lines) + "\n"


def run_commands(program, document):
    """Runs the commands of a document in a folder with their input files. Returns how many it ran."""
    text = document.read_text(encoding="utf-8")
    commands = [shlex.split(line) for block in blocks(text, "sh") for line in block.splitlines()]
    commands = [words for words in commands if words[0] in PROGRAM]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "table.csv").write_text(table(300, True))
        (root / "new.csv").write_text(table(20, False))
        (root / "pairs.tsv").write_text(
            "sentence1\tsentence2\tgold_label\n"
            + "A man sleeps.\tA man runs.\tno\nDogs run.\tThey move.\tyes\n" * 20)
        for network in blocks(text, "toml")[:1]:
            (root / "net.toml").write_text(network)
        for words in commands:
            finished = subprocess.run([program, *words[1:]], cwd=root, capture_output=True,
                                      text=True, check=False, timeout=120)
            writes_file = "--out" in words and words[1] == "predict"
            if finished.returncode != 0 or not (finished.stdout or writes_file):
                sys.exit(f"{document.name}: {' '.join(words)}\nexit status {finished.returncode}\n"
                         f"{finished.stderr}")
    return len(commands)


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    ran = {document.name: run_commands(program, document)
           for document in [ROOT / "README.md", *sorted((ROOT / "docs/guides").glob("*.md"))]}
    if ran["README.md"] < 8 or sum(ran.values()) < 15:
        sys.exit(f"the documents do not show the commands that this test looks for: {ran}")
    print(f"{sum(ran.values())} commands ran: {ran}")


if __name__ == "__main__":
    main()
