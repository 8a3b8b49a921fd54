// SPDX-License-Identifier: Apache-2.0
#include "kernels/dice.h"

#include <gtest/gtest.h>

#include "base/aligned_buffer.h"
#include "kernels/kernel_testing.h"

namespace selfnorm {
namespace {

using kernels::DiceShape;
using kernels::DiceTargets;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Outcome {
  double loss;
  std::vector<float> dx;
};

Outcome run(const std::vector<float>& x, const DiceTargets& targets, const DiceShape& shape) {
  AlignedBuffer scratch(kernels::dice_scratch_bytes(shape));
  std::byte* memory = scratch.data();
  Guarded<float> in(x, 1), dx(static_cast<std::int64_t>(x.size()), 3);
  const auto loss = kernels::dice(in.data(), targets, shape, memory);
  EXPECT_EQ(loss.weight, static_cast<double>(shape.samples * shape.channels));
  kernels::dice_gradient(in.data(), targets, dx.data(), shape, 1, memory);
  return {loss.sum, dx.values()};
}

// Two pixels of one channel with p = ½ and ¾. The second pixel is positive.
TEST(Dice, MatchesTheFormulaForOneChannel) {
  const std::vector<float> x = {0, std::log(3.0f)}, y = {0, 1};
  const double loss = 1 - (2 * 0.75 + 1) / (1.25 + 1 + 1);
  EXPECT_NEAR(run(x, {nullptr, y.data()}, {1, 2, 1, 1}).loss, loss, 8 * kRounding);
}

TEST(Dice, TreatsLabelsAsOneHotTargets) {
  const DiceShape shape{2, 5, 3, 0.5};
  const auto x = draws(30, 1);
  const std::vector<std::int32_t> labels = {0, 1, 2, 2, 1, 1, 1, 1, 0, 0};
  std::vector<float> one_hot(30);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    one_hot[i * 3 + static_cast<std::size_t>(labels[i])] = 1;
  }
  const Outcome by_label = run(x, {labels.data(), nullptr}, shape);
  const Outcome by_target = run(x, {nullptr, one_hot.data()}, shape);
  EXPECT_EQ(by_label.loss, by_target.loss);
  EXPECT_EQ(by_label.dx, by_target.dx);
}

// The result is the same without the missing pixels, whatever their logits are.
TEST(Dice, IgnoresMissingPixels) {
  auto x = draws(12, 2);
  std::vector<float> fewer(x.begin(), x.begin() + 9);
  const std::vector<std::int32_t> labels = {2, 0, 1, -1};
  std::vector<float> probabilities = {0, 0, 1, 1, 0, 0, 0, 1, 0, 0.5f, kNan, 0.5f};
  const Outcome want = run(fewer, {labels.data(), nullptr}, {1, 3, 3, 1});
  for (const DiceTargets& targets :
       {DiceTargets{labels.data(), nullptr}, {nullptr, probabilities.data()}}) {
    const Outcome got = run(x, targets, {1, 4, 3, 1});
    EXPECT_EQ(got.loss, want.loss);
    for (std::size_t i = 0; i < 12; ++i) EXPECT_EQ(got.dx[i], i < 9 ? want.dx[i] : 0) << i;
  }
}

// Without smoothing, a class that does not occur and is not predicted is 0/0. The loss must not be
// NaN.
TEST(Dice, IsZeroForEmptyPredictionAndTarget) {
  const std::vector<float> x = {-200, -200}, y = {0, 0};
  const Outcome got = run(x, {nullptr, y.data()}, {1, 2, 1, 0});
  EXPECT_EQ(got.loss, 0);
  EXPECT_EQ(got.dx, (std::vector<float>{0, 0}));
}

TEST(Dice, PropagatesNan) {
  const std::vector<float> x = {kNan, 1}, y = {0, 1};
  EXPECT_TRUE(std::isnan(run(x, {nullptr, y.data()}, {1, 2, 1, 1}).loss));
}

// Predictions far from the threshold are certain. The loss is 0 if they are right and 1 if they are
// wrong.
TEST(Dice, RangesFromZeroToOne) {
  const std::vector<float> right = {40, -40, 40, -40}, y = {1, 0, 1, 0}, wrong = {-40, 40, -40, 40};
  EXPECT_NEAR(run(right, {nullptr, y.data()}, {1, 4, 1, 0}).loss, 0, kRounding);
  EXPECT_NEAR(run(wrong, {nullptr, y.data()}, {1, 4, 1, 0}).loss, 1, kRounding);
}

}  // namespace
}  // namespace selfnorm
