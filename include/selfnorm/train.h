// SPDX-License-Identifier: Apache-2.0
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

/// Early stopping: training stops after `patience` epochs without improvement. With a patience or a
/// `restore_margin` above 0, the best epoch is tracked. Training ends with its weights, whether it
/// stopped early or not, if it is better than the last epoch by the margin, and `restore_best` is
/// true. Otherwise, training ends with the last weights.
struct EarlyStoppingOptions {
  std::int64_t patience = 0;     ///< epochs without improvement; 0 never stops early
  std::string monitor = "auto";  ///< validation loss or metric: "auto" (the loss), "loss" or a name
  double min_delta = 0;          ///< minimum change that counts as an improvement
  bool restore_best = true;      ///< false always ends with the weights of the last epoch
  /// Standard errors by which the best epoch must be better than the last one to be restored, since
  /// the best of many noisy scores is partly chance. 0 always restores it. The standard error is
  /// that of the mean difference over 32 groups of validation rows.
  double restore_margin = 0;
};

/// Returns whether training tracks the best epoch.
inline bool tracks_best_epoch(const EarlyStoppingOptions& options) {
  return options.patience > 0 || options.restore_margin > 0;
}

/// How a network is trained: the [train] table of a network file.
struct TrainOptions {
  std::string loss = "auto";  ///< auto: softmax_cross_entropy for classes, else mean_squared_error
  Settings loss_attributes = {};             ///< attributes of the loss
  OptimizerOptions optimizer = {};           ///< the optimizer
  ScheduleOptions schedule = {};             ///< the learning rate schedule
  EarlyStoppingOptions early_stopping = {};  ///< early stopping
  std::int64_t batch_size = 32;              ///< rows per step
  std::int64_t epochs = 10;                  ///< passes over the training rows
  std::uint64_t seed = 1;                    ///< seed of initial weights, masks and order
  bool shuffle = true;                       ///< draw a new order of the training rows every epoch
  std::vector<std::string> metrics = {};     ///< empty: the default metrics of the loss
  std::int64_t threads = 0;                  ///< 0 for as many as the work of a step needs
  bool watch = true;                         ///< measure signals and weights while training
  std::int64_t checkpoint_every = 1;         ///< epochs between checkpoints
  /// After training with the squared error, replace each output by the least-squares line of the
  /// targets on it, over at most 20,000 training rows. Training with masks makes outputs too close
  /// to their mean, and the line corrects this. Only for a network with dropout whose last layer
  /// with weights is a dense layer with a bias.
  bool refit_output = true;
  /// After training on classes, divide the outputs before the softmax by the temperature for which
  /// the validation rows have the smallest cross entropy (Guo et al. 2017), which does not change
  /// the predicted classes. Only without class weights, and for a network that ends with a dense
  /// layer with a bias.
  bool temperature_scaling = false;
};

/// The line slope·x + offset of an output x.
struct OutputLine {
  double slope = 1;
  double offset = 0;
};

/// Moments of a layer's output over the watched rows: the first 256 training rows, in inference
/// mode.
struct LayerMoments {
  std::string layer;    ///< name of the layer
  double mean = 0;      ///< over samples, positions and units
  double variance = 0;  ///< likewise
};

/// Statistics of ω = Σw and τ = Σw² over the units of a layer (Klambauer et al. 2017). The fixed
/// point of SELU assumes ω = 0 and τ = 1.
struct WeightStatistics {
  std::string layer;                    ///< name of the layer
  double omega = 0;                     ///< mean of ω
  double omega_standard_deviation = 0;  ///< standard deviation of ω
  double tau = 0;                       ///< mean of τ
  double tau_standard_deviation = 0;    ///< standard deviation of τ
  /// Fraction of the units whose τ, corrected for zero padding, is outside 0.8 to 1.25.
  double outside_fraction = 0;
  /// Norm of the loss's gradient with respect to these weights in the last step. NaN before the
  /// first step.
  double gradient_norm = std::numeric_limits<double>::quiet_NaN();
};

/// Histogram of a layer's outputs over the watched rows: counts in equal bins from `kHistogramLow`
/// to `kHistogramHigh`. Values outside this range count in the first or last bin.
struct LayerHistogram {
  std::string layer;          ///< name of the layer
  std::string op;             ///< its op
  std::vector<float> counts;  ///< kHistogramBins counts
};
inline constexpr double kHistogramLow = -4;         ///< lower end of the first bin
inline constexpr double kHistogramHigh = 4;         ///< upper end of the last bin
inline constexpr std::int64_t kHistogramBins = 64;  ///< number of bins

/// Loss and metrics by name, in the order of display.
using Scores = std::vector<std::pair<std::string, double>>;

/// The results of one epoch. Epoch 0 is the network before training and has moments only.
struct EpochRecord {
  std::int64_t epoch = 0;                  ///< from 1; 0 before training
  std::int64_t step = 0;                   ///< optimizer steps since the start
  double seconds = 0;                      ///< time in training steps
  double learning_rate = 0;                ///< learning rate of the last step
  Scores training;                         ///< over the epoch's steps, with dropout active
  Scores validation;                       ///< over the validation rows, after the epoch
  std::vector<LayerMoments> moments;       ///< empty if not measured after this epoch
  std::vector<LayerHistogram> histograms;  ///< with `moments`; of at most 48 layers
  std::vector<WeightStatistics> weights;   ///< of layers with weights
  double watch_seconds = 0;                ///< time for measuring these, not in `seconds`
  double evaluation_seconds = 0;           ///< time for `validation`, not in `seconds`
  /// Returns whether moments or weights were measured after this epoch.
  bool was_watched() const { return !moments.empty() || !weights.empty(); }
};

/// The progress within an epoch.
struct StepProgress {
  std::int64_t epoch;   ///< current epoch, from 1
  std::int64_t epochs;  ///< number of epochs
  std::int64_t step;    ///< steps done in this epoch
  std::int64_t steps;   ///< steps of this epoch
  double seconds;       ///< time in the steps of this epoch so far
  double loss;          ///< mean loss over the epoch so far
};

/// Functions that training calls in the calling thread. Each may be empty.
struct TrainCallbacks {
  std::function<void(const StepProgress&)> on_step;  ///< after a step
  /// Called after an epoch, and with `watch` also once before training (epoch 0).
  std::function<void(const EpochRecord&)> on_epoch;
  std::function<bool()> should_stop;  ///< called after each step; true stops training
  /// Called before the first step of a resumed run, with what a person should know about it.
  std::function<void(const std::string&)> on_note = {};
};

}  // namespace selfnorm
