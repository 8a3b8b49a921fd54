// SPDX-License-Identifier: Apache-2.0
#include "train/metrics.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using Floats = std::vector<float>;
using Labels = std::vector<std::int32_t>;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
// Sums of at most a hundred terms in double have a relative error below 100 roundings.
constexpr double kRounding = 100 * 0x1p-53;

// Generates few distinct scores, so that ties are common.
rc::Gen<Floats> scores_of(std::size_t count) {
  return rc::gen::container<Floats>(count, rc::gen::map(rc::gen::inRange(-6, 7), [](int i) {
                                      return static_cast<float>(i) / 4;
                                    }));
}
rc::Gen<Floats> targets_of(std::size_t count) {
  return rc::gen::container<Floats>(count, rc::gen::element(0.f, 1.f, 0.f, 1.f, kNan));
}

// The definition: the fraction of pairs (positive, negative) in the right order. Ties count as
// half.
std::optional<double> auc_by_pairs(const Floats& scores, const Floats& targets) {
  double won = 0, pairs = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    for (std::size_t j = 0; j < scores.size(); ++j) {
      if (targets[i] != 1 || targets[j] != 0) continue;
      won += scores[i] > scores[j] ? 1 : (scores[i] == scores[j] ? 0.5 : 0);
      ++pairs;
    }
  }
  return pairs > 0 ? std::optional(won / pairs) : std::nullopt;
}

bool same(const std::optional<double>& a, const std::optional<double>& b) {
  if (a.has_value() != b.has_value()) return false;
  return !a || std::abs(*a - *b) <= kRounding;
}

TEST(Accuracy, UsesTheHighestScore) {
  const Floats scores = {1, 2, 3, 3, 2, 1, 0, 5, 0, 1, 1, 0};
  EXPECT_EQ(accuracy(scores, 3, Labels{2, 0, 0, 0}), 0.75);  // the tie in row 3 goes to class 0
  EXPECT_EQ(accuracy(scores, 3, Labels{2, 0, 0, 1}), 0.5);
  EXPECT_EQ(accuracy(Floats{}, 3, Labels{}), std::nullopt);
}

TEST(Metrics, BalancedAccuracyIsTheMeanOverTheClassesThatOccur) {
  // Three of four rows of class 0 are right, and none of class 2. Class 1 does not occur.
  const Floats scores = {9, 0, 0, 9, 0, 0, 9, 0, 0, 0, 9, 0, 9, 0, 0};
  EXPECT_EQ(balanced_accuracy(scores, 3, Labels{0, 0, 0, 0, 2}), 0.375);
  EXPECT_EQ(balanced_accuracy(Floats{}, 3, Labels{}), std::nullopt);
}

TEST(Accuracy, CountsNanAsWrong) {
  EXPECT_EQ(accuracy(Floats{kNan, kNan}, 2, Labels{0}), 0);
  EXPECT_EQ(accuracy(Floats{kNan, 1}, 2, Labels{1}), 1);
  EXPECT_EQ(top_k_accuracy(Floats{kNan, 1}, 2, Labels{0}, 2), 0);
}

TEST(Accuracy, RejectsWrongSizesAndLabels) {
  EXPECT_THROW(accuracy(Floats{1, 2, 3}, 2, Labels{0}), Error);
  EXPECT_THROW(accuracy(Floats{1, 2}, 2, Labels{2}), Error);
  EXPECT_THROW(accuracy(Floats{1, 2}, 2, Labels{-1}), Error);
  EXPECT_THROW(auc(Floats{1, 2}, Floats{1}), Error);
}

TEST(TopK, RisesFromAccuracyToOne) {
  EXPECT_TRUE(rc::check("top-k is monotone in k; against sorting the classes", [] {
    constexpr std::size_t kClasses = 5, kRows = 12;
    const Floats scores = *scores_of(kRows * kClasses);
    const Labels labels =
        *rc::gen::container<Labels>(kRows, rc::gen::inRange(0, static_cast<int>(kClasses)));
    for (std::int64_t k = 1; k <= 5; ++k) {
      int hits = 0;
      for (std::size_t r = 0; r < kRows; ++r) {
        std::vector<int> order = {0, 1, 2, 3, 4};
        std::ranges::stable_sort(order, std::ranges::greater{}, [&](int c) {
          return scores[r * kClasses + static_cast<std::size_t>(c)];
        });
        hits += std::find(order.begin(), order.begin() + k, labels[r]) != order.begin() + k;
      }
      RC_ASSERT(top_k_accuracy(scores, 5, labels, k) == hits / 12.0);
    }
    RC_ASSERT(accuracy(scores, 5, labels) == top_k_accuracy(scores, 5, labels, 1));
    RC_ASSERT(top_k_accuracy(scores, 5, labels, 5) == 1.0);
  }));
}

TEST(BinaryAccuracy, UsesTheThresholdAndIgnoresMissingTargets) {
  const Floats targets = {1, 0, kNan, 1};
  EXPECT_EQ(binary_accuracy(Floats{0.1f, -1, 9, -0.1f}, targets, 0), 2.0 / 3);
  EXPECT_EQ(binary_accuracy(Floats{0.6f, 0.4f, 9, 0.7f}, targets, 0.5), 1);
  EXPECT_EQ(binary_accuracy(Floats{kNan}, Floats{0}, 0), 0);
  EXPECT_EQ(binary_accuracy(Floats{1}, Floats{kNan}, 0), std::nullopt);
}

TEST(Auc, MatchesValuesByHand) {
  EXPECT_EQ(auc(Floats{0.1f, 0.4f, 0.35f, 0.8f}, Floats{0, 0, 1, 1}), 0.75);
  EXPECT_EQ(auc(Floats{1, 1, 1}, Floats{0, 1, 1}), 0.5);
  EXPECT_EQ(auc(Floats{3, 1, 2}, Floats{1, 0, 0}), 1);
  EXPECT_EQ(auc(Floats{1, 2}, Floats{1, 1}), std::nullopt);
  EXPECT_EQ(auc(Floats{1, 2, 3}, Floats{1, 1, kNan}), std::nullopt);
  EXPECT_TRUE(std::isnan(*auc(Floats{kNan, 2}, Floats{1, 0})));
  EXPECT_EQ(auc(Floats{kNan, 2, 1}, Floats{kNan, 1, 0}), 1);
}

TEST(Auc, EqualsTheFractionOfOrderedPairs) {
  EXPECT_TRUE(rc::check("against all pairs, with ties and missing labels", [] {
    const Floats scores = *scores_of(20), targets = *targets_of(20);
    RC_ASSERT(same(auc(scores, targets), auc_by_pairs(scores, targets)));
  }));
}

TEST(Auc, IsInvariantUnderMonotoneMapsAndMirroredByNegation) {
  EXPECT_TRUE(rc::check("e^x changes nothing; -x gives 1 - AUC", [] {
    const Floats scores = *scores_of(20), targets = *targets_of(20);
    Floats mapped = scores, negated = scores;
    for (float& x : mapped) x = std::exp(x);
    for (float& x : negated) x = -x;
    const auto plain = auc(scores, targets);
    RC_ASSERT(auc(mapped, targets) == plain);
    if (plain) RC_ASSERT(std::abs(*auc(negated, targets) - (1 - *plain)) <= kRounding);
  }));
}

TEST(Auc, AveragesTasksAndOneVersusRest) {
  // Task 0 has AUC 1, task 1 has only one class, task 2 has AUC 0.
  const Floats scores = {1, 1, 2, 2, 2, 1}, targets = {0, 1, 0, 1, kNan, 1};
  const auto tasks = auc_by_task(scores, 3, targets);
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(tasks[0], 1);
  EXPECT_EQ(tasks[1], std::nullopt);
  EXPECT_EQ(tasks[2], 0);
  EXPECT_EQ(mean_auc(scores, 3, targets), 0.5);
  EXPECT_EQ(mean_auc(Floats{1, 2}, 1, Floats{1, 1}), std::nullopt);
  const Floats rows = {0.9f, 0.1f, 0, 0.2f, 0.5f, 0.3f, 0.3f, 0.6f, 0.1f};
  const Labels labels = {0, 1, 0};
  // Class 0: positives 0.9, 0.3 against 0.2 → 1; class 1: 0.5 against 0.1, 0.6 → 0.5.
  EXPECT_EQ(one_vs_rest_auc(rows, 3, labels), 0.75);
}

TEST(F1, MatchesValuesByHand) {
  // TP 2, FP 1, FN 1.
  const Floats scores = {1, 1, 1, -1, -1, 5}, targets = {1, 1, 0, 1, 0, kNan};
  EXPECT_EQ(f1(scores, targets, 0), 2.0 / 3);
  EXPECT_EQ(f1(Floats{-1, -2}, Floats{0, 0}, 0), std::nullopt);
  EXPECT_EQ(f1(Floats{-1, -2}, Floats{0, 1}, 0), 0);
  EXPECT_EQ(f1_by_task(Floats{1, -1, 1, -1}, 2, Floats{1, 0, 0, 0}, 0), 2.0 / 3);
}

TEST(F1, IsTheHarmonicMeanOfPrecisionAndRecall) {
  EXPECT_TRUE(rc::check("2PR / (P + R)", [] {
    const Floats scores = *scores_of(20), targets = *targets_of(20);
    double hits = 0, said = 0, is = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (std::isnan(targets[i])) continue;
      said += scores[i] > 0;
      is += targets[i] == 1;
      hits += scores[i] > 0 && targets[i] == 1;
    }
    const auto result = f1(scores, targets, 0);
    RC_ASSERT(result.has_value() == (said + is > 0));
    if (!result) return;
    // Without a true positive, precision and recall are not both defined and positive, and F1 is 0.
    const double precision = hits / said, recall = hits / is;
    const double want = hits > 0 ? 2 * precision * recall / (precision + recall) : 0;
    RC_ASSERT(std::abs(*result - want) <= kRounding);
  }));
}

TEST(F1, MacroIsTheMeanOverOccurringClasses) {
  // Predicted 0, 1, 1, 0 for 0, 1, 0, 1: both classes have TP 1, FP 1, FN 1 → 1/2. Class 2 is
  // absent.
  const Floats scores = {1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0};
  EXPECT_EQ(macro_f1(scores, 3, Labels{0, 1, 0, 1}), 0.5);
  // Predicted 0, 0 for 0, 2: class 0 has 2/3 and class 2 has 0.
  EXPECT_EQ(macro_f1(Floats{1, 0, 0, 1, 0, 0}, 3, Labels{0, 2}), 1.0 / 3);
  EXPECT_EQ(macro_f1(Floats{kNan, kNan}, 2, Labels{0}), 0);
}

TEST(Errors, MatchValuesByHand) {
  const Floats predictions = {1, 2, 7, 5}, targets = {4, 2, kNan, 1};
  EXPECT_EQ(root_mean_squared_error(predictions, targets), std::sqrt(25.0 / 3));
  EXPECT_EQ(mean_absolute_error(predictions, targets), 7.0 / 3);
  EXPECT_EQ(root_mean_squared_error(Floats{1}, Floats{kNan}), std::nullopt);
  EXPECT_TRUE(std::isnan(*mean_absolute_error(Floats{kNan}, Floats{1})));
}

// In float, 16777216 + 1 is 16777216, so a sum of squares of 1 would not grow beyond 2^24.
TEST(Errors, AddInDouble) {
  const Floats predictions((1 << 24) + 2, 1.f), targets((1 << 24) + 2, 0.f);
  EXPECT_EQ(root_mean_squared_error(predictions, targets), 1);
  EXPECT_EQ(mean_absolute_error(Floats{16777216.f}, Floats{-1.f}), 16777217);
}

TEST(LogErrors, MatchValuesByHand) {
  // log(1 + 1) − log(1 + 0) = log 2 and log(1 + 3) − log(1 + 0) = 2 log 2.
  EXPECT_NEAR(*root_mean_squared_log_error(Floats{1, 0, 9}, Floats{0, 3, kNan}),
              std::log(2.0) * std::sqrt(2.5), 1e-15);
  EXPECT_EQ(root_mean_squared_log_error(Floats{-1.5f}, Floats{1}), std::nullopt);
  EXPECT_EQ(root_mean_squared_log_error(Floats{-1}, Floats{1}), std::nullopt);
  // t = 0: p. t = 2, p = 1: 2·log 2 − 2 + 1.
  EXPECT_NEAR(*poisson_deviance(Floats{3, 1, 9}, Floats{0, 2, kNan}), 3 + 2 * std::log(2.0) - 1,
              1e-15);
  EXPECT_EQ(poisson_deviance(Floats{2, 7, 0}, Floats{2, 7, 0}), 0);
  EXPECT_TRUE(std::isinf(*poisson_deviance(Floats{0}, Floats{1})));
  EXPECT_EQ(poisson_deviance(Floats{-1}, Floats{1}), std::nullopt);
  EXPECT_EQ(poisson_deviance(Floats{1}, Floats{-1}), std::nullopt);
  EXPECT_EQ(poisson_deviance(Floats{1}, Floats{kNan}), std::nullopt);
}

TEST(RSquared, MatchesValuesByHand) {
  EXPECT_EQ(r_squared(Floats{1, 2, 3}, 1, Floats{1, 2, 3}), 1);
  EXPECT_EQ(r_squared(Floats{3, 2, 1}, 1, Floats{1, 2, 3}), -3);  // 1 - 8/2
  EXPECT_EQ(r_squared(Floats{1, 2}, 1, Floats{5, 5}), std::nullopt);
  // The first column is exact, and the second has all values missing but one. Only the first
  // counts.
  EXPECT_EQ(r_squared(Floats{1, 0, 2, 0, 3, 0}, 2, Floats{1, kNan, 2, kNan, 3, 4}), 1);
  EXPECT_EQ(r_squared(Floats{1, 3, 2, 2, 3, 1}, 2, Floats{1, 1, 2, 2, 3, 3}), -1);
}

TEST(RSquared, IsZeroForTheMeanPredictor) {
  EXPECT_TRUE(rc::check("predicting the mean of 16 quarters, which float holds exactly", [] {
    const Floats targets = *scores_of(16);
    double sum = 0;
    for (const float target : targets) sum += target;
    const Floats predictions(16, static_cast<float>(sum / 16));
    const auto result = r_squared(predictions, 1, targets);
    const bool constant = std::ranges::count(targets, targets[0]) == 16;
    RC_ASSERT(result.has_value() == !constant);
    if (result) RC_ASSERT(std::abs(*result) <= kRounding);
  }));
}

// Class 0: 1 of {rows 0, 1, 2}. Class 1: 1 of {rows 1, 2, 3}. Class 2 does not occur.
TEST(Iou, IsTheMeanOverOccurringClasses) {
  const Floats scores = {2, 1, 0, 2, 1, 0, 1, 2, 0, 1, 2, 0};
  const Labels labels = {0, 1, 0, 1};
  EXPECT_EQ(macro_iou(scores, 3, labels), 1.0 / 3);
  EXPECT_EQ(macro_f1(scores, 3, labels), 0.5);  // Dice of the same sets
  EXPECT_EQ(macro_iou(Floats{}, 3, Labels{}), std::nullopt);
  EXPECT_EQ(macro_iou(Floats{kNan, kNan}, 2, Labels{0}), 0);
}

TEST(Iou, IgnoresMissingTargetsOfTasks) {
  // Task 0: 1 true positive, 1 false positive, 1 missing target. Task 1: no positives.
  const Floats scores = {1, -1, 1, -1, 1, -1}, targets = {1, 0, 0, 0, kNan, 0};
  EXPECT_EQ(iou_by_task(scores, 2, targets, 0), 0.5);
  EXPECT_EQ(iou_by_task(Floats{1, -1}, 1, Floats{0, 1}, 0), 0);
  EXPECT_EQ(iou_by_task(Floats{-1}, 1, Floats{0}, 0), std::nullopt);
}

// For the same sets, Dice = 2·IoU / (1 + IoU).
TEST(Iou, MatchesDice) {
  EXPECT_TRUE(rc::check("dice = 2 iou / (1 + iou)", [] {
    const auto count = *rc::gen::inRange<std::size_t>(1, 40);
    const Floats scores = *scores_of(count), targets = *targets_of(count);
    const auto iou = iou_by_task(scores, 1, targets, 0);
    const auto dice = f1(scores, targets, 0);
    RC_ASSERT(same(dice, iou ? std::optional(2 * *iou / (1 + *iou)) : std::nullopt));
  }));
}

}  // namespace
}  // namespace selfnorm
