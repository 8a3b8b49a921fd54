# SPDX-License-Identifier: Apache-2.0
"""Training beside other work: threads that wait by spinning must not make it tens of times slower."""

import os
import subprocess
import sys
import time

from program import CliTest, main

MOST_TIMES_SLOWER = 5  # than with threads that sleep while they wait, under the same load
ALLOWANCE = 0.5  # seconds, for the start of the program on a busy machine


class CpuContention(CliTest):
    def setUp(self):
        super().setUp()
        for _ in range(os.cpu_count() or 1):
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            self.addCleanup(busy.wait)
            self.addCleanup(busy.kill)

    def seconds(self, policy):
        start = time.monotonic()
        self.ok("train", "--data", "digits", "--epochs", "2", "--out", policy or "default",
                OMP_WAIT_POLICY=policy)
        return time.monotonic() - start

    def test_a_busy_machine(self):
        passive = self.seconds("passive")
        default = max(self.seconds("") for _ in range(4))
        self.assertLess(default, MOST_TIMES_SLOWER * passive + ALLOWANCE)


if __name__ == "__main__":
    main()
