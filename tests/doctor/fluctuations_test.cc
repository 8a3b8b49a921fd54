// SPDX-License-Identifier: Apache-2.0
// How far single draws lie apart, predicted, against the spread of networks that run.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "selfnorm/doctor.h"

namespace selfnorm {
namespace {

using Ints = std::vector<std::int64_t>;

constexpr int kDraws = 120;
// A standard deviation of normal numbers is known within 1/√(2·draws) from so many draws: 6.5 %,
// here four times that; on top what the first order in 1/width leaves out.
const double kNoise = 4 / std::sqrt(2.0 * kDraws);

Examination examined(const Network& network, const std::string& data, std::int64_t draws = kDraws) {
  RunConfig config;
  config.data.source = data;
  config.network = network;
  ExaminationOptions options;
  options.draws = draws;
  return examine(config, options);
}

// By how much a logarithm of predicted to measured spread may be off.
void expect_spreads(const Examination& examination, double mean, double variance, double gradient) {
  for (const LayerExamination& layer : examination.layers) {
    const Fluctuation& predicted = *layer.fluctuation;
    const auto expect = [&](const char* what, double want, double error, double bound) {
      EXPECT_LE(std::abs(std::log(want / (error * std::sqrt(kDraws)))), kNoise + bound)
          << layer.name << ", " << what << ": " << want << " for " << error * std::sqrt(kDraws);
    };
    const SignalMoments& errors = *layer.standard_error;
    if (errors.variance > 1e-4) {  // else the data make it alone, or lengths that are kept
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

// Rows drawn from N(0, 1) differ too.
TEST(Fluctuations, RowsOfALaw) {
  Network network{{{"x", {32}}}, {}};
  network.layers = {dense(64), kSelu, dense(64), kSelu};
  expect_spreads(examined(network, ""), 0.1, 0.15, 0.2);
}

// Their lengths are kept, so that draws differ by much less than those of normal weights.
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
  // Averages of standardized images nearly cancel: the remainder is estimated from few pairs.
  expect_spreads(examined(network, "digits"), 1, 0.4, 0.6);
}

// A concatenation has the noise of both, which owe the first layer the same.
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

// A trunk with branches, which owe it the same as it owes itself.
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

// Rows of a law reach weights through what only moves or scales them; behind a flatten, and behind
// dropout there, units are no longer apart.
TEST(Fluctuations, ThroughFlattenAndScale) {
  Network network{{{"x", {2, 4, 4}}}, {}};
  network.layers = {{"scale", {{"factor", 1.5}}}, conv(8),   kSelu, {"flatten"},
                    {"dropout", {{"rate", 0.3}}}, dense(64), kSelu};
  expect_spreads(examined(network, ""), 0.5, 0.3, 0.4);
  EXPECT_GT(examined(network, "").layers.front().fluctuation->variance, 0);
}

// What batch norm has made the same in every draw.
TEST(Fluctuations, NormalizedLayersDoNotDiffer) {
  Network network{{{"x", {64}}}, {}};
  network.layers = {dense(64), {"batch_norm"}};
  const Examination examination = examined(network, "digits");
  EXPECT_LT(examination.layers.back().fluctuation->variance, 1e-3);
  EXPECT_LT(examination.layers.back().standard_error->variance * std::sqrt(kDraws), 1e-3);
}

// Deep and narrow: the average over draws is not the prediction for infinite width, and the shift
// says by how much.
TEST(Fluctuations, FiniteWidthShiftsTheAverage) {
  Network network{{{"x", {64}}}, {}};
  for (int i = 0; i < 20; ++i) network.layers.insert(network.layers.end(), {dense(16), kSelu});
  const LayerExamination last = examined(network, "digits", 1000).layers.back();
  const double off = last.measured->variance - last.predicted.variance;
  EXPECT_LT(off, -4 * last.standard_error->variance);
  // To the first order in 1/width, of which this is 20 times.
  EXPECT_LT(last.fluctuation->variance_shift, 0.5 * off);
  EXPECT_GT(last.fluctuation->variance_shift, 2 * off);
}

}  // namespace
}  // namespace selfnorm
