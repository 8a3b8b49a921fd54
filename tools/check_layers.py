#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks which file may include which, for every #include line of src/ and include/.

usage: tools/check_layers.py [--root DIR]

The exit status is 0 if there are no violations, 1 if there are, with one line per violation, and 2 if
there is nothing to check. HACKING.md describes the layers. The rules are:
  layer     A folder includes itself and folders that are lower in LAYERS. Folders of one entry are
            siblings, which do not include each other.
  path      A quoted include is relative to src/, or is a public header.
  public    include/selfnorm/ includes only the standard library and itself.
  library   Only the folders in LIBRARIES include the headers of a library.
  op        Code outside src/ops/ does not compare with the name of an op. It uses the op table. If
            such a word is not the name of an op, the line has the comment `// not an op`.
Tests, benchmarks and examples may include anything.
"""

import argparse
import pathlib
import re
import sys

# From low to high. The folders of one entry are siblings.
LAYERS = [
    ["selfnorm"],  # include/selfnorm/
    ["base"],
    ["theory"],
    ["config"],
    ["tensor"],
    ["kernels"],
    ["graph"],
    ["ops"],
    ["passes"],
    ["engine"],
    ["optim", "files"],
    ["data"],
    ["tables"],
    ["texts"],
    ["sources"],
    ["formats"],
    ["train"],
    ["doctor"],
    ["report"],
    ["api"],
    ["tune"],
    ["cli"],
]
RANK = {folder: rank for rank, folders in enumerate(LAYERS) for folder in folders}

# Library, its headers, and the folders under src/ that may include them.
LIBRARIES = [
    # An entry that is a file allows only this file.
    ("oneDNN", r"(oneapi/dnnl/|dnnl)", ["kernels/dnnl"]),
    ("Highway", r"hwy/", ["kernels/simd"]),
    ("toml++", r"(toml\+\+/|toml\.hpp)", ["config"]),
    ("CLI11", r"CLI/", ["cli/command_line.cc"]),
    ("nlohmann-json", r"nlohmann/", ["tables", "texts", "formats", "train", "report", "api", "tune", "cli"]),
    ("libcsv", r"csv\.h$", ["tables"]),
    ("dtl", r"dtl/", ["cli"]),
    ("libmicrohttpd", r"microhttpd\.h$", ["cli"]),
    ("protozero", r"protozero/", ["formats"]),
    ("Eigen", r"Eigen/", ["kernels"]),
    ("Arb", r"(arb(_hypgeom)?\.h$|flint)", ["theory"]),
    ("zlib", r"(zlib|zconf)\.h$", ["files"]),
    ("libarchive", r"archive(_entry)?\.h$", ["files"]),
    ("xxHash", r"xxh(ash|3)\.h$", ["base"]),
    ("Random123", r"Random123/", ["base", "kernels"]),
]
# Quoted includes of these headers belong to a library. Highway quotes its own headers.
QUOTED_LIBRARIES = re.compile("|".join(pattern for _, pattern, _ in LIBRARIES))

# The known ops. A row in src/ops/ with `.name = "…"` adds another one.
OP_NAMES = set("""
    input parameter dense conv2d conv_transpose2d max_pool2d avg_pool2d global_avg_pool upsample2d
    flatten reshape concat add multiply scale selu elu relu leaky_relu tanh sigmoid softplus gelu
    silu exp expm1 softmax alpha_dropout feature_alpha_dropout dropout batch_norm layer_norm
    embedding periodic
""".split())
ROW_NAME = re.compile(r'\.name\s*=\s*"(\w+)"')

# A string or character literal, which is kept, or a comment, which is dropped.
TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.DOTALL)
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
STANDARD = re.compile(r"^[a-z][a-z0-9_]*$")
WAIVER = "// not an op"


def without_comments(text):
    """Returns the text without comments and with the same line numbers."""

    def blank(match):
        token = match.group()
        return "\n" * token.count("\n") if token[0] == "/" else token

    return TOKEN.sub(blank, text)


def folder_of(relative):
    """Returns the layer of a file under include/ or src/, or None."""
    parts = relative.parts
    if parts[:2] == ("include", "selfnorm"):
        return "selfnorm"
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def public_headers(root):
    headers = {f"selfnorm/{path.name}" for path in (root / "include/selfnorm").glob("*.h")}
    generated = {f"selfnorm/{path.name[:-3]}" for path in (root / "cmake").glob("*.h.in")}
    return headers | generated


def op_names(root):
    rows = (path.read_text(encoding="utf-8") for path in (root / "src/ops").glob("*.cc"))
    return OP_NAMES.union(*(ROW_NAME.findall(text) for text in rows))


def check_library(relative, header):
    place = relative.parent.as_posix() + "/"
    for library, pattern, allowed in LIBRARIES:
        if re.match(pattern, header) and not any(
                place.startswith(f"src/{allowed_path}/") or
                relative.as_posix() == f"src/{allowed_path}" for allowed_path in allowed):
            where = ", ".join(f"src/{allowed_path}" for allowed_path in allowed)
            yield f"library: <{header}> belongs to {library}, which only {where} may include"


def check_quoted(relative, header, root, headers):
    folder = folder_of(relative)
    if header.startswith("selfnorm/"):
        if header not in headers:
            yield f'path: "{header}" is not a public header; those are in include/selfnorm/'
        return
    target = header.split("/")[0]
    if target not in RANK or not (root / "src" / header).is_file():
        yield f'path: "{header}" is not a file under src/; write includes relative to src/'
    elif RANK[target] > RANK[folder]:
        yield (f'layer: {folder}/ includes "{header}", but {target}/ is a higher layer than {folder}/; '
               "move the code down or pass the value in from above")
    elif RANK[target] == RANK[folder] and target != folder:
        yield (f'layer: {folder}/ includes "{header}", but {folder}/ and {target}/ are siblings '
               "that do not include each other; combine them in a higher folder")


def check_include(relative, angled, quoted, root, headers):
    header = angled or quoted
    if folder_of(relative) == "selfnorm":
        if not (header in headers or (angled and STANDARD.match(angled))):
            yield (f"public: <{header}> in a public header; only the standard library and "
                   "selfnorm/ are allowed there")
        return
    if angled and angled.startswith("selfnorm/"):
        yield f'path: write "{angled}" in quotes, because it is our own header'
    yield from check_library(relative, header)
    if quoted and not QUOTED_LIBRARIES.match(quoted):
        yield from check_quoted(relative, quoted, root, headers)


def op_comparison(names):
    word = r'"(' + "|".join(sorted(names)) + r')"s?v?'
    return re.compile(rf"[=!]=\s*(?:std::\w+\()?{word}|{word}\s*\)?\s*[=!]=")


def check_file(path, root, headers, comparison):
    """Yields (line number, message) for each violation in one file."""
    relative = path.relative_to(root)
    folder = folder_of(relative)
    if folder not in RANK:
        yield 1, f"layer: {relative.parent} is not a folder of LAYERS in tools/check_layers.py"
        return
    text = path.read_text(encoding="utf-8")
    lines = zip(text.split("\n"), without_comments(text).split("\n"))
    for number, (original, line) in enumerate(lines, start=1):
        include = INCLUDE.match(line)
        if include:
            for message in check_include(relative, *include.groups(), root, headers):
                yield number, message
        compared = comparison.search(line)
        if compared and folder != "ops" and WAIVER not in original:
            name = compared.group(1) or compared.group(2)
            yield number, (f"op: compares with '{name}' outside src/ops/; put the difference into "
                           "the op's row and read it from the table")


def violations(root):
    """Returns all violations under root as "file:line: rule: message", and the number of files."""
    headers = public_headers(root)
    comparison = op_comparison(op_names(root))
    found, files = [], 0
    for top in ("include", "src"):
        for path in sorted((root / top).rglob("*")):
            if path.suffix not in (".h", ".cc") or not path.is_file():
                continue
            files += 1
            for line, message in check_file(path, root, headers, comparison):
                found.append(f"{path.relative_to(root)}:{line}: {message}")
    return found, files


def main():
    parser = argparse.ArgumentParser(description="Checks which file includes which.")
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    found, files = violations(parser.parse_args().root.resolve())
    print("\n".join(found), end="\n" if found else "")
    if files == 0:
        print("check_layers: no source files found", file=sys.stderr)
        return 2
    print(f"check_layers: {files} files, {len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
