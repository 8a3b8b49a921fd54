// SPDX-License-Identifier: Apache-2.0
#include "train/metric_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "kernels/simd/softmax.h"
#include "train/metrics.h"

namespace selfnorm {
namespace {

std::vector<float> softmax_of(const MetricInput& m) {
  std::vector<float> p(m.outputs.size());
  const std::int64_t rows = static_cast<std::int64_t>(p.size()) / m.width;
  kernels::softmax(m.outputs.data(), p.data(), rows, m.width);
  return p;
}

struct MetricRow {
  std::string name;
  TargetKind targets;
  Metric measure;
};

// The metrics "top_K_accuracy" for any K of at least 2.
constexpr std::string_view kTop = "top_", kTopEnd = "_accuracy";

std::optional<Metric> top_k_metric(std::string_view name) {
  if (!name.starts_with(kTop) || !name.ends_with(kTopEnd)) return std::nullopt;
  name.remove_prefix(kTop.size());
  name.remove_suffix(std::min(name.size(), kTopEnd.size()));
  std::int64_t k = 0;
  const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), k);
  if (fault != std::errc() || end != name.data() + name.size() || k < 2) return std::nullopt;
  return [=](const MetricInput& m) { return top_k_accuracy(m.outputs, m.width, m.labels, k); };
}

const std::vector<MetricRow>& metrics() {
  using enum TargetKind;
  static const std::vector<MetricRow> table = {
      {"accuracy", classes,
       [](const MetricInput& m) { return accuracy(m.outputs, m.width, m.labels); }},
      {"balanced_accuracy", classes,
       [](const MetricInput& m) { return balanced_accuracy(m.outputs, m.width, m.labels); }},
      {"auc", classes,
       [](const MetricInput& m) { return one_vs_rest_auc(softmax_of(m), m.width, m.labels); }},
      {"f1", classes, [](const MetricInput& m) { return macro_f1(m.outputs, m.width, m.labels); }},
      {"iou", classes,
       [](const MetricInput& m) { return macro_iou(m.outputs, m.width, m.labels); }},
      {"dice", classes,
       [](const MetricInput& m) { return macro_f1(m.outputs, m.width, m.labels); }},
      {"accuracy", TargetKind::probabilities,
       [](const MetricInput& m) { return binary_accuracy(m.outputs, m.values, 0); }},
      {"auc", TargetKind::probabilities,
       [](const MetricInput& m) { return mean_auc(m.outputs, m.width, m.values); }},
      {"f1", TargetKind::probabilities,
       [](const MetricInput& m) { return f1_by_task(m.outputs, m.width, m.values, 0); }},
      {"iou", TargetKind::probabilities,
       [](const MetricInput& m) { return iou_by_task(m.outputs, m.width, m.values, 0); }},
      {"dice", TargetKind::probabilities,
       [](const MetricInput& m) { return f1_by_task(m.outputs, m.width, m.values, 0); }},
      {"rmse", values,
       [](const MetricInput& m) { return root_mean_squared_error(m.outputs, m.values); }},
      {"mae", values,
       [](const MetricInput& m) { return mean_absolute_error(m.outputs, m.values); }},
      {"rmsle", values,
       [](const MetricInput& m) { return root_mean_squared_log_error(m.outputs, m.values); }},
      {"poisson_deviance", values,
       [](const MetricInput& m) { return poisson_deviance(m.outputs, m.values); }},
      {"r2", values, [](const MetricInput& m) { return r_squared(m.outputs, m.width, m.values); }},
  };
  return table;
}

// Distributions have the metrics of their most likely class, and class maps those of the class of
// each pixel.
TargetKind metric_target_kind(TargetKind targets) {
  return is_classification(targets) ? TargetKind::classes : targets;
}

}  // namespace

std::optional<Metric> find_metric(const std::string& name, TargetKind targets) {
  for (const MetricRow& row : metrics()) {
    if (row.name == name && row.targets == metric_target_kind(targets)) return row.measure;
  }
  return metric_target_kind(targets) == TargetKind::classes ? top_k_metric(name) : std::nullopt;
}

std::vector<std::string> metric_names(TargetKind targets) {
  std::vector<std::string> names;
  for (const MetricRow& row : metrics()) {
    if (row.targets == metric_target_kind(targets)) names.push_back(row.name);
  }
  if (metric_target_kind(targets) == TargetKind::classes) {
    names.push_back(fmt::format("{}5{}", kTop, kTopEnd));  // an example of them
  }
  return names;
}

bool higher_is_better(const std::string& name) {
  constexpr std::string_view kErrors[] = {"loss", "rmse", "mae", "rmsle", "poisson_deviance"};
  return std::ranges::count(kErrors, name) == 0;
}

double find_score(const Scores& scores, const std::string& name) {
  const auto found = std::ranges::find(scores, name, [](const auto& score) { return score.first; });
  return found == scores.end() ? std::nan("") : found->second;
}

}  // namespace selfnorm
