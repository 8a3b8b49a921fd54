#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "selfnorm/optimizer.h"
#include "selfnorm/setting.h"

namespace selfnorm {

/// When training stops before its last epoch: after `patience` epochs without a better value of
/// what is monitored. With a patience above 0 training ends with the best epoch's weights, whether
/// it stopped early or not; with 0 no epoch is judged, and it ends with the last one's.
struct EarlyStoppingOptions {
  std::int64_t patience = 0;     ///< epochs; 0 never stops early
  std::string monitor = "auto";  ///< "loss" or a metric; auto: the loss. Of the validation rows
  double min_delta = 0;          ///< what counts as better
  bool restore_best = true;      ///< false: end with the last epoch's weights in any case
};

/// How a network is trained: the [train] table of a network file.
struct TrainOptions {
  std::string loss = "auto";  ///< auto: softmax_cross_entropy for classes, else mean_squared_error
  Settings loss_attributes = {};
  OptimizerOptions optimizer = {};
  ScheduleOptions schedule = {};
  EarlyStoppingOptions early_stopping = {};
  std::int64_t batch_size = 32;
  std::int64_t epochs = 10;
  std::uint64_t seed = 1;
  bool shuffle = true;                    ///< a new order of the rows every epoch
  std::vector<std::string> metrics = {};  ///< empty: what suits the loss
  std::int64_t threads = 0;               ///< 0: as many as the machine has
  bool watch = true;                      ///< measure signals and weights while training
  std::int64_t checkpoint_every = 1;      ///< epochs between checkpoints
};

/// A layer's output over the watched rows.
struct LayerMoments {
  std::string layer;
  double mean = 0;
  double variance = 0;
};

/// What the units of a layer sum their inputs with: means and deviations over the units of
/// ω = Σw and τ = Σw² (Klambauer et al. 2017), 0 and 1 being what the fixed point stands on.
struct WeightStatistics {
  std::string layer;
  double omega = 0, omega_deviation = 0, tau = 0, tau_deviation = 0;
  /// Share of the units whose tau, less what zero padding takes of it, is outside 0.8 to 1.25.
  double outside = 0;
  /// Norm of the loss's gradient by these weights, in the step before; NaN before the first.
  double gradient = std::numeric_limits<double>::quiet_NaN();
};

/// How a layer's outputs over the watched rows are distributed: how many lie in each of equal bins
/// from `kHistogramLow` to `kHistogramHigh`; what lies beyond counts into the bins at the ends.
struct LayerHistogram {
  std::string layer, op;
  std::vector<float> counts;
};
inline constexpr double kHistogramLow = -4, kHistogramHigh = 4;
inline constexpr std::int64_t kHistogramBins = 64;

/// Loss and metrics by name, in the order they are shown in.
using Scores = std::vector<std::pair<std::string, double>>;

/// What one epoch gave. Epoch 0 is the network before training and has moments only.
struct EpochRecord {
  std::int64_t epoch = 0;
  std::int64_t step = 0;  ///< optimizer steps since the start
  double seconds = 0;
  double learning_rate = 0;
  Scores training;
  Scores validation;
  std::vector<LayerMoments> moments;       ///< empty when not measured after this epoch
  std::vector<LayerHistogram> histograms;  ///< beside `moments`; of very many layers some, evenly
  std::vector<WeightStatistics> weights;   ///< of the layers that have some
  double watch_seconds = 0;                ///< what measuring these took, apart from `seconds`
  double evaluation_seconds = 0;           ///< what the validation scores took, likewise
  bool was_watched() const { return !moments.empty() || !weights.empty(); }
};

/// Where training stands within an epoch.
struct StepReport {
  std::int64_t epoch, epochs;
  std::int64_t step, steps;  ///< in this epoch
  double seconds;            ///< since the epoch began
  double loss;               ///< mean over the epoch so far
};

/// What training calls while it runs; any of them may be empty.
struct TrainCallbacks {
  std::function<void(const StepReport&)> on_step;
  std::function<void(const EpochRecord&)> on_epoch;
  std::function<bool()> should_stop;  ///< true: stop after this step
};

}  // namespace selfnorm
