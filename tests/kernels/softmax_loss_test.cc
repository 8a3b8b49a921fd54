// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

#include "kernels/kernel_testing.h"
#include "kernels/ref/loss.h"
#include "kernels/simd/loss.h"

namespace selfnorm {
namespace {

using kernels::CrossEntropyOptions;
using kernels::LossSum;
using Complex = std::complex<double>;
using Doubles = std::vector<double>;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr double kScale = 0.37;
constexpr double kNoLabel = -1;

// The expected result of one row, with the error that the kernel may have.
struct Expected {
  double loss = 0, loss_error = 0;
  Doubles gradient, gradient_error;
};

// `label` is the class for which the gradient is computed in double, or −1 for dense targets.
Expected expected(const std::vector<float>& x, const Doubles& q, double label, double smoothing) {
  const Doubles logits(x.begin(), x.end()), p = ref::softmax(logits);
  const double maximum = *std::max_element(x.begin(), x.end());
  double all = 0, sum_error = 0;
  const auto exp_error = [&](std::size_t k) {
    return x[k] == maximum || p[k] == 0 ? 0 : 2 + maximum - x[k];
  };
  for (std::size_t k = 0; k < x.size(); ++k) {
    all += q[k];
    sum_error += p[k] * exp_error(k);
  }
  Expected out;
  out.loss = ref::cross_entropy(logits, q);
  out.loss_error = kRounding * (all * sum_error + 5 * out.loss) + 0x1p-51;
  for (std::size_t c = 0; c < x.size(); ++c) {
    const auto objective = [&](Complex moved) {
      std::vector<Complex> at(x.begin(), x.end());
      at[c] = moved;
      return ref::cross_entropy(at, q);
    };
    const double slope = ref::complex_step(objective, x[c]);
    double roundings = all * p[c] * (exp_error(c) + sum_error);
    if (static_cast<double>(c) == label)
      roundings += std::abs(slope) + (smoothing > 0 ? 4 * q[c] : 0);
    else roundings += 4 * all * p[c] + 5 * q[c];
    out.gradient.push_back(kScale * slope);
    out.gradient_error.push_back(kScale * kRounding * roundings + 2 * kLeast);
  }
  return out;
}

struct Setting {
  double smoothing;
  bool weighted;
};
constexpr Setting kSettings[] = {{0, false}, {0.1, false}, {0, true}, {0.3, true}};

std::vector<float> class_weights(std::int64_t classes) {
  std::vector<float> w;
  for (std::int64_t c = 0; c < classes; ++c) w.push_back(0.5f * static_cast<float>(c % 4));
  return w;
}

void expect_row(const Expected& want, float loss, const float* dx) {
  expect_close(loss, want.loss, want.loss_error, -1);
  for (std::size_t c = 0; c < want.gradient.size(); ++c) {
    expect_close(dx[c], want.gradient[c], want.gradient_error[c], static_cast<std::int64_t>(c));
  }
}

Doubles smoothed(const Doubles& target, const Setting& setting) {
  const auto w = class_weights(static_cast<std::int64_t>(target.size()));
  return ref::smoothed_target(target, setting.smoothing,
                              setting.weighted ? Doubles(w.begin(), w.end()) : Doubles{});
}

constexpr std::int64_t kRows = 3;

// Row 1 has no label.
void expect_labels(std::int64_t classes, const Setting& setting) {
  const auto x = draws(kRows * classes, 1, 4), weights = class_weights(classes);
  const CrossEntropyOptions options = {classes, setting.smoothing,
                                       setting.weighted ? weights.data() : nullptr};
  const std::vector<std::int32_t> labels = {static_cast<std::int32_t>(classes / 2), -1,
                                            static_cast<std::int32_t>(classes - 1)};
  std::vector<Expected> want;
  double weight = 0;
  for (std::int64_t r = 0; r < kRows; ++r) {
    want.push_back({0, 0, Doubles(weights.size(), 0), Doubles(weights.size(), 0)});
    if (labels[r] < 0) continue;
    Doubles onehot(weights.size(), 0);
    onehot[labels[r]] = 1;
    want.back() = expected({x.begin() + r * classes, x.begin() + (r + 1) * classes},
                           smoothed(onehot, setting), labels[r], setting.smoothing);
    weight += setting.weighted ? weights[labels[r]] : 1;
  }
  for_each_offset([&](std::int64_t offset) {
    Guarded<float> in(x, offset), out(kRows, 0), dx(kRows * classes, offset / 2);
    const LossSum got =
        kernels::softmax_cross_entropy(in.data(), labels.data(), out.data(), kRows, options);
    kernels::softmax_cross_entropy_gradient(in.data(), labels.data(), dx.data(), kRows, options,
                                            kScale);
    double sum = 0;
    for (std::int64_t r = 0; r < kRows; ++r) {
      expect_row(want[r], out[r], dx.data() + r * classes);
      sum += double{out[r]};
    }
    expect_close(got.sum, sum, kRounding * sum + kLeast, -2);  // `out` is rounded, the sum is not
    EXPECT_EQ(got.weight, weight);
    EXPECT_EQ(kernels::cross_entropy_weight(labels.data(), kRows, options), weight);
    kernels::softmax_cross_entropy_gradient(in.data(), labels.data(), in.data(), kRows, options,
                                            kScale);
    EXPECT_EQ(in.values(), dx.values());
  });
}

// Half of the targets are 0. They need not sum to 1.
void expect_dense(std::int64_t classes, const Setting& setting) {
  const auto x = draws(kRows * classes, 2, 4), weights = class_weights(classes);
  auto t = draws(kRows * classes, 3);
  for (float& v : t) v = std::max(v, 0.0f);
  const CrossEntropyOptions options = {classes, setting.smoothing,
                                       setting.weighted ? weights.data() : nullptr};
  std::vector<Expected> want;
  double weight = 0;
  for (std::int64_t r = 0; r < kRows; ++r) {
    const Doubles targets(t.begin() + r * classes, t.begin() + (r + 1) * classes);
    want.push_back(expected({x.begin() + r * classes, x.begin() + (r + 1) * classes},
                            smoothed(targets, setting), kNoLabel, setting.smoothing));
    for (std::int64_t c = 0; c < classes && setting.weighted; ++c)
      weight += weights[c] * targets[c];
    if (!setting.weighted) ++weight;
  }
  for_each_offset([&](std::int64_t offset) {
    Guarded<float> in(x, offset), target(t, offset / 2), out(kRows, 0), dx(x, offset);
    const LossSum got =
        kernels::softmax_cross_entropy(in.data(), target.data(), out.data(), kRows, options);
    kernels::softmax_cross_entropy_gradient(in.data(), target.data(), dx.data(), kRows, options,
                                            kScale);
    for (std::int64_t r = 0; r < kRows; ++r) expect_row(want[r], out[r], dx.data() + r * classes);
    expect_close(got.weight, weight, kRounding * weight, -3);  // w·t is rounded once
    EXPECT_EQ(kernels::cross_entropy_weight(target.data(), kRows, options), got.weight);
  });
}

TEST(SoftmaxCrossEntropy, MatchesTheReferenceAndItsComplexStep) {
  for (const Setting& setting : kSettings) {
    for (std::int64_t classes = 1; classes <= kLongest; ++classes) {
      SCOPED_TRACE(testing::Message() << classes << " classes, smoothing " << setting.smoothing
                                      << (setting.weighted ? ", weighted" : ""));
      expect_labels(classes, setting);
      expect_dense(classes, setting);
      if (HasFailure()) return;
    }
  }
}

RC_GTEST_PROP(SoftmaxCrossEntropy, OneHotTargetsAndLabelsAgree, ()) {
  const auto classes = *rc::gen::inRange<std::int64_t>(2, 40);
  const auto rows = *rc::gen::inRange<std::int64_t>(1, 8);
  const double smoothing = *rc::gen::element(0.0, 0.1, 0.5);
  const bool weighted = *rc::gen::arbitrary<bool>();
  const auto labels = *rc::gen::container<std::vector<std::int32_t>>(
      static_cast<std::size_t>(rows),
      rc::gen::inRange<std::int32_t>(0, static_cast<std::int32_t>(classes)));
  const auto x = draws(rows * classes, static_cast<std::uint64_t>(rows + classes), 3);
  const auto weights = class_weights(classes);
  const CrossEntropyOptions options = {classes, smoothing, weighted ? weights.data() : nullptr};
  std::vector<float> onehot(x.size(), 0), from_labels(x.size()), from_dense(x.size());
  for (std::int64_t r = 0; r < rows; ++r) onehot[r * classes + labels[r]] = 1;
  const LossSum a = kernels::softmax_cross_entropy(x.data(), labels.data(), nullptr, rows, options);
  const LossSum b = kernels::softmax_cross_entropy(x.data(), onehot.data(), nullptr, rows, options);
  RC_ASSERT(a.weight == b.weight);
  RC_ASSERT(std::abs(a.sum - b.sum) <= 8 * kRounding * (1 + a.sum));
  kernels::softmax_cross_entropy_gradient(x.data(), labels.data(), from_labels.data(), rows,
                                          options, 1);
  kernels::softmax_cross_entropy_gradient(x.data(), onehot.data(), from_dense.data(), rows, options,
                                          1);
  const double heaviest = 1.5;
  for (std::size_t i = 0; i < x.size(); ++i) {
    RC_ASSERT(std::abs(from_labels[i] - from_dense[i]) <= 16 * kRounding * heaviest);
  }
}

// Two classes with p = (1/4, 3/4), computed by hand: q = (2·(0.9 + 0.05), 1·0.05) for label 0.
TEST(SoftmaxCrossEntropy, MatchesSmoothingAndWeightsByHand) {
  for_each_target([] {
    const std::vector<float> x = {0, static_cast<float>(std::log(3.0))}, weights = {2, 1};
    const std::int32_t label = 0;
    const CrossEntropyOptions options = {2, 0.1, weights.data()};
    const double want = 1.9 * std::log(4.0) + 0.05 * std::log(4.0 / 3);
    const LossSum got = kernels::softmax_cross_entropy(x.data(), &label, nullptr, 1, options);
    EXPECT_NEAR(got.sum, want, 8 * kRounding * want);
    EXPECT_EQ(got.weight, 2);
    EXPECT_NEAR(got.mean(), want / 2, 8 * kRounding * want);
    std::vector<float> dx(2);
    kernels::softmax_cross_entropy_gradient(x.data(), &label, dx.data(), 1, options,
                                            1 / got.weight);
    EXPECT_NEAR(dx[0], (1.95 / 4 - 1.9) / 2, 8 * kRounding);
    EXPECT_NEAR(dx[1], (1.95 * 3 / 4 - 0.05) / 2, 8 * kRounding);
  });
}

// The labels have weights 1 and 3, so the mean divides by 4 and not by 2 rows.
TEST(SoftmaxCrossEntropy, MeanIsWeighted) {
  for_each_target([] {
    const std::vector<float> x = {0, 0, 0, static_cast<float>(std::log(3.0))}, weights = {1, 3};
    const std::int32_t labels[] = {0, 1};
    const double want = (std::log(2.0) + 3 * std::log(4.0 / 3)) / 4;
    EXPECT_NEAR(
        kernels::softmax_cross_entropy(x.data(), labels, nullptr, 2, {2, 0, weights.data()}).mean(),
        want, 8 * kRounding);
  });
}

float label_loss(const std::vector<float>& x, std::int32_t label, double smoothing = 0) {
  float out = -1;
  kernels::softmax_cross_entropy(x.data(), &label, &out, 1,
                                 {static_cast<std::int64_t>(x.size()), smoothing, nullptr});
  return out;
}

std::vector<float> label_gradient(const std::vector<float>& x, std::int32_t label,
                                  double smoothing = 0) {
  std::vector<float> dx(x.size(), -7);
  kernels::softmax_cross_entropy_gradient(
      x.data(), &label, dx.data(), 1, {static_cast<std::int64_t>(x.size()), smoothing, nullptr}, 1);
  return dx;
}

TEST(SoftmaxCrossEntropy, IsStableForHugeLogits) {
  for_each_target([] {
    EXPECT_EQ(label_loss({1e4f, -1e4f}, 0), 0);
    EXPECT_EQ(label_loss({1e4f, -1e4f}, 1), 2e4f);
    EXPECT_EQ(label_gradient({1e4f, -1e4f}, 0), (std::vector<float>{0, 0}));
    EXPECT_EQ(label_gradient({1e4f, -1e4f}, 1), (std::vector<float>{1, -1}));
    EXPECT_EQ(label_loss({1e38f, -1e38f}, 1), 2e38f);
    EXPECT_EQ(label_loss({3e38f, -3e38f}, 0, 0.5), 1.5e38f);  // 6e38 is beyond floats, not doubles
    EXPECT_EQ(label_gradient({3e38f, -3e38f}, 1), (std::vector<float>{1, -1}));
  });
}

TEST(SoftmaxCrossEntropy, TreatsMinusInfinityAsProbabilityZero) {
  for_each_target([] {
    EXPECT_NEAR(label_loss({-kInfinity, 0, 0}, 1), std::log(2.0), 4 * kRounding);
    EXPECT_EQ(label_loss({-kInfinity, 0, 0}, 0), kInfinity);
    EXPECT_EQ(label_loss({-kInfinity, 0, 0}, 1, 0.1), kInfinity);
    EXPECT_EQ(label_gradient({-kInfinity, 0, 0}, 1), (std::vector<float>{0, -0.5f, 0.5f}));
    EXPECT_EQ(label_gradient({-kInfinity, 0, 0}, 0), (std::vector<float>{-1, 0.5f, 0.5f}));
    const std::vector<float> x = {-kInfinity, 0, 0}, t = {0, 0.5f, 0.5f};
    float out = -1;
    kernels::softmax_cross_entropy(x.data(), t.data(), &out, 1, {3, 0, nullptr});
    EXPECT_NEAR(out, std::log(2.0), 4 * kRounding);
  });
}

TEST(SoftmaxCrossEntropy, IsNanIfUndefined) {
  for_each_target([] {
    EXPECT_TRUE(std::isnan(label_loss({0, kInfinity}, 0)));
    EXPECT_TRUE(std::isnan(label_loss({-kInfinity, -kInfinity}, 0)));
    EXPECT_TRUE(std::isnan(label_loss({0, std::nanf("")}, 0)));
    EXPECT_TRUE(std::isnan(label_loss({0, 1}, 2)));
    for (const float v : label_gradient({0, std::nanf("")}, 0)) EXPECT_TRUE(std::isnan(v));
    for (const float v : label_gradient({0, 1}, 2)) EXPECT_TRUE(std::isnan(v));
  });
}

// In float, p − 1 would be a multiple of 6e-8 here. The gradient at the label is close to −e^−12.
TEST(SoftmaxCrossEntropy, IsPreciseForConfidentRows) {
  for_each_target([] {
    const double tail = std::exp(-12.0), want = tail / (1 + tail);
    const auto dx = label_gradient({12, 0}, 0);
    EXPECT_NEAR(dx[0], -want, 32 * kRounding * want);
    EXPECT_NEAR(dx[1], want, 32 * kRounding * want);
    EXPECT_NEAR(label_loss({12, 0}, 0), std::log1p(tail), 32 * kRounding * tail + 0x1p-51);
  });
}

}  // namespace
}  // namespace selfnorm
