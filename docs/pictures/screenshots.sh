#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Draws terminal.png and doctor.png, the pictures of the README, with the real program. Needs
# chromium and aha (ANSI colors to HTML) from Debian.
# usage: docs/pictures/screenshots.sh [PROGRAM]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "${1:-$here/../../build/release/bin/selfnorm}")
for tool in chromium aha script; do
  command -v $tool >/dev/null || { echo "screenshots: $tool is not installed" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export SELFNORM_DATA="$here/../../data" COLUMNS=110
mkdir "$work/bin"
ln -s "$program" "$work/bin/selfnorm"
export PATH="$work/bin:$PATH"
cp "$here/faulty.toml" "$work/net.toml"
cd "$work"

# session COMMAND...: prints each command and its output as on a terminal.
session() {
  for line in "$@"; do
    printf '\033[1m$ %s\033[0m\n' "$line"
    script -qec "$line" /dev/null </dev/null | sed 's/\r$//; s/.*\r//'
    echo
  done
}

screenshot() {  # screenshot PAGE PICTURE WIDTH,HEIGHT
  chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --force-device-scale-factor=1 \
    --window-size="$3" --screenshot="$here/$2" "file://$1" >/dev/null 2>&1
}

session 'selfnorm doctor net.toml --fail-on never' \
  'selfnorm doctor net.toml --repair fixed.toml --fail-on never | tail -n 9' \
  'selfnorm train fixed.toml --epochs 8 --out runs/fixed' |
  aha --black --title terminal --stylesheet |
  sed 's#</head>#<style>body{margin:12px;background:\#101418} pre{font:14px/1.35 "DejaVu Sans Mono",monospace;white-space:pre-wrap}</style></head>#' \
    >terminal.html
screenshot "$work/terminal.html" terminal.png 1100,1100

selfnorm doctor net.toml --measure --fail-on never --report doctor.html >/dev/null 2>&1
screenshot "$work/doctor.html" doctor.png 1100,1400
