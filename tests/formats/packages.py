# SPDX-License-Identifier: Apache-2.0
"""Installs reference implementations of formats from PyPI, for tests that read our files with them."""

import importlib.util
import os
import subprocess
import sys

SKIPPED = 77  # for ctest


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def interpreter_with(packages, work):
    """Returns this Python if it has the packages, else one in a virtual environment under `work`."""
    if all(importlib.util.find_spec(name) for name in packages):
        return sys.executable
    venv = os.path.join(work, "venv-" + "-".join(packages))
    python = os.path.join(venv, "bin", "python")
    ready = os.path.join(venv, "ready")
    if not os.path.exists(ready):
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                   "--only-binary", ":all:", "--retries", "1", "--timeout", "20", *packages]
        for command in ([sys.executable, "-m", "venv", venv], install):
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode != 0:
                last = (result.stderr or result.stdout).strip().splitlines()[-1:]
                skip(f"PyPI's {' and '.join(packages)} cannot be installed: {' '.join(last)}")
        open(ready, "w", encoding="utf-8").close()
    return python
