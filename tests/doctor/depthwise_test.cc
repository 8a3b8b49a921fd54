// SPDX-License-Identifier: Apache-2.0
// Compares the predictions for depthwise convolutions with a simulation that shares no code with
// the library. A unit with 9 weights has a sum of squared weights that differs from unit to unit,
// and all its positions and samples share it.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "selfnorm/doctor.h"

namespace selfnorm {
namespace {

constexpr int kSize = 12, kKernel = 3;
constexpr int kUnits = 3000, kSamples = 12;

using Draw = std::function<double()>;
using Numbers = std::vector<double>;

double selu(double x) {
  return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x));
}

// Returns SELU(convolution) of an image of this size.
Numbers convolve(const Numbers& image, int size, const Numbers& weights) {
  Numbers y;
  for (int i = 0; i + kKernel <= size; ++i) {
    for (int j = 0; j + kKernel <= size; ++j) {
      double z = 0;
      for (int u = 0; u < kKernel; ++u) {
        for (int v = 0; v < kKernel; ++v)
          z += weights[u * kKernel + v] * image[(i + u) * size + j + v];
      }
      y.push_back(selu(z));
    }
  }
  return y;
}

// Returns the averages over windows of `window`² positions.
Numbers average(const Numbers& image, int size, int window) {
  const int count = size / window;
  Numbers sums(static_cast<std::size_t>(count * count), 0);
  for (int i = 0; i < count * window; ++i) {
    for (int j = 0; j < count * window; ++j)
      sums[i / window * count + j / window] += image[i * size + j] / (window * window);
  }
  return sums;
}

// A number of depthwise convolutions, then a pooling.
struct Architecture {
  int convolutions, window;
  int size() const { return kSize - convolutions * (kKernel - 1); }
  int outputs() const { return size() / window * (size() / window); }
};

// Returns the outputs of one channel for each sample of standard normals.
Numbers simulate_channel(const Draw& weight, const Draw& normal, const Architecture& a) {
  std::vector<Numbers> weights(static_cast<std::size_t>(a.convolutions), Numbers(9));
  for (Numbers& layer : weights)
    for (double& w : layer) w = weight() / kKernel;  // variance 1/fan-in
  Numbers outputs;
  for (int sample = 0; sample < kSamples; ++sample) {
    Numbers image(kSize * kSize);
    for (double& x : image) x = normal();
    int size = kSize;
    for (const Numbers& layer : weights) {
      image = convolve(image, size, layer);
      size -= kKernel - 1;
    }
    const Numbers pooled = average(image, size, a.window);
    outputs.insert(outputs.end(), pooled.begin(), pooled.end());
  }
  return outputs;
}

struct Simulated {
  double mean = 0, variance = 0, unit_means = 0;
};

// Computes what the doctor calls the moments of a layer. A unit is a channel at a position.
Simulated simulate(const Draw& weight, const Draw& normal, const Architecture& architecture) {
  double sum = 0, squares = 0, means = 0;
  const int positions = architecture.outputs();
  const double units = 1.0 * kUnits * positions, all = units * kSamples;
  for (int unit = 0; unit < kUnits; ++unit) {
    const Numbers outputs = simulate_channel(weight, normal, architecture);
    Numbers totals(static_cast<std::size_t>(positions), 0);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      sum += outputs[i] / all;
      squares += outputs[i] * outputs[i] / all;
      totals[i % totals.size()] += outputs[i] / kSamples;
    }
    for (const double mean : totals) means += mean * mean / units;
  }
  return {sum, squares - sum * sum, std::sqrt(means - sum * sum)};
}

std::mt19937_64 generator(1);
std::normal_distribution<double> standard_normal;
double draw_normal() { return standard_normal(generator); }
double draw_uniform() {
  return std::uniform_real_distribution<double>(-std::sqrt(3), std::sqrt(3))(generator);
}
// Truncated at ±2 and scaled to variance 1.
double draw_truncated() {
  double x = draw_normal();
  while (std::abs(x) > 2) x = draw_normal();
  return x / 0.87962566103423978;
}

SignalMoments predict(const Architecture& architecture, const Settings& init) {
  RunConfig config;
  Layer depthwise{"conv2d",
                  {{"channels", std::int64_t{256}},
                   {"kernel", std::vector<std::int64_t>{kKernel, kKernel}},
                   {"groups", std::int64_t{256}}}};
  depthwise.attributes.insert(init.begin(), init.end());
  config.network = {{{"x", {256, kSize, kSize}}}, {}};
  for (int i = 0; i < architecture.convolutions; ++i) {
    config.network.layers.insert(config.network.layers.end(), {depthwise, {"selu"}});
  }
  const std::int64_t window = architecture.window;
  if (window == architecture.size()) config.network.layers.push_back({"global_avg_pool"});
  else
    config.network.layers.push_back(
        {"avg_pool2d", {{"kernel", std::vector<std::int64_t>{window, window}}}});
  ExaminationOptions options;
  options.samples = kSamples;
  return examine(config, options).layers.back().predicted;
}

// The standard error of a standard deviation over 3,000 units is 1.3 %, and twice as much for the
// skewed distribution of their sums of squares. The prediction approximates this distribution by
// two values.
TEST(Depthwise, MeansOfUnitsAfterPooling) {
  constexpr double kError = 5 * 0.026;
  struct Case {
    const char* name;
    Settings init;
    Draw weight;
  };
  const Case cases[] = {{"truncated", {{"init", "lecun_normal"}}, draw_truncated},
                        {"normal", {{"init", "normal"}, {"init.gain", 1.0 / kKernel}}, draw_normal},
                        {"uniform", {{"init", "lecun_uniform"}}, draw_uniform}};
  for (const Case& c : cases) {
    for (const Architecture& each : {Architecture{1, 10}, {1, 5}, {2, 8}, {2, 4}}) {
      SCOPED_TRACE(std::string(c.name) + ", convolutions " + std::to_string(each.convolutions) +
                   ", window " + std::to_string(each.window));
      const Simulated want = simulate(c.weight, draw_normal, each);
      const SignalMoments got = predict(each, c.init);
      EXPECT_NEAR(got.mean, want.mean, 0.05 * std::sqrt(want.variance));  // the doctor's promise
      EXPECT_NEAR(got.variance, want.variance, 0.1 * want.variance);
      EXPECT_NEAR(got.unit_mean_standard_deviation, want.unit_means, kError * want.unit_means);
    }
  }
}

}  // namespace
}  // namespace selfnorm
