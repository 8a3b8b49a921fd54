#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Checks that docs/findings.md is the output of `PROGRAM doctor --codes`. To fix it, run:
# PROGRAM doctor --codes >docs/findings.md
set -euo pipefail
diff -u docs/findings.md <("$1" doctor --codes)
