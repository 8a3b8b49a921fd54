// SPDX-License-Identifier: Apache-2.0
#include "kernels/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace selfnorm {
namespace {

TEST(Histogram, CountsValuesInsideAndOutsideTheBins) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {-5, -1, -0.5f, 0, 0.49f, 0.5f, 1, 7, kInfinity, -kInfinity, NAN};
  std::vector<float> counts(4);
  kernels::histogram(x.data(), 11, -1, 1, 4, counts.data());
  EXPECT_EQ(counts, (std::vector<float>{3, 1, 2, 4}));
}

}  // namespace
}  // namespace selfnorm
