#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/ops.md is what the program says of its op table: PROGRAM ops --markdown >docs/ops.md fixes it.
set -euo pipefail
diff -u docs/ops.md <("$1" ops --markdown)
