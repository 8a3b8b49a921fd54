// SPDX-License-Identifier: Apache-2.0
// Tests the elementwise losses.
#include "kernels/simd/loss.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "kernels/kernel_testing.h"
#include "kernels/ref/loss.h"

namespace selfnorm {
namespace {

using kernels::ElementLoss;
using kernels::LossSum;
using Complex = std::complex<double>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");
constexpr double kDelta = 0.75;
constexpr double kScale = 0.37;

// A loss with its reference. `loss_error` and `slope_error` bound the errors in units of a
// rounding, from the terms that cannot cancel (see each loss).
struct Loss {
  ElementLoss kind;
  std::function<Complex(Complex, double)> truth;
  std::function<double(double x, double t, double loss)> loss_error;
  std::function<double(double x, double t, double slope)> slope_error;

  LossSum forward(const float* x, const float* t, float* out, std::int64_t n) const {
    return kernels::element_loss(kind, x, t, out, n, kDelta);
  }
  void gradient(const float* x, const float* t, float* dx, std::int64_t n, double scale) const {
    kernels::element_loss_gradient(kind, x, t, dx, n, scale, kDelta);
  }
};

const std::vector<Loss>& losses() {
  static const std::vector<Loss> all = {
      {ElementLoss::sigmoid_cross_entropy,
       [](Complex x, double t) { return ref::sigmoid_cross_entropy(x, t); },
       // 1−t, product and sum: 3. Exp: 2, with a relative error that Log1p does not amplify.
       // Log1p: 4.
       [](double, double, double loss) { return 9 * loss; },
       // Exp 2, 1+e, quotient: 4 of σ(−|x|). 1−t, difference, scale: one rounding of each result.
       [](double x, double t, double slope) {
         const double tail = 1 / (1 + std::exp(std::abs(x)));
         return 4 * tail + (x > 0 ? std::abs(1 - t) : 0) + 3 * std::abs(slope);
       }},
      {ElementLoss::squared, [](Complex x, double t) { return ref::squared_error(x, t); },
       [](double, double, double loss) { return 3 * loss; },
       [](double, double, double slope) { return 3 * std::abs(slope); }},
      {ElementLoss::squared_log, [](Complex x, double t) { return ref::squared_log_error(x, t); },
       // The logarithm has 2 ULP, up to 4 roundings, which the square multiplies by twice the
       // residual; the last term is the square of its error.
       [](double x, double t, double loss) {
         const double error = 4 * std::log1p(t);
         return 3 * loss + 2 * std::abs(x - std::log1p(t)) * error + kRounding * error * error;
       },
       [](double, double t, double slope) { return 3 * std::abs(slope) + 8 * std::log1p(t); }},
      {ElementLoss::poisson, [](Complex x, double t) { return ref::poisson(x, t); },
       // Exp has 1.5 ULP, up to 3 roundings. The product and the difference have one each.
       [](double x, double t, double loss) {
         return 3 * std::exp(x) + std::abs(t * x) + std::abs(loss);
       },
       [](double x, double, double slope) { return 3 * std::exp(x) + 2 * std::abs(slope); }},
      {ElementLoss::huber, [](Complex x, double t) { return ref::huber(x, t, kDelta); },
       // x−t, −½δ, product: at most δ·|e| each. In the square part: 3 of the loss.
       [](double x, double t, double loss) { return 3 * loss + 2 * kDelta * std::abs(x - t); },
       [](double, double, double slope) { return 3 * std::abs(slope); }},
  };
  return all;
}

// Returns targets in [0, 1]. Every third is exactly 0 or 1, and `missing` of ten are missing.
std::vector<float> targets(std::int64_t n, int missing) {
  std::vector<float> t;
  for (std::int64_t i = 0; i < n; ++i) {
    const double u = uniform(random_key(1, "test", "targets"), static_cast<std::uint64_t>(i));
    t.push_back(i % 3 == 0 ? (i % 2 == 0 ? 0.0f : 1.0f) : static_cast<float>(u));
    if (static_cast<int>(u * 1e4) % 10 < missing) t.back() = kNan;
  }
  return t;
}

void expect_loss(const Loss& loss, const std::vector<float>& x, const std::vector<float>& t,
                 std::int64_t offset) {
  const auto n = static_cast<std::int64_t>(x.size());
  Guarded<float> a(x, offset), b(t, offset / 2), out(n, offset), dx(n, 2 * offset);
  const LossSum got = loss.forward(a.data(), b.data(), out.data(), n);
  loss.gradient(a.data(), b.data(), dx.data(), n, kScale);
  double sum = 0, present = 0, allowed = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const bool here = !std::isnan(t[i]);
    const double want = here ? loss.truth(x[i], t[i]).real() : 0;
    const auto truth = [&](Complex moved) { return loss.truth(moved, t[i]); };
    const double slope = here ? ref::complex_step(truth, x[i]) : 0;
    const double error = here ? kRounding * loss.loss_error(x[i], t[i], want) + kLeast : 0;
    expect_close(out[i], want, error, i);
    expect_close(dx[i], kScale * slope,
                 here ? kRounding * kScale * loss.slope_error(x[i], t[i], slope) + kLeast : 0, i);
    sum += want;
    allowed += error + 0x1p-50 * std::abs(want);
    present += here;
  }
  expect_close(got.sum, sum, allowed, -1);
  EXPECT_EQ(got.weight, present);
  EXPECT_EQ(kernels::count_present_targets(b.data(), n), present);
  EXPECT_EQ(got.mean(), present == 0 ? 0 : got.sum / present);
  const LossSum without = loss.forward(a.data(), b.data(), nullptr, n);
  EXPECT_EQ(without.sum, got.sum);
}

TEST(ElementLosses, MatchTheReferenceAndItsComplexStep) {
  for (const Loss& loss : losses()) {
    SCOPED_TRACE("ElementLoss " + std::to_string(static_cast<int>(loss.kind)));
    for_each_shape([&](std::int64_t n, std::int64_t offset) {
      expect_loss(loss, draws(n, 1, 3), targets(n, 0), offset);
      expect_loss(loss, draws(n, 1, 3), targets(n, 4), offset);
    });
  }
}

TEST(ElementLosses, AreZeroIfAllTargetsAreMissing) {
  for (const Loss& loss : losses()) {
    SCOPED_TRACE("ElementLoss " + std::to_string(static_cast<int>(loss.kind)));
    for_each_target([&] {
      const std::vector<float> x = {1, kInfinity, kNan, -3, 5};
      expect_loss(loss, {1, 2, 3, 4, 5}, std::vector<float>(5, kNan), 0);
      std::vector<float> t(5, kNan), out(5, 1), dx(5, 1);
      EXPECT_EQ(loss.forward(x.data(), t.data(), out.data(), 5).mean(), 0);
      loss.gradient(x.data(), t.data(), dx.data(), 5, 1);
      EXPECT_EQ(out, std::vector<float>(5, 0));
      EXPECT_EQ(dx, std::vector<float>(5, 0));
    });
  }
}

TEST(ElementLosses, PropagateNan) {
  for (const Loss& loss : losses()) {
    SCOPED_TRACE("ElementLoss " + std::to_string(static_cast<int>(loss.kind)));
    for_each_target([&] {
      for (const float t : {0.0f, 0.5f, 1.0f}) {
        float out = 0, dx = 0;
        EXPECT_TRUE(std::isnan(loss.forward(&kNan, &t, &out, 1).sum));
        loss.gradient(&kNan, &t, &dx, 1, 1);
        EXPECT_TRUE(std::isnan(out)) << t;
        EXPECT_TRUE(std::isnan(dx)) << t;
      }
    });
  }
}

TEST(SigmoidCrossEntropy, AcceptsHugeAndInfiniteLogits) {
  struct Case {
    float x, t, loss, slope;
  };
  const Case cases[] = {{1e4f, 1, 0, 0},
                        {1e4f, 0, 1e4f, 1},
                        {-1e4f, 1, 1e4f, -1},
                        {-1e4f, 0, 0, 0},
                        {3e38f, 1, 0, 0},
                        {kInfinity, 1, 0, 0},
                        {-kInfinity, 0, 0, 0},
                        {-3e38f, 1, 3e38f, -1},
                        {kInfinity, 0, kInfinity, 1},
                        {-kInfinity, 1, kInfinity, -1},
                        {kInfinity, 0.5f, kInfinity, 0.5f}};
  for_each_target([&] {
    for (const Case& c : cases) {
      float out = -1, dx = -1;
      kernels::element_loss(ElementLoss::sigmoid_cross_entropy, &c.x, &c.t, &out, 1);
      kernels::element_loss_gradient(ElementLoss::sigmoid_cross_entropy, &c.x, &c.t, &dx, 1, 1);
      EXPECT_EQ(out, c.loss) << c.x << ", " << c.t;
      EXPECT_EQ(dx, c.slope) << c.x << ", " << c.t;
    }
  });
}

// 1 − σ would lose relative precision. At x = 30, the gradient for t = 1 is −9.4e-14.
TEST(SigmoidCrossEntropy, IsPreciseForConfidentPredictions) {
  for_each_target([] {
    const std::vector<float> x = {30, -30, 60, -60, 15}, t = {1, 0, 1, 0, 1};
    expect_loss(losses()[0], x, t, 0);
  });
}

TEST(MeanSquaredError, AveragesTargetsThatAreNotMissing) {
  for_each_target([] {
    const std::vector<float> x = {1, 2, 3, 4}, t = {0, kNan, 1, 1};
    EXPECT_EQ(kernels::element_loss(ElementLoss::squared, x.data(), t.data(), nullptr, 4).mean(),
              14.0 / 3);
  });
}

TEST(LogLosses, AcceptTargetsOfAnySize) {
  for_each_target([] {
    const std::vector<float> x = {-20, 0, 3, 11.5f, 80, 0.5f}, t = {0, 1e-6f, 20, 1e5f, 1e9f, kNan};
    for (const Loss& loss : losses()) {
      const bool fits_logarithms =
          loss.kind == ElementLoss::poisson || loss.kind == ElementLoss::squared_log;
      if (fits_logarithms) expect_loss(loss, x, t, 0);
    }
  });
}

TEST(Poisson, OverflowsToInfinity) {
  for_each_target([] {
    for (const float t : {0.0f, 7.0f}) {
      const float x = 89;
      float out = 0, dx = 0;
      kernels::element_loss(ElementLoss::poisson, &x, &t, &out, 1);
      kernels::element_loss_gradient(ElementLoss::poisson, &x, &t, &dx, 1, 1);
      EXPECT_EQ(out, kInfinity);
      EXPECT_EQ(dx, kInfinity);
    }
    float out = -1;
    const float x = -kInfinity, t = 0;
    kernels::element_loss(ElementLoss::poisson, &x, &t, &out, 1);
    EXPECT_EQ(out, 0);
  });
}

TEST(Huber, HasBothBranches) {
  for_each_target([] {
    const std::vector<float> x = {0.5f, 1, 2, -2}, t(4, 0);
    std::vector<float> out(4), dx(4);
    kernels::element_loss(ElementLoss::huber, x.data(), t.data(), out.data(), 4, 1);
    kernels::element_loss_gradient(ElementLoss::huber, x.data(), t.data(), dx.data(), 4, 1, 1);
    EXPECT_EQ(out, (std::vector<float>{0.125f, 0.5f, 1.5f, 1.5f}));
    EXPECT_EQ(dx, (std::vector<float>{0.5f, 1, 1, -1}));
  });
}

RC_GTEST_PROP(ElementLosses, PartsAddUpToTheWhole, ()) {
  const auto n = *rc::gen::inRange<std::int64_t>(1, 200);
  const auto cut = *rc::gen::inRange<std::int64_t>(0, n + 1);
  const auto x = draws(n, static_cast<std::uint64_t>(n), 3), t = targets(n, 3);
  for_each_target([&] {
    for (const Loss& loss : losses()) {
      std::vector<float> whole(x.size()), parts(x.size());
      const LossSum all = loss.forward(x.data(), t.data(), whole.data(), n);
      LossSum sum = loss.forward(x.data(), t.data(), parts.data(), cut);
      sum += loss.forward(x.data() + cut, t.data() + cut, parts.data() + cut, n - cut);
      RC_ASSERT(whole == parts);
      RC_ASSERT(sum.weight == all.weight);
      double size = 0;
      for (const float each : whole) size += std::abs(each);
      // Sums of doubles in another order.
      RC_ASSERT(std::abs(sum.sum - all.sum) <= 0x1p-45 * size);
    }
  });
}

}  // namespace
}  // namespace selfnorm
