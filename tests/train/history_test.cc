// SPDX-License-Identifier: Apache-2.0
#include "train/history.h"

#include <gtest/gtest.h>

#include <cmath>

namespace selfnorm {
namespace {

// Older runs, which do not have these fields, can be resumed, and the doctor reads them.
TEST(History, ReadsOlderFilesWithoutNewerFields) {
  const EpochRecord record = parse_history_line(
      R"({"epoch":1,"loss":2.5,"weights":[{"layer":"a","omega":0,"omega_deviation":1,)"
      R"("tau":1,"tau_deviation":0.1}]})");
  ASSERT_EQ(record.weights.size(), 1u);
  EXPECT_EQ(record.weights[0].tau, 1);
  EXPECT_TRUE(std::isnan(record.weights[0].outside_fraction));
  EXPECT_TRUE(std::isnan(record.weights[0].gradient_norm));
}

}  // namespace
}  // namespace selfnorm
