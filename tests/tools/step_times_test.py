# SPDX-License-Identifier: Apache-2.0
"""Tests experiments/mnist/run.py --step-times, with a script in place of the benchmark.

It writes the times of the benchmark into the README, or reports that the benchmark is not built.
"""

import contextlib
import importlib.util
import io
import json
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


sys.dont_write_bytecode = True  # no __pycache__ next to run.py


def load():
    spec = importlib.util.spec_from_file_location("run", ROOT / "experiments/mnist/run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class StepTimes(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.run_py = load()
        self.before = self.run_py.README.read_text()
        self.run_py.README = self.folder / "README.md"
        self.run_py.README.write_text(self.before)

    def measure(self, bench):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.run_py.measure_step(str(bench))
        return said.getvalue()

    def test_writes_the_table_between_its_markers(self):
        times = [{"name": name, "real_time": time}
                 for (_, name), time in zip(self.run_py.STEP_TIMES, (50.0, 40.0, 30.0, 2.5, 3.0))]
        bench = self.folder / "bench"
        report = json.dumps({"context": {"num_cpus": 7}, "benchmarks": times})
        bench.write_text(f"#!/bin/sh\ncat <<'END'\n{report}\nEND\n")
        bench.chmod(0o755)
        self.measure(bench)
        start = "<!-- step times: made by run.py --step-times -->"
        end = "<!-- end of step times -->"
        after = self.run_py.README.read_text()
        written = after.split(start)[1].split(end)[0]
        for part in ("7 CPUs", "| forward and backward, SELU + alpha dropout | 50.0 |",
                     "adds 17.5 ms", "takes 1.25\n"):
            self.assertIn(part, written)
        self.assertEqual(self.before.split(start)[0], after.split(start)[0])
        self.assertEqual(self.before.split(end)[1], after.split(end)[1])

    def test_skips_without_the_benchmark(self):
        said = self.measure(self.folder / "none")
        self.assertIn("skipped", said)
        self.assertIn("cmake --preset ci", said)
        self.assertEqual(self.before, self.run_py.README.read_text())


if __name__ == "__main__":
    sys.exit(unittest.main())
