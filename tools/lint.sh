#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy on the .cc files of folders of src/ for at most SECONDS, and prints how many
# files it read. It starts with file number LINT_START (modulo the number of files), so that several
# runs can read all files by turns. The exit status is 1 if it finds an error or reads no file.
# usage: [LINT_START=N] tools/lint.sh BUILD_FOLDER SECONDS FOLDER...
set -euo pipefail
cd "$(dirname "$0")/.."

build=$1 seconds=$2
shift 2
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT
touch "$log/read"
mapfile -t files < <(find "${@/#/src/}" -name '*.cc' | sort)
start=$((${LINT_START:-0} % ${#files[@]}))
files=("${files[@]:start}" "${files[@]:0:start}")

# tidy FILE: a file counts as read when clang-tidy has finished it.
tidy() {
  clang-tidy -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option "$1" &&
    echo "$1" >>"$log/read"
}
export -f tidy
export build log

status=0
printf '%s\n' "${files[@]}" |
  timeout "$seconds" xargs -P "$(nproc)" -I{} bash -c 'tidy {}' >"$log/out" 2>"$log/err" || status=$?
cat "$log/out"
read_files=$(wc -l <"$log/read")
echo "clang-tidy: $read_files of ${#files[@]} files were read"
if [ $status -eq 124 ] && ! grep -q 'error:' "$log/out"; then
  echo "clang-tidy: stopped after $seconds s; another LINT_START reads the other files"
elif [ $status -ne 0 ]; then
  cat "$log/err" >&2
  exit 1
fi
[ "$read_files" -gt 0 ]
