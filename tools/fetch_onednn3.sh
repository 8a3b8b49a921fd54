#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Downloads oneDNN 3.2 from PyPI into FOLDER. This is Intel's build with the GNU OpenMP runtime, which
# selfnorm uses too. -Ddnnl_ROOT=FOLDER then builds against it instead of Debian's 2.6.
# usage: tools/fetch_onednn3.sh FOLDER
# The exit status is 0 if FOLDER contains oneDNN, 77 if PyPI cannot be reached, and 1 if the packages
# are not the expected ones.
set -euo pipefail

folder=${1:?usage: tools/fetch_onednn3.sh FOLDER}
mkdir -p "$folder"
cd "$folder"
if [ -f lib/cmake/dnnl/dnnl-config.cmake ]; then
  exit 0
fi
if [ "$(uname -m)" != x86_64 ]; then
  echo "fetch_onednn3: skipped: PyPI has this oneDNN only for x86_64"
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
    echo "fetch_onednn3: the hashes of the packages are not the expected ones" >&2
    exit 1
  fi
  echo "fetch_onednn3: skipped: PyPI cannot be reached or has no onednn-cpu-gomp 2023.2.0"
  exit 77
fi

for wheel in wheels/*.whl; do
  python3 -m zipfile -e "$wheel" unpacked
done
# A wheel contains copies instead of symbolic links.
cp -r unpacked/*.data/data/. .
for name in libdnnl.so libdnnl.so.3; do
  ln -sf libdnnl.so.3.2 "lib/$name"
done
rm -rf unpacked wheels venv wheels.txt pip.log
