# SPDX-License-Identifier: Apache-2.0
"""Runs a part of the trials with faults. tools/fault_trials.py runs all of them."""

import os
import shutil
import unittest

import fault_trials
from program import is_sanitized, main

SHARE = int(os.environ.get("SELFNORM_FAULT_SHARE", "7"))  # every 7th trial


@unittest.skipIf(is_sanitized(), "the trials would take too long")
class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if shutil.which("strace") is None:
            raise unittest.SkipTest("strace is not installed")
        cls.model, cls.seconds = fault_trials.reference()

    def test_trials(self):
        for name, trial in fault_trials.TRIALS.items():
            with self.subTest(name):
                count, faults = trial(self.model, self.seconds, SHARE)
                self.assertGreater(count, 5)
                self.assertEqual([], faults)


if __name__ == "__main__":
    main()
