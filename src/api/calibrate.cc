#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "api/patient.h"
#include "doctor/drawn_weights.h"
#include "doctor/findings.h"
#include "doctor/repair.h"

namespace selfnorm {
namespace {

// Rows of the training set, each batch with its seed of rows and of weights.
struct Batch {
  Patient patient;
  std::uint64_t seed;
};

std::vector<Batch> draw_batches(const RunConfig& config, std::optional<Dataset>& data,
                                std::int64_t count, ExaminationOptions options) {
  std::vector<Batch> batches;
  for (std::int64_t k = 0; k < count; ++k, ++options.seed) {
    batches.push_back({admit(config, data, options), options.seed});
  }
  return batches;
}

// The mean square of every node's output over batches and draws of the weights.
std::map<std::string, double> measured_squares(const Network& network,
                                               const std::vector<Batch>& batches) {
  std::map<std::string, double> squares;
  for (const auto& [patient, seed] : batches) {
    const auto layers = measure(network, patient.rows, patient.samples, patient.tables, {seed});
    for (const NamedMoments& layer : layers[0]) {
      const SignalMoments& m = layer.moments;
      squares[layer.name] += (m.variance + m.mean * m.mean) / static_cast<double>(batches.size());
    }
  }
  return squares;
}

// By what the square of a layer's input is still too large: weights that make it may be adjusted in
// the same group, and the activation behind them is then on its way to a square of 1.
double excess_of_input(const Chart& chart, const std::map<std::string, double>& squares,
                       std::span<const DrawnWeights> group, const Node& node) {
  const ValueId input = chart.signal_inputs(node)[0];
  std::vector<const Node*> makers = chart.activations_before(input);
  if (makers.empty()) makers = {chart.maker(input)};
  double excess = 0;
  for (const Node* maker : makers) {
    const auto adjusted = std::ranges::find_if(group, [&](const DrawnWeights& w) {
      return maker != nullptr && (w.node == maker || w.activation == maker);
    });
    if (adjusted == group.end()) {
      excess += 1;
    } else {
      excess += squares.at(maker->name) / (adjusted->node == maker ? adjusted->wanted : 1);
    }
  }
  return excess / static_cast<double>(makers.size());
}

Edit calibrated(const Node& node, double factor) {
  return {node.name, [factor](Layer& layer) {
            const auto given = layer.attributes.try_emplace("init.calibration", 1.0).first;
            double& calibration = std::get<double>(given->second);
            calibration = rounded(factor * calibration);
          }};
}

}  // namespace

// Front to back, each layer behind those that are adjusted: what it inherits from them is not put
// on its own account. Very many layers go some at a time, so that it takes kMostSteps measurements.
std::vector<Adjustment> calibrate(Repair& repair, std::int64_t batches,
                                  const ExaminationOptions& options) {
  constexpr std::size_t kMostSteps = 64;
  std::optional<Dataset> data = load_rows(repair.config);
  const std::vector<Batch> drawn = draw_batches(repair.config, data, batches, options);
  const Patient& patient = drawn.front().patient;
  const PredictedSignals signals = predict_signals(patient.graph, patient.known);
  const Chart chart(patient.graph, signals, patient.has_raw_rows);
  const std::vector<DrawnWeights> weights = drawn_weights(chart);
  const std::size_t together = (weights.size() + kMostSteps - 1) / kMostSteps;
  Network network = patient.network;
  std::vector<Adjustment> adjustments;
  std::vector<Edit> edits;
  for (std::size_t first = 0; first < weights.size(); first += together) {
    const auto squares = measured_squares(network, drawn);
    const auto group =
        std::span(weights).subspan(first, std::min(together, weights.size() - first));
    edits.clear();
    for (const DrawnWeights& w : group) {
      const double excess = excess_of_input(chart, squares, group, *w.node);
      const double factor = std::sqrt(w.wanted * excess / squares.at(w.node->name));
      edits.push_back(calibrated(*w.node, factor));
      adjustments.push_back({w.node->name, factor});
    }
    network = edited(network, edits).network;
    repair.config.network = edited(repair.config.network, edits).network;
  }
  repair.after = examine(repair.config, options);
  return adjustments;
}

}  // namespace selfnorm
