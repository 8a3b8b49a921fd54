#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Checks that docs/ops.md is the output of `PROGRAM ops --markdown`. To fix it, run:
# PROGRAM ops --markdown >docs/ops.md
set -euo pipefail
diff -u docs/ops.md <("$1" ops --markdown)
