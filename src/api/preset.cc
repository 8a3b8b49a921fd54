// SPDX-License-Identifier: Apache-2.0
#include "api/preset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// What a preset chooses. experiments/tables/README.md has the measurements.
struct Preset {
  std::vector<std::int64_t> hidden;
  double dropout_rate;
  std::int64_t batch_size;
  std::int64_t steps;  // of the optimizer
  double learning_rate;
};

Preset find_preset(const std::string& name) {
  if (name == "fast") return {{256, 128}, 0.1, 32, 1000, 0.002};
  return {{256, 128}, 0.1, 32, 3000, 0.002};
}

// Returns the epochs with about this many steps. Few rows would make the epochs too many, and each
// row is seen several times in any case.
std::int64_t epochs_of(std::int64_t steps, std::int64_t batch_size, std::int64_t rows) {
  constexpr std::int64_t kFewest = 10, kMost = 300;
  const double epochs = static_cast<double>(steps * batch_size) /
                        static_cast<double>(std::max<std::int64_t>(rows, 1));
  return std::clamp(static_cast<std::int64_t>(std::llround(epochs)), kFewest, kMost);
}

// Returns whether the user gave this option, or all options of its group at once.
bool is_given(const RunConfig& config, const std::string& name) {
  return is_listed(config.given, name) || is_listed(config.given, name.substr(0, name.find('.')));
}

bool measures_accuracy(const TrainOptions& train) {
  const bool is_softmax = train.loss == "auto" || train.loss == "softmax_cross_entropy";
  return is_softmax && (train.metrics.empty() || is_listed(train.metrics, "accuracy"));
}

template <class T, class U>
void choose(const RunConfig& config, const std::string& name, T& option, U value) {
  if (!is_given(config, name)) option = std::move(value);
}

}  // namespace

std::string apply_preset(RunConfig& config, const Targets& targets, std::int64_t train_rows,
                         std::int64_t validation_rows) {
  const bool is_automatic = config.preset == "auto";
  const bool has_layers = !config.network.layers.empty();
  if (has_layers && !is_automatic && config.preset != "none") {
    throw Error(ErrorKind::config,
                fmt::format("[train]: preset = \"{}\" chooses the network, but the file gives "
                            "layers (remove one of them)",
                            config.preset));
  }
  std::string name = is_automatic ? (has_layers ? "none" : "default") : config.preset;
  config.preset = "none";
  if (name == "none") return name;
  const Preset preset = find_preset(name);
  TrainOptions& train = config.train;
  choose(config, "hidden", config.default_network.hidden, preset.hidden);
  choose(config, "dropout_rate", config.default_network.dropout_rate, preset.dropout_rate);
  choose(config, "batch_size", train.batch_size, preset.batch_size);
  choose(config, "epochs", train.epochs, epochs_of(preset.steps, train.batch_size, train_rows));
  if (!is_given(config, "optimizer.name")) {
    train.optimizer.name = "adamw";
    choose(config, "optimizer.learning_rate", train.optimizer.learning_rate, preset.learning_rate);
  }
  choose(config, "schedule.name", train.schedule.name, "cosine");
  EarlyStoppingOptions& stopping = train.early_stopping;
  // A given patience means that the best epoch is wanted, whatever its margin is.
  if (validation_rows == 0 || is_given(config, "early_stopping.patience")) return name;
  choose(config, "early_stopping.restore_margin", stopping.restore_margin, 2.0);
  if (!targets.classes.empty() && measures_accuracy(train))
    choose(config, "early_stopping.monitor", stopping.monitor, "accuracy");
  return name;
}

std::string describe_training(const RunConfig& config, const std::string& preset,
                              std::int64_t train_rows) {
  const TrainOptions& train = config.train;
  const std::int64_t batches = (train_rows + train.batch_size - 1) / train.batch_size;
  std::string text = fmt::format("training {} epochs of {} batches, {} at {} ({} schedule)",
                                 train.epochs, group_digits(batches), train.optimizer.name,
                                 train.optimizer.learning_rate, train.schedule.name);
  const EarlyStoppingOptions& stopping = train.early_stopping;
  if (tracks_best_epoch(stopping) && stopping.restore_best) {
    text += stopping.restore_margin > 0
                ? "; the last epoch is kept unless an earlier one has a clearly better validation "
                : "; the epoch is kept that has the best validation ";
    text += stopping.monitor == "auto" ? "loss" : stopping.monitor;
  }
  return text + (preset == "default" ? "; --preset fast takes less time" : "");
}

}  // namespace selfnorm
