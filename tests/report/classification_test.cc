// SPDX-License-Identifier: Apache-2.0
#include "report/classification.h"

#include <gtest/gtest.h>

#include <vector>

namespace selfnorm {
namespace {

using Counts = std::vector<std::vector<std::int64_t>>;

const std::vector<float> kProbabilities = {0.95f, 0.05f,   // correct
                                           0.15f, 0.85f,   // wrong, confident
                                           0.35f, 0.65f,   // correct
                                           0.45f, 0.55f};  // wrong
const std::vector<std::int32_t> kTruth = {0, 0, 1, 0};
const ClassPredictions kPredictions{kProbabilities, kTruth, 2};

TEST(FinalEvaluation, ConfusionMatrixIsTruthByPrediction) {
  EXPECT_EQ(confusion(kPredictions), (Counts{{1, 2}, {0, 1}}));
}

TEST(FinalEvaluation, ConfusedPairsListTheMistakes) {
  const std::vector<ConfusedPair> pairs = confused_pairs(kPredictions, 5);
  ASSERT_EQ(pairs.size(), 1u);
  EXPECT_EQ(pairs[0].truth, 0);
  EXPECT_EQ(pairs[0].predicted, 1);
  EXPECT_EQ(pairs[0].rows, 2);
}

TEST(FinalEvaluation, MostConfidentErrorsComeFirst) {
  EXPECT_EQ(most_confident_errors(kPredictions, 9), (std::vector<std::size_t>{1, 3}));
  EXPECT_EQ(most_confident_errors(kPredictions, 1), (std::vector<std::size_t>{1}));
}

// Four rows in four bins, with errors of 0.05, 0.85, 0.35 and 0.55.
TEST(FinalEvaluation, CalibrationErrorIsTheMeanErrorOfTheBins) {
  const std::vector<ConfidenceBin> bins = confidence_bins(kPredictions);
  EXPECT_EQ(bins[9].rows, 1);
  EXPECT_EQ(bins[9].accuracy, 1);
  EXPECT_NEAR(expected_calibration_error(bins), (0.05 + 0.85 + 0.35 + 0.55) / 4, 1e-7);
  EXPECT_EQ(expected_calibration_error({}), 0);
}

}  // namespace
}  // namespace selfnorm
