// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "selfnorm/error.h"
#include "selfnorm/theory.h"
#include "theory/interval_moments.h"

namespace selfnorm {
namespace {

TEST(Interval, EnclosesRoundingErrors) {
  const Interval third = Interval(1) / Interval(3);
  EXPECT_LT(third.low(), third.high());
  EXPECT_LE(third.low(), 1.0 / 3);
  EXPECT_GE(third.high(), 1.0 / 3);
  const Interval across(-1, 2);
  EXPECT_EQ(square(across).low(), 0);
  EXPECT_GE(square(across).high(), 4);
  EXPECT_TRUE(std::isinf((Interval(1) / across).high()));
  EXPECT_TRUE(std::isinf(sqrt(across).low()))
      << "the root of an interval with negative numbers is unbounded";
}

// Checks that the enclosure contains the moments at a point. These are accurate to 1e-12 of their
// scale.
void expect_enclosed(const IntervalMoments& box, const Gaussian& z,
                     const SeluConstants& constants) {
  const ActivationMoments point = selu_moments(z, constants);
  const auto within = [&](const Interval& interval, double value, double scale) {
    EXPECT_LE(interval.low(), value + 1e-12 * scale) << "m " << z.mean << ", v " << z.variance;
    EXPECT_GE(interval.high(), value - 1e-12 * scale) << "m " << z.mean << ", v " << z.variance;
  };
  const double deviation = std::sqrt(z.variance), size = 1 + std::abs(z.mean) + deviation;
  within(box.mean, point.mean, size);
  within(box.variance, point.variance, size * size);
  within(box.d_mean_d_m, point.slope_mean, 1);
  within(box.d_mean_d_v, point.d_mean_d_variance, 1 / deviation);
  within(box.d_variance_d_m, point.d_variance_d_mean, size);
  within(box.d_variance_d_v, point.d_variance_d_variance, 1 + size / deviation);
}

TEST(IntervalMoments, EncloseThePointsOfABox) {
  const SeluConstants constants{1.3, 1.2, 0.8};
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> mean(-25, 25), log_variance(-10, 8), log_width(-9, -0.5);
  for (int i = 0; i < 300; ++i) {
    const double m = mean(random), v = std::exp(log_variance(random));
    const double width = std::exp(log_width(random));
    const double dm = width * (std::abs(m) + std::sqrt(v)), dv = width * v;
    const IntervalMoments box = selu_interval_moments({m, m + dm}, {v, v + dv}, constants);
    for (const double x : {0.0, 0.4, 1.0}) {
      for (const double y : {0.0, 0.7, 1.0}) {
        expect_enclosed(box, {std::min(m + x * dm, m + dm), std::min(v + y * dv, v + dv)},
                        constants);
      }
    }
  }
}

// Even where the exponentials of textbook formulas overflow, the enclosure is narrow.
TEST(IntervalMoments, AreNarrowForLargeVariances) {
  for (const double v : {1e2, 1e6, 1e100}) {
    const IntervalMoments box = selu_interval_moments({-0.1, 0.1}, {v, 1.01 * v}, {});
    EXPECT_LT(box.variance.high() / box.variance.low(), 1.5) << v;
  }
}

TEST(Certify, ProvesTheTheoremsOfThePaper) {
  for (const int theorem : {1, 2, 3}) {
    for (const Domain& domain : theorem_domains(theorem)) {
      const Certificate certificate = certify(theorem_claim(theorem), domain);
      EXPECT_EQ(certificate.verdict, Verdict::proved) << "theorem " << theorem;
      EXPECT_GT(certificate.margin, 0);
      EXPECT_GT(certificate.boxes, 1);
    }
  }
}

// Checks that the claim is also false in doubles at each corner of the counterexample.
void expect_broken(Claim claim, const Domain& stated, const Domain& box) {
  const MomentRule rule = [](const Gaussian& z) { return selu_moments(z); };
  for (const double mu : {box.mu.low, box.mu.high}) {
    for (const double omega : {box.omega.low, box.omega.high}) {
      for (const double nu : {box.nu.low, box.nu.high}) {
        for (const double tau : {box.tau.low, box.tau.high}) {
          const LayerMap map = layer_map(rule, {mu, nu}, {omega, tau});
          const double variance = map.outputs.variance;
          if (claim == Claim::variance_falls) {
            EXPECT_GE(variance, nu);
          } else if (claim == Claim::variance_rises) {
            EXPECT_LE(variance, nu);
          } else {
            EXPECT_TRUE(map.largest_singular_value() >= 1 || variance > stated.nu.high ||
                        variance < stated.nu.low || map.outputs.mean > stated.mu.high ||
                        map.outputs.mean < stated.mu.low);
          }
        }
      }
    }
  }
}

TEST(Certify, RefutesFalseClaims) {
  Domain wide = theorem_domains(1)[0];
  wide.tau.high = 1.9;
  Domain low = theorem_domains(2)[0];
  low.nu.low = 0.5;
  Domain high = theorem_domains(3)[0];
  high.nu.high = 1.5;
  for (const auto& [claim, domain] : {std::pair(Claim::contracts, wide),
                                      {Claim::variance_falls, low},
                                      {Claim::variance_rises, high}}) {
    const Certificate certificate = certify(claim, domain);
    ASSERT_EQ(certificate.verdict, Verdict::refuted);
    expect_broken(claim, domain, certificate.counterexample);
    const Domain& box = certificate.counterexample;
    for (const auto& [whole, part] : {std::pair(domain.mu, box.mu),
                                      {domain.omega, box.omega},
                                      {domain.nu, box.nu},
                                      {domain.tau, box.tau}}) {
      EXPECT_LE(whole.low, part.low);
      EXPECT_LE(part.low, part.high);
      EXPECT_LE(part.high, whole.high);
    }
    EXPECT_GT(certificate.boxes, 0);
  }
}

// At the fixed point, ν̃ = ν: the variance neither rises nor falls. The division of boxes must end.
TEST(Certify, LeavesEqualityUndecided) {
  const Domain point{{0, 0}, {0, 0}, {0.02, 1}, {1, 1}};
  const Certificate certificate = certify(Claim::variance_rises, point);
  EXPECT_EQ(certificate.verdict, Verdict::undecided);
  EXPECT_LT(certificate.boxes, 1000);
}

// The image of ν.high has a mean that is 2e-17 below the bound. This is less than the distance of
// two doubles there, so the bounds must be the exact numbers and not intervals around them.
TEST(Certify, TreatsBoundsAsExact) {
  const Domain tight{
      {-0.4919582428078003, 0}, {0, 0}, {0.24591597218741157, 0.2459159741874131}, {1, 1}};
  EXPECT_EQ(certify(Claim::contracts, tight, {1e8, 1e-8, 1e4}).verdict, Verdict::refuted);
  const Certificate point = certify(Claim::variance_rises, {{0, 0}, {0, 0}, {2, 2}, {1, 1}});
  EXPECT_EQ(point.verdict, Verdict::refuted);
  EXPECT_EQ(point.counterexample.omega.high, 0);
}

// The claim is false only in a corner of the domain. The other parts need many boxes.
TEST(Certify, FindsAFalseCorner) {
  const Bounds tenth{-0.1, 0.1}, tau{0.8, 1.25};
  for (const Domain& domain :
       {Domain{tenth, tenth, {1e-6, 0.16}, tau}, Domain{{0, 0.1}, tenth, {1e-12, 1e-11}, tau}}) {
    EXPECT_EQ(certify(Claim::variance_rises, domain).verdict, Verdict::refuted);
  }
  const Domain wide{{-1e5, 1e5}, tenth, {3, 16}, tau};
  EXPECT_EQ(certify(Claim::variance_falls, wide).verdict, Verdict::refuted);
}

TEST(Certify, NeedsFewBoxesForLargeVariances) {
  Domain domain = theorem_domains(2)[0];
  domain.nu.high = 3e4;
  EXPECT_EQ(certify(Claim::variance_falls, domain, {}, 1000).verdict, Verdict::proved);
}

TEST(Certify, AcceptsOtherConstants) {
  const SeluConstants shaped = selu_constants({0, 1}, {}, 0.1);
  const Domain narrow{{-0.02, 0.02}, {-0.05, 0.05}, {0.95, 1.05}, {0.999, 1.001}};
  EXPECT_EQ(certify(Claim::contracts, narrow, shaped).verdict, Verdict::proved);
  EXPECT_EQ(certify(Claim::contracts, narrow, {2, 1.2}).verdict, Verdict::refuted);
}

TEST(Certify, FindsTheSmallestVarianceThatRises) {
  const Domain domain = theorem_domains(3)[0];
  const double least = smallest_variance_proved_to_rise(domain);
  EXPECT_LT(least, 0.02);
  Domain from = domain;
  from.nu.low = least;
  EXPECT_EQ(certify(Claim::variance_rises, from).verdict, Verdict::proved);
  from.nu.low = 0.9 * least;
  EXPECT_EQ(certify(Claim::variance_rises, from).verdict, Verdict::refuted);
  from.nu = {1e-12, 1e-9};
  from.mu = {0, 0};
  EXPECT_EQ(smallest_variance_proved_to_rise(from), 1e-12) << "below the range of the search";
}

TEST(Certify, RejectsBadBounds) {
  Domain domain = theorem_domains(1)[0];
  domain.tau = {1.1, 0.9};
  EXPECT_THROW(certify(Claim::contracts, domain), Error);
  domain.tau = {0, 1};
  EXPECT_THROW(certify(Claim::contracts, domain), Error);
  domain.tau = {1, std::nan("")};
  EXPECT_THROW(certify(Claim::contracts, domain), Error);
}

TEST(Certify, RejectsUnknownTheorems) {
  EXPECT_THROW(theorem_domains(4), Error);
  EXPECT_THROW(theorem_claim(0), Error);
}

}  // namespace
}  // namespace selfnorm
