# SPDX-License-Identifier: Apache-2.0
"""What the experiments share: results kept line by line, and tables in a README made from them."""

import contextlib
import fcntl
import json
import re


def read_results(path):
    """The finished pieces, each a line of JSON; none where the file is not there yet."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def write_results(path, results):
    """All of them, or, when interrupted, what was there before."""
    part = path.with_suffix(".tmp0")
    part.write_text("".join(json.dumps(r) + "\n" for r in results))
    part.replace(path)


@contextlib.contextmanager
def alone(path):
    """While this lasts, no other process that asks the same of this file goes on."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def replace_table(path, name, table, maker="run.py"):
    """Puts a table between the markers of its name. A file without them is an error."""
    start, end = f"<!-- {name}: made by {maker} -->", f"<!-- end of {name} -->"
    text = path.read_text()
    changed, count = re.subn(re.escape(start) + ".*?" + re.escape(end),
                             lambda _: f"{start}\n{table}\n{end}", text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"{path}: expected the markers '{start}' and '{end}' once, got {count}")
    path.write_text(changed)
