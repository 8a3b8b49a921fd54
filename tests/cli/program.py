# SPDX-License-Identifier: Apache-2.0
"""Runs the selfnorm program as a user would, and writes and reads its files.

The program is SELFNORM_PROGRAM, or build/release/bin/selfnorm of the repository if that is not set.
Uses only the standard library.
"""

import functools
import gzip
import json
import os
import pathlib
import random
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77

USAGE, DATA, MODEL, NUMERIC, INTERRUPTED = 2, 3, 4, 5, 130

MEMORY_LIMIT = 4 << 30  # bytes of address space, so that a hostile file cannot take all memory
SECONDS_LIMIT = 60


def program():
    return str((ROOT / os.environ.get("SELFNORM_PROGRAM", "build/release/bin/selfnorm")).resolve())


def main():
    """Runs the tests of a file. The exit status is 77 (skipped) if there is no program."""
    if not os.access(program(), os.X_OK):
        print(f"skipped: no program at {program()} (build it, or set SELFNORM_PROGRAM)")
        sys.exit(SKIPPED)
    unittest.main()


def environment(**more):
    """Returns the environment of the program. Passive waiting keeps tests short if the cores are busy."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_"))}
    return {**clean, "SELFNORM_DATA": str(ROOT / "data"), "LC_ALL": "C.UTF-8",
            "OMP_WAIT_POLICY": "passive", **more}


def without_empty(variables):
    return {k: v for k, v in variables.items() if v}


@functools.cache
def is_sanitized():
    """Returns whether the program has a sanitizer, which needs terabytes of address space."""
    content = pathlib.Path(program()).read_bytes()
    return b"__asan_init" in content or b"__tsan_init" in content


def limit(file_bytes=None):
    limits_memory = not is_sanitized()

    def apply():
        if limits_memory:
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if file_bytes is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write fails with EFBIG
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    return apply


class Result:
    def __init__(self, arguments, status, out, err):
        self.command = "selfnorm " + " ".join(arguments)
        self.status, self.out, self.err = status, out, err

    def __str__(self):
        return (f"\n$ {self.command}\nstatus {self.status}\n--- stdout\n{self.out[:2000]}"
                f"\n--- stderr\n{self.err[-2000:]}")


class CliTest(unittest.TestCase):
    """A test in an empty folder, which is the working directory of the program."""

    maxDiff = 2000

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="selfnorm-cli-")
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name)

    def path(self, name):
        return self.dir / name

    def write(self, name, content):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def run_program(self, *arguments, cwd=None, file_bytes=None, stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, prefix=(), **env):
        arguments = [str(a) for a in arguments]
        process = subprocess.run([*prefix, program(), *arguments], cwd=cwd or self.dir,
                                 env=without_empty(environment(**env)), stdin=stdin, stdout=stdout,
                                 stderr=subprocess.PIPE, check=False, timeout=SECONDS_LIMIT,
                                 preexec_fn=limit(file_bytes))
        return Result(arguments, process.returncode, (process.stdout or b"").decode(),
                      process.stderr.decode(errors="replace"))

    def ok(self, *arguments, **options):
        result = self.run_program(*arguments, **options)
        self.assertEqual(0, result.status, result)
        return result

    def ok_json(self, *arguments, **options):
        """Returns the JSON document on stdout. There must be exactly one."""
        result = self.ok(*arguments, "--json", **options)
        return self.parse_json(result)

    def parse_json(self, result):
        def no_constant(word):
            raise AssertionError(f"{word} is not JSON{result}")
        try:
            return json.loads(result.out, parse_constant=no_constant)
        except json.JSONDecodeError as error:
            self.fail(f"stdout is not one JSON document: {error}{result}")

    def fails(self, statuses, *words, arguments, **options):
        """Runs the program. Checks the status, and that the message has `words` and no internal details."""
        statuses = statuses if isinstance(statuses, tuple) else (statuses,)
        result = self.run_program(*arguments, **options)
        self.check_failure(result, statuses, *words)
        return result

    def check_failure(self, result, statuses, *words):
        self.assertIn(result.status, statuses, f"expected exit status {statuses}{result}")
        self.assertEqual("", result.out, f"a failure printed to standard output{result}")
        message = result.err
        for word in words:
            choices = word if isinstance(word, tuple) else (word,)
            self.assertTrue(any(str(c).lower() in message.lower() for c in choices),
                            f"the message lacks {choices}{result}")
        for word in ("terminate called", "Sanitizer", "Assertion", "std::", ": Success", "bad_alloc"):
            self.assertNotIn(word, message, f"the message has internal details{result}")
        self.assert_no_leftovers()

    def assert_no_leftovers(self):
        left = [str(p) for p in self.dir.rglob("*") if ".tmp" in p.name]
        self.assertEqual([], left, "temporary files remain")

    def files(self, folder):
        folder = self.path(folder)
        return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())

    def bytes_of(self, *parts):
        return self.dir.joinpath(*parts).read_bytes()

    def assert_same_model(self, first, second):
        a, b = (self.bytes_of(run, "model.safetensors") for run in (first, second))
        if a != b:
            one, two = (read_safetensors(self.path(run) / "model.safetensors")
                        for run in (first, second))
            differing = [name for name in one[1] if one[1][name] != two[1].get(name)]
            meta = [name for name in one[0] if one[0][name] != two[0].get(name)]
            self.fail(f"{first} and {second}: the models differ in tensors {differing} and "
                      f"metadata {meta}")

    def history(self, run):
        lines = (self.path(run) / "history.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    def assert_same_history(self, first, second):
        a, b = (self.history(run) for run in (first, second))
        for record in a + b:
            record.pop("seconds")
            record.pop("watch_seconds", None)
            record.pop("evaluation_seconds", None)
        self.assertEqual([r["epoch"] for r in a], [r["epoch"] for r in b],
                         f"{first} and {second}: epochs of the histories")
        for one, two in zip(a, b):
            self.assertEqual(one, two, f"{first} and {second}: epoch {one['epoch']}")

    def start(self, *arguments, **env):
        return subprocess.Popen([program(), *map(str, arguments)], cwd=self.dir,
                                env=without_empty(environment(**env)), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def interrupt(self, arguments, history, epochs, delay=0.0, signal_number=signal.SIGINT):
        """Starts a training, and sends the signal when `epochs` epochs are in the history."""
        process = self.start(*arguments)
        until = time.monotonic() + SECONDS_LIMIT
        lines = 0
        while process.poll() is None and time.monotonic() < until:
            if self.path(history).exists():
                lines = self.path(history).read_bytes().count(b"\n")
            if lines > epochs:  # epoch 0 also has a line
                break
            time.sleep(0.001)
        time.sleep(delay)
        self.assertIsNone(process.poll(), "the program ended before the signal")
        process.send_signal(signal_number)
        out, err = process.communicate(timeout=SECONDS_LIMIT)
        return Result([str(a) for a in arguments], process.returncode, out.decode(), err.decode())


# Tables.

def make_rows(count, features, seed=1):
    rng = random.Random(seed)
    return [[rng.gauss(3 * j, 1 + j) for j in range(features)] for _ in range(count)]


def csv_text(header, rows):
    lines = [",".join(header)] if header else []
    lines += [",".join(str(cell) for cell in row) for row in rows]
    return "\n".join(lines) + "\n"


def regression_table(count=240, seed=1):
    """Returns header and rows, with y = 2a − b + c/2 exactly."""
    rows = [[*x, 2 * x[0] - x[1] + x[2] / 2] for x in make_rows(count, 3, seed)]
    return ["a", "b", "c", "y"], rows


def class_table(count=240, names=("left", "middle", "right"), seed=1):
    """Returns header and rows. The class depends on the range of the first feature."""
    rows = []
    for x in make_rows(count, 3, seed):
        rows.append([*x, names[0 if x[0] < -0.4 else 1 if x[0] < 0.4 else 2]])
    return ["a", "b", "c", "kind"], rows


# Binary files.

def npy_bytes(numbers, shape, dtype="<f4"):
    codes = {"f4": "f", "f8": "d", "u1": "B", "i8": "q", "i4": "i"}
    code = (">" if dtype[0] == ">" else "<") + str(len(numbers)) + codes[dtype[1:]]
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
            + struct.pack(code, *numbers))


def idx_bytes(numbers, shape):
    return bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + bytes(numbers)


def digits_rows():
    """Returns the bundled digits as numbers: 64 counts and the label."""
    text = gzip.decompress((ROOT / "data/digits/digits.csv.gz").read_bytes()).decode()
    return [[int(cell) for cell in line.split(",")] for line in text.split()]


# safetensors.

def read_safetensors(path):
    """Returns the metadata without checksums, so that a test can change the file, and the tensors by name as
    (dtype, shape, bytes)."""
    data = pathlib.Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    metadata.pop("checksums", None)
    body = data[8 + size:]
    tensors = {name: (t["dtype"], t["shape"], body[slice(*t["data_offsets"])])
               for name, t in header.items()}
    return metadata, tensors


def safetensors_bytes(metadata, tensors):
    header, body = {"__metadata__": metadata}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(body), len(body) + len(content)]}
        body += content
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def floats(content):
    return struct.unpack(f"<{len(content) // 4}f", content)


NETWORK = """
[data]
source = "digits"
{data}
[model]
inputs = {{ image = [1, 8, 8] }}
layers = [
  {{ op = "flatten" }},
  {{ op = "dense", units = 32 }},
  {{ op = "selu" }},
  {{ op = "alpha_dropout", rate = 0.1 }},
  {{ op = "dense", units = 10 }},
]
[train]
epochs = 2
batch_size = 64
{train}
"""


def network(layers=None, data="", train="", inputs="image = [1, 8, 8]"):
    """Returns a network file for the digits. `layers` are TOML inline tables."""
    text = NETWORK.format(data=data, train=train)
    if layers is not None:
        start, end = text.index("layers = ["), text.index("\n]\n") + 3
        text = text[:start] + "layers = [\n  " + ",\n  ".join(layers) + ",\n]\n" + text[end:]
    return text.replace("inputs = { image = [1, 8, 8] }", "inputs = { " + inputs + " }")
