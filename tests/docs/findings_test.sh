#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/findings.md is what the program says it looks for: PROGRAM doctor --codes >docs/findings.md
# fixes it.
set -euo pipefail
diff -u docs/findings.md <("$1" doctor --codes)
