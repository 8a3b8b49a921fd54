// SPDX-License-Identifier: Apache-2.0
// Tests the findings about the output of a network and its loss.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "doctor/finding_testing.h"

namespace selfnorm {
namespace {

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

// The largest probability of a class if its output is `spread` above the others, minus the smallest
// one.
double softmax_width(double spread, double classes) {
  return 1 / (1 + (classes - 1) * std::exp(-spread)) - 1 / (1 + (classes - 1) * std::exp(spread));
}

RunConfig ending_with(const std::string& loss, std::int64_t units, const std::vector<Layer>& last) {
  std::vector<Layer> layers = {dense(64), kSelu, dense(units)};
  layers.insert(layers.end(), last.begin(), last.end());
  RunConfig config = with({32}, layers);
  config.train.loss = loss;
  return config;
}

// The value is the width of the interval of probabilities that the loss can compute.
TEST(Findings, ActivationBeforeLoss) {
  struct Case {
    const char *loss, *op;
    std::int64_t units;
    double value;
    Severity severity;
  };
  for (const Case& c : {
           Case{"sigmoid_cross_entropy", "sigmoid", 3, sigmoid(1) - 0.5, Severity::error},
           {"sigmoid_cross_entropy", "tanh", 1, sigmoid(1) - sigmoid(-1), Severity::error},
           {"sigmoid_cross_entropy", "relu", 1, 0.5, Severity::error},
           {"sigmoid_cross_entropy", "softplus", 1, 0.5, Severity::error},
           {"sigmoid_cross_entropy", "gelu", 1, 1 - sigmoid(-0.16997), Severity::warning},
           {"sigmoid_cross_entropy", "selu", 1, 1 - sigmoid(-1.75810), Severity::warning},
           {"sigmoid_cross_entropy", "elu", 1, 1 - sigmoid(-1), Severity::warning},
           {"sigmoid_cross_entropy", "leaky_relu", 1, 1, Severity::warning},
           {"softmax_cross_entropy", "softmax", 10, softmax_width(1, 10), Severity::error},
           {"softmax_cross_entropy", "sigmoid", 2, softmax_width(1, 2), Severity::error},
           {"softmax_cross_entropy", "tanh", 4, softmax_width(2, 4), Severity::warning},
           {"softmax_cross_entropy", "selu", 10, 1, Severity::warning},
           {"softmax_cross_entropy", "relu", 10, 1, Severity::warning},
           {"dice", "sigmoid", 1, sigmoid(1) - 0.5, Severity::error},
           {"dice", "softmax", 4, softmax_width(1, 4), Severity::error},
       }) {
    SCOPED_TRACE(std::string(c.op) + " before " + c.loss);
    const Finding finding =
        only_finding(ending_with(c.loss, c.units, {{c.op}}), "activation-before-loss");
    EXPECT_NEAR(finding.value, c.value, 1e-4);
    EXPECT_EQ(finding.severity, c.severity);
    ASSERT_EQ(finding.layers.size(), 1u);
    EXPECT_EQ(finding.layers[0].find(c.op), 0u) << finding.layers[0];
  }
}

// A reshape and a dropout do not change the limits of the output. A scale does.
TEST(Findings, ActivationBeforeLossBehindOtherLayers) {
  const Layer reshape{"reshape", {{"shape", Ints{4}}}}, dropout{"dropout", {{"rate", 0.1}}};
  const std::string loss = "sigmoid_cross_entropy";
  EXPECT_NEAR(
      only_finding(ending_with(loss, 4, {{"sigmoid"}, reshape, dropout}), "activation-before-loss")
          .value,
      sigmoid(1) - 0.5, 1e-4);
  const auto scaled = [&](double factor) {
    const Layer scale{"scale", {{"factor", factor}, {"shift", -factor / 2}}};
    return ending_with(loss, 1, {{"sigmoid"}, scale});
  };
  EXPECT_NEAR(only_finding(scaled(2), "activation-before-loss").value, sigmoid(1) - sigmoid(-1),
              1e-4);
  EXPECT_TRUE(examine(scaled(20)).findings.empty());  // probabilities from 5e-5 to 1 − 5e-5
}

TEST(Findings, NoActivationBeforeLoss) {
  for (const char* loss : {"auto", "softmax_cross_entropy", "sigmoid_cross_entropy"}) {
    EXPECT_TRUE(examine(ending_with(loss, 3, {})).findings.empty()) << loss;
  }
  // Without targets, nothing follows for other losses.
  for (const char* loss : {"auto", "mean_squared_error", "huber"}) {
    EXPECT_TRUE(examine(ending_with(loss, 3, {{"sigmoid"}})).findings.empty()) << loss;
  }
  // The average over the image is not an activation.
  RunConfig pooled = with({3, 8, 8}, {conv(8), {"relu"}, conv(4), {"relu"}, {"global_avg_pool"}});
  pooled.train.loss = "softmax_cross_entropy";
  EXPECT_TRUE(examine(pooled).findings.empty());
}

}  // namespace
}  // namespace selfnorm
