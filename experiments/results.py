# SPDX-License-Identifier: Apache-2.0
"""Functions that the experiments share: results stored line by line, and README tables of them."""

import contextlib
import fcntl
import json
import re


def read_results(path):
    """Returns the finished results, one per JSON line, or an empty list if there is no file yet."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write_results(path, results):
    """Replaces the file. After an interruption, the file has its old content."""
    part = path.with_suffix(".tmp0")
    part.write_text("".join(json.dumps(r) + "\n" for r in results))
    part.replace(path)


@contextlib.contextmanager
def alone(path):
    """Holds a lock on the file, so that other processes that use this function wait."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def replace_table(path, name, table, maker="run.py"):
    """Replaces the table between the markers of this name. A file without markers is an error."""
    start, end = f"<!-- {name}: made by {maker} -->", f"<!-- end of {name} -->"
    text = path.read_text()
    changed, count = re.subn(re.escape(start) + ".*?" + re.escape(end),
                             lambda _: f"{start}\n{table}\n{end}", text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"{path}: expected the markers '{start}' and '{end}' once, got {count}")
    path.write_text(changed)
