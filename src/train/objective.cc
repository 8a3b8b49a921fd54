#include "train/objective.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>

#include "base/text.h"
#include "kernels/simd/softmax.h"
#include "ops/table.h"
#include "selfnorm/error.h"
#include "train/metrics.h"

namespace selfnorm {
namespace {

struct LossKind {
  std::string loss;
  std::vector<TargetKind> targets;  ///< the first is the one preferred
  std::string prediction;
  std::vector<std::string> metrics;  ///< shown unless others are asked for
};

const std::vector<LossKind>& losses() {
  using enum TargetKind;
  static const std::vector<LossKind> table = {
      {"softmax_cross_entropy", {classes, distributions}, "softmax", {"accuracy"}},
      {"sigmoid_cross_entropy", {probabilities}, "sigmoid", {"auc"}},
      {"mean_squared_error", {values}, "", {"rmse", "r2"}},
      {"huber", {values}, "", {"rmse", "r2"}},
  };
  return table;
}

// Everything a metric may look at.
struct Measured {
  std::span<const float> outputs;  ///< as the network gives them
  std::int64_t width;
  std::span<const std::int32_t> labels;
  std::span<const float> values;
};

std::vector<float> softmax_of(const Measured& m) {
  std::vector<float> p(m.outputs.size());
  const std::int64_t rows = static_cast<std::int64_t>(p.size()) / m.width;
  kernels::softmax(m.outputs.data(), p.data(), rows, m.width);
  return p;
}

using Metric = std::function<std::optional<double>(const Measured&)>;

struct MetricRow {
  std::string name;
  TargetKind targets;
  Metric measure;
};

// The family "top_K_accuracy" for any K from 2 on; nothing for other names.
constexpr std::string_view kTop = "top_", kTopEnd = "_accuracy";

std::optional<Metric> top_accuracy(std::string_view name) {
  if (!name.starts_with(kTop) || !name.ends_with(kTopEnd)) return std::nullopt;
  name.remove_prefix(kTop.size());
  name.remove_suffix(std::min(name.size(), kTopEnd.size()));
  std::int64_t k = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), k);
  if (fault != std::errc() || end != name.data() + name.size() || k < 2) return std::nullopt;
  return [=](const Measured& m) { return top_k_accuracy(m.outputs, m.width, m.labels, k); };
}

const std::vector<MetricRow>& metrics() {
  using enum TargetKind;
  static const std::vector<MetricRow> table = {
      {"accuracy", classes,
       [](const Measured& m) { return accuracy(m.outputs, m.width, m.labels); }},
      {"auc", classes,
       [](const Measured& m) { return one_vs_rest_auc(softmax_of(m), m.width, m.labels); }},
      {"f1", classes, [](const Measured& m) { return macro_f1(m.outputs, m.width, m.labels); }},
      {"accuracy", TargetKind::probabilities,
       [](const Measured& m) { return binary_accuracy(m.outputs, m.values, 0); }},
      {"auc", TargetKind::probabilities,
       [](const Measured& m) { return mean_auc(m.outputs, m.width, m.values); }},
      {"f1", TargetKind::probabilities,
       [](const Measured& m) { return f1_by_task(m.outputs, m.width, m.values, 0); }},
      {"rmse", values,
       [](const Measured& m) { return root_mean_squared_error(m.outputs, m.values); }},
      {"mae", values, [](const Measured& m) { return mean_absolute_error(m.outputs, m.values); }},
      {"r2", values, [](const Measured& m) { return r_squared(m.outputs, m.width, m.values); }},
  };
  return table;
}

const LossKind& find_loss(const std::string& name) {
  const auto found = std::ranges::find(losses(), name, &LossKind::loss);
  if (found != losses().end()) return *found;
  std::vector<std::string> names;
  for (const LossKind& kind : losses()) names.push_back(kind.loss);
  throw Error(ErrorKind::config,
              fmt::format("[train]: unknown loss '{}'{}", name, suggestion(name, names)));
}

// Distributions are measured by their likeliest class.
TargetKind measured_as(TargetKind targets) {
  return targets == TargetKind::distributions ? TargetKind::classes : targets;
}

std::optional<Metric> find_metric(const std::string& name, TargetKind targets) {
  for (const MetricRow& row : metrics()) {
    if (row.name == name && row.targets == measured_as(targets)) return row.measure;
  }
  return measured_as(targets) == TargetKind::classes ? top_accuracy(name) : std::nullopt;
}

std::vector<std::string> metric_names(TargetKind targets) {
  std::vector<std::string> names;
  for (const MetricRow& row : metrics()) {
    if (row.targets == measured_as(targets)) names.push_back(row.name);
  }
  if (measured_as(targets) == TargetKind::classes) {
    names.push_back(fmt::format("{}K{}", kTop, kTopEnd));
  }
  return names;
}

void check_metrics(const Objective& objective) {
  for (const std::string& name : objective.metrics) {
    if (find_metric(name, objective.targets).has_value()) continue;
    throw Error(ErrorKind::config,
                fmt::format("[train]: metric '{}' does not go with loss '{}'{}", name,
                            objective.loss, suggestion(name, metric_names(objective.targets))));
  }
}

// The class of each row; of a distribution the likeliest.
std::vector<std::int32_t> labels_of(const Targets& targets, std::span<const std::int64_t> rows) {
  std::vector<std::int32_t> labels;
  labels.reserve(rows.size());
  for (const std::int64_t row : rows) {
    if (!targets.classes.empty()) {
      labels.push_back(targets.classes[static_cast<std::size_t>(row)]);
      continue;
    }
    const auto first = targets.values.begin() + row * targets.width;
    labels.push_back(
        static_cast<std::int32_t>(std::max_element(first, first + targets.width) - first));
  }
  return labels;
}

std::string place(const Targets& targets, std::int64_t row, std::int64_t column) {
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
                     place(targets, at / targets.width, at % targets.width), expected,
                     targets.values[i]));
  }
}

void check_probabilities(const Targets& targets, const Fail& fail) {
  check_values(targets, "a yes or no from 0 to 1, or a missing one", fail,
               [](float p) { return std::isnan(p) || (p >= 0 && p <= 1); });
}

void check_distributions(const Targets& targets, const Fail& fail) {
  constexpr double kRounding = 1e-3;  // of shares written with a few digits
  check_values(targets, "a class's share of at least 0", fail, [](float p) { return p >= 0; });
  const auto width = static_cast<std::size_t>(targets.width);
  for (std::size_t first = 0; first < targets.values.size(); first += width) {
    double sum = 0;
    for (std::size_t c = 0; c < width; ++c) sum += targets.values[first + c];
    if (std::abs(sum - 1) <= kRounding) continue;
    fail(
        fmt::format("row {} (from 0): the classes' shares must sum to 1, they sum to {} (for "
                    "independent labels: loss = \"sigmoid_cross_entropy\")",
                    first / width, sum));
  }
}

}  // namespace

Objective make_objective(const std::string& loss, const Settings& attributes,
                         const std::vector<std::string>& wanted, TargetKind targets) {
  const LossKind& kind = find_loss(loss);
  Objective objective{kind.loss, attributes, targets, kind.prediction,
                      wanted.empty() ? kind.metrics : wanted};
  check_metrics(objective);
  return objective;
}

Objective choose_objective(const TrainOptions& options, const Targets& targets) {
  const bool has_classes = !targets.classes.empty();
  if (!has_classes && targets.values.empty()) {
    throw Error(ErrorKind::data, "the data set has no targets to train for (name them: target)");
  }
  std::string loss = options.loss;
  if (loss == "auto") loss = has_classes ? "softmax_cross_entropy" : "mean_squared_error";
  const LossKind& kind = find_loss(loss);
  TargetKind chosen = kind.targets.front();
  if (has_classes && chosen == TargetKind::values) {
    throw Error(ErrorKind::config,
                fmt::format("[train]: loss '{}' is for numbers, but target '{}' holds {} classes "
                            "(set data.task = \"regression\", or loss = "
                            "\"softmax_cross_entropy\")",
                            loss, targets.name, targets.class_names.size()));
  }
  if (!has_classes && chosen == TargetKind::classes) chosen = TargetKind::distributions;
  find_op(loss)->attributes->complete(options.loss_attributes, "[train]: loss '" + loss + "'");
  return make_objective(loss, options.loss_attributes, options.metrics, chosen);
}

std::int64_t target_width(const Objective& objective, std::int64_t outputs) {
  return objective.targets == TargetKind::classes ? 1 : outputs;
}

void check_targets(const Objective& objective, const Targets& targets, std::int64_t outputs,
                   const std::string& dataset) {
  const auto fail = [&](const std::string& message) {
    throw Error(ErrorKind::data,
                fmt::format("{}: target '{}': {}", dataset, targets.name, message));
  };
  if (!targets.classes.empty()) {
    const auto [least, most] = std::ranges::minmax(targets.classes);
    const std::int64_t classes = objective.targets == TargetKind::probabilities ? 2 : outputs;
    if (objective.targets == TargetKind::values || objective.targets == TargetKind::distributions) {
      fail("expected numbers, got classes");
    }
    if (least < 0 || most >= classes) {
      fail(
          fmt::format("labels go from {} to {}, the network tells {} classes apart (its last "
                      "layer needs {} units)",
                      least, most, classes, most + 1));
    }
    if (std::ssize(targets.class_names) > classes) {
      fail(
          fmt::format("has {0} classes, the network tells {1} apart (its last layer needs {0} "
                      "units)",
                      targets.class_names.size(), classes));
    }
    if (objective.targets == TargetKind::probabilities && outputs != 1) {
      fail(
          fmt::format("is one yes or no a row, the network has {} outputs (its last layer needs "
                      "1 unit)",
                      outputs));
    }
    return;
  }
  if (objective.targets == TargetKind::classes) fail("expected classes, got numbers");
  if (targets.width != outputs) {
    fail(fmt::format("has {} numbers a row, the network {} outputs (its last layer needs {} units)",
                     targets.width, outputs, targets.width));
  }
  if (objective.targets == TargetKind::probabilities) check_probabilities(targets, fail);
  if (objective.targets == TargetKind::distributions) check_distributions(targets, fail);
}

void gather_targets(const Objective& objective, const Targets& targets,
                    std::span<const std::int64_t> rows, float* out) {
  if (objective.targets == TargetKind::classes) {
    for (const std::int64_t row : rows) {
      const std::int32_t label = targets.classes[static_cast<std::size_t>(row)];
      std::memcpy(out++, &label, sizeof label);
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

Scores measure(const Objective& objective, std::span<const float> scores, std::int64_t outputs,
               const Targets& targets, std::span<const std::int64_t> rows) {
  std::vector<std::int32_t> labels;
  std::vector<float> values;
  if (objective.targets == TargetKind::classes || objective.targets == TargetKind::distributions) {
    labels = labels_of(targets, rows);
  } else {
    values.resize(rows.size() * static_cast<std::size_t>(outputs));
    gather_targets(objective, targets, rows, values.data());
  }
  Scores measured;
  for (const std::string& name : objective.metrics) {
    const Metric metric = *find_metric(name, objective.targets);
    const auto value = metric({scores, outputs, labels, values});
    if (value.has_value()) measured.emplace_back(name, *value);
  }
  return measured;
}

}  // namespace selfnorm
