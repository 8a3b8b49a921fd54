// The doctor: predicts the moments of signals and gradients at every layer of a network before it
// is trained, measures them beside, says what keeps them from being normal, and fixes it.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "selfnorm/run.h"

namespace selfnorm {

/// Of a layer's output over a batch, with the weights as they are drawn at the start and dropout at
/// work.
struct SignalMoments {
  double mean = 0, variance = 0;  ///< over samples × positions × units
  /// Deviation over the units (each channel at each position) of their means over the batch: what
  /// the samples have in common.
  double unit_mean_deviation = 0;
  /// Mean square of ∂(cotangent·network output)/∂(this output), for an N(0, 1) cotangent; NaN where
  /// no path leads to the output.
  double gradient_second_moment = 0;
};

/// What finite width adds to a prediction, which is for infinite width: how single draws of weights
/// and masks differ, and what their average is off by, to the first order in 1/width.
struct Fluctuation {
  double mean = 0, variance = 0;  ///< standard deviations over draws of a layer's mean and variance
  /// The same of the logarithm of its gradient's second moment; NaN without one.
  double log_gradient = std::numeric_limits<double>::quiet_NaN();
  double mean_shift = 0, variance_shift = 0;  ///< averages over draws less the prediction
};

struct LayerExamination {
  std::string name, op;
  SignalMoments predicted;
  /// The averages over the draws (of gradients the geometric mean), and their standard errors (of
  /// gradients that of the logarithm).
  std::optional<SignalMoments> measured, standard_error;
  std::optional<Fluctuation> fluctuation;  ///< where something is measured
  /// The doctor's own miss: prediction and shift are off by more than three standard errors, as
  /// predicted or as measured, and more than its promise (mean 0.05 deviations, variance 10 %,
  /// gradient 2 % for each layer behind).
  bool missed = false;
};

enum class Severity : std::uint8_t { warning, error };

/// Something about a network that keeps its signals or gradients from being normal.
struct Finding {
  std::string code;  ///< one of `finding_codes`
  Severity severity = Severity::warning;
  std::vector<std::string> layers;   ///< concerned, in the order of computation; empty: the data
  std::vector<double> values;        ///< of each of the layers
  std::vector<std::string> details;  ///< of each of the layers, in words; each may be empty
  double value = 0;                  ///< the number that tells; of several layers the worst
  std::string message;               ///< what is wrong, with the number, and what comes of it
  std::string fix;                   ///< what to do about it
};

/// A finding that there is: `value` says what its number is.
struct FindingDescription {
  std::string code, value, message, fix;
};
std::vector<FindingDescription> finding_codes();

struct ExaminationOptions {
  std::int64_t samples = 64;  ///< rows of the data that are looked at
  std::int64_t draws = 0;     ///< of weights and masks to measure; 0: prediction alone
  std::uint64_t seed = 1;     ///< of the first draw, and of the choice of rows
};

struct Examination {
  std::string input;  ///< the data set's name, or "N(0, 1)" where the configuration names none
  std::int64_t samples = 0;
  std::vector<LayerExamination> layers;  ///< in the order of computation
  std::vector<Finding> findings;         ///< errors first
};

/// Examines the network of a configuration: on real rows where it names data, as training would
/// standardise them, else on independent N(0, 1) inputs. Numerics: mean field theory, exact for
/// wide layers of independent weights; modelled are correlations of positions beyond those that are
/// carried (src/theory/moment_field.h), sums and pooled values as if normal, and products as if of
/// independent factors. Throws what is wrong with network or data.
/// `trained` is what training told of the weights, epoch by epoch (a run's history): the last
/// record that has some counts as how they are now.
Examination examine(const RunConfig& config, const ExaminationOptions& options = {},
                    const std::vector<EpochRecord>& trained = {});

/// A network that is normal in place of one that was not.
struct Repair {
  RunConfig config;                   ///< nothing but what was found is changed
  std::vector<std::int64_t> origins;  ///< by layer its place before; −1 for one that was put in
  std::vector<Finding> found;         ///< in the network as it was
  Examination after;                  ///< of the repaired one, which has no findings
  std::vector<Finding> beyond = {};   ///< about trained weights, which no configuration fixes
};

/// Mends whatever the doctor finds: first what the network is made of, then its scales by the
/// predicted numbers, then the activations' shape. Throws Error(config) for what cannot be mended.
/// `trained`: as for `examine`.
Repair repair(const RunConfig& config, const ExaminationOptions& options = {},
              const std::vector<EpochRecord>& trained = {});

/// By how much the weights of a layer were multiplied, as `init.calibration` in the network file.
struct CalibrationFactor {
  std::string layer;
  double factor = 1;
};

/// Multiplies the initial weights of every layer before the last so that its output has the second
/// moment that the activation behind it wants (1 before SELU), as measured over `batches` batches
/// of the data, each with fresh weights: for what prediction does not reach. The network of
/// `repair` is changed, and examined anew; factors near 1 mean that the prediction was right. They
/// make up for what prediction does not see, so that it leaves them out and nothing is found in
/// them.
std::vector<CalibrationFactor> calibrate(Repair& repair, std::int64_t batches,
                                         const ExaminationOptions& options = {});

/// The text of a network file with the changes of a repair in it and everything else as it stands;
/// the whole file written anew where its layers are not one list of inline tables in which each
/// change finds its place.
std::string repaired_toml(const std::string& text, const RunConfig& before, const Repair& repair);

}  // namespace selfnorm
