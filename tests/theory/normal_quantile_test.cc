// SPDX-License-Identifier: Apache-2.0
#include "theory/normal_quantile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace selfnorm {
namespace {

// Values of Wichura's algorithm AS 241, rounded to double.
TEST(NormalQuantile, HasKnownValues) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(normal_quantile(0.999), 3.090232306167813, 1e-13);
  EXPECT_NEAR(normal_quantile(0.75), 0.6744897501960817, 1e-14);
  EXPECT_NEAR(normal_quantile(0.25), -0.6744897501960817, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-10), -6.361340902404056, 1e-13);
  EXPECT_NEAR(normal_quantile(0.5), 0, 1e-16);
}

// An error of e in x changes the logarithm of the distribution function by at most e·(|x| + 1).
TEST(NormalQuantile, InvertsTheDistributionFunction) {
  for (double probability = 1e-300; probability < 0.5; probability *= 1.9) {
    const double x = normal_quantile(probability);
    const double back = 0.5 * std::erfc(-x / std::numbers::sqrt2);
    EXPECT_NEAR(std::log(back / probability), 0, 1e-14 * std::abs(x) * (std::abs(x) + 1) + 1e-15)
        << probability;
  }
}

}  // namespace
}  // namespace selfnorm
