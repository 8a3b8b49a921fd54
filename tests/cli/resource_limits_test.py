# SPDX-License-Identifier: Apache-2.0
"""Tests limits of memory and of file sizes: every run succeeds or ends with one clear error."""

import resource
import signal
import subprocess
import unittest
import zlib

from program import DATA, CliTest, environment, is_sanitized, main, network, program

MEBIBYTE = 1 << 20
FEWEST, MOST = 96 * MEBIBYTE, 1536 * MEBIBYTE  # the program does not start, and every run succeeds
CONVOLUTIONS = ['{ op = "conv2d", channels = 64, kernel = [3, 3] }', '{ op = "selu" }',
                '{ op = "conv2d", channels = 64, kernel = [3, 3] }', '{ op = "selu" }', '{ op = "flatten" }',
                '{ op = "dense", units = 512 }', '{ op = "selu" }', '{ op = "dense", units = 10 }']


@unittest.skipIf(is_sanitized(), "the address sanitizer needs the address space")
class AddressSpace(CliTest):
    def run_within(self, limit, *arguments):
        """Runs the program with a limit of the address space. Returns whether it succeeded."""
        def set_limits():
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        finished = subprocess.run([program(), *arguments], cwd=self.dir, env=environment(), check=False,
                                  capture_output=True, text=True, errors="replace", preexec_fn=set_limits)
        with self.subTest(megabytes=limit / MEBIBYTE):
            self.assertIn(finished.returncode, (0, DATA), finished.stderr)
            if finished.returncode != 0:
                self.assertIn("not enough memory", finished.stderr)
                self.assertEqual("", finished.stdout)
        return finished.returncode == 0

    def smallest(self, *arguments):
        """Returns the smallest limit with which the program succeeds, to 1 MiB."""
        low, high = self.starts_with, MOST
        self.assertTrue(self.run_within(high, *arguments))
        while high - low > MEBIBYTE:
            middle = (low + high) // 2
            if self.run_within(middle, *arguments):
                high = middle
            else:
                low = middle
        return high

    def setUp(self):
        super().setUp()
        limit = FEWEST
        while True:  # the dynamic linker needs memory before the program starts
            def set_limit(limit=limit):
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            finished = subprocess.run([program(), "--version"], check=False, capture_output=True, preexec_fn=set_limit)
            if finished.returncode != 127:
                break
            limit += 4 * MEBIBYTE
        self.starts_with = limit

    def test_every_limit_gives_a_result_or_an_error(self):
        self.write("net.toml", network(CONVOLUTIONS, "limit = 128", ""))
        self.ok("train", "--data", "digits", "--limit", "200", "--hidden", "1024", "--epochs", "1", "--out", "model")
        for command in (["train", "net.toml", "--epochs", "1", "--batch-size", "64", "--threads", "2", "--out", "run"], ["predict", "model"]):
            smallest = self.smallest(*command)
            for limit in range(self.starts_with, smallest + 128 * MEBIBYTE, 24 * MEBIBYTE):
                self.run_within(limit, *command)


class Bombs(CliTest):
    def rejects(self, head, piece, count, *words):
        """Checks that a small file with a huge cell is an error, with less memory than the cell."""
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        with open(self.path("bomb.csv.gz"), "wb") as file:
            file.write(packer.compress(head))
            for _ in range(count):
                file.write(packer.compress(piece))
            file.write(packer.flush())
        self.fails(DATA, "bomb.csv.gz:3", *words, arguments=["train", "bomb.csv.gz", "--target", "y", "--out", "run"])
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, 700 * 1024)  # KiB

    def test_a_huge_line(self):
        self.rejects(b"a,b,y\n1,2,3\n", b"x" * MEBIBYTE, 256, "64 MiB")

    def test_a_huge_cell_of_many_lines(self):
        self.rejects(b'a,b,y\n1,2,3\n1,"', b"x\n" * (MEBIBYTE // 2), 256, "64 MiB", "quote")


class FileSizes(CliTest):
    def test_a_limit_of_file_sizes_is_an_error(self):
        self.ok("train", "--data", "digits", "--limit", "100", "--hidden", "64", "--epochs", "1", "--out", "run")
        before = self.bytes_of("run", "model.safetensors")

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        finished = subprocess.run([program(), "train", "--out", "run", "--resume", "--epochs", "2"], cwd=self.dir,
                                  env=environment(), check=False, capture_output=True, text=True, preexec_fn=limit)
        self.assertEqual(DATA, finished.returncode, finished)
        self.assertIn("cannot write", finished.stderr)
        self.assertEqual([], list(self.dir.rglob("*.tmp*")))
        self.assertEqual(before, self.bytes_of("run", "model.safetensors"))
        self.ok("train", "--out", "run", "--resume", "--epochs", "2")


if __name__ == "__main__":
    main()
