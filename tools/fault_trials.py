#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs all trials with faults of tests/cli/fault_trials.py and prints a table of them.

usage: tools/fault_trials.py [--program build/release/bin/selfnorm] [--record]

It needs strace and takes some minutes. --record writes the table to docs/reliability.md. The exit
status is 1 if a trial failed.
"""

import argparse
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/cli"), str(ROOT / "experiments")]
DOCUMENT = ROOT / "docs/reliability.md"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/selfnorm")
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    os.environ["SELFNORM_PROGRAM"] = str(pathlib.Path(arguments.program).resolve())
    import fault_trials
    from results import replace_table
    model, seconds = fault_trials.reference()
    lines, failed = ["| fault | trials | failed |", "| --- | --- | --- |"], 0
    for name, trial in fault_trials.TRIALS.items():
        count, faults = trial(model, seconds, 1)
        failed += len(faults)
        lines.append(f"| {name} | {count} | {len(faults)} |")
        print(lines[-1], *faults, sep="\n", flush=True)
    if arguments.record:
        replace_table(DOCUMENT, "faults", "\n".join(lines), maker="tools/fault_trials.py --record")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
