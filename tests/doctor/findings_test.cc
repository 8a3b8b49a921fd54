// SPDX-License-Identifier: Apache-2.0
// Tests the findings of the doctor in networks as users build them, and that the repaired networks
// have no findings.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "doctor/finding_testing.h"
#include "ops/table.h"
#include "selfnorm/doctor.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

TEST(Findings, NoneInASelfNormalizingNetwork) {
  const Layer dropout{"alpha_dropout", {{"rate", 0.05}}};
  EXPECT_TRUE(examine(with({64}, {dense(256), kSelu, dropout, dense(128), kSelu, dense(10)}))
                  .findings.empty());
  const Layer relu{"relu"}, plain{"dropout", {{"rate", 0.5}}};
  EXPECT_TRUE(examine(with({64}, {dense(256), relu, plain, dense(10)})).findings.empty());
}

// The value is τ relative to its target, for the initializations of several frameworks.
TEST(Findings, InitialVariance) {
  struct Case {
    Settings init;
    double value;
    Severity severity;
    const char* word;
  };
  const Settings pytorch = {{"init", "pytorch_default"}}, he = {{"init", "he_normal"}},
                 glorot = {{"init", "glorot_uniform"}},
                 selu_gain = {{"init", "lecun_normal"}, {"init.gain", 0.75}},
                 truncated = {{"init", "lecun_normal"}, {"init.gain", 0.87962566}};
  for (const Case& c : {Case{pytorch, 1.0 / 3, Severity::error, "PyTorch's default"},
                        {he, 2, Severity::error, "He initialization"},
                        {glorot, 2.0 / 3, Severity::warning, "0.6667 instead of 1"},
                        {selu_gain, 0.5625, Severity::warning, "3/4"},
                        {truncated, 0.77374, Severity::warning, "truncated"}}) {
    const Finding finding =
        only_finding(with({64}, {dense(128, c.init), kSelu, dense(10)}), "initial-variance");
    EXPECT_NEAR(finding.value, c.value, 1e-5);
    EXPECT_EQ(finding.severity, c.severity);
    EXPECT_NE(finding.message.find(c.word), std::string::npos) << finding.message;
    EXPECT_EQ(finding.layers, std::vector<std::string>{"dense_1"});
  }
}

// A unit of a transposed convolution sums C·k²/s² inputs, and a unit of a depthwise one k².
TEST(Findings, InitialVarianceUsesTheTrueFanIn) {
  const Layer up{"conv_transpose2d",
                 {{"channels", std::int64_t{8}},
                  {"kernel", Ints{2, 2}},
                  {"stride", Ints{2, 2}},
                  {"init", "normal"},
                  {"init.gain", 1 / std::sqrt(2 * 2 * 16.0)}}};
  const Finding transposed =
      only_finding(with({16, 4, 4}, {up, kSelu, conv(4)}), "initial-variance");
  EXPECT_NEAR(transposed.value, 0.25, 1e-12);
  EXPECT_NE(transposed.message.find("a unit sums 16 inputs"), std::string::npos)
      << transposed.message;
  const Layer depthwise = conv(
      16,
      {{"groups", std::int64_t{16}}, {"init", "normal"}, {"init.gain", 1 / std::sqrt(9 * 16.0)}});
  EXPECT_NEAR(only_finding(with({16, 8, 8}, {depthwise, kSelu, conv(4)}), "initial-variance").value,
              1.0 / 16, 1e-12);
}

// The published numbers: 1.69 at keep probability 0.8, and divergence at 0.5.
TEST(Findings, PlainDropout) {
  for (const auto& [rate, deviation] :
       {std::pair(0.2, 1.69), {0.5, std::numeric_limits<double>::infinity()}}) {
    const Layer dropout{"dropout", {{"rate", rate}}};
    const Finding finding =
        only_finding(with({64}, {dense(128), kSelu, dropout, dense(10)}), "plain-dropout");
    EXPECT_EQ(finding.severity, Severity::error);
    if (std::isfinite(deviation)) EXPECT_NEAR(finding.value, deviation, 0.005);
    else EXPECT_EQ(finding.value, deviation);
  }
}

TEST(Findings, AlphaDropoutAfterRelu) {
  const Layer dropout{"alpha_dropout", {{"rate", 0.1}}};
  const Finding finding = only_finding(with({64}, {dense(128), {"relu"}, dropout, dense(10)}),
                                       "alpha-dropout-without-selu");
  EXPECT_EQ(finding.severity, Severity::error);
  EXPECT_NE(finding.message.find("relu"), std::string::npos);
}

TEST(Findings, NormalizationNextToSelu) {
  only_finding(with({64}, {dense(128), kSelu, {"batch_norm"}, dense(10)}),
               "normalization-beside-selu");
  only_finding(with({64}, {dense(128), {"layer_norm"}, kSelu, dense(10)}),
               "normalization-beside-selu");
  EXPECT_TRUE(
      examine(with({64}, {dense(128), {"batch_norm"}, {"relu"}, dense(10)})).findings.empty());
}

TEST(Findings, MixedActivations) {
  const Finding finding = only_finding(
      with({64}, {dense(128), kSelu, dense(128), {"relu"}, dense(10)}), "activations-mixed");
  EXPECT_NEAR(finding.value, 0.5, 1e-12);
  EXPECT_EQ(finding.layers, std::vector<std::string>{"relu_1"});
}

TEST(Findings, ZeroPadding) {
  const double share = (3 * 8.0 - 2) / (3 * 8.0);
  const Finding finding = only_finding(
      with({16, 8, 8}, {conv(16, {{"padding", "same"}}), kSelu, conv(4)}), "zero-padding");
  EXPECT_NEAR(finding.value, share * share, 1e-9);
  EXPECT_EQ(finding.severity, Severity::warning);
}

TEST(Findings, UnscaledAdd) {
  const auto block = [](const std::vector<double>& weights) {
    std::vector<Layer> layers = {{"dense", {{"units", std::int64_t{128}}}, "stem"},
                                 {"selu", {}, "trunk", {"stem"}},
                                 {"dense", {{"units", std::int64_t{128}}}, "z", {"trunk"}},
                                 {"selu", {}, "f", {"z"}},
                                 {"add", {}, "sum", {"trunk", "f"}},
                                 {"dense", {{"units", std::int64_t{10}}}, "out", {"sum"}}};
    if (!weights.empty()) layers[4].attributes["weights"] = weights;
    return with({64}, layers);
  };
  const Finding finding = only_finding(block({}), "unscaled-add");
  EXPECT_NEAR(finding.value, 2, 1e-2);
  EXPECT_TRUE(examine(block({0.6, 0.8})).findings.empty());
  RunConfig normalized = block({});
  for (Layer& layer : normalized.network.layers) {
    if (layer.op == "selu") layer.op = "batch_norm";
  }
  EXPECT_TRUE(examine(normalized).findings.empty());
  const Repair repaired = repair(block({}));
  for (const double weight :
       std::get<std::vector<double>>(repaired.config.network.layers[4].attributes.at("weights"))) {
    EXPECT_NEAR(weight, std::sqrt(0.5), 2e-3);
  }
}

TEST(Findings, ConcatOfDifferentScales) {
  const Finding finding =
      only_finding(with({64}, {{"dense", {{"units", std::int64_t{128}}}, "z"},
                               {"selu", {}, "a", {"z"}},
                               {"scale", {{"factor", 3.0}}, "b", {"a"}},
                               {"concat", {}, "both", {"a", "b"}},
                               {"dense", {{"units", std::int64_t{10}}}, "out", {"both"}}}),
                   "concat-unlike");
  EXPECT_NEAR(finding.value, 9, 1e-6);
}

TEST(Findings, PoolingShift) {
  const Layer pool{"max_pool2d", {{"kernel", Ints{2, 2}}}};
  const Finding finding =
      only_finding(with({16, 12, 12}, {kSelu, pool, conv(8), kSelu, conv(4)}), "pooling-shift");
  EXPECT_NEAR(finding.value, 1.075 * 1.075 + 0.561, 5e-3);
  EXPECT_EQ(finding.severity, Severity::warning);
}

// The absolute difference of independent values has mean 2/√π and second moment 2.
TEST(Findings, ShiftOfAbsoluteDifferences) {
  const Settings units = {{"units", std::int64_t{64}}};
  RunConfig config;
  config.network = {{{"x", {64}}, {"y", {64}}},
                    {{"dense", units, "a", {"x"}},
                     {"dense", units, "b", {"y"}},
                     {"absolute_difference", {}, "distance", {"a", "b"}},
                     {"dense", units, "c", {"distance"}},
                     {"selu", {}, "selu", {"c"}},
                     {"dense", units, "out", {"selu"}}}};
  EXPECT_NEAR(only_finding(config, "pooling-shift").value, 2, 1e-6);
}

// The sum of twenty almost independent steps has about twenty times the second moment of one step.
TEST(Findings, SummedSteps) {
  const Layer words{"embedding",
                    {{"vocabulary", std::int64_t{100000}}, {"dimension", std::int64_t{64}}}};
  const Layer sum{"pool_steps", {{"mode", "sum"}}}, root{"pool_steps"};
  const Finding finding = only_finding(
      with({20}, {words, dense(64), kSelu, sum, dense(64), kSelu, dense(4)}), "summed-steps");
  EXPECT_NEAR(finding.value, 20, 1);
  EXPECT_EQ(finding.severity, Severity::error);
  EXPECT_TRUE(examine(with({20}, {words, dense(64), kSelu, root, dense(64), kSelu, dense(4)}))
                  .findings.empty());
}

// Keras draws embedding vectors uniformly from ±0.05.
TEST(Findings, EmbeddingNotStandardized) {
  const Layer words{"embedding",
                    {{"vocabulary", std::int64_t{1000}},
                     {"dimension", std::int64_t{64}},
                     {"init", "uniform"},
                     {"init.gain", 0.05}}};
  const Finding finding =
      only_finding(with({20}, {words, {"pool_steps"}, dense(64), kSelu, dense(4)}),
                   "embedding-not-standardized");
  EXPECT_NEAR(finding.value, 0.05 * 0.05 / 3, 1e-6);
  EXPECT_EQ(finding.layers, std::vector<std::string>{"embedding_1"});
}

TEST(Findings, GradientGrowth) {
  RunConfig config = with({64}, {});
  for (int i = 0; i < 40; ++i) {
    config.network.layers.insert(config.network.layers.end(), {dense(256), kSelu});
  }
  config.network.layers.push_back(dense(10));
  EXPECT_NEAR(only_finding(config, "gradient-growth").value, std::pow(1.071575, 39), 0.1);
}

// The repair replaces normal weights, even if the user chose them, by orthogonal weights of the
// same variance.
TEST(Repairs, ShapeForTheDepthGetsOrthogonalWeights) {
  RunConfig config = with({64}, {});
  const Layer normal{"dense", {{"units", std::int64_t{64}}, {"init", std::string("lecun_normal")}}};
  for (int i = 0; i < 40; ++i) {
    config.network.layers.insert(config.network.layers.end(), {normal, kSelu});
  }
  config.network.layers.push_back(dense(10));
  const std::vector<Layer> layers = repair(config).config.network.layers;
  EXPECT_FALSE(layers[0].attributes.contains("init"));
  EXPECT_TRUE(layers[1].attributes.contains("shape"));
}

TEST(Findings, InputNotStandardized) {
  RunConfig config = with({1, 8, 8}, {conv(16), kSelu, {"flatten"}, dense(10)});
  config.data.source = "digits";
  config.data.standardize = false;
  EXPECT_EQ(only_finding(config, "input-not-standardized").severity, Severity::error);
  EXPECT_TRUE(repair(config).config.data.standardize);
}

TEST(Calibrate, RejectsZeroBatches) {
  Repair repaired = repair(with({8}, {dense(4), kSelu, dense(2)}));
  try {
    calibrate(repaired, 0);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    EXPECT_EQ(error.detail(), "calibrate: batches: expected at least 1, got 0");
  }
}

// After calibration, the mean square is 1 over the draws that measured it. The difference comes
// from the rounding of gains to four digits and from the last sweep.
TEST(Calibrate, NormalizesMeasuredSignals) {
  const Settings same = {{"padding", "same"}};
  RunConfig config = with({1, 8, 8}, {conv(32, same),
                                      kSelu,
                                      conv(32, same),
                                      kSelu,
                                      conv(32, same),
                                      kSelu,
                                      {"flatten"},
                                      dense(10)});
  config.data.source = "digits";
  Repair repaired = repair(config);
  ExaminationOptions options;
  const std::vector<CalibrationFactor> adjusted = calibrate(repaired, 20, options);
  ASSERT_EQ(adjusted.size(), 3u);
  options.draws = 20;
  for (const LayerExamination& layer : examine(repaired.config, options).layers) {
    if (layer.op != "conv2d") continue;
    const double square = layer.measured->variance + layer.measured->mean * layer.measured->mean;
    EXPECT_NEAR(square, 1, 4 * layer.standard_error->variance + 0.01) << layer.name;
  }
  for (const CalibrationFactor& adjustment : adjusted) EXPECT_NEAR(adjustment.factor, 1, 0.1);
}

// A calibration factor is not a finding, however large it is. A gain of the same size is a finding.
TEST(Calibrate, CausesNoFinding) {
  const auto network = [](const char* attribute) {
    Layer first = dense(64);
    first.attributes[attribute] = 1.5;
    return with({64}, {first, kSelu, dense(10)});
  };
  EXPECT_EQ(only_finding(network("init.gain"), "initial-variance").layers.size(), 1u);
  EXPECT_TRUE(examine(network("init.calibration")).findings.empty());
  ExaminationOptions options;
  options.draws = 20;
  const LayerExamination layer = examine(network("init.calibration"), options).layers[0];
  EXPECT_NEAR(layer.predicted.variance, 1, 1e-6);
  EXPECT_NEAR(layer.measured->variance, 1.5 * 1.5, 4 * layer.standard_error->variance);
}

// In a deep narrow network with sums, each layer has its own error in each draw. No layer
// compensates for the errors of the layers before it.
TEST(Calibrate, NormalizesTheEndOfALongTrunk) {
  RunConfig config = with({24}, {{"dense", {{"units", std::int64_t{24}}}, "t0", {"x"}}});
  const Settings sum = {{"weights", std::vector<double>{std::sqrt(0.5), std::sqrt(0.5)}}};
  std::string trunk = "t0";
  for (int i = 1; i <= 24; ++i) {
    const std::string n = std::to_string(i);
    config.network.layers.push_back({"selu", {}, "s" + n, {trunk}});
    config.network.layers.push_back({"dense", {{"units", std::int64_t{24}}}, "d" + n});
    config.network.layers.push_back({"add", sum, "a" + n, {trunk, "d" + n}});
    trunk = "a" + n;
  }
  config.network.layers.push_back({"dense", {{"units", std::int64_t{10}}}, "out", {trunk}});
  Repair repaired{};
  repaired.config = config;
  ExaminationOptions options;
  options.draws = 1;
  for (const CalibrationFactor& each : calibrate(repaired, 1, options)) {
    EXPECT_NEAR(each.factor, 1, 0.5) << each.layer;
  }
  for (const LayerExamination& layer : examine(repaired.config, options).layers) {
    if (layer.op != "dense" || layer.name == "out") continue;
    const double square = layer.measured->variance + layer.measured->mean * layer.measured->mean;
    EXPECT_NEAR(square, 1, 1e-3) << layer.name;  // gains have four digits
  }
}

// There are too many weights to measure each layer separately. In a group of two layers, the second
// one does not compensate for the first one (1.5² too large), except for the nonlinearity of SELU
// and of a maximum between them.
TEST(Calibrate, MeasuresLayersInGroups) {
  RunConfig config = with({1, 8, 8}, {});
  for (int i = 0; i < 100; ++i) {
    Layer layer = conv(16, {{"padding", "same"}});
    layer.attributes["init.gain"] = i % 2 == 0 ? 1.5 : 1.0;
    config.network.layers.push_back(layer);
    config.network.layers.push_back(kSelu);
    if (i % 40 == 20) config.network.layers.push_back({"max_pool2d", {{"kernel", Shape{2, 2}}}});
  }
  config.network.layers.push_back({"flatten"});
  config.network.layers.push_back(dense(10));
  Repair repaired{};
  repaired.config = config;
  ExaminationOptions options;
  options.draws = 1;
  calibrate(repaired, 1, options);
  for (const LayerExamination& layer : examine(repaired.config, options).layers) {
    if (layer.op != "conv2d") continue;
    const double square = layer.measured->variance + layer.measured->mean * layer.measured->mean;
    EXPECT_NEAR(square, 1, 0.2) << layer.name;
  }
}

// The factor appears in the variance of the output.
TEST(Rescale, MultipliesTheOutput) {
  const Settings transposed = {
      {"channels", std::int64_t{8}}, {"kernel", Ints{2, 2}}, {"stride", Ints{2, 2}}};
  for (const Layer& layer :
       {dense(8), conv(8), Layer{"conv_transpose2d", transposed}, Layer{"add", {}, "", {"x", "x"}},
        Layer{"scale", {{"factor", 0.5}, {"shift", 0.25}}}}) {
    const Shape input = layer.op == "dense" ? Shape{16} : Shape{16, 6, 6};
    RunConfig config = with(input, {layer});
    const SignalMoments before = examine(config).layers[0].predicted;
    const auto* rule = rule_of(find_op(layer.op)->rescale);
    ASSERT_NE(rule, nullptr);
    (*rule)(config.network.layers[0].attributes, 2, 3);
    const SignalMoments after = examine(config).layers[0].predicted;
    EXPECT_NEAR(after.mean, 3 * before.mean, 1e-9) << layer.op;
    EXPECT_NEAR(after.variance, 9 * before.variance, 1e-6 * before.variance) << layer.op;
  }
}

}  // namespace
}  // namespace selfnorm
