#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what the fuzz targets did, from the logs of tools/fuzz.sh, and records it.

usage: tools/fuzz_results.py yes|no READER...

With yes, it appends the numbers to tests/fuzz/results.jsonl and writes the table of docs/security.md.
The exit status is 1 if a reader failed.
"""

import datetime
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
RESULTS = ROOT / "tests/fuzz/results.jsonl"
DOCUMENT = ROOT / "docs/security.md"
START, END = "<!-- fuzzing: made by tools/fuzz.sh --record -->", "<!-- end of fuzzing -->"


def read_log(reader):
    """Returns the executions, the edges reached and the seconds, and whether an input failed."""
    text = (ROOT / f"build/fuzz/{reader}.log").read_text(errors="replace")
    executions = re.findall(r"stat::number_of_executed_units:\s*(\d+)", text)
    edges = re.findall(r"cov: (\d+)", text)
    seconds = re.findall(r"Done \d+ runs in (\d+) second", text)
    lines = re.findall(r"(\d+) inline 8-bit counters", text)
    failure = re.search(r"^.*(ERROR|SUMMARY|ALARM|runtime error).*$", text, re.M)
    return {"reader": reader, "executions": int(executions[-1]) if executions else 0,
            "edges": int(edges[-1]) if edges else 0, "all_edges": int(lines[0]) if lines else 0,
            "seconds": int(seconds[-1]) if seconds else 0,
            "failure": failure.group(0).strip() if failure or not seconds else None}


def table(results):
    """Returns the sum of the executions of each reader, and the most edges that it reached."""
    lines = ["| reader | executions | edges reached | time |", "| --- | --- | --- | --- |"]
    readers = sorted({r["reader"] for r in results})
    for reader in readers:
        own = [r for r in results if r["reader"] == reader]
        seconds = sum(r["seconds"] for r in own)
        lines.append(f"| {reader.replace('_', ' ')} | {sum(r['executions'] for r in own):,} "
                     f"| {max(r['edges'] for r in own):,} | {seconds // 60} min |")
    lines.append(f"| all | {sum(r['executions'] for r in results):,} | | {sum(r['seconds'] for r in results) // 60} min |")
    return "\n".join(lines)


def record(results):
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True,
                            check=True).stdout.strip()
    with RESULTS.open("a") as out:
        for result in results:
            out.write(json.dumps({"date": str(datetime.date.today()), "commit": commit, **result}) + "\n")
    every = [json.loads(line) for line in RESULTS.read_text().splitlines()]
    text = DOCUMENT.read_text()
    before, rest = text.split(START)
    DOCUMENT.write_text(before + START + "\n" + table(every) + "\n" + END + rest.split(END)[1])


def main():
    results = [read_log(reader) for reader in sys.argv[2:]]
    for r in results:
        print(f"{r['reader']}: {r['executions']:,} executions in {r['seconds']} s, {r['edges']:,} edges"
              + (f", FAILED: {r['failure']} (build/fuzz/{r['reader']}.log)" if r["failure"] else ""))
    if sys.argv[1] == "yes":
        record(results)
    sys.exit(any(r["failure"] for r in results))


if __name__ == "__main__":
    main()
