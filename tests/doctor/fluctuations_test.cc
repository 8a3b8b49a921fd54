// SPDX-License-Identifier: Apache-2.0
// Compares the predicted spread over draws of the weights with the spread of networks that run.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "selfnorm/doctor.h"

namespace selfnorm {
namespace {

using Ints = std::vector<std::int64_t>;

constexpr int kDraws = 120;
// A measured standard deviation of normal numbers has a relative error of 1/√(2·draws), here 6.5 %.
// The tolerance is four times that, plus the error of the first order in 1/width.
const double kNoise = 4 / std::sqrt(2.0 * kDraws);

Examination examined(const Network& network, const std::string& data, std::int64_t draws = kDraws) {
  RunConfig config;
  config.data.source = data;
  config.network = network;
  ExaminationOptions options;
  options.draws = draws;
  return examine(config, options);
}

// Checks the logarithm of predicted to measured spread. The arguments are the allowed errors.
void expect_spreads(const Examination& examination, double mean, double variance, double gradient) {
  for (const LayerExamination& layer : examination.layers) {
    const Fluctuation& predicted = *layer.fluctuation;
    const auto expect = [&](const char* what, double want, double error, double bound) {
      EXPECT_LE(std::abs(std::log(want / (error * std::sqrt(kDraws)))), kNoise + bound)
          << layer.name << ", " << what << ": " << want << " for " << error * std::sqrt(kDraws);
    };
    const SignalMoments& errors = *layer.standard_error;
    if (errors.variance > 1e-4) {  // otherwise only the data vary it, or lengths are kept
      expect("mean", predicted.mean, errors.mean, mean);
      expect("variance", predicted.variance, errors.variance, variance);
    }
    expect("gradient", predicted.log_gradient, errors.gradient_second_moment, gradient);
  }
}

Layer dense(std::int64_t units, const std::string& init = "lecun_normal") {
  return {"dense", {{"units", units}, {"init", init}}};
}
Layer conv(std::int64_t channels) {
  return {"conv2d",
          {{"channels", channels}, {"kernel", Ints{3, 3}}, {"padding", std::string("same")}}};
}
const Layer kSelu{"selu"}, kRelu{"relu"};

TEST(Fluctuations, DenseLayersOfDigits) {
  Network network{{{"x", {64}}}, {}};
  for (int i = 0; i < 6; ++i) network.layers.insert(network.layers.end(), {dense(128), kSelu});
  expect_spreads(examined(network, "digits"), 0.1, 0.15, 0.2);
}

TEST(Fluctuations, DropoutsAndRelu) {
  Network network{{{"x", {64}}}, {}};
  network.layers = {dense(128), kSelu, {"alpha_dropout", {{"rate", 0.2}}},
                    dense(128), kRelu, {"dropout", {{"rate", 0.2}}},
                    dense(128), kSelu};
  expect_spreads(examined(network, "digits"), 0.1, 0.15, 0.2);
}

// Rows that are drawn from N(0, 1) vary as well.
TEST(Fluctuations, RowsDrawnFromADistribution) {
  Network network{{{"x", {32}}}, {}};
  network.layers = {dense(64), kSelu, dense(64), kSelu};
  expect_spreads(examined(network, ""), 0.1, 0.15, 0.2);
}

// Orthogonal weights keep lengths, so draws vary much less than with normal weights.
TEST(Fluctuations, OrthogonalWeightsKeepLengths) {
  Network network{{{"x", {64}}}, {}};
  Network normal = network;
  for (int i = 0; i < 8; ++i) {
    network.layers.insert(network.layers.end(), {dense(128, "orthogonal"), kSelu});
    normal.layers.insert(normal.layers.end(), {dense(128), kSelu});
  }
  const Examination kept = examined(network, "digits");
  expect_spreads(kept, 0.15, 0.3, 0.4);
  EXPECT_LT(kept.layers.back().fluctuation->variance,
            0.7 * examined(normal, "digits").layers.back().fluctuation->variance);
}

TEST(Fluctuations, ConvolutionsOfDigits) {
  Network network{{{"x", {1, 8, 8}}}, {}};
  network.layers = {conv(16),  kSelu, {"max_pool2d", {{"kernel", Ints{2, 2}}}},
                    conv(32),  kSelu, {"flatten"},
                    dense(64), kSelu};
  // Averages of standardized images nearly cancel, and few pairs determine the remainder.
  expect_spreads(examined(network, "digits"), 1, 0.4, 0.6);
}

// A concatenation has the noise of both branches. Both depend on the first layer in the same way.
TEST(Fluctuations, BranchesThatRejoin) {
  Network network{{{"x", {64}}}, {}};
  network.layers = {{"dense", {{"units", std::int64_t{64}}}, "trunk"},
                    {"selu", {}, "both"},
                    {"dense", {{"units", std::int64_t{64}}}, "a"},
                    {"dense", {{"units", std::int64_t{64}}}, "b", {"both"}},
                    {"add", {{"weights", std::vector<double>{0.6, 0.8}}}, "sum", {"a", "b"}},
                    {"concat", {}, "joined", {"sum", "both"}},
                    dense(64)};
  expect_spreads(examined(network, "digits"), 0.2, 0.25, 0.3);
}

// A trunk with branches that have the same noise from the trunk as the trunk itself.
TEST(Fluctuations, ResidualTrunks) {
  Network network{{{"x", {64}}}, {}};
  network.layers = {{"dense", {{"units", std::int64_t{64}}}, "first"}, {"selu", {}, "trunk0"}};
  for (int i = 0; i < 4; ++i) {
    const std::string at = "trunk" + std::to_string(i), branch = "branch" + std::to_string(i);
    network.layers.push_back({"dense", {{"units", std::int64_t{64}}}, "", {at}});
    network.layers.push_back({"selu", {}, branch});
    network.layers.push_back({"add",
                              {{"weights", std::vector<double>{0.8, 0.6}}},
                              "trunk" + std::to_string(i + 1),
                              {at, branch}});
  }
  expect_spreads(examined(network, "digits"), 0.2, 0.3, 0.3);
}

// Drawn rows reach the weights through layers that only move or scale them. After a flatten, and
// after dropout there, units are no longer treated separately.
TEST(Fluctuations, ThroughFlattenAndScale) {
  Network network{{{"x", {2, 4, 4}}}, {}};
  network.layers = {{"scale", {{"factor", 1.5}}}, conv(8),   kSelu, {"flatten"},
                    {"dropout", {{"rate", 0.3}}}, dense(64), kSelu};
  expect_spreads(examined(network, ""), 0.5, 0.3, 0.4);
  EXPECT_GT(examined(network, "").layers.front().fluctuation->variance, 0);
}

// Batch norm makes these moments the same in every draw.
TEST(Fluctuations, NormalizedLayersDoNotVary) {
  Network network{{{"x", {64}}}, {}};
  network.layers = {dense(64), {"batch_norm"}};
  const Examination examination = examined(network, "digits");
  EXPECT_LT(examination.layers.back().fluctuation->variance, 1e-3);
  EXPECT_LT(examination.layers.back().standard_error->variance * std::sqrt(kDraws), 1e-3);
}

// In a deep narrow network, the average over draws differs from the prediction for infinite width.
// The shift is the difference.
TEST(Fluctuations, FiniteWidthShiftsTheAverage) {
  Network network{{{"x", {64}}}, {}};
  for (int i = 0; i < 20; ++i) network.layers.insert(network.layers.end(), {dense(16), kSelu});
  const LayerExamination last = examined(network, "digits", 1000).layers.back();
  const double off = last.measured->variance - last.predicted.variance;
  EXPECT_LT(off, -4 * last.standard_error->variance);
  // The shift is of first order in 1/width, times a depth of 20.
  EXPECT_LT(last.fluctuation->variance_shift, 0.5 * off);
  EXPECT_GT(last.fluctuation->variance_shift, 2 * off);
}

}  // namespace
}  // namespace selfnorm
