// SPDX-License-Identifier: Apache-2.0
#include "train/weight_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "passes/views.h"

namespace selfnorm {
namespace {

// Sums of floats are computed in double.
constexpr double kRounding = 1e-6;

std::vector<WeightStatistics> measure(const Network& network, float (*value)(std::int64_t)) {
  Weights weights(build_engine_graph(network, 1));
  for (const WeightEntry& entry : weights.entries()) {
    std::vector<float> numbers(static_cast<std::size_t>(entry.count));
    for (std::int64_t i = 0; i < entry.count; ++i) numbers[static_cast<std::size_t>(i)] = value(i);
    weights.set(entry, numbers);
  }
  return WeightMonitor(network).measure(weights);
}

TEST(WeightStatistics, SumTheRowsOfADenseLayer) {
  const Network network{{{"x", {3}}}, {{"dense", {{"units", std::int64_t{2}}}}}};
  const auto layers = measure(network, [](std::int64_t i) { return static_cast<float>(i); });
  ASSERT_EQ(layers.size(), 1u);  // no bias
  EXPECT_EQ(layers[0].layer, "dense_1");
  EXPECT_NEAR(layers[0].omega, (0 + 1 + 2 + 3 + 4 + 5) / 2.0, kRounding);
  EXPECT_NEAR(layers[0].omega_standard_deviation, 4.5, kRounding);
  EXPECT_NEAR(layers[0].tau, (0 + 1 + 4 + 9 + 16 + 25) / 2.0, kRounding);
  EXPECT_NEAR(layers[0].tau_standard_deviation, 22.5, kRounding);
  EXPECT_EQ(layers[0].outside_fraction, 1);
}

// Three of four units are in the range. In an image of 2 by 2, windows of 3 by 3 contain only two
// thirds squared of their taps. Then only the unit with the largest τ is in the range.
TEST(WeightStatistics, CountUnitsOutsideTheRange) {
  using Ints = std::vector<std::int64_t>;
  const auto tau_of_unit = [](std::int64_t i) {
    constexpr double kTau[] = {0.81, 1, 1.24, 2.25};
    return static_cast<float>(std::sqrt(kTau[i / 9] / 9));
  };
  const Network dense{{{"x", {9}}}, {{"dense", {{"units", std::int64_t{4}}}}}};
  EXPECT_NEAR(measure(dense, tau_of_unit)[0].outside_fraction, 0.25, kRounding);
  const Network padded{{{"x", {1, 2, 2}}},
                       {{"conv2d",
                         {{"channels", std::int64_t{4}},
                          {"kernel", Ints{3, 3}},
                          {"padding", std::string("same")}}}}};
  EXPECT_NEAR(measure(padded, tau_of_unit)[0].outside_fraction, 0.75, kRounding);
}

// The channels of a transposed convolution are the second axis. Here one channel is 0, and the
// other is not. With stride 2, a unit sums its inputs under one of the 4 taps.
TEST(WeightStatistics, HandleTransposedConvolutionLayout) {
  using Ints = std::vector<std::int64_t>;
  const Network network{
      {{"x", {8, 3, 3}}},
      {{"conv_transpose2d",
        {{"channels", std::int64_t{2}}, {"kernel", Ints{2, 2}}, {"stride", Ints{2, 2}}}}}};
  const auto layers = measure(network, [](std::int64_t i) { return i / 4 % 2 == 0 ? 0.0f : 0.5f; });
  EXPECT_NEAR(layers[0].omega, 8 * 0.5 / 2, kRounding);
  EXPECT_NEAR(layers[0].omega_standard_deviation, 2, kRounding);
  EXPECT_NEAR(layers[0].tau, 8 * 0.25 / 2, kRounding);
}

// Weights of variance 1/fan_in give τ = 1 in every kind of layer.
TEST(WeightStatistics, InitialWeightsHaveTauOne) {
  using Ints = std::vector<std::int64_t>;
  const Settings kernel = {{"channels", std::int64_t{64}}, {"kernel", Ints{2, 2}}};
  Settings strided = kernel, grouped = kernel;
  strided["stride"] = Ints{2, 2};
  grouped["groups"] = std::int64_t{64};
  const Network network{{{"x", {64, 8, 8}}},
                        {{"conv2d", kernel},
                         {"conv2d", grouped},
                         {"conv_transpose2d", strided},
                         {"flatten"},
                         {"dense", {{"units", std::int64_t{64}}}}}};
  const Graph graph = build_engine_graph(network, 1);
  Weights weights(graph);
  weights.initialize(graph, 1);
  for (const WeightStatistics& layer : WeightMonitor(network).measure(weights)) {
    // The mean square of at least 256 weights, to within five standard errors.
    EXPECT_NEAR(layer.tau, 1, 5 * std::sqrt(2.0 / 256)) << layer.layer;
  }
}

}  // namespace
}  // namespace selfnorm
