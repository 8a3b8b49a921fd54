// SPDX-License-Identifier: Apache-2.0
// Compares the predicted amplification at inference with networks that run, and tests the finding.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "selfnorm/constants.h"
#include "selfnorm/doctor.h"
#include "selfnorm/theory.h"

namespace selfnorm {
namespace {

using Ints = std::vector<std::int64_t>;

Layer dense(std::int64_t units) { return {"dense", {{"units", units}}}; }
Layer conv(std::int64_t channels) {
  return {"conv2d",
          {{"channels", channels}, {"kernel", Ints{3, 3}}, {"padding", std::string("same")}}};
}
Layer alpha_dropout(double rate, const std::string& inference) {
  return {"alpha_dropout", {{"rate", rate}, {"inference", inference}}};
}
const Layer kSelu{"selu"};
const Layer kMaxPooling{"max_pool2d", {{"kernel", Ints{2, 2}}}};

Examination examined(const Network& network, std::int64_t draws) {
  RunConfig config;
  config.network = network;
  ExaminationOptions options;
  options.draws = draws;
  return examine(config, options);
}

// 5 % is the promise. The last layer has many outputs and the draws are many, so that the error of
// the measurement is below 2 %. Images need fewer draws than rows of features.
constexpr std::int64_t kDraws = 40, kImageDraws = 12;
void expect_amplification(const Network& network, std::int64_t draws = kDraws) {
  constexpr double kPromise = 0.05;
  for (const LayerExamination& layer : examined(network, draws).layers) {
    ASSERT_TRUE(layer.inference.has_value()) << layer.name;
    ASSERT_TRUE(layer.measured_inference.has_value()) << layer.name;
    const InferenceShift &want = *layer.inference, &got = *layer.measured_inference;
    EXPECT_NEAR(want.amplification / got.amplification, 1, kPromise) << layer.name;
    EXPECT_NEAR(want.variance / got.variance, 1, kPromise) << layer.name;
  }
}

class Amplification : public testing::TestWithParam<std::string> {};

TEST_P(Amplification, OfDenseLayers) {
  Network network{{{"x", {64}}}, {}};
  for (int i = 0; i < 4; ++i) {
    network.layers.insert(network.layers.end(),
                          {dense(256), kSelu, alpha_dropout(0.1, GetParam())});
  }
  network.layers.push_back(dense(256));
  expect_amplification(network);
}

TEST_P(Amplification, OfPooledConvolutions) {
  const Layer feature{"feature_alpha_dropout", {{"rate", 0.1}, {"inference", GetParam()}}};
  expect_amplification({{{"x", {8, 12, 12}}},
                        {conv(48),
                         kSelu,
                         kMaxPooling,
                         alpha_dropout(0.2, GetParam()),
                         conv(48),
                         kSelu,
                         feature,
                         {"avg_pool2d", {{"kernel", Ints{2, 2}}}},
                         {"flatten"},
                         dense(128)},
                        {}});
}

// The maximum is the largest element that the mask keeps, so masks choose different elements.
TEST_P(Amplification, OfMaximaOverKeptElements) {
  const Network network{
      {{"x", {8, 12, 12}}},
      {conv(48), kSelu, alpha_dropout(0.2, GetParam()), kMaxPooling, {"flatten"}, dense(256)},
      {}};
  expect_amplification(network, kImageDraws);
}

TEST_P(Amplification, OfMaximaOverSignalsWithNoise) {
  const Network network{{{"x", {8, 12, 12}}},
                        {conv(48),
                         kSelu,
                         alpha_dropout(0.2, GetParam()),
                         conv(48),
                         kSelu,
                         kMaxPooling,
                         {"flatten"},
                         dense(256)},
                        {}};
  expect_amplification(network, kImageDraws);
}

TEST_P(Amplification, OfMaximaOverFeaturesThatAreDroppedAsAWhole) {
  const Layer feature{"feature_alpha_dropout", {{"rate", 0.2}, {"inference", GetParam()}}};
  const Network network{
      {{"x", {8, 12, 12}}}, {conv(64), kSelu, feature, kMaxPooling, {"flatten"}, dense(256)}, {}};
  expect_amplification(network, kImageDraws);
}

TEST_P(Amplification, OfConcatenationsAndSums) {
  Layer left = dense(128), right = dense(128);
  left.name = "left", left.inputs = {"x"};
  right.name = "right", right.inputs = {"x"};
  Layer left_selu{"selu", {}, "left_selu", {"left"}};
  Layer right_selu{"selu", {}, "right_selu", {"right"}};
  Layer dropped = alpha_dropout(0.25, GetParam());
  dropped.name = "dropped", dropped.inputs = {"left_selu"};
  const Layer concat{"concat", {}, "concat", {"dropped", "right_selu"}};
  Layer branch = dense(256);
  branch.name = "branch", branch.inputs = {"concat"};
  const Layer sum{"add", {{"weights", std::vector<double>{0.6, 0.8}}}, "sum", {"branch", "concat"}};
  expect_amplification(
      {{{"x", {64}}},
       {left, left_selu, dropped, right, right_selu, concat, branch, sum, dense(256)},
       {}});
}

INSTANTIATE_TEST_SUITE_P(Modes, Amplification, testing::Values("identity", "expectation"),
                         [](const auto& mode) { return mode.param; });

// Without activations, every dropout amplifies by 1/(a·q), and the expectation by 1.
TEST(InferenceShift, OfALinearNetworkIsExact) {
  const double rate = 0.25, slope = (1 - rate) * alpha_dropout_affine(rate, 0, 1, kAlphaPrime).a;
  for (const char* inference : {"identity", "expectation"}) {
    const Layer dropout = alpha_dropout(rate, inference);
    const Examination got =
        examined({{{"x", {64}}}, {dropout, dense(64), dropout, dense(8)}, {}}, 0);
    const double each = std::string(inference) == "identity" ? 1 / slope : 1;
    EXPECT_NEAR(got.layers[0].inference->amplification, each, 1e-9);
    EXPECT_NEAR(got.layers[3].inference->amplification, each * each, 1e-9);
  }
}

// The predictions of these would be wrong, so there are none.
TEST(InferenceShift, IsAbsentForBatchNormAndForTwins) {
  const Layer dropout = alpha_dropout(0.2, "identity");
  const Examination normalized =
      examined({{{"x", {8}}}, {dense(8), {"batch_norm"}, kSelu, dropout, dense(2)}, {}}, 2);
  EXPECT_FALSE(normalized.layers.back().inference.has_value());
  EXPECT_FALSE(normalized.layers.back().measured_inference.has_value());
  Layer left = dense(8), right{"dense", {}, "right", {"y"}, "left"};
  left.name = "left", left.inputs = {"x"};
  const Layer difference{"absolute_difference", {}, "difference", {"left", "right"}};
  const Examination twins =
      examined({{{"x", {8}}, {"y", {8}}}, {left, right, difference, dropout, dense(2)}, {}}, 0);
  EXPECT_FALSE(twins.layers.back().inference.has_value());
  // The finding does not depend on the prediction: the next layer is amplified by 1/(a·q).
  const double slope = 0.8 * alpha_dropout_affine(0.2, 0, 1, kAlphaPrime).a;
  for (const Examination& each : {normalized, twins}) {
    const auto finding =
        std::ranges::find(each.findings, "dropout-inference-shift", &Finding::code);
    ASSERT_NE(finding, each.findings.end());
    EXPECT_NEAR(finding->value, 1 / slope, 1e-12);
  }
}

// Token ids have as many rows as the examination, and other inputs one that stands for all.
TEST(InferenceShift, OfWordsAndNumbers) {
  const Layer words{"embedding",
                    {{"vocabulary", std::int64_t{50}}, {"dimension", std::int64_t{16}}},
                    "words",
                    {"ids"}};
  const Layer dropped{"alpha_dropout",
                      {{"rate", 0.2}, {"inference", std::string("identity")}},
                      "dropped",
                      {"words"}};
  const Layer pooled{"pool_steps", {}, "pooled", {"dropped"}};
  const Layer both{"concat", {}, "both", {"pooled", "x"}};
  const Examination got =
      examined({{{"ids", {6}}, {"x", {16}}}, {words, dropped, pooled, both, dense(64)}, {}}, 40);
  const LayerExamination& last = got.layers.back();
  ASSERT_TRUE(last.inference.has_value());
  ASSERT_TRUE(last.measured_inference.has_value());
  EXPECT_NEAR(last.inference->amplification / last.measured_inference->amplification, 1, 0.05);
}

TEST(InferenceShift, IsAbsentWithoutDropout) {
  for (const LayerExamination& layer : examined({{{"x", {8}}}, {dense(8), kSelu}, {}}, 2).layers) {
    EXPECT_FALSE(layer.inference.has_value());
    EXPECT_FALSE(layer.measured_inference.has_value());
  }
}

// Plain dropout keeps the mean of a unit, so a linear network is not amplified.
TEST(InferenceShift, OfPlainDropoutIsOne) {
  const Layer dropout{"dropout", {{"rate", 0.3}}};
  const Examination got = examined({{{"x", {64}}}, {dropout, dense(64), dropout}, {}}, 0);
  EXPECT_NEAR(got.layers[2].inference->amplification, 1, 1e-9);
}

TEST(DropoutInferenceShift, IsFoundAndRepaired) {
  RunConfig config;
  config.network = {{{"x", {64}}}, {}};
  for (int i = 0; i < 3; ++i) {
    config.network.layers.insert(config.network.layers.end(),
                                 {dense(256), kSelu, alpha_dropout(0.2, "identity")});
  }
  config.network.layers.push_back(dense(10));
  const Examination before = examine(config);
  ASSERT_EQ(before.findings.size(), 1u);
  const Finding& finding = before.findings[0];
  EXPECT_EQ(finding.code, "dropout-inference-shift");
  EXPECT_EQ(finding.severity, Severity::error);
  EXPECT_EQ(finding.layers.size(), 3u);
  EXPECT_DOUBLE_EQ(finding.value, before.layers.back().inference->amplification);
  EXPECT_GT(finding.value, 2);
  EXPECT_NE(finding.message.find("0.703 at rate 0.2"), std::string::npos) << finding.message;
  const Repair repaired = repair(config);
  EXPECT_TRUE(repaired.examination.findings.empty());
  for (const Layer& layer : repaired.config.network.layers) {
    if (layer.op != "alpha_dropout") continue;
    EXPECT_EQ(std::get<std::string>(layer.attributes.at("inference")), "expectation");
  }
  // A rate that shifts the output by less than 2 % is no finding.
  for (Layer& layer : config.network.layers) {
    if (layer.op == "alpha_dropout") layer.attributes["rate"] = 0.001;
  }
  EXPECT_TRUE(examine(config).findings.empty());
}

}  // namespace
}  // namespace selfnorm
