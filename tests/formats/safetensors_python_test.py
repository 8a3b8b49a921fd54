# SPDX-License-Identifier: Apache-2.0
"""Tests our files with the reference implementation of the format, `safetensors` from PyPI.

usage: safetensors_python_test.py SAMPLE_PROGRAM WORK_FOLDER
The exit status is 77 (skipped, for ctest) if the package is not installed and cannot be installed.
"""

import os
import subprocess
import sys
import tempfile

from packages import interpreter_with

PACKAGES = ["safetensors", "numpy", "xxhash"]


def expected_checksums(tensors, metadata):
    """Computes the checksums as src/formats/checksums.h describes them."""
    from xxhash import xxh64
    names = {"uint8": "U8", "int32": "I32", "int64": "I64", "float32": "F32", "float64": "F64"}
    others = b"".join(f"{key}\0{value}\0".encode() for key, value in sorted(metadata.items()) if key != "checksums")
    kinds = {name: f"{names[value.dtype.name]} ({', '.join(map(str, value.shape))})" for name, value in tensors.items()}
    return {"algorithm": "xxh64", "metadata": xxh64(others).hexdigest(),
            "tensors": {name: xxh64(value.tobytes(), seed=xxh64(kinds[name].encode()).intdigest()).hexdigest()
                        for name, value in tensors.items()}}


def check(program):
    import json

    import numpy as np
    import safetensors
    from safetensors.numpy import load_file, save_file

    print(f"safetensors {safetensors.__version__}, numpy {np.__version__}")
    i = np.arange(6)
    ours = {
        "u8": (250 + i).astype(np.uint8).reshape(3, 2),
        "i32": (-i).astype(np.int32),
        "i64": (i.astype(np.int64) << 40).reshape(6, 1),
        "f32": (i.astype(np.float32) / np.float32(3)).reshape(2, 3),
        "f64": (i / 3.0).reshape(1, 6),
        "scalar": np.array(0, dtype=np.float32),
        "empty": np.zeros((2, 0), dtype=np.float32),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "ours.safetensors")
        subprocess.run([program, "write", path], check=True)
        read = load_file(path)
        assert sorted(read) == sorted(ours), sorted(read)
        for name, want in ours.items():
            got = read[name]
            assert got.dtype == want.dtype, (name, got.dtype, want.dtype)
            assert got.shape == want.shape, (name, got.shape, want.shape)
            assert got.tobytes() == want.tobytes(), (name, got, want)
        with safetensors.safe_open(path, framework="np") as file:
            metadata = file.metadata()
        assert json.loads(metadata.pop("checksums")) == expected_checksums(ours, metadata)
        assert metadata == {"graph": '{"op": "selu"}', "greek": "αλ"}, metadata
        print(f"ours, read by Python: {len(read)} tensors agree")

        path = os.path.join(folder, "theirs.safetensors")
        save_file(ours, path, metadata={"by": "python"})
        told = subprocess.run([program, "describe", path], check=True, capture_output=True,
                              text=True).stdout.splitlines()
        types = {"uint8": "U8", "int32": "I32", "int64": "I64", "float32": "F32", "float64": "F64"}
        want = [f"{name} {types[value.dtype.name]} ({', '.join(map(str, value.shape))}) "
                f"{value.tobytes().hex()}" for name, value in sorted(ours.items())]
        assert told == want + ["by = python"], told
        print(f"Python's, read by us: {len(want)} tensors agree")


def main():
    program, work = sys.argv[1:3]
    if "--inside" in sys.argv:
        check(program)
        return 0
    python = interpreter_with(PACKAGES, work)
    return subprocess.run([python, __file__, program, work, "--inside"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
