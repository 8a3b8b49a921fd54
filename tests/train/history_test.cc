// SPDX-License-Identifier: Apache-2.0
#include "train/history.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "selfnorm/error.h"

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

TEST(History, RefusesCountsThatAreNotWholeNumbers) {
  std::string others;
  for (int bin = 1; bin < kHistogramBins; ++bin) others += ",0";
  const auto line = [&](const std::string& count) {
    return R"({"epoch": 1, "histograms": [{"layer": "a", "op": "selu", "counts": [)" + count +
           others + "]}]}";
  };
  EXPECT_EQ(parse_history_line(line("9")).histograms.at(0).counts.at(0), 9);
  for (const char* count : {"-1", "1.5", "1e300", "9223372036854775807", "null", "\"1\""})
    EXPECT_THROW(parse_history_line(line(count)), Error) << count;
}

}  // namespace
}  // namespace selfnorm
