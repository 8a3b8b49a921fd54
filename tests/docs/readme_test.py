#!/usr/bin/env python3
"""Runs what README.md shows a user: its network file and its commands, in its order.

usage: readme_test.py PROGRAM
The C++ program in it is built by tests/package; `make demo` is what CI runs beside the tests.
"""

import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def table(rows, target):
    rng = random.Random(1)
    lines = ["a,b,c" + (",y" if target else "")]
    for _ in range(rows):
        a, b, c = (rng.gauss(0, 1) for _ in range(3))
        lines.append(f"{a},{b},{c}" + (f",{2 * a - b + c / 2}" if target else ""))
    return "\n".join(lines) + "\n"


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [line for block in blocks(text, "sh") for line in block.splitlines()
                if line.startswith(("build/release/bin/selfnorm ", "sed "))]
    inline = re.findall(r"`(selfnorm train [^`]*)`", text)
    if len(commands) < 8 or not inline:
        sys.exit("README.md: the commands that this test looks for are not there")
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "table.csv").write_text(table(300, True))
        (root / "new.csv").write_text(table(20, False))
        (root / "pairs.tsv").write_text("sentence1\tsentence2\tgold_label\n"
                                        + "A man sleeps.\tA man runs.\tno\nDogs run.\tThey move.\tyes\n" * 20)
        (root / "net.toml").write_text(blocks(text, "toml")[0])
        for command in commands + inline:
            is_tool = command.startswith("sed ")
            words = ["sh", "-c", command] if is_tool else [program, *command.split()[1:]]
            finished = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False,
                                      timeout=120)
            if finished.returncode != 0 or not (finished.stdout or is_tool):
                sys.exit(f"{command}\nexit status {finished.returncode}\n{finished.stderr}")
    print(f"{len(commands) + len(inline)} commands of README.md ran")


if __name__ == "__main__":
    main()
