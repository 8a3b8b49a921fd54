#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the classes of docs/guides/pytorch_keras.md, if PyTorch or Keras is installed.

At inference, the output must be the mean over the masks of training. Exit status 77: skipped.
"""

import importlib.util
import math
import os
import pathlib
import re
import sys

GUIDE = pathlib.Path(__file__).resolve().parents[2] / "docs/guides/pytorch_keras.md"
SKIPPED = 77
RATE, COUNT = 0.2, 200_000
STANDARD_ERRORS = 5  # a correct class fails once in two million runs


def recipe(name):
    """Returns the code block that starts with this comment."""
    found = re.search(rf"```python\n# {name}.*?\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)
    return found[1]


def check(name, masked, inferred, value):
    """`masked` are outputs for the same value with different masks."""
    mean = sum(masked) / len(masked)
    error = math.sqrt(sum((y - mean) ** 2 for y in masked) / len(masked) ** 2)
    if abs(inferred - mean) > STANDARD_ERRORS * error:
        sys.exit(f"{name}: {inferred} at inference, mean over masks {mean} ± {error} for {value}")
    print(f"{name}: {inferred:.4f} at inference, mean over masks {mean:.4f} ± {error:.4f}")


def check_pytorch():
    import torch
    scope = {"torch": torch}
    exec(recipe("PyTorch"), scope)
    layer = scope["AlphaDropout"](RATE)
    for value in (-1.5, 0.0, 2.0):
        x = torch.full((COUNT,), value)
        check("PyTorch", layer.train()(x).tolist(), float(layer.eval()(x)[0]), value)


def check_keras():
    import keras
    import numpy
    scope = {"keras": keras}
    exec(recipe("Keras"), scope)
    layer = scope["AlphaDropout"](RATE)
    for value in (-1.5, 0.0, 2.0):
        x = numpy.full((COUNT,), value, dtype="float32")
        masked = keras.ops.convert_to_numpy(layer(x, training=True)).tolist()
        inferred = keras.ops.convert_to_numpy(layer(x, training=False))
        check("Keras", masked, float(inferred[0]), value)


def main():
    has = {name: importlib.util.find_spec(name) is not None
           for name in ("torch", "keras", "tensorflow", "jax")}
    if has["torch"]:
        check_pytorch()
    backends = [name for name in ("torch", "jax", "tensorflow") if has[name]]
    if has["keras"] and backends:
        os.environ.setdefault("KERAS_BACKEND", backends[0])
        check_keras()
    if not has["torch"] and not (has["keras"] and backends):
        print("skipped: needs the package torch, or keras with a backend")
        sys.exit(SKIPPED)


if __name__ == "__main__":
    main()
