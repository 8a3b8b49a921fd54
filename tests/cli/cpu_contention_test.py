# SPDX-License-Identifier: Apache-2.0
"""Threads that wait by spinning make training many times slower when other programs use the cores.

The tests read processor time and libgomp's own report of its settings, never the clock.
"""

import os
import re
import resource
import subprocess
import sys

from program import CliTest, main

# Spinning multiplied the processor time by more than ten in the case that led to the setting. The
# setting itself costs a few percent.
MAX_RATIO = 3


def spin_count(report):
    """Returns the last spin count in the reports of OMP_DISPLAY_ENV=verbose.

    The program executes itself again to set the count, and libgomp reports at each start.
    """
    return re.findall(r"GOMP_SPINCOUNT = '(\w+)'", report)[-1]


class CpuContention(CliTest):
    def settings(self, **env):
        return self.ok("theory", "dropout", "--rate", "0.1", OMP_DISPLAY_ENV="verbose",
                       **{"OMP_WAIT_POLICY": "", **env}).err

    def test_limits_spinning_by_default(self):
        self.assertEqual(spin_count(self.settings()), "10000")

    def test_keeps_the_settings_of_the_user(self):
        self.assertEqual(spin_count(self.settings(GOMP_SPINCOUNT="77")), "77")
        self.assertEqual(spin_count(self.settings(OMP_WAIT_POLICY="passive")), "0")

    def processor_seconds(self, policy):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.ok("train", "--data", "digits", "--epochs", "2", "--out", policy or "default",
                OMP_WAIT_POLICY=policy)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def test_uses_little_more_processor_time_on_a_busy_machine(self):
        for _ in range(os.cpu_count() or 1):
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            self.addCleanup(busy.wait)  # the usage of a child counts when it was waited for
            self.addCleanup(busy.kill)
        passive = self.processor_seconds("passive")
        self.assertLess(self.processor_seconds(""), MAX_RATIO * passive)


if __name__ == "__main__":
    main()
