#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that file-local names are safe where several files are compiled as one (cmake/unity.cmake).

usage: tools/check_local_names.py BUILD [--root DIR]

In such a build, the files of a folder share one anonymous namespace. A function in the anonymous
namespace of one file then hides a function of the same name that a header declares. This also affects
the other files, and there is no error if the arguments fit. BUILD is a build folder in which each file
was compiled alone (preset dev or asan). Its object files show which functions of other files each file
calls. The exit status is 0 if no local function has the name of a function that another file of its
folder calls. It is 1 if there are violations, with one line per violation, and 2 if there is nothing to
check.
"""

import argparse
import pathlib
import re
import subprocess
import sys

ALONE = {"ops", "kernels"}  # their files are compiled alone in every build
# A function definition in the first column, as clang-format leaves it in a namespace.
FUNCTION = re.compile(r"^[A-Za-z_][\w:<>,&*\s\[\]]*?[\s&*](\w+)\(", re.MULTILINE)


def anonymous_text(text):
    return "\n".join(re.findall(r"^namespace \{$(.*?)^\}  // namespace$", text,
                                flags=re.MULTILINE | re.DOTALL))


def local_functions(path):
    text = anonymous_text(path.read_text(encoding="utf-8"))
    return set(FUNCTION.findall(re.sub(r"^[ }].*$", "", text, flags=re.MULTILINE)))


def called_functions(build, relative):
    """Returns our functions that the object of a source file uses from other files."""
    objects = list(build.glob(f"CMakeFiles/*.dir/{relative}.o"))
    if not objects:
        return None
    output = subprocess.run(["nm", "--demangle", "--undefined-only", str(objects[0])],
                            capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"U selfnorm::(?:cli::)?(\w+)(?:\[\w+:\w+\])?\(", output))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).parents[1])
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    violations, count = [], 0
    for folder in sorted(path for path in (root / "src").iterdir() if path.name not in ALONE):
        paths = sorted(folder.glob("*.cc"))
        called = {path: called_functions(arguments.build, path.relative_to(root)) for path in paths}
        for path in paths:
            if called[path] is None:
                continue
            count += 1
            for other in paths:
                for name in sorted(local_functions(path) & (called[other] or set())):
                    if other != path:
                        violations.append(f"{path.relative_to(root)}: local function '{name}' would "
                                          f"hide the one that {other.name} calls")
    for violation in violations:
        print(violation)
    if count == 0:
        print(f"check_local_names: {arguments.build} has no object files of src/", file=sys.stderr)
        return 2
    print(f"check_local_names: {count} files, {len(violations)} violations", file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
