#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that lines of Markdown have at most 100 columns, except tables, links and code blocks.

usage: tools/check_width.py FILE...

Prints one line per fault. The exit status is 1 if there are faults.
"""

import pathlib
import sys

WIDTH = 100


def faults(lines):
    in_code = False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        exempt = in_code or line.startswith(("|", "    ")) or "](" in line
        if len(line) > WIDTH and not exempt:
            yield number, len(line)


def main():
    found = [f"{path}:{number}: {columns} columns, at most {WIDTH}"
             for path in sys.argv[1:]
             for number, columns in faults(pathlib.Path(path).read_text(encoding="utf-8").splitlines())]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
