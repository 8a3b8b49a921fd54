// SPDX-License-Identifier: Apache-2.0
// The moments of exp and expm1 are in closed form. Quadrature computes the same in another way.
#include <gtest/gtest.h>

#include <cmath>

#include "ops/output_range.h"
#include "ops/table.h"
#include "selfnorm/theory.h"

namespace selfnorm {
namespace {

constexpr double kQuadrature = 1e-10;  // its stated accuracy, relative to the largest part

void expect_near(double closed, double numeric, double size) {
  EXPECT_NEAR(closed, numeric, kQuadrature * size);
}

TEST(ExponentialMoments, AgreeWithQuadrature) {
  for (const char* op : {"exp", "expm1"}) {
    const double shift = op == std::string("exp") ? 0 : 1;
    const MomentRule rule = (*rule_of(find_op(op)->moments))({});
    for (const double mean : {-3.0, -0.5, 0.0, 1.0}) {
      for (const double variance : {1e-2, 0.3, 1.0, 2.0}) {
        SCOPED_TRACE(testing::Message() << op << " of N(" << mean << ", " << variance << ")");
        const Gaussian z{mean, variance};
        const ActivationMoments closed = rule(z);
        const ActivationMoments numeric = quadrature_moments(
            [=](double x) { return std::exp(x) - shift; }, [](double x) { return std::exp(x); }, z);
        const double size = 1 + closed.slope_second_moment;
        expect_near(closed.mean, numeric.mean, size);
        expect_near(closed.variance, numeric.variance, size);
        expect_near(closed.slope_mean, numeric.slope_mean, size);
        expect_near(closed.slope_second_moment, numeric.slope_second_moment, size);
        const double steep = size / std::sqrt(variance);  // Stein's lemma divides by this
        expect_near(closed.d_mean_d_variance, numeric.d_mean_d_variance, steep);
        expect_near(closed.d_variance_d_mean, numeric.d_variance_d_mean, steep);
        expect_near(closed.d_variance_d_variance, numeric.d_variance_d_variance, steep);
      }
    }
  }
}

TEST(ExponentialMoments, RangeHasNoUpperEnd) {
  for (const char* op : {"exp", "expm1"}) {
    const OutputRange range = output_range({"y", op, {}, {}, {}, {}});
    EXPECT_EQ(range.low, op == std::string("exp") ? 0 : -1);
    EXPECT_TRUE(std::isinf(range.high));
  }
}

}  // namespace
}  // namespace selfnorm
