// SPDX-License-Identifier: Apache-2.0
#include "base/quantile.h"

#include <gtest/gtest.h>

namespace selfnorm {
namespace {

// Values of NumPy's quantile.
TEST(QuantileOf, IsLinearBetweenNumbers) {
  EXPECT_EQ(quantile_of({1, 2, 4}, 0), 1);
  EXPECT_EQ(quantile_of({1, 2, 4}, 1), 4);
  EXPECT_EQ(quantile_of({1, 2, 4}, 0.5), 2);
  EXPECT_EQ(quantile_of({1, 2, 4, 8}, 0.5), 3);
  EXPECT_EQ(quantile_of({1, 2, 4, 8}, 0.25), 1.75);
  EXPECT_EQ(quantile_of({7}, 0.3), 7);
}

}  // namespace
}  // namespace selfnorm
