// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "api/examination_input.h"
#include "api/run.h"
#include "doctor/findings.h"
#include "doctor/layer_moments.h"
#include "doctor/measured_inference.h"
#include "doctor/repair.h"
#include "passes/fluctuations.h"
#include "passes/inference_shifts.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

/// Maximum number of samples, and of draws.
constexpr std::int64_t kMaxSamplesAndDraws = 1'000'000;

void check(const char* what, std::int64_t value, std::int64_t least) {
  if (value >= least && value <= kMaxSamplesAndDraws) return;
  throw Error(ErrorKind::config, fmt::format("doctor: {}: expected from {} to {}, got {}", what,
                                             least, kMaxSamplesAndDraws, value));
}

// Mean and standard error of one number over the draws.
struct Average {
  double mean = 0, error = 0;
};

template <class Number>
Average average_over(const std::vector<std::vector<NamedMoments>>& draws, std::size_t layer,
                     Number number) {
  const double count = static_cast<double>(draws.size());
  double sum = 0, squares = 0;
  for (const auto& layers : draws) {
    const double value = number(layers[layer].moments);
    sum += value;
    squares += value * value;
  }
  const double mean = sum / count;
  const double variance = std::max(0.0, squares / count - mean * mean) * count / (count - 1);
  return {mean, count > 1 ? std::sqrt(variance / count) : std::numeric_limits<double>::infinity()};
}

void set_measured(const std::vector<std::vector<NamedMoments>>& draws, std::size_t index,
                  double layers_after, LayerExamination& layer) {
  const Average mean = average_over(draws, index, [](const SignalMoments& m) { return m.mean; });
  const Average variance =
      average_over(draws, index, [](const SignalMoments& m) { return m.variance; });
  const Average unit = average_over(
      draws, index, [](const SignalMoments& m) { return m.unit_mean_standard_deviation; });
  const Average log_gradient = average_over(
      draws, index, [](const SignalMoments& m) { return std::log(m.gradient_second_moment); });
  layer.measured = {mean.mean, variance.mean, unit.mean, std::exp(log_gradient.mean)};
  layer.standard_error = {mean.error, variance.error, unit.error, log_gradient.error};
  const Fluctuation& single = *layer.fluctuation;
  const double count = static_cast<double>(draws.size());
  // Written so that NaN counts as off, unless both sides are equal: without a gradient both are
  // NaN, and a gradient of 0 has an infinite logarithm.
  const auto off = [&](double predicted, const Average& got, double spread, double promise) {
    const bool same = predicted == got.mean || (std::isnan(predicted) && std::isnan(got.mean));
    const double error = std::max(got.error, std::isfinite(spread) ? spread / std::sqrt(count) : 0);
    return !same && !(std::abs(predicted - got.mean) <= std::max(promise, 3 * error));
  };
  const SignalMoments& predicted = layer.predicted;
  const auto shifted = [](double value, double shift) {
    return std::isfinite(shift) ? value + shift : value;
  };
  layer.missed = off(shifted(predicted.mean, single.mean_shift), mean, single.mean,
                     0.05 * std::sqrt(variance.mean)) ||
                 off(shifted(predicted.variance, single.variance_shift), variance, single.variance,
                     0.1 * variance.mean) ||
                 off(std::log(predicted.gradient_second_moment), log_gradient, single.log_gradient,
                     0.02 * layers_after);
}

void check(const ExaminationOptions& options) {
  check("samples", options.samples, 2);
  check("draws", options.draws, 0);
}

// The predictions for a network, and the findings that follow from them.
struct PredictedExamination {
  PredictedSignals signals;
  Examination examination;
  std::vector<Diagnosis> diagnoses;
};

PredictedExamination predict_examination(const ExaminationInput& examined,
                                         const std::vector<EpochRecord>& trained = {}) {
  PredictedExamination prediction{predict_signals(examined.graph, examined.known_fields),
                                  {examined.name, examined.samples, {}, {}},
                                  {}};
  const auto shifts = predict_inference_shifts(examined.graph, examined.known_fields);
  prediction.diagnoses =
      diagnose(NetworkAnalysis(examined.graph, prediction.signals, shifts,
                               examined.has_unstandardized_input, examined.goal, trained));
  for (const NamedMoments& layer :
       predicted_layer_moments(examined.graph, prediction.signals, examined.samples)) {
    LayerExamination& added = prediction.examination.layers.emplace_back();
    added.name = layer.name;
    added.op = layer.op;
    added.predicted = layer.moments;
    const Node& node = examined.graph.nodes[prediction.examination.layers.size() - 1];
    if (!shifts.empty()) added.inference = shifts[static_cast<std::size_t>(node.outputs[0])];
  }
  for (const Diagnosis& diagnosis : prediction.diagnoses) {
    prediction.examination.findings.push_back(diagnosis.finding);
  }
  return prediction;
}

void add_measurements(const ExaminationInput& examined, const ExaminationOptions& options,
                      PredictedExamination& prediction) {
  const std::vector<Fluctuation> fluctuations = predict_fluctuations(
      examined.graph, examined.known_fields, prediction.signals, examined.samples);
  std::vector<std::uint64_t> seeds(static_cast<std::size_t>(options.draws));
  std::iota(seeds.begin(), seeds.end(), options.seed);
  const auto draws = measure_layer_moments(examined.network, examined.rows, examined.samples,
                                           examined.tables, seeds);
  const auto shifts = measure_inference_shifts(examined.network, examined.rows, examined.samples,
                                               examined.tables, seeds);
  auto& layers = prediction.examination.layers;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!shifts.empty()) layers[i].measured_inference = shifts[i];
    const ValueId output = examined.graph.nodes[i].outputs[0];
    layers[i].fluctuation = fluctuations[static_cast<std::size_t>(output)];
    set_measured(draws, i, static_cast<double>(layers.size() - i), layers[i]);
  }
}

// Returns the fixes of the earliest phase that has some.
std::vector<Edit> next_fixes(const std::vector<Diagnosis>& diagnoses) {
  std::vector<Edit> fixes;
  FixPhase phase = FixPhase::activation_shapes;
  for (const Diagnosis& diagnosis : diagnoses) {
    if (!diagnosis.fixes.empty()) phase = std::min(phase, diagnosis.phase);
  }
  for (const Diagnosis& diagnosis : diagnoses) {
    if (diagnosis.phase != phase) continue;
    fixes.insert(fixes.end(), diagnosis.fixes.begin(), diagnosis.fixes.end());
  }
  return fixes;
}

// Applies the fixes to a repair. `complete` is the network completed from the data.
void apply(const std::vector<Edit>& fixes, const Network& complete, Repair& repair) {
  const bool edits_layers =
      std::ranges::any_of(fixes, [](const Edit& e) { return !e.layer.empty(); });
  if (edits_layers && repair.config.network.layers.empty()) {  // the default network
    repair.config.network = complete;
    repair.origins.assign(complete.layers.size(), -1);
  }
  const EditedNetwork made = apply_edits(repair.config.network, fixes);
  std::vector<std::int64_t> origins;
  for (const std::int64_t origin : made.origins) {
    origins.push_back(origin < 0 ? -1 : repair.origins[static_cast<std::size_t>(origin)]);
  }
  repair.config.network = made.network;
  repair.origins = std::move(origins);
  const bool standardize =
      std::ranges::any_of(fixes, [](const Edit& e) { return e.layer.empty(); });
  if (standardize) repair.config.data.standardize = true;
}

// Returns options with fewer samples if they have so many positions that 64 of them exceed this.
ExaminationOptions brief_options(const RunConfig& config, std::int64_t max_positions) {
  ExaminationOptions options;
  for (const auto& input : config.network.inputs) {
    const Shape& shape = input.second;
    if (shape.size() == 3) {
      options.samples = std::clamp<std::int64_t>(max_positions / (shape[1] * shape[2]), 2, 64);
    }
  }
  return options;
}

// Returns the findings that appear only with the records of a training.
std::vector<Finding> findings_only_in(const std::vector<Finding>& without,
                                      std::vector<Finding> with) {
  std::erase_if(with, [&](const Finding& finding) {
    return std::ranges::find(without, finding.code, &Finding::code) != without.end();
  });
  return with;
}

// Throws an error about the first finding without a fix, or else about the first finding.
[[noreturn]] void throw_unrepairable(const std::vector<Diagnosis>& diagnoses) {
  auto stuck = std::ranges::find_if(diagnoses, [](const Diagnosis& d) { return d.fixes.empty(); });
  if (stuck == diagnoses.end()) stuck = diagnoses.begin();
  const Finding& finding = stuck->finding;
  const std::string where = finding.layers.empty() ? "" : " at '" + finding.layers.front() + "'";
  throw Error(ErrorKind::config,
              fmt::format("doctor: {}{} cannot be repaired automatically: {} Fix: {}", finding.code,
                          where, finding.message, finding.fix));
}

}  // namespace

Examination examine(const RunConfig& given, const ExaminationOptions& options,
                    const std::vector<EpochRecord>& trained) {
  check(options);
  RunConfig config = given;
  std::optional<Dataset> data = load_training_data(config);
  return examine(prepare_examination(config, data, options), options, trained);
}

Examination examine(const ExaminationInput& examined, const ExaminationOptions& options,
                    const std::vector<EpochRecord>& trained) {
  PredictedExamination now = predict_examination(examined, trained);
  if (options.draws > 0) add_measurements(examined, options, now);
  return std::move(now.examination);
}

Examination examine_briefly(const PreparedRun& run, std::int64_t max_positions,
                            const std::vector<EpochRecord>& history) {
  const ExaminationOptions options = brief_options(run.config, max_positions);
  return examine(
      prepare_examination(run.config, run.train, run.rows.train_rows, run.model.schema, options),
      options, history);
}

// Without standardization, the moments of the inputs are measured on these samples, so there must
// be enough of them.
std::vector<Finding> Run::findings() const {
  if (prepared_->rows.train_rows.size() < 2) return {};  // no moments
  const std::int64_t images = prepared_->config.data.standardize ? 8 : 64;
  return examine_briefly(*prepared_, images * 28 * 28).findings;
}

Repair repair(const RunConfig& config, const ExaminationOptions& options,
              const std::vector<EpochRecord>& trained) {
  constexpr int kMaxRounds = 20;
  check(options);
  Repair repair{config, {}, {}, {}};
  std::optional<Dataset> data = load_training_data(repair.config);
  repair.origins.resize(config.network.layers.size());
  std::iota(repair.origins.begin(), repair.origins.end(), 0);
  for (int round = 0;; ++round) {
    const ExaminationInput examined = prepare_examination(repair.config, data, options);
    PredictedExamination now = predict_examination(examined);
    if (round == 0) {
      repair.repaired_findings = now.examination.findings;
      repair.unrepairable_findings = findings_only_in(
          repair.repaired_findings, predict_examination(examined, trained).examination.findings);
    }
    if (now.diagnoses.empty()) {
      if (options.draws > 0) add_measurements(examined, options, now);
      repair.examination = std::move(now.examination);
      return repair;
    }
    const std::vector<Edit> fixes = next_fixes(now.diagnoses);
    if (fixes.empty() || round == kMaxRounds) throw_unrepairable(now.diagnoses);
    apply(fixes, examined.network, repair);
  }
}

}  // namespace selfnorm
