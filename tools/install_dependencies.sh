#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that selfnorm is built from, as root or through sudo. Asks nothing,
# says what it installs and why, and is done at once when everything is there.
# usage: tools/install_dependencies.sh [--test | --docs]
set -euo pipefail

build_packages='
g++                      the compiler
cmake                    the build
ninja-build              the build
pkg-config               finds Highway and xxHash
ccache                   makes a second build fast
libdnnl-dev              oneDNN: matrix products, convolution, pooling, normalization
ocl-icd-opencl-dev       nothing of ours, but libdnnl-dev cannot be found by CMake without it
libhwy-dev               Highway: vector code for whatever processor it runs on
libcli11-dev             CLI11: the command line
libtomlplusplus-dev      toml++: network files
nlohmann-json3-dev       JSON: model files, --json
libfmt-dev               fmt: formats text
libcsv-dev               CSV files
libdtl-dev               dtl: differences of texts
libcpp-httplib-dev       cpp-httplib: shows a training as it goes
libprotozero-dev         protozero: protocol buffers, in which TensorBoard reads
libeigen3-dev            Eigen: eigenvectors, for whitening
libflint-arb-dev         Arb: intervals, for proofs about the moment map
zlib1g-dev               .gz files
libxxhash-dev            keys of random streams
librandom123-dev         Philox: counter-based random numbers
libjs-chart.js           NetworkAnalysis.js, which stands in every report
'
test_packages='
libgtest-dev             GoogleTest
librapidcheck-dev        RapidCheck: property tests
libbenchmark-dev         Google Benchmark: bench/
python3                  the tests of tools/
python3-venv             opens model files with the safetensors package of PyPI
ca-certificates          lets Python reach PyPI
dataset-fashion-mnist    Fashion-MNIST, which some tests read
clang-format             the format check
clang-tidy               the lint check
clang                    the second compiler
codespell                the spelling check
debootstrap              a bare Debian, on which the packages are tried
lintian                  checks the Debian packages
zsh                      its completions are tried
fish                     its completions are tried
chromium                 opens the reports in a test
gnuplot-nox              draws the pictures of `selfnorm theory plot`, which the tests try
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
  printf 'install_dependencies: %s\nselfnorm needs these packages of Debian 12, or their like:\n  %s\n' \
    "$1" "$names" >&2
  exit 1
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  fail "this system has no apt; install what is needed by its own means"
fi

installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
missing=()
for name in $names; do
  grep -qxF -- "$name" <<<"$installed" || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "needs root to install ${missing[*]}, and there is no sudo"
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
