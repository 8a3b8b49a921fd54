#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that selfnorm needs, as root or through sudo. It asks nothing, lists
# what it installs and why, and returns at once when every package is installed.
# usage: tools/install_dependencies.sh [--test | --docs]
set -euo pipefail

build_packages='
g++                      the compiler
cmake                    the build
ninja-build              the build
pkg-config               finds Highway and xxHash
ccache                   makes a second build fast
libdnnl-dev              oneDNN: matrix products, convolution, pooling, normalization
ocl-icd-opencl-dev       needed by the CMake files of libdnnl-dev
libhwy-dev               Highway: vector code for each instruction set
libcli11-dev             CLI11: the command line
libtomlplusplus-dev      toml++: network files
nlohmann-json3-dev       JSON: model files, --json
libfmt-dev               fmt: formats text
libcsv-dev               CSV files
libdtl-dev               dtl: differences of texts
libmicrohttpd-dev        libmicrohttpd: serves the page of `train --watch`
libprotozero-dev         protozero: protocol buffers: event files for TensorBoard
libeigen3-dev            Eigen: eigenvectors, for whitening
libflint-arb-dev         Arb: interval arithmetic for proofs about the moment map
zlib1g-dev               .gz files
libarchive-dev           .zst, .xz, .bz2 and .zip files
libxxhash-dev            keys of random streams
librandom123-dev         Philox: counter-based random numbers
libjs-chart.js           Chart.js: the charts of the reports
'
test_packages='
libgtest-dev             GoogleTest
librapidcheck-dev        RapidCheck: property tests
libbenchmark-dev         Google Benchmark: bench/
python3                  the tests of tools/
python3-venv             runs the safetensors package of PyPI in a test
ca-certificates          lets Python reach PyPI
dataset-fashion-mnist    Fashion-MNIST, which some tests read
clang-format             the format check
clang-tidy               the lint check
clang                    the second compiler
libomp-dev               OpenMP of the second compiler
codespell                the spelling check
debootstrap              installs a bare Debian to test the packages
lintian                  checks the Debian packages
zsh                      tests of its completions
fish                     tests of its completions
chromium                 opens the reports in tests
gnuplot-nox              draws the plots of `selfnorm theory plot`
strace                   makes system calls fail in tests
'

wanted=$build_packages
case "${1:-}" in
  --test) wanted+=$test_packages ;;
  --docs) wanted='
doxygen                  the API reference
' ;;
  '') ;;
  *) echo "usage: tools/install_dependencies.sh [--test | --docs]" >&2; exit 2 ;;
esac
names=$(awk 'NF { print $1 }' <<<"$wanted" | xargs)

fail() {
  printf 'install_dependencies: %s\nselfnorm needs these packages of Debian 12, or their equivalents:\n  %s\n' \
    "$1" "$names" >&2
  exit 1
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  fail "this system has no apt; install their equivalents with its own package manager"
fi

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
missing=()
for name in $names; do
  grep -qxF -- "$name" <<<"$installed" || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "needs root to install ${missing[*]}, and sudo is not installed"
  as_root=(sudo)
fi
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)

echo "Installing ${#missing[@]} Debian packages:"
for name in "${missing[@]}"; do
  awk -v name="$name" '$1 == name { print "  " $0 }' <<<"$wanted"
done
"${apt[@]}" update </dev/null || fail "apt-get update failed"
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null ||
  fail "apt-get could not install ${missing[*]}"
