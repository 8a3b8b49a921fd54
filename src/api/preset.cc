// SPDX-License-Identifier: Apache-2.0
#include "api/preset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "api/folds.h"
#include "base/text.h"
#include "optim/schedule.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// What a preset chooses. experiments/tables/README.md has the measurements.
struct Preset {
  std::vector<std::int64_t> hidden;
  double dropout_rate;
  std::int64_t members;
  std::int64_t batch_size;
  std::int64_t steps;  // of the optimizer
  double learning_rate;
};

constexpr double kWarmup = 0.1;  // share of the training
// For classes of images. It makes them 0.4 to 1.1 points more accurate, and their probabilities
// better (experiments/mnist/README.md). For tables, it made no difference.
constexpr double kSmoothing = 0.02;

Preset find_preset(const std::string& name) {
  constexpr double kRate = 0.004;
  if (name == "fast") return {{256, 128}, 0.1, 1, 32, 1000, kRate};
  if (name == "best") return {{256, 128}, 0.1, 8, 32, 3000, kRate};
  return {{256, 128}, 0.1, 2, 32, kDefaultSteps, kRate};
}

// Returns the epochs with about this many steps. Few rows would make the epochs too many, and each
// row is seen several times in any case.
std::int64_t epochs_of(std::int64_t steps, std::int64_t batch_size, std::int64_t rows) {
  constexpr std::int64_t kFewest = 10, kMost = 300;
  const double epochs = static_cast<double>(steps * batch_size) /
                        static_cast<double>(std::max<std::int64_t>(rows, 1));
  return std::clamp(static_cast<std::int64_t>(std::llround(epochs)), kFewest, kMost);
}

// Returns the weight decay of AdamW, which multiplies a weight without a gradient by
// exp(−shrinkage) in the whole training, or less in a shorter training. Few rows need much of it,
// the more so if the targets are classes.
double weight_decay_of(const Preset& preset, const TrainOptions& train, bool has_classes,
                       std::int64_t rows) {
  constexpr double kFewRows = 300;
  const double share =
      std::min(1.0, kFewRows / static_cast<double>(std::max<std::int64_t>(rows, 1)));
  const double shrinkage = (has_classes ? 3.0 : 0.5) * share * share;
  const std::int64_t batches = (rows + train.batch_size - 1) / train.batch_size;
  const auto steps = static_cast<double>(std::max(train.epochs * batches, preset.steps));
  const double mean_rate =
      train.optimizer.learning_rate * (train.schedule.name == "cosine" ? 0.5 : 1);
  return round_to_digits(shrinkage / (mean_rate * steps));
}

bool is_image_classification(const Dataset& data) {
  constexpr std::size_t kImageRank = 3;  // channels, height, width
  const auto is_image = [](const Field& field) { return field.sample_shape.size() == kImageRank; };
  return !data.targets.classes.empty() && std::ranges::all_of(data.inputs, is_image);
}

// Returns whether the user gave this option, or all options of its group at once.
bool is_given(const RunConfig& config, const std::string& name) {
  return is_listed(config.given, name) || is_listed(config.given, name.substr(0, name.find('.')));
}

// Returns the preset that "auto" stands for, or the given one.
std::string name_of_preset(const RunConfig& config) {
  const bool is_automatic = config.preset == "auto";
  const bool has_layers = !config.network.layers.empty();
  if (has_layers && !is_automatic && config.preset != "none") {
    throw Error(ErrorKind::config,
                fmt::format("[train]: preset = \"{}\" chooses the network, but the file gives "
                            "layers (remove one of them)",
                            config.preset));
  }
  return is_automatic ? (has_layers ? "none" : "default") : config.preset;
}

template <class T, class U>
void choose(const RunConfig& config, const std::string& name, T& option, U value) {
  if (!is_given(config, name)) option = std::move(value);
}

}  // namespace

void choose_members(RunConfig& config) {
  const std::string name = name_of_preset(config);
  if (name == "none") return;
  const std::int64_t members = find_preset(name).members;
  choose(config, "members", config.default_network.members,
         std::clamp<std::int64_t>(most_members_with_folds(config.data), 1, members));
}

std::string apply_preset(RunConfig& config, const Dataset& data, std::int64_t train_rows) {
  std::string name = name_of_preset(config);
  config.preset = "none";
  if (name == "none") return name;
  const Preset preset = find_preset(name);
  TrainOptions& train = config.train;
  choose(config, "hidden", config.default_network.hidden, preset.hidden);
  choose(config, "dropout_rate", config.default_network.dropout_rate, preset.dropout_rate);
  choose(config, "temperature_scaling", train.temperature_scaling, true);
  const bool has_default_loss = train.loss == "auto" || train.loss == "softmax_cross_entropy";
  if (is_image_classification(data) && has_default_loss)
    train.loss_attributes.emplace("label_smoothing", kSmoothing);  // unless the user gave it
  choose(config, "batch_size", train.batch_size, preset.batch_size);
  choose(config, "epochs", train.epochs, epochs_of(preset.steps, train.batch_size, train_rows));
  choose(config, "schedule.name", train.schedule.name, "cosine");
  // The first steps of AdamW at the whole rate may make a loss with an exponential diverge.
  choose(config, "schedule.warmup", train.schedule.warmup,
         round_to_digits(kWarmup * static_cast<double>(train.epochs)));
  if (!is_given(config, "optimizer.name")) {
    train.optimizer.name = "adamw";
    choose(config, "optimizer.learning_rate", train.optimizer.learning_rate, preset.learning_rate);
    choose(config, "optimizer.weight_decay", train.optimizer.weight_decay,
           weight_decay_of(preset, train, !data.targets.classes.empty(), train_rows));
  }
  return name;
}

std::string describe_training(const RunConfig& config, const std::string& preset,
                              std::int64_t train_rows, double seconds, double budget) {
  const TrainOptions& train = config.train;
  const std::int64_t batches = (train_rows + train.batch_size - 1) / train.batch_size;
  std::string text =
      fmt::format("training {} epochs of {} batches with {} thread{}", train.epochs,
                  group_digits(batches), train.threads, train.threads == 1 ? "" : "s");
  if (std::isfinite(seconds)) {
    text += fmt::format(" in {} {}", train.early_stopping.patience > 0 ? "at most" : "about",
                        format_duration(round_to_digits(seconds, 2)));
  }
  if (budget > 0) text += fmt::format(" of the {} given", format_duration(budget));
  text += fmt::format(", {} at {} ({} schedule)", train.optimizer.name,
                      train.optimizer.learning_rate, train.schedule.name);
  const auto smoothing = train.loss_attributes.find("label_smoothing");
  if (smoothing != train.loss_attributes.end() && smoothing->second != Setting(0.0))
    text += ", label smoothing " + to_string(smoothing->second);
  const EarlyStoppingOptions& stopping = train.early_stopping;
  if (tracks_best_epoch(stopping) && stopping.restore_best) {
    text += stopping.restore_margin > 0
                ? "; the last epoch is kept unless an earlier one has a clearly better validation "
                : "; the epoch is kept that has the best validation ";
    text += stopping.monitor == "auto" ? "loss" : stopping.monitor;
  }
  return text + (preset == "default" ? "; --preset fast takes less time, and best more" : "");
}

std::optional<std::string> describe_shortened_warmup(const TrainOptions& train,
                                                     std::int64_t train_rows) {
  const std::int64_t batches = (train_rows + train.batch_size - 1) / train.batch_size;
  const std::int64_t steps =
      warmup_steps(train.schedule, batches, static_cast<double>(train.epochs));
  const double warmup = train.schedule.warmup;
  if (static_cast<double>(steps) + 1 > warmup * static_cast<double>(batches)) return std::nullopt;
  return fmt::format(
      "the warm-up of {} epochs would take the whole training, so the first half of the steps are "
      "the warm-up: {}",
      warmup, steps);
}

}  // namespace selfnorm
