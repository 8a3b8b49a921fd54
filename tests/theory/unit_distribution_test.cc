// SPDX-License-Identifier: Apache-2.0
#include "theory/unit_distribution.h"

#include <gtest/gtest.h>

#include <cmath>

#include "theory/noise_sum.h"

namespace selfnorm {
namespace {

// Returns a field of three samples with different means, variances and products.
MomentField three_samples() {
  MomentField x = zero_field({3, 1, 1});
  x.mean = {0.2, -0.1, 0.4};
  x.square = {1.0, 0.8, 1.5};
  x.product(Link::sample) = {0.3, -0.2, 0.5};
  x.product(Link::far) = x.product(Link::sample);
  return x;
}

ActivationFunction identity() {
  return {[](double z) { return z; }, [](double) { return 1.0; }, {}};
}

// Grid points have steps of 0.05 in ln v and in m/√v. The interpolation error is 0.05²/8 of the
// second derivatives of a fourth moment. Relative to the moment, these are 4 in ln v and up to 6 in
// m/√v.
void expect_alike(const MomentField& a, const MomentField& b) {
  constexpr double kWithin = 0.05 * 0.05 / 8 * (4 + 6);
  for (std::size_t e = 0; e < a.mean.size(); ++e) {
    EXPECT_NEAR(a.mean[e], b.mean[e], kWithin * std::sqrt(b.square[e]));
    EXPECT_NEAR(a.square[e], b.square[e], kWithin * b.square[e]);
    EXPECT_NEAR(a.product(Link::sample)[e], b.product(Link::sample)[e], kWithin * b.square[e]);
  }
}

// Computes the squares of normals with the Hermite series and with the formula of Isserlis.
TEST(UnitDistribution, SquaresOfTheIdentityMatchIsserlis) {
  const MomentField z = three_samples();
  const UnitDistribution x{std::make_shared<MomentField>(z),
                           std::make_shared<DualActivation>(identity())};
  for (const double center : {0.0, 0.7}) {
    expect_alike(moments_of_square(x, center), moments_of_square(z, center));
  }
}

// Compares with the expectation over z and over the mask, which keeps with probability q.
TEST(UnitDistribution, MaskedSquaresAverageKeptAndDropped) {
  const double q = 0.7, a = 0.9, b = 0.2, other = -1.7;
  const MomentField z = three_samples();
  const UnitDistribution x{std::make_shared<MomentField>(z),
                           std::make_shared<DualActivation>(identity())};
  const MomentField squares = moments_of_square(apply_mask(x, q, a, b, other), 0);
  for (std::size_t e = 0; e < z.mean.size(); ++e) {
    const double kept = a * a * z.square[e] + 2 * a * b * z.mean[e] + b * b;
    const double dropped = (a * other + b) * (a * other + b);
    EXPECT_NEAR(squares.mean[e], q * kept + (1 - q) * dropped, 2e-3);
  }
}

TEST(UnitDistribution, TwoMasksCombineToOne) {
  const UnitDistribution x{nullptr, nullptr};
  const UnitDistribution twice = apply_mask(apply_mask(x, 0.5, 2, 0, 0), 0.8, 1.25, 0, 0);
  const UnitDistribution once = apply_mask(x, 0.4, 2.5, 0, 0);
  EXPECT_EQ(twice.mean, once.mean);
  EXPECT_EQ(twice.square, once.square);
}

// For independent elements, the variance of one divided by their number. For equal elements, the
// variance of one.
TEST(VarianceOfBatchMean, DividesByTheNumberOfIndependentElements) {
  const MomentField x = uniform_field({4, 3, 5}, 0.3, 1.09);
  EXPECT_NEAR(variance_of_batch_mean(x, 4), 1.0 / (4 * 3 * 5), 1e-12);
  EXPECT_NEAR(variance_of_batch_mean(x, 40), 1.0 / (40 * 3 * 5), 1e-12);
  MomentField same = x;
  for (const Link link : kLinks) {
    for (std::int64_t e = 0; e < x.extent.elements(); ++e) {
      if (linked_element(x.extent, e, link) >= 0)
        same.product(link)[static_cast<std::size_t>(e)] = 1.09;
    }
  }
  EXPECT_NEAR(variance_of_batch_mean(same, 4), 1, 1e-6);
}

// The distant element is at another position if there is one, and inside the image.
TEST(DistantOffset, LeadsToAnotherPosition) {
  for (const Extent& extent : {Extent{64, 2, 2}, Extent{64, 28, 28}, Extent{64, 1, 3}}) {
    for (std::int64_t sample = 0; sample < extent.samples; ++sample) {
      const DistantOffset step = distant_offset(extent, sample);
      EXPECT_GE(step.rows, extent.height > 1 ? 1 : 0);
      EXPECT_GE(step.columns, extent.width > 1 ? 1 : 0);
      EXPECT_LT(step.rows, extent.height);
      EXPECT_LT(step.columns, extent.width);
    }
  }
}

TEST(FirstSamples, KeepCorrelations) {
  const MomentField all = three_samples(), two = first_samples(all, 2);
  EXPECT_EQ(two.extent.samples, 2);
  EXPECT_DOUBLE_EQ(correlation(two, 0, Link::sample), correlation(all, 0, Link::sample));
  EXPECT_DOUBLE_EQ(correlation(two, 1, Link::sample), correlation(all, 1, Link::sample));
}

// Adding 0.1 of the variances to the products is a correlation gain of 0.1.
TEST(AddCorrelation, IsTheCorrelationGain) {
  const MomentField x = uniform_field({4, 3, 5}, 0.3, 1.09);
  EXPECT_NEAR(correlation_gain(add_correlation(x, 0.1), x), 0.1, 1e-12);
}

TEST(NoiseSum, AddsCoefficientsOfASharedSourceBeforeSquaring) {
  NoiseSum a, b;
  a.add_source(1, 3);
  b.add_source(1, 1);
  b.add_source(2, 2);
  a.add(b, 2);
  EXPECT_DOUBLE_EQ(a.variance(), 25 + 16);
}

// There are more sources than are stored separately. The variance does not change.
TEST(NoiseSum, ManySourcesKeepTheirVariance) {
  NoiseSum sum;
  for (int source = 0; source < 5000; ++source) sum.add_source(source, 0.5);
  EXPECT_NEAR(sum.variance(), 5000 * 0.25, 1e-6);
}

}  // namespace
}  // namespace selfnorm
