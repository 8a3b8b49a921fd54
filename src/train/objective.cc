// SPDX-License-Identifier: Apache-2.0
#include "train/objective.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "base/text.h"
#include "kernels/simd/pointwise.h"
#include "ops/table.h"
#include "selfnorm/error.h"
#include "train/metric_table.h"

namespace selfnorm {
namespace {

struct LossEntry {
  std::string loss;
  std::vector<TargetKind> targets;   ///< the first is preferred
  std::vector<std::string> metrics;  ///< used unless others are requested
  /// For values: the op that turns outputs into predictions, and its inverse. Empty: outputs are
  /// predictions.
  std::string prediction = {};
  double (*output_of)(double value) = nullptr;
};

double log_of(double value) { return std::log(value); }
double log1p_of(double value) { return std::log1p(value); }

const std::vector<LossEntry>& losses() {
  using enum TargetKind;
  static const std::vector<LossEntry> table = {
      {"softmax_cross_entropy", {classes, distributions}, {"accuracy"}},
      {"sigmoid_cross_entropy", {probabilities}, {"auc"}},
      {"dice", {classes, distributions, probabilities}, {"dice", "iou"}},
      {"mean_squared_error", {values}, {"rmse", "r2"}},
      {"huber", {values}, {"rmse", "r2"}},
      {"mean_squared_log_error", {values}, {"rmsle", "rmse", "r2"}, "expm1", log1p_of},
      {"poisson", {values}, {"poisson_deviance", "rmse", "r2"}, "exp", log_of},
  };
  return table;
}

// Returns the op that turns outputs into predictions.
std::string prediction_op(const LossEntry& loss, TargetKind targets) {
  if (is_classification(targets)) return "softmax";
  return targets == TargetKind::probabilities ? "sigmoid" : loss.prediction;
}

const LossEntry& find_loss(const std::string& name) {
  const auto found = std::ranges::find(losses(), name, &LossEntry::loss);
  if (found != losses().end()) return *found;
  std::vector<std::string> names;
  for (const LossEntry& kind : losses()) names.push_back(kind.loss);
  throw Error(ErrorKind::config,
              fmt::format("[train]: unknown loss '{}'{}", name, suggestion(name, names)));
}

void check_metrics(const Objective& objective) {
  for (const std::string& name : objective.metrics) {
    if (find_metric(name, objective.targets).has_value()) continue;
    throw Error(ErrorKind::config,
                fmt::format("[train]: metric '{}' does not fit loss '{}'{}", name, objective.loss,
                            suggestion(name, metric_names(objective.targets))));
  }
}

// Returns the number of pixels of one sample's output, or 1 if it is not an image.
std::int64_t pixels_of(const Shape& output) {
  return output.size() == 3 ? output[1] * output[2] : 1;
}

std::string cell_location(const Targets& targets, std::int64_t row, std::int64_t column) {
  const auto at = static_cast<std::size_t>(column);
  return at < targets.columns.size()
             ? fmt::format("row {} (from 0), column '{}'", row, targets.columns[at])
             : fmt::format("row {}, column {} (from 0)", row, column);
}

using Fail = std::function<void(const std::string&)>;

template <class Fits>
void check_values(const Targets& targets, const char* expected, const Fail& fail, Fits fits) {
  for (std::size_t i = 0; i < targets.values.size(); ++i) {
    if (fits(targets.values[i])) continue;
    const auto at = static_cast<std::int64_t>(i);
    fail(fmt::format("{}: expected {}, got {}",
                     cell_location(targets, at / targets.width, at % targets.width), expected,
                     targets.values[i]));
  }
}

void check_probabilities(const Targets& targets, const Fail& fail) {
  check_values(targets, "a probability from 0 to 1, or NaN for a missing one", fail,
               [](float p) { return std::isnan(p) || (p >= 0 && p <= 1); });
}

void check_nonnegative(const Targets& targets, const Fail& fail) {
  check_values(targets,
               "a number of at least 0, whose logarithm this loss fits (loss = "
               "\"mean_squared_error\" accepts any number)",
               fail, [](float y) { return std::isnan(y) || y >= 0; });
}

void check_class_maps(const Targets& targets, std::int64_t classes, const Fail& fail) {
  const std::string expected =
      fmt::format("a class from 0 to {}, or NaN for a missing one", classes - 1);
  check_values(targets, expected.c_str(), fail, [=](float label) {
    return std::isnan(label) ||
           (label >= 0 && label < static_cast<float>(classes) && label == std::trunc(label));
  });
}

// Checks that the class probabilities of each sample or pixel sum to 1. The probabilities of a
// sample are ordered by class, with `pixels` numbers for each class.
void check_distributions(const Targets& targets, std::int64_t pixels, const Fail& fail) {
  constexpr double kRounding = 1e-3;  // of probabilities written with few digits
  check_values(targets, "a class probability of at least 0", fail, [](float p) { return p >= 0; });
  const auto width = static_cast<std::size_t>(targets.width);
  const auto stride = static_cast<std::size_t>(pixels);
  for (std::size_t i = 0; i < targets.values.size() / width * stride; ++i) {
    double sum = 0;
    const std::size_t row = i / stride, first = row * width + i % stride;
    for (std::size_t c = 0; c < width; c += stride) sum += targets.values[first + c];
    if (std::abs(sum - 1) <= kRounding) continue;
    const std::string pixel = pixels > 1 ? fmt::format(", pixel {}", i % stride) : "";
    fail(
        fmt::format("row {}{} (from 0): the class probabilities must sum to 1, but they sum to {} "
                    "(for independent labels: loss = \"sigmoid_cross_entropy\")",
                    row, pixel, sum));
  }
}

void check_width(const Targets& targets, std::int64_t width, const Shape& output,
                 const Fail& fail) {
  if (targets.width == width) return;
  if (output.size() > 1) {
    fail(fmt::format("has {} numbers per row, but the network's output of shape {} needs {}",
                     targets.width, to_string(output), width));
  }
  fail(fmt::format(
      "has {} numbers per row, but the network has {} outputs (its last layer needs {} units)",
      targets.width, width, targets.width));
}

}  // namespace

bool is_classification(TargetKind targets) {
  return uses_class_indices(targets) || targets == TargetKind::distributions;
}

bool uses_class_indices(TargetKind targets) {
  return targets == TargetKind::classes || targets == TargetKind::class_maps;
}

Objective make_objective(const std::string& loss, const Settings& attributes,
                         const std::vector<std::string>& wanted, TargetKind targets) {
  const LossEntry& kind = find_loss(loss);
  Objective objective{kind.loss, attributes, targets, prediction_op(kind, targets),
                      wanted.empty() ? kind.metrics : wanted};
  check_metrics(objective);
  return objective;
}

Objective choose_objective(const TrainOptions& options, const Targets& targets) {
  const bool has_classes = !targets.classes.empty();
  if (!has_classes && targets.values.empty()) {
    throw Error(ErrorKind::data,
                "the data set has no targets to train on (name their column: --target COLUMN, or "
                "target in [data])");
  }
  std::string loss = options.loss;
  if (loss == "auto") loss = has_classes ? "softmax_cross_entropy" : "mean_squared_error";
  const LossEntry& kind = find_loss(loss);
  TargetKind chosen = kind.targets.front();
  if (has_classes && chosen == TargetKind::values) {
    throw Error(
        ErrorKind::config,
        fmt::format("[train]: loss '{}' is for numeric targets, but target '{}' has {} classes "
                    "(set data.task = \"regression\", or loss = \"softmax_cross_entropy\")",
                    loss, targets.name, targets.class_names.size()));
  }
  if (!has_classes && chosen == TargetKind::classes) chosen = TargetKind::distributions;
  find_op(loss)->attributes->complete(options.loss_attributes, "[train]: loss '" + loss + "'");
  return make_objective(loss, options.loss_attributes, options.metrics, chosen);
}

std::optional<Objective> objective_of_loss(const TrainOptions& options) {
  if (options.loss == "auto") return std::nullopt;
  const LossEntry& kind = find_loss(options.loss);
  return make_objective(kind.loss, options.loss_attributes, {}, kind.targets.front());
}

void resolve_objective(Objective& objective, const Targets& targets, const Shape& output) {
  const LossEntry& kind = find_loss(objective.loss);
  const bool may_be_one = std::ranges::count(kind.targets, TargetKind::probabilities) > 0;
  TargetKind settled = objective.targets;
  if (may_be_one && output[0] == 1) settled = TargetKind::probabilities;
  else if (settled == TargetKind::distributions && output.size() == 3 &&
           targets.width == pixels_of(output)) {
    settled = TargetKind::class_maps;
  }
  if (settled == objective.targets) return;
  objective = make_objective(objective.loss, objective.attributes, objective.metrics, settled);
}

std::int64_t target_width(const Objective& objective, const Shape& output) {
  switch (objective.targets) {
    case TargetKind::classes: return 1;
    case TargetKind::class_maps: return pixels_of(output);
    default: return elements(output);
  }
}

void check_labeled(const Targets& targets, std::span<const std::int64_t> rows,
                   const std::string& dataset, const std::string& part) {
  if (targets.values.empty() || rows.empty()) return;
  const bool has_label = std::ranges::any_of(rows, [&](std::int64_t row) {
    const auto first = targets.values.begin() + row * targets.width;
    return std::any_of(first, first + targets.width,
                       [](float value) { return !std::isnan(value); });
  });
  if (has_label) return;
  throw Error(ErrorKind::data,
              fmt::format("{}: none of the {} {} rows has a target '{}', so there is no score "
                          "(shuffle_split = true draws the rows at random)",
                          dataset, rows.size(), part, targets.name));
}

void check_targets(const Objective& objective, const Targets& targets, const Shape& output,
                   const std::string& dataset) {
  const std::int64_t outputs = elements(output), width = target_width(objective, output);
  const auto fail = [&](const std::string& message) {
    throw Error(ErrorKind::data,
                fmt::format("{}: target '{}': {}", dataset, targets.name, message));
  };
  if (!targets.classes.empty()) {
    const auto [least, most] = std::ranges::minmax(targets.classes);
    const std::int64_t classes = objective.targets == TargetKind::probabilities ? 2 : outputs;
    if (objective.targets != TargetKind::classes &&
        objective.targets != TargetKind::probabilities) {
      fail("expected numbers, got classes");
    }
    if (least < 0 || most >= classes) {
      fail(
          fmt::format("class indices range from {} to {}, but the network has outputs for {} "
                      "classes (its last layer needs {} units)",
                      least, most, classes, most + 1));
    }
    if (std::ssize(targets.class_names) > classes) {
      fail(
          fmt::format("has {0} classes, but the network has outputs for {1} classes (its last "
                      "layer needs {0} units)",
                      targets.class_names.size(), classes));
    }
    if (objective.targets == TargetKind::probabilities && outputs != 1) {
      fail(
          fmt::format("has one binary label per row, but the network has {} outputs (its last "
                      "layer needs 1 unit)",
                      outputs));
    }
    return;
  }
  if (objective.targets == TargetKind::classes) fail("expected classes, got numbers");
  check_width(targets, width, output, fail);
  if (objective.targets == TargetKind::class_maps) check_class_maps(targets, output[0], fail);
  if (objective.targets == TargetKind::probabilities) check_probabilities(targets, fail);
  if (objective.targets == TargetKind::distributions) {
    check_distributions(targets, pixels_of(output), fail);
  }
  const bool are_logarithms =
      objective.targets == TargetKind::values && !objective.prediction.empty();
  if (are_logarithms) check_nonnegative(targets, fail);
}

std::vector<float> predicted_values(const Objective& objective, std::span<const float> outputs) {
  std::vector<float> predictions(outputs.begin(), outputs.end());
  if (objective.prediction.empty()) return predictions;
  Pointwise pass;
  (*rule_of(find_op(objective.prediction)->pointwise))({}, pass);
  pointwise_forward(outputs.data(), nullptr, predictions.data(), 1, std::ssize(predictions),
                    pass.activation, {}, {});
  return predictions;
}

double output_of_value(const Objective& objective, double value) {
  const LossEntry& kind = find_loss(objective.loss);
  return kind.output_of == nullptr ? value : kind.output_of(value);
}

bool has_errors_of_outputs(const Objective& objective) {
  return !objective.prediction.empty() && std::isfinite(output_of_value(objective, 0));
}

namespace {

// Returns the class index of a number in a class map, or −1 if it is missing.
std::int32_t label_of(float value) {
  return std::isnan(value) ? -1 : static_cast<std::int32_t>(value);
}

}  // namespace

void gather_targets(const Objective& objective, const Targets& targets,
                    std::span<const std::int64_t> rows, float* out) {
  if (objective.targets == TargetKind::classes) {
    for (const std::int64_t row : rows) {
      const std::int32_t label = targets.classes[static_cast<std::size_t>(row)];
      std::memcpy(out++, &label, sizeof label);
    }
  } else if (objective.targets == TargetKind::class_maps) {
    for (const std::int64_t row : rows) {
      for (std::int64_t i = 0; i < targets.width; ++i) {
        const auto at = static_cast<std::size_t>(row * targets.width + i);
        const std::int32_t label = label_of(targets.values[at]);
        std::memcpy(out++, &label, sizeof label);
      }
    }
  } else if (!targets.classes.empty()) {
    for (const std::int64_t row : rows) {
      *out++ = static_cast<float>(targets.classes[static_cast<std::size_t>(row)]);
    }
  } else {
    for (const std::int64_t row : rows) {
      out = std::copy_n(targets.values.begin() + row * targets.width, targets.width, out);
    }
  }
}

}  // namespace selfnorm
