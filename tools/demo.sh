#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Trains a self-normalizing network on the bundled digits and prints the results. The last line
# contains the test accuracy from `selfnorm evaluate --json`.
# usage: tools/demo.sh [PROGRAM]
set -euo pipefail
cd "$(dirname "$0")/.."

program=${1:-build/release/bin/selfnorm}
network=examples/digits.toml
run=runs/digits
if [ ! -x "$program" ]; then
  echo "demo: $program does not exist; build it with: make build" >&2
  exit 1
fi

# Prints the number after the first "key" of a JSON document.
number() {
  grep -oE "\"$1\"[[:space:]]*:[[:space:]]*[-+.0-9eE]+" <<<"$2" | head -n 1 | sed 's/.*:[[:space:]]*//'
}

echo "\$ $program train $network --out $run"
"$program" train "$network" --out "$run"

result=$("$program" evaluate "$run" --split test --json)
accuracy=$(number accuracy "$result" || true)
loss=$(number loss "$result" || true)
samples=$(number samples "$result" || true)
if [ -z "$accuracy" ] || [ -z "$loss" ] || [ -z "$samples" ]; then
  echo "demo: 'selfnorm evaluate --json' did not print accuracy, loss and samples: $result" >&2
  exit 1
fi

echo
echo "network    $network"
echo "model      $run/model.safetensors"
echo "history    $run/history.jsonl"
echo "next       $program predict $run"
LC_ALL=C printf 'test accuracy %.4f (loss %.4f) on %d test digits\n' \
  "$accuracy" "$loss" "$samples"
