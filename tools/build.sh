#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Configures and builds a preset. It prints how long this takes, and shows one line of progress if it
# runs in a terminal. The full output goes to build/<preset>.log.
# usage: tools/build.sh PRESET JOBS [CMAKE ARGUMENT...]
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1 jobs=$2
shift 2
mkdir -p build
log=build/$preset.log

fail() {
  grep -E -A5 'error:|FAILED|CMake Error' "$log" | head -n 40 >&2 || tail -n 20 "$log" >&2
  echo "build: $1 failed; the full output is in $log" >&2
  exit 1
}

cmake --preset "$preset" "$@" >"$log" 2>&1 || fail "the configuration"
if [ ! -x "build/$preset/bin/selfnorm" ]; then
  # A first build takes about 200 s on a processor of 2023, and up to 1,000 s on an old or busy one.
  echo "Building selfnorm: 2 to 8 minutes on two cores, less on more (a second build takes seconds)."
fi
start=$SECONDS
if [ -t 1 ]; then
  NINJA_STATUS='[%f/%t] ' cmake --build --preset "$preset" -j "$jobs" 2>&1 | tee -a "$log" |
    awk '/^\[[0-9]+\/[0-9]+\]/ { printf "\r%-12s", $1; fflush() } END { printf "\r%12s\r", "" }' ||
    fail "the build"
else
  cmake --build --preset "$preset" -j "$jobs" >>"$log" 2>&1 || fail "the build"
fi
echo "build/$preset/bin/selfnorm is up to date ($((SECONDS - start)) s)"
