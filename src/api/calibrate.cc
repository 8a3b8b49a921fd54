// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "api/examination_input.h"
#include "base/text.h"
#include "doctor/drawn_weights.h"
#include "doctor/findings.h"
#include "doctor/repair.h"
#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// Rows with the seed that draws them and the weights.
struct Batch {
  InputRows rows;
  std::int64_t samples;
  std::uint64_t seed;
};

// Draws batches of rows. The first one has the rows of the examination, which options.seed drew.
std::vector<Batch> draw_batches(const ExaminationInput& examined, std::int64_t count,
                                const ExaminationOptions& options) {
  std::vector<Batch> batches;
  for (std::int64_t k = 0; k < count; ++k) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(k);
    batches.push_back({examined.draw_fresh_rows(seed), examined.samples, seed});
  }
  return batches;
}

// Returns the mean square of every node's output over batches and draws of the weights.
std::map<std::string, double> measured_second_moments(const Network& network,
                                                      const std::vector<PretrainedTable>& tables,
                                                      const std::vector<Batch>& batches) {
  std::map<std::string, double> squares;
  for (const Batch& batch : batches) {
    const auto rows = [&](std::uint64_t) { return batch.rows; };
    const auto layers = measure_layer_moments(network, rows, batch.samples, tables, {batch.seed});
    for (const NamedMoments& layer : layers[0]) {
      const SignalMoments& m = layer.moments;
      squares[layer.name] += (m.variance + m.mean * m.mean) / static_cast<double>(batches.size());
    }
  }
  return squares;
}

// Returns the fraction of a sequence's steps that are not padding. Measurements average over all
// steps, and padding is 0.
double unpadded_fraction(const NetworkAnalysis& analysis, const Node& node) {
  const ValueId value = node.outputs[0];
  if (analysis.graph().value(value).shape.size() != 3) return 1;
  constexpr double kNone = 1e-3;  // relative to the largest; a shift leaves less in the padding
  const std::vector<double>& squares = analysis.field(value).square;
  const double least = kNone * *std::ranges::max_element(squares);
  const auto present = std::ranges::count_if(squares, [&](double x) { return x > least; });
  return static_cast<double>(present) / static_cast<double>(squares.size());
}

// Returns the second moment of the output of `producer` if the weights `w` have the wanted
// variance.
double output_second_moment(const Node& producer, const DrawnWeights& w) {
  const auto* moments = rule_of(row_of(producer).moments);
  if (moments == nullptr) return w.target_tau;
  const ActivationMoments f = (*moments)(producer.attributes)({0, w.target_tau});
  return f.variance + f.mean * f.mean;
}

// Returns the factor by which the second moment of a layer's input is still too large. The weights
// before it may be adjusted in the same group, so its final value is not reached yet.
double input_excess(const NetworkAnalysis& analysis, const std::map<std::string, double>& squares,
                    std::span<const DrawnWeights> group, const Node& node) {
  const auto producers = analysis.producers_before(analysis.signal_inputs(node)[0]);
  double excess = 0;
  for (const Node* producer : producers) {
    const auto adjusted = std::ranges::find_if(group, [&](const DrawnWeights& w) {
      return w.activation == producer || analysis.weights(*producer) == w.weights;
    });
    if (adjusted == group.end()) {
      excess += 1;
      continue;
    }
    const double wanted =
        output_second_moment(*producer, *adjusted) * unpadded_fraction(analysis, *producer);
    excess += squares.at(producer->name) / wanted;
  }
  return producers.empty() ? 1 : excess / static_cast<double>(producers.size());
}

Edit make_calibration_edit(const Node& node, double factor) {
  return {node.name, [factor](Layer& layer) {
            const auto given = layer.attributes.try_emplace("init.calibration", 1.0).first;
            double& calibration = std::get<double>(given->second);
            calibration = round_to_digits(factor * calibration);
          }};
}

}  // namespace

// Adjusts layers from the first to the last, each after its predecessors, so that a layer does not
// correct what it inherits from them. Large networks adjust groups of layers together, so that at
// most kMaxMeasurements measurements are needed.
std::vector<CalibrationFactor> calibrate(Repair& repair, std::int64_t batches,
                                         const ExaminationOptions& options) {
  if (batches < 1) {
    throw Error(ErrorKind::config,
                fmt::format("calibrate: batches: expected at least 1, got {}", batches));
  }
  constexpr std::size_t kMaxMeasurements = 64;
  std::optional<Dataset> data = load_training_data(repair.config);
  const ExaminationInput examined = prepare_examination(repair.config, data, options);
  const std::vector<Batch> drawn = draw_batches(examined, batches, options);
  const PredictedSignals signals = predict_signals(examined.graph, examined.known_fields);
  const NetworkAnalysis analysis(examined.graph, signals, {}, examined.has_unstandardized_input,
                                 examined.goal);
  const std::vector<DrawnWeights> weights = drawn_weights(analysis);
  const std::size_t group_size = (weights.size() + kMaxMeasurements - 1) / kMaxMeasurements;
  Network network = examined.network;
  std::vector<CalibrationFactor> adjustments;
  std::vector<Edit> edits;
  for (std::size_t first = 0; first < weights.size(); first += group_size) {
    const auto squares = measured_second_moments(network, examined.tables, drawn);
    const auto group =
        std::span(weights).subspan(first, std::min(group_size, weights.size() - first));
    edits.clear();
    for (const DrawnWeights& w : group) {
      const double excess = input_excess(analysis, squares, group, *w.node);
      const double wanted = w.target_tau * unpadded_fraction(analysis, *w.node);
      const double factor = std::sqrt(wanted * excess / squares.at(w.node->name));
      edits.push_back(make_calibration_edit(*w.node, factor));
      adjustments.push_back({w.node->name, factor});
    }
    network = apply_edits(network, edits).network;
    repair.config.network = apply_edits(repair.config.network, edits).network;
  }
  repair.examination = examine(repair.config, options);
  return adjustments;
}

}  // namespace selfnorm
