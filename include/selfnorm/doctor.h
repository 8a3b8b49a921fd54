// SPDX-License-Identifier: Apache-2.0
// The doctor: predicts the moments of signals and gradients at every layer of a network before
// training, measures them on request, reports what changes their scale, and fixes it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "selfnorm/run.h"

namespace selfnorm {

/// Moments of a layer's output over a batch, with initial weights and with dropout active.
struct SignalMoments {
  double mean = 0;      ///< over samples, positions and units
  double variance = 0;  ///< over samples, positions and units
  /// Standard deviation, over the units (each channel at each position), of a unit's mean over the
  /// batch: the size of the signal that all samples share.
  double unit_mean_standard_deviation = 0;
  /// Mean square of ∂(cotangent·network output)/∂(this output) for an N(0, 1) cotangent. NaN if the
  /// network's output does not depend on this one.
  double gradient_second_moment = 0;
};

/// Correction of a prediction for finite width, to first order in 1/width: how far the moments of
/// one draw of weights and masks spread, and how far their average over draws is shifted.
struct Fluctuation {
  double mean = 0;      ///< standard deviation over draws of the layer's mean
  double variance = 0;  ///< standard deviation over draws of the layer's variance
  /// Standard deviation over draws of the logarithm of the gradient's second moment; NaN without a
  /// gradient.
  double log_gradient = std::numeric_limits<double>::quiet_NaN();
  double mean_shift = 0;      ///< average over draws minus the predicted mean
  double variance_shift = 0;  ///< average over draws minus the predicted variance
};

/// A layer's output at inference, compared with its mean over the masks of training for the same
/// rows and weights.
struct InferenceShift {
  double mean = 0;           ///< at inference, over samples, positions and units
  double variance = 0;       ///< at inference, over samples, positions and units
  double amplification = 1;  ///< slope of the output at inference on the mean over masks, over rows
  /// Root mean square of the difference of the two, relative to the standard deviation over rows of
  /// the mean over masks.
  double distance = 0;
  double amplification_error = 0;  ///< standard error of a measured amplification
};

/// The moments of one layer.
struct LayerExamination {
  std::string name;         ///< name of the layer
  std::string op;           ///< its op
  SignalMoments predicted;  ///< prediction for infinite width
  /// Averages over the draws, geometric for gradients; only if something was measured.
  std::optional<SignalMoments> measured;
  /// Standard errors of `measured`; for gradients, that of the logarithm.
  std::optional<SignalMoments> standard_error;
  std::optional<Fluctuation> fluctuation;  ///< only if something was measured
  /// The prediction for inference, if the network has active dropout and the output varies over
  /// rows. Not for networks with batch norm, or with a difference or product of two outputs of the
  /// same weights.
  std::optional<InferenceShift> inference;
  /// The measurement. Its ratios are of sums over all draws.
  std::optional<InferenceShift> measured_inference;
  /// Whether the prediction is wrong: including its shift, it differs from the measurement by more
  /// than three standard errors (the greater of the predicted and the measured one) and by more
  /// than promised (mean 0.05 standard deviations, variance 10 %, gradient 2 % per layer from this
  /// one to the last).
  bool missed = false;
};

/// The severity of a finding.
enum class Severity : std::uint8_t {
  warning,  ///< usually, the value is within a factor of two of the one it should have
  error,    ///< worse
};

/// A fault that changes the scale of the signals or gradients of a network.
struct Finding {
  std::string code;                       ///< one of `finding_descriptions`
  Severity severity = Severity::warning;  ///< severity of the worst layer
  std::vector<std::string> layers;   ///< in the order of computation; empty if it is about the data
  std::vector<double> values;        ///< value of each layer
  std::vector<std::string> details;  ///< a text for each layer, possibly empty
  double value = 0;                  ///< value of the worst layer
  std::string message;               ///< what is wrong, and its effect on training
  std::string fix;                   ///< how to fix it
};

/// A kind of finding.
struct FindingDescription {
  std::string code;     ///< stable identifier
  std::string value;    ///< the meaning of Finding::value
  std::string message;  ///< the message, with … for what depends on the network
  std::string fix;      ///< the fix, likewise
};

/// Returns all kinds of findings.
std::vector<FindingDescription> finding_descriptions();

/// Options of an examination.
struct ExaminationOptions {
  std::int64_t samples = 64;  ///< number of rows to examine, from 2 to 1,000,000
  std::int64_t draws = 0;     ///< draws of weights and masks to measure; 0 only predicts
  std::uint64_t seed = 1;     ///< seed of the first draw and of the choice of rows
};

/// The result of an examination.
struct Examination {
  std::string input;                     ///< name of the data set, or "N(0, 1)"
  std::int64_t samples = 0;              ///< number of rows examined
  std::vector<LayerExamination> layers;  ///< in the order of computation
  std::vector<Finding> findings;         ///< errors first
};

/// Examines the network of a configuration: on training rows if it names data, else on independent
/// N(0, 1) inputs. `trained` holds the records of a training (a run's history). Its last record
/// with weight statistics describes the current weights.
///
/// Accuracy: mean-field theory, exact for wide layers of independent weights. Correlations between
/// positions are propagated only for the pairs listed in src/theory/moment_field.h (`Link`); those
/// of all other pairs are approximated. Sums and pooled values are taken as normal, and factors of
/// products as independent. Throws Error(config), Error(shape) or Error(data) if the options, the
/// network or the data are wrong.
Examination examine(const RunConfig& config, const ExaminationOptions& options = {},
                    const std::vector<EpochRecord>& trained = {});

/// A repaired network.
struct Repair {
  RunConfig config;                        ///< differs only in what was repaired
  std::vector<std::int64_t> origins;       ///< old index of each layer; -1 for an inserted one
  std::vector<Finding> repaired_findings;  ///< findings that the repair fixed
  Examination examination;                 ///< of the repaired network; it has no findings
  /// Findings about trained weights, which no network file can fix.
  std::vector<Finding> unrepairable_findings = {};
};

/// Fixes all findings: first the layers, then their scales by the predicted moments, then the shape
/// of the activations. Throws Error(config) for a finding that it cannot fix, and the errors of
/// `examine`. `trained` is as in `examine`.
Repair repair(const RunConfig& config, const ExaminationOptions& options = {},
              const std::vector<EpochRecord>& trained = {});

/// The factor by which calibration multiplied the weights of a layer: `init.calibration` in the
/// network file.
struct CalibrationFactor {
  std::string layer;  ///< name of the layer
  double factor = 1;  ///< factor on its initial weights
};

/// Rescales the initial weights of every layer but the last so that its output has the second
/// moment that the next activation needs (1 before SELU), measured over `batches` ≥ 1 batches of
/// the data, each with fresh weights. This corrects the errors of the prediction: factors near 1
/// mean that it was right. Later predictions ignore the factors. Changes the network of `repair`,
/// examines it again and returns the factors. Similar to LSUV (Mishkin and Matas 2016).
std::vector<CalibrationFactor> calibrate(Repair& repair, std::int64_t batches,
                                         const ExaminationOptions& options = {});

/// Returns the text of a network file with the changes of a repair. Everything else is unchanged,
/// including comments. A file whose layers are not a list of inline tables is rewritten as a whole,
/// without its comments. `before` is the configuration in `text`.
std::string repaired_toml(const std::string& text, const RunConfig& before, const Repair& repair);

}  // namespace selfnorm
