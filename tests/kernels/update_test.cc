// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/update.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "kernels/kernel_testing.h"
#include "kernels/ref/update.h"

namespace selfnorm {
namespace {

using kernels::AdamStep;
using kernels::GradientTransform;
using kernels::RmspropStep;
using kernels::SgdStep;

constexpr int kSteps = 6;
constexpr GradientTransform kTransform = {0.7, 0.01, 1.1};  // clips about one element in four

// A double, and the rounding error that the value of the kernel may have.
struct Value {
  double at = 0, error = 0;
};

// The gradient dw + 2·l2·w rounds twice and its coefficient once. The scale and its product round
// twice.
Value gradient(double dw, double w, const GradientTransform& t) {
  const double g = ref::total_gradient(dw, w, t.scale, t.l2, t.clip_value);
  return {g, 5 * kRounding * t.scale * (std::abs(dw) + 2 * t.l2 * std::abs(w))};
}

// a + c·(b − a): the difference, c and the sum are rounded, and b has its own error.
Value towards(double a, double next, Value b, double c) {
  return {next, c * b.error + 2 * c * kRounding * (std::abs(a) + std::abs(b.at)) +
                    kRounding * (std::abs(next) + c * (std::abs(a) + std::abs(b.at))) +
                    std::numeric_limits<float>::min()};  // smaller values become 0
}

Value square(Value g) {
  return {g.at * g.at, 2 * std::abs(g.at) * g.error + g.error * g.error + kRounding * g.at * g.at};
}

// Each step starts from the floats of the kernel, so that the bounds are those of one step.
template <class OneStep>
void for_each_step(OneStep one_step) {
  for_each_shape([&](std::int64_t n, std::int64_t offset) {
    Guarded<float> w(draws(n, 1), offset), first(n, offset / 2), second(n, 2 * offset);
    for (int t = 1; t <= kSteps; ++t) {
      const auto dw = draws(n, 100 + static_cast<std::uint64_t>(t));
      const auto old = w.values(), m = first.values(), v = second.values();
      Guarded<float> gradients(dw, offset);
      one_step(t, old, dw, m, v, w, gradients, first, second);
      EXPECT_EQ(gradients.values(), dw);
    }
  });
}

using Floats = std::vector<float>;
using Array = Guarded<float>;

void expect_sgd(const SgdStep& step) {
  for_each_step([&](int, const Floats& old, const Floats& dw, const Floats& velocity, const Floats&,
                    Array& w, Array& gradients, Array& slot, Array&) {
    const auto n = static_cast<std::int64_t>(old.size());
    kernels::sgd_update(w.data(), gradients.data(), step.momentum == 0 ? nullptr : slot.data(), n,
                        kTransform, step);
    for (std::int64_t i = 0; i < n; ++i) {
      const Value g = gradient(dw[i], old[i], kTransform);
      ref::Sgd truth = {step.learning_rate, step.momentum, step.nesterov, velocity[i]};
      const double want = truth.next(old[i], g.at);
      const double size = std::abs(g.at) + std::abs(velocity[i]);
      const double error = g.error + 4 * kRounding * size;  // of v, and of Nesterov's direction
      if (step.momentum > 0) expect_close(slot[i], truth.velocity, error, i);
      expect_close(
          w[i], want,
          step.learning_rate * (2 * error + 2 * kRounding * size) + 2 * kRounding * std::abs(want),
          i);
    }
  });
}

TEST(SgdUpdate, MatchesDouble) {
  expect_sgd({0.1, 0, false});
  expect_sgd({0.1, 0.9, false});
  expect_sgd({0.1, 0.9, true});
}

void expect_adam(double weight_decay) {
  for_each_step([&](int t, const Floats& old, const Floats& dw, const Floats& m, const Floats& v,
                    Array& w, Array& gradients, Array& first, Array& second) {
    const auto n = static_cast<std::int64_t>(old.size());
    const AdamStep step = {0.01, 0.9, 0.999, 1e-7, weight_decay, t};
    kernels::adam_update(w.data(), gradients.data(), first.data(), second.data(), n, kTransform,
                         step);
    for (std::int64_t i = 0; i < n; ++i) {
      const Value g = gradient(dw[i], old[i], kTransform);
      ref::Adam truth = {0.01, 0.9, 0.999, 1e-7, weight_decay, m[i], v[i], t - 1};
      const double want = truth.next(old[i], g.at);
      const Value vm = towards(m[i], truth.m, g, 1 - step.beta1);
      const Value vv = towards(v[i], truth.v, square(g), 1 - step.beta2);
      expect_close(first[i], vm.at, vm.error, i);
      expect_close(second[i], vv.at, vv.error, i);
      const double root = std::sqrt(vv.at / (1 - std::pow(0.999, t))) + step.epsilon;
      const double rate = step.learning_rate / (1 - std::pow(0.9, t)) / root;
      // The error of m is absolute. The others are relative: half of the error of v (v is large
      // compared with it), and seven roundings of root, rate, products and quotient. Then the
      // weight is rounded twice.
      const double move = vm.error + std::abs(vm.at) * (vv.error / vv.at + 7 * kRounding);
      expect_close(w[i], want, rate * move + 2 * kRounding * (std::abs(want) + std::abs(old[i])),
                   i);
    }
  });
}

TEST(AdamUpdate, MatchesDouble) { expect_adam(0); }
TEST(AdamUpdate, DecoupledDecayMatchesDouble) { expect_adam(0.1); }

void expect_rmsprop(double momentum) {
  for_each_step([&](int, const Floats& old, const Floats& dw, const Floats& v, const Floats& b,
                    Array& w, Array& gradients, Array& first, Array& second) {
    const auto n = static_cast<std::int64_t>(old.size());
    const RmspropStep step = {0.01, 0.9, momentum, 1e-7};
    kernels::rmsprop_update(w.data(), gradients.data(), first.data(),
                            momentum == 0 ? nullptr : second.data(), n, kTransform, step);
    for (std::int64_t i = 0; i < n; ++i) {
      const Value g = gradient(dw[i], old[i], kTransform);
      ref::Rmsprop truth = {0.01, 0.9, momentum, 1e-7, v[i], b[i]};
      const double want = truth.next(old[i], g.at);
      const Value vv = towards(v[i], truth.v, square(g), 1 - step.rho);
      expect_close(first[i], vv.at, vv.error, i);
      const double rate = step.learning_rate / std::sqrt(vv.at + step.epsilon);
      const double move =
          rate * (g.error + std::abs(g.at) * (vv.error / (vv.at + step.epsilon) + 6 * kRounding)) +
          3 * kRounding * (std::abs(b[i]) + std::abs(truth.b)) + std::numeric_limits<float>::min();
      if (momentum > 0) expect_close(second[i], truth.b, move, i);
      expect_close(w[i], want, move + kRounding * std::abs(want), i);
    }
  });
}

TEST(RmspropUpdate, MatchesDouble) {
  expect_rmsprop(0);
  expect_rmsprop(0.9);
}

// Bias correction by hand: after one step from zero slots, m̂ = g and v̂ = g². So w changes by
// learning_rate·g/(|g| + ε) for all β₁ and β₂. This also checks that ε is added to √v̂.
TEST(AdamUpdate, FirstStepHasTheSignOfTheGradient) {
  for_each_target([] {
    for (const float g : {3.0f, -0.02f, 1e-6f}) {
      float w = 0, m = 0, v = 0;
      const double epsilon = 1e-6;
      kernels::adam_update(&w, &g, &m, &v, 1, {}, {0.5, 0.9, 0.999, epsilon, 0, 1});
      const double want = -0.5 * g / (std::abs(g) + epsilon);
      expect_close(w, want, 16 * kRounding * std::abs(want), 0);
    }
  });
}

TEST(Updates, ClippingKeepsNanGradients) {
  for_each_target([] {
    const float nan = std::nanf("");
    float w = 1, m = 0, v = 0;
    kernels::sgd_update(&w, &nan, nullptr, 1, {1, 0, 0.5}, {0.1, 0, false});
    EXPECT_TRUE(std::isnan(w));
    w = 1;
    kernels::adam_update(&w, &nan, &m, &v, 1, {1, 0, 0.5}, {});
    EXPECT_TRUE(std::isnan(w));
  });
}

// Otherwise, a slot would stay denormal forever after its gradients became 0: 0.9 of the smallest
// denormal is rounded to the same number.
TEST(Updates, FlushDenormalSlotsToZero) {
  for_each_target([] {
    const float zero = 0, small = std::numeric_limits<float>::min() * 1.05f;
    float w = 1, a = small, b = small;
    kernels::adam_update(&w, &zero, &a, &b, 1, {}, {0.1, 0.9, 0.9, 1e-7, 0, 100});
    EXPECT_EQ(a, 0);
    EXPECT_EQ(b, 0);
    a = b = small;
    kernels::sgd_update(&w, &zero, &a, 1, {}, {0.1, 0.9, false});
    EXPECT_EQ(a, 0);
    a = b = small;
    kernels::rmsprop_update(&w, &zero, &a, &b, 1, {}, {0.1, 0.9, 0.9, 1e-7});
    EXPECT_EQ(a, 0);
    EXPECT_EQ(b, 0);
  });
}

RC_GTEST_PROP(Updates, GiveTheSameBitsForAnySplit, ()) {
  const auto n = *rc::gen::inRange<std::int64_t>(1, 150);
  const auto cut = *rc::gen::inRange<std::int64_t>(0, n + 1);
  const auto w = draws(n, 1), dw = draws(n, 2), m = draws(n, 3);
  auto v = draws(n, 4);
  for (float& x : v) x *= x;
  for_each_target([&] {
    for (int kind = 0; kind < 3; ++kind) {
      const auto update = [&](Floats& all, Floats& a, Floats& b, std::int64_t at,
                              std::int64_t count) {
        float *pw = all.data() + at, *pa = a.data() + at, *pb = b.data() + at;
        const float* g = dw.data() + at;
        if (kind == 0) kernels::sgd_update(pw, g, pa, count, kTransform, {0.1, 0.9, true});
        if (kind == 1) kernels::adam_update(pw, g, pa, pb, count, kTransform, {});
        if (kind == 2)
          kernels::rmsprop_update(pw, g, pb, pa, count, kTransform, {0.1, 0.9, 0.5, 1e-7});
      };
      Floats w1 = w, m1 = m, v1 = v, w2 = w, m2 = m, v2 = v;
      update(w1, m1, v1, 0, n);
      update(w2, m2, v2, 0, cut);
      update(w2, m2, v2, cut, n - cut);
      RC_ASSERT(w1 == w2);
      RC_ASSERT(m1 == m2);
      RC_ASSERT(v1 == v2);
    }
  });
}

}  // namespace
}  // namespace selfnorm
