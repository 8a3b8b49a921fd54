#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Checks that every .cc and .h file is formatted according to .clang-format, and the width of Markdown
# lines. --fix formats the .cc and .h files.
# Exits with status 77 (skipped, for ctest) if clang-format is not installed.
# usage: tools/check_format.sh [--fix] [--root DIR]
set -euo pipefail

tools=$(cd "$(dirname "$0")" && pwd)
root=$tools/..
mode=(--dry-run -Werror)
while [ $# -gt 0 ]; do
  case $1 in
    --fix) mode=(-i) ;;
    --root) root=$2; shift ;;
    *) echo "usage: tools/check_format.sh [--fix] [--root DIR]" >&2; exit 2 ;;
  esac
  shift
done
cd "$root"

# Generated documents have one line per paragraph.
mapfile -t documents < <(find ./*.md data docs experiments bench -name '*.md' \
  -not -path docs/ops.md -not -path docs/findings.md 2>/dev/null | sort)
"$tools/check_width.py" "${documents[@]}"

if ! command -v clang-format >/dev/null; then
  echo "check_format: skipped: clang-format is not installed (apt-get install clang-format)"
  exit 77
fi
mapfile -t files < <(find src include tests bench examples -name '*.cc' -o -name '*.h' 2>/dev/null)
if [ ${#files[@]} -eq 0 ]; then
  echo "check_format: no source files found" >&2
  exit 2
fi
if ! clang-format --style=file "${mode[@]}" "${files[@]}"; then
  echo "check_format: run tools/check_format.sh --fix" >&2
  exit 1
fi
echo "check_format: ${#files[@]} files, ${#documents[@]} documents"
