// SPDX-License-Identifier: Apache-2.0
// Findings about the inputs of a network.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "doctor/findings.h"
#include "passes/vocabulary.h"

namespace selfnorm {
namespace {

// Returns whether a value depends on the data alone, without weights.
bool has_no_weights_before(const NetworkAnalysis& analysis, ValueId value) {
  const Node* producer = analysis.producer(value);
  if (producer == nullptr) return true;
  return analysis.weights(*producer) == nullptr &&
         std::ranges::all_of(analysis.signal_inputs(*producer),
                             [&](ValueId input) { return has_no_weights_before(analysis, input); });
}

// Returns the correlation of values that are `steps` apart, given the correlations at distances 1
// and 2. Beyond 2, it decays by the ratio of these two.
double correlation_after(double one, double two, std::int64_t steps) {
  if (steps == 0) return 1;
  if (steps == 1) return one;
  if (one == 0 || two == 0) return steps == 2 ? two : 0;
  return two * std::pow(std::clamp(two / one, -1.0, 1.0), static_cast<double>(steps - 2));
}

// Returns the sum of the squared correlation over all pairs of `count` values in a row.
double sum_of_squared_correlations(double one, double two, std::int64_t count) {
  double sum = 0;
  for (std::int64_t d = 0; d < count; ++d) {
    const double r = correlation_after(one, two, d);
    sum += static_cast<double>(d == 0 ? count : 2 * (count - d)) * r * r;
  }
  return sum;
}

// Returns the correlation of neighbors, averaged over all elements that have such a neighbor.
double average_correlation(const MomentField& x, Link link) {
  const FieldAverage all = field_average(x);
  const double variance = all.square - all.mean * all.mean;
  double sum = 0;
  std::int64_t count = 0;
  for (std::int64_t e = 0; e < x.extent.elements(); ++e) {
    if (linked_element(x.extent, e, link) < 0) continue;
    sum += x.product(link)[static_cast<std::size_t>(e)];
    ++count;
  }
  if (count == 0 || !(variance > 0)) return 0;
  return std::clamp((sum / static_cast<double>(count) - all.mean * all.mean) / variance, -1.0, 1.0);
}

// The window of a convolution, from the shape O,I,H,W of its weights. Other layers have a window of
// one value.
struct KernelSize {
  std::int64_t rows = 1, columns = 1;
  std::int64_t count() const { return rows * columns; }
};
KernelSize kernel_size_of(const NetworkAnalysis& analysis, const Parameter& weights) {
  const Shape& shape = analysis.graph().value(weights.value).shape;
  if (shape.size() != 4 || weights.unit_axis != 0) return {};
  return {shape[2], shape[3]};
}

// Returns how many independent values the values in a window count as: (tr C)²/tr C² with their
// covariance C.
double independent_values(const MomentField& x, const KernelSize& kernel) {
  const double rows = sum_of_squared_correlations(
      average_correlation(x, Link::below), average_correlation(x, Link::two_below), kernel.rows);
  const double columns = sum_of_squared_correlations(
      average_correlation(x, Link::right), average_correlation(x, Link::two_right), kernel.columns);
  const auto count = static_cast<double>(kernel.count());
  return count * count / (rows * columns);
}

}  // namespace

std::vector<LayerFinding> find_unstandardized_inputs(const NetworkAnalysis& analysis) {
  if (!analysis.has_unstandardized_input()) return {};
  constexpr double kFar = 0.1, kVeryFar = 0.5;  // limits for the mean
  std::vector<LayerFinding> layer_findings;
  const auto token_inputs = vocabulary_sizes(analysis.graph());
  for (const ValueId input : analysis.graph().inputs) {
    if (token_inputs.contains(input)) continue;
    const FieldAverage& x = analysis.average(input);
    const double variance = x.square - x.mean * x.mean;
    const bool is_normal = std::abs(x.mean) < kFar && !is_off_target(x.square);
    if (is_normal) continue;
    const bool is_severe = std::abs(x.mean) > kVeryFar || severity_of(x.square) == Severity::error;
    layer_findings.push_back({"",
                              x.square,
                              is_severe ? Severity::error : Severity::warning,
                              fmt::format("mean {:.4g} and variance {:.4g}", x.mean, variance),
                              {{}}});
  }
  return layer_findings;
}

std::vector<LayerFinding> find_correlated_inputs(const NetworkAnalysis& analysis) {
  // Below the value of MNIST images: whitening them made networks worse
  // (experiments/zoo/README.md).
  constexpr double kFew = 1.5;
  std::vector<LayerFinding> layer_findings;
  if (analysis.first_self_normalizing() == nullptr) return layer_findings;
  for (const Node& node : analysis.graph().nodes) {
    const Parameter* weights = analysis.weights(node);
    if (weights == nullptr || !analysis.feeds_weights(node)) continue;
    const ValueId input = analysis.signal_inputs(node)[0];
    const KernelSize kernel = kernel_size_of(analysis, *weights);
    if (kernel.count() == 1 || !has_no_weights_before(analysis, input)) continue;
    const double independent = independent_values(analysis.field(input), kernel);
    if (independent >= kFew) continue;
    layer_findings.push_back(
        {node.name,
         independent / static_cast<double>(kernel.count()),
         Severity::warning,
         fmt::format("{} values in a window count as {:.2f} independent ones", kernel.count(),
                     independent),
         {{analysis.graph().value(input).name, {}, {"whiten", {}}, node.name}}});
  }
  return layer_findings;
}

}  // namespace selfnorm
