#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fetches oneDNN 3.2 (Intel's build on the GNU OpenMP runtime, which ours uses too) from PyPI into
# FOLDER; then -Ddnnl_ROOT=FOLDER builds against it instead of Debian's 2.6.
# usage: tools/fetch_onednn3.sh FOLDER
# Exit status 0 when it lies there, 77 when PyPI cannot be reached, 1 when what came is wrong.
set -euo pipefail

folder=${1:?usage: tools/fetch_onednn3.sh FOLDER}
mkdir -p "$folder"
cd "$folder"
if [ -f lib/cmake/dnnl/dnnl-config.cmake ]; then
  exit 0
fi
if [ "$(uname -m)" != x86_64 ]; then
  echo "fetch_onednn3: skipped, PyPI has this oneDNN for x86_64 only"
  exit 77
fi

cat >wheels.txt <<'WHEELS'
onednn-cpu-gomp==2023.2.0 --hash=sha256:2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb
onednn-devel-cpu-gomp==2023.2.0 --hash=sha256:9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284
WHEELS
python3 -m venv venv
if ! venv/bin/pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
  --require-hashes --timeout 20 --retries 1 --dest wheels -r wheels.txt >pip.log 2>&1; then
  cat pip.log >&2
  if grep -q 'DO NOT MATCH' pip.log; then
    echo "fetch_onednn3: the packages are not the ones this script knows" >&2
    exit 1
  fi
  echo "fetch_onednn3: skipped, PyPI cannot be reached or has no onednn-cpu-gomp 2023.2.0"
  exit 77
fi

for wheel in wheels/*.whl; do
  python3 -m zipfile -e "$wheel" unpacked
done
# A wheel holds a copy where a library has a link.
cp -r unpacked/*.data/data/. .
for name in libdnnl.so libdnnl.so.3; do
  ln -sf libdnnl.so.3.2 "lib/$name"
done
rm -rf unpacked wheels venv wheels.txt pip.log
