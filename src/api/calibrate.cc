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

// What the first sweep sees of a layer's input is on the way to 1 as well.
double input_square(const Chart& chart, const std::map<std::string, double>& squares,
                    const Node& node) {
  const Node* maker = chart.maker(chart.signal_inputs(node)[0]);
  return maker == nullptr ? 1 : squares.at(maker->name);
}

}  // namespace

std::vector<Adjustment> calibrate(Repair& repair, std::int64_t batches,
                                  const ExaminationOptions& options) {
  constexpr int kSweeps = 4;  // what is left of an error falls by SELU's contraction and better
  std::optional<Dataset> data = load_rows(repair.config);
  std::vector<Adjustment> adjustments;
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    const Patient patient = admit(repair.config, data, options);
    const PredictedSignals signals = predict_signals(patient.graph, patient.known);
    const Chart chart(patient.graph, signals, patient.has_raw_rows);
    const auto squares = measured_squares(repair.config, data, batches, options);
    std::vector<Edit> edits;
    std::size_t place = 0;
    for (const DrawnWeights& w : drawn_weights(chart)) {
      const double before = sweep == 0 ? input_square(chart, squares, *w.node) : 1;
      const double factor = std::sqrt(w.wanted * before / squares.at(w.node->name));
      edits.push_back(rescaled_weights(*w.node, factor));
      if (sweep == 0) adjustments.push_back({w.node->name, 1});
      adjustments[place++].factor *= factor;
    }
    repair.config.network = edited(repair.config.network, edits).network;
  }
  repair.after = examine(repair.config, options);
  return adjustments;
}

}  // namespace selfnorm
