#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "api/patient.h"
#include "doctor/drawn_weights.h"
#include "doctor/findings.h"
#include "doctor/repair.h"

namespace selfnorm {
namespace {

// The mean square of every node's output over batches and draws of the weights.
std::map<std::string, double> measured_squares(const RunConfig& config,
                                               std::optional<Dataset>& data, std::int64_t batches,
                                               ExaminationOptions options) {
  std::map<std::string, double> squares;
  for (std::int64_t batch = 0; batch < batches; ++batch, ++options.seed) {
    const Patient patient = admit(config, data, options);
    const auto layers =
        measure(patient.network, patient.rows, patient.samples, patient.tables, {options.seed});
    for (const NamedMoments& layer : layers[0]) {
      const SignalMoments& m = layer.moments;
      squares[layer.name] += (m.variance + m.mean * m.mean) / static_cast<double>(batches);
    }
  }
  return squares;
}

// Of layers that are adjusted together, one behind another sees an input that is on the way to 1.
double input_square(const Chart& chart, const std::map<std::string, double>& squares,
                    const Node& node) {
  const Node* maker = chart.maker(chart.signal_inputs(node)[0]);
  return maker == nullptr ? 1 : squares.at(maker->name);
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
  const Patient patient = admit(repair.config, data, options);
  const PredictedSignals signals = predict_signals(patient.graph, patient.known);
  const Chart chart(patient.graph, signals, patient.has_raw_rows);
  const std::vector<DrawnWeights> weights = drawn_weights(chart);
  const std::size_t together = (weights.size() + kMostSteps - 1) / kMostSteps;
  std::vector<Adjustment> adjustments;
  for (std::size_t first = 0; first < weights.size(); first += together) {
    const auto squares = measured_squares(repair.config, data, batches, options);
    std::vector<Edit> edits;
    for (std::size_t k = first; k < std::min(first + together, weights.size()); ++k) {
      const DrawnWeights& w = weights[k];
      const double before = k == first ? 1 : input_square(chart, squares, *w.node);
      const double factor = std::sqrt(w.wanted * before / squares.at(w.node->name));
      edits.push_back(calibrated(*w.node, factor));
      adjustments.push_back({w.node->name, factor});
    }
    repair.config.network = edited(repair.config.network, edits).network;
  }
  repair.after = examine(repair.config, options);
  return adjustments;
}

}  // namespace selfnorm
