#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Checks that lintian accepts the Debian packages, and that they install and run on a bare Debian 12.
# usage: tests/package/deb_test.sh FOLDER_WITH_THE_PACKAGES
# The exit status is 77 (skipped) without root, debootstrap, lintian or an archive of Debian packages.
set -euo pipefail
folder=$(realpath "$1")
program=$(ls "$folder"/selfnorm_*.deb)
library=$(ls "$folder"/libselfnorm-dev_*.deb)

skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "needs root"
for tool in debootstrap lintian; do command -v $tool >/dev/null || skip "needs $tool"; done

echo "lintian"
lintian --fail-on warning "$program" "$library"

# The archive that apt uses on this machine.
archive=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 2>/dev/null |
  awk '$2 == "bookworm" || $2 == "stable" { print $1; exit }')
[ -n "$archive" ] || skip "apt has no archive of Debian 12"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
echo "bare Debian 12 in $root"
debootstrap --variant=minbase bookworm "$root" "$archive" >"$folder/debootstrap.log" 2>&1 ||
  skip "debootstrap failed (see $folder/debootstrap.log)"
cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
cp "$program" "$library" "$root/"
in_root() { chroot "$root" env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
in_root apt-get update -qq
in_root apt-get install -y -qq --no-install-recommends "/$(basename "$program")" >/dev/null

in_root selfnorm --version
in_root selfnorm train --data digits --epochs 5 --out /tmp/run --json >/dev/null
in_root selfnorm evaluate /tmp/run --json | grep -E '"accuracy": 0\.9'
contents=$(dpkg -c "$program")
for file in man/man1/selfnorm-train.1.gz bash-completion/completions/selfnorm \
  zsh/vendor-completions/_selfnorm fish/vendor_completions.d/selfnorm.fish; do
  grep -q "/usr/share/$file" <<<"$contents" || { echo "missing: $file" >&2; exit 1; }
done
# The dependencies of the library exist. The test package.find_package builds a program with it.
in_root apt-get install -y -qq --no-install-recommends --simulate "/$(basename "$library")" >/dev/null
echo "both packages passed"
