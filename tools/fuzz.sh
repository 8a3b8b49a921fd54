#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Calls the readers of files with random bytes for HOURS in all, in equal parts, or for some seconds
# each, as many at a time as the machine has cores. The preset asan must be built with the target fuzz
# (--build does it).
# usage: tools/fuzz.sh [--build] [--record] HOURS|SECONDSs [READER...]
#
# A crash, a report of a sanitizer, an input that takes 10 seconds and one that takes 2 GB are
# failures: the script prints the input's file and ends with 1. New inputs that reach new code are
# kept in build/fuzz/, from where later calls go on. --record appends the numbers to
# tests/fuzz/results.jsonl and writes the table of docs/security.md.
set -euo pipefail
cd "$(dirname "$0")/.."

build=build/asan record=no
while [[ "${1:-}" == --* ]]; do
  case $1 in
    --build)
      cmake --preset asan -DSELFNORM_TESTS=ON >/dev/null
      cmake --build $build -j "$(nproc)" --target fuzz
      ;;
    --record) record=yes ;;
    *) echo "fuzz.sh: unknown option $1" >&2 && exit 2 ;;
  esac
  shift
done
if [ $# -eq 0 ]; then
  echo "usage: tools/fuzz.sh [--build] [--record] HOURS|SECONDSs [READER...]" >&2
  exit 2
fi
time=$1
shift
if [ $# -eq 0 ]; then
  for target in tests/fuzz/*_fuzz.cc; do
    target=${target##*/}
    set -- "$@" "${target%_fuzz.cc}"
  done
fi
seconds=${time%s}
if [ "$time" = "$seconds" ]; then
  seconds=$(awk -v hours="$time" -v readers=$# -v cores="$(nproc)" \
    'BEGIN { s = int(3600 * hours * cores / readers); print s < 1 ? 1 : s }')
fi

fuzz_one() {  # fuzz_one READER SECONDS
  local reader=$1 kept=build/fuzz/$1
  mkdir -p "$kept" build/fuzz/crashes
  OMP_NUM_THREADS=1 LSAN_OPTIONS=suppressions=$PWD/cmake/sanitizers/leaks.txt \
    UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:suppressions=$PWD/cmake/sanitizers/undefined.txt \
    build/asan/bin/fuzz_"$reader" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
    -print_final_stats=1 -artifact_prefix=build/fuzz/crashes/"$reader"- \
    "$kept" tests/fuzz/corpus/"$reader" >build/fuzz/"$reader".log 2>&1
}
export -f fuzz_one

status=0
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} bash -c "fuzz_one {} $seconds || exit 1" || status=1
python3 tools/fuzz_results.py "$record" "$@" || status=1
exit $status
