# SPDX-License-Identifier: Apache-2.0
"""The program limits how long threads spin while they wait, unless the user has chosen a policy.

Spinning threads can make a training several times slower when other programs use the cores. How
much depends on the load, so the tests read libgomp's report of its settings and no time.
"""

import re

from program import CliTest, main


def spin_count(report):
    """Returns the last spin count in the reports of OMP_DISPLAY_ENV=verbose.

    The program executes itself again to set the count, and libgomp reports at each start.
    """
    return re.findall(r"GOMP_SPINCOUNT = '(\w+)'", report)[-1]


class OpenMpSettings(CliTest):
    def settings(self, **env):
        return self.ok("theory", "dropout", "--rate", "0.1", OMP_DISPLAY_ENV="verbose",
                       **{"OMP_WAIT_POLICY": "", **env}).err

    def test_limits_spinning_by_default(self):
        self.assertEqual(spin_count(self.settings()), "10000")

    def test_keeps_the_settings_of_the_user(self):
        self.assertEqual(spin_count(self.settings(GOMP_SPINCOUNT="77")), "77")
        self.assertEqual(spin_count(self.settings(OMP_WAIT_POLICY="passive")), "0")


if __name__ == "__main__":
    main()
