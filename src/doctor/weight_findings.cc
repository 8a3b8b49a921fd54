// SPDX-License-Identifier: Apache-2.0
// Findings about weights, as initialized and as trained.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/text.h"
#include "doctor/drawn_weights.h"
#include "doctor/findings.h"
#include "ops/table.h"
#include "theory/gain.h"
#include "train/weight_statistics.h"

namespace selfnorm {
namespace {

// Names the common initialization that has this variance times fan-in; "" if there is none.
std::string known_scheme_text(double tau) {
  struct Known {
    double tau;
    const char* what;
  };
  static constexpr Known kKnown[] = {
      {1.0 / 3, "PyTorch's default"},
      {9.0 / 16, "PyTorch's gain of 3/4 for 'selu'"},
      {0.773740, "a truncated normal whose standard deviation is not corrected"},
      {0.25, "half the standard deviation, 0.5/√fan_in"},
      {2, "He initialization, which is for ReLU"},
  };
  constexpr double kClose = 0.01;
  const auto known = std::ranges::find_if(
      kKnown, [&](const Known& k) { return std::abs(tau / k.tau - 1) < kClose; });
  return known == std::end(kKnown) ? "" : fmt::format(" ({})", known->what);
}

// Recognizes Glorot initialization, with variance 2/(fan_in + fan_out).
std::string glorot_text(const Parameter& weights, double tau) {
  const double glorot = 2 * weights.fan_in / (weights.fan_in + weights.fan_out);
  const bool is_close = std::abs(tau / glorot - 1) < 0.01;
  return is_close ? " (Glorot initialization, which uses the mean of fan-in and fan-out)" : "";
}

// Describes what happens to signals if tau is outside the band of stable gains.
std::string instability_text(double tau, const Node* activation) {
  if (activation == nullptr) return "";
  const GainBand band = stable_gains(moment_rule(*activation));
  const bool is_band = band.low < 0.99 * band.high;
  if (!is_band || (tau > band.low && tau < band.high)) return "";
  return fmt::format("; outside the stable range {:.4f} to {:.4f}, so signals {}", band.low,
                     band.high, tau > band.low ? "grow without bound" : "vanish");
}

// Returns whether an initializer depends on the fans. If not, the user chose the standard
// deviation.
bool depends_on_fans(const std::string& init) {
  const auto variance = [&](double fan) {
    return initializer_moments(init, 1, {1, 1, fan, fan}).variance;
  };
  return variance(1) != variance(2);
}

// Names the fan-in for which the variance would be right, if it is one that is often taken by
// mistake.
std::string mistaken_fan(const NetworkAnalysis& analysis, const Parameter& weights, double tau) {
  if (depends_on_fans(weights.init)) return "";
  const Shape& shape = analysis.graph().value(weights.value).shape;
  const double all = static_cast<double>(elements(shape));
  const double per_row = all / static_cast<double>(shape[0]);
  const double per_column = all / static_cast<double>(shape[1]);
  for (const double fan : {per_row, per_column}) {
    const bool is_other = std::abs(fan / weights.fan_in - 1) > 0.01;
    if (is_other && std::abs(tau * fan / weights.fan_in - 1) < 0.01) {
      return fmt::format(" (1/{}, but a unit sums {:.4g} inputs)", fan, weights.fan_in);
    }
  }
  return "";
}

// With SELU, signals survive a wide band of gains and settle at another fixed point. With other
// activations, only one gain preserves them.
Severity severity_of_gain(double tau, double target_tau, const Node* activation) {
  if (activation == nullptr) return severity_of(tau / target_tau);
  const GainBand band = stable_gains(moment_rule(*activation));
  if (band.low < 0.99 * band.high) {
    return tau > band.low && tau < band.high ? Severity::warning : Severity::error;
  }
  return severity_of(tau / target_tau);
}

void remove_initializer(Layer& layer) {
  layer.attributes.erase("init");
  layer.attributes.erase("init.gain");
  layer.attributes.erase("init.calibration");
}

// Returns whether tau left the domain in the mean over the units, or for most units. With few
// inputs, tau varies as much over freshly drawn units, so only the mean counts.
bool has_left_domain(const WeightStatistics& weights, const DrawnWeights& of) {
  constexpr double kMaxOutsideFraction = 0.5, kFewInputs = 32;
  return is_tau_out_of_range(weights.tau * of.padding_variance_fraction) ||
         (weights.outside_fraction > kMaxOutsideFraction && of.weights->fan_in >= kFewInputs);
}

const WeightStatistics* weights_of(const EpochRecord& record, const std::string& layer) {
  const auto found = std::ranges::find(record.weights, layer, &WeightStatistics::layer);
  return found == record.weights.end() ? nullptr : &*found;
}

// Names the epoch since which a layer has been outside without interruption.
std::string first_outside_text(const std::vector<EpochRecord>& records, const DrawnWeights& of) {
  std::int64_t first = -1;
  std::int64_t known = 0;
  for (const EpochRecord& record : records) {
    const WeightStatistics* weights = weights_of(record, of.node->name);
    if (weights == nullptr) continue;
    ++known;
    if (!has_left_domain(*weights, of)) first = -1;
    else if (first < 0) first = record.epoch;
  }
  return known < 2 || first < 0 ? "" : fmt::format(", outside since epoch {}", first);
}

// Multiplies the initial standard deviation of a node's weights.
Edit rescaled_weights(const Node& node, double factor) {
  return {node.name, [factor, rule = *rule_of(row_of(node).rescale)](Layer& layer) {
            rule(layer.attributes, layer.inputs.size(), factor);
            double& gain = std::get<double>(layer.attributes.at("init.gain"));
            gain = round_to_digits(gain);
          }};
}

}  // namespace

std::vector<LayerFinding> find_wrong_initial_variance(const NetworkAnalysis& analysis) {
  std::vector<LayerFinding> layer_findings;
  for (const DrawnWeights& w : drawn_weights(analysis)) {
    const double ratio = w.tau / w.target_tau;
    if (!is_off_target(ratio) || !is_off_target(ratio * w.padding_variance_fraction)) continue;
    // Such weights compensate for the scale of their input.
    if (!is_off_target(analysis.average(w.node->outputs[0]).square / w.target_tau)) continue;
    std::string from = mistaken_fan(analysis, *w.weights, w.tau);
    if (from.empty()) from = known_scheme_text(w.tau);
    if (from.empty()) from = glorot_text(*w.weights, w.tau);
    layer_findings.push_back({w.node->name,
                              ratio,
                              severity_of_gain(w.tau, w.target_tau, w.activation),
                              fmt::format("{:.4g} instead of {:.4g}{}{}", w.tau, w.target_tau, from,
                                          instability_text(w.tau, w.activation)),
                              {{w.node->name, remove_initializer}}});
  }
  return layer_findings;
}

// Finds weights with the right variance except at the borders.
std::vector<LayerFinding> find_zero_padding_loss(const NetworkAnalysis& analysis) {
  std::vector<LayerFinding> layer_findings;
  if (analysis.first_self_normalizing() == nullptr) return layer_findings;
  for (const DrawnWeights& w : drawn_weights(analysis)) {
    const double ratio = w.tau / w.target_tau;
    if (is_off_target(ratio) || !is_off_target(ratio * w.padding_variance_fraction)) continue;
    const double factor = 1 / std::sqrt(ratio * w.padding_variance_fraction);
    layer_findings.push_back({w.node->name,
                              w.padding_variance_fraction,
                              severity_of(w.padding_variance_fraction),
                              "",
                              {rescaled_weights(*w.node, factor)},
                              fmt::format("{:.4g}", factor)});
  }
  return layer_findings;
}

std::vector<LayerFinding> find_weights_outside_domain(const NetworkAnalysis& analysis) {
  std::vector<LayerFinding> layer_findings;
  const auto last = std::ranges::find_if(analysis.trained().rbegin(), analysis.trained().rend(),
                                         [](const EpochRecord& r) { return !r.weights.empty(); });
  if (last == analysis.trained().rend()) return layer_findings;
  for (const DrawnWeights& w : drawn_weights(analysis)) {
    if (w.activation == nullptr || !analysis.is_self_normalizing(*w.activation)) continue;
    const WeightStatistics* weights = weights_of(*last, w.node->name);
    if (weights == nullptr || !has_left_domain(*weights, w)) continue;
    const double tau = weights->tau * w.padding_variance_fraction;
    const GainBand band = stable_gains(moment_rule(*w.activation));
    const bool survives = tau > band.low && tau < band.high;
    LayerFinding& layer_finding = layer_findings.emplace_back(LayerFinding{
        w.node->name, tau, survives ? Severity::warning : Severity::error,
        fmt::format("tau {:.3g} ± {:.2g} over the units, {:.0f} % of them outside 0.8 to 1.25, "
                    "omega {:.2g} ± {:.2g}{}",
                    tau, weights->tau_standard_deviation * w.padding_variance_fraction,
                    100 * weights->outside_fraction, weights->omega,
                    weights->omega_standard_deviation, first_outside_text(analysis.trained(), w))});
    layer_finding.remedy = fmt::format("lower the learning rate, or use {}weight decay (adamw, l2)",
                                       tau < 1 ? "less " : "");
  }
  return layer_findings;
}

}  // namespace selfnorm
