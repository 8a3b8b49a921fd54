// SPDX-License-Identifier: Apache-2.0
// Computes the metrics of outputs and targets.
#include <algorithm>
#include <cstring>

#include "kernels/simd/layout.h"
#include "train/metric_table.h"
#include "train/objective.h"

namespace selfnorm {
namespace {

bool is_image(const Shape& output) { return output.size() == 3; }

// Returns the width of a metric's row: the channels of a pixel, or the outputs of a sample.
std::int64_t row_width(const Shape& output) {
  return is_image(output) ? output[0] : elements(output);
}

// Converts images, channels first, to one row per pixel.
std::vector<float> pixel_rows(std::span<const float> samples, const Shape& output) {
  std::vector<float> rows(samples.size());
  const std::int64_t size = elements(output);
  for (std::int64_t at = 0; at < std::ssize(samples); at += size) {
    kernels::to_channels_last(samples.data() + at, rows.data() + at, output[0],
                              output[1] * output[2]);
  }
  return rows;
}

std::vector<std::int32_t> most_probable_classes(std::span<const float> probabilities,
                                                std::int64_t classes) {
  std::vector<std::int32_t> labels;
  for (auto row = probabilities.begin(); row != probabilities.end(); row += classes) {
    labels.push_back(static_cast<std::int32_t>(std::max_element(row, row + classes) - row));
  }
  return labels;
}

// The data that metrics read. `outputs` points to `predictions`, `pixels` or the outputs of the
// network.
struct MetricRows {
  std::span<const float> outputs;
  std::vector<float> predictions = {}, pixels = {}, values = {};
  std::vector<std::int32_t> labels = {};
};

// Removes the pixels without a label, because metrics of classes do not support missing labels.
void drop_missing(MetricRows& rows, std::int64_t width) {
  std::size_t kept = 0;
  const auto size = static_cast<std::size_t>(width);
  for (std::size_t i = 0; i < rows.labels.size(); ++i) {
    if (rows.labels[i] < 0) continue;
    rows.labels[kept] = rows.labels[i];
    std::memmove(&rows.pixels[kept++ * size], &rows.pixels[i * size], size * sizeof(float));
  }
  rows.labels.resize(kept);
  rows.pixels.resize(kept * size);
  rows.outputs = rows.pixels;
}

MetricRows rows_of(const Objective& objective, std::span<const float> outputs, const Shape& output,
                   const Targets& targets, std::span<const std::int64_t> which) {
  MetricRows rows{outputs};
  const auto per_sample = static_cast<std::size_t>(target_width(objective, output));
  std::vector<float> gathered(which.size() * per_sample);
  gather_targets(objective, targets, which, gathered.data());
  // Metrics of numbers compare element by element, so the order does not matter.
  const bool by_pixel = is_image(output) && objective.targets != TargetKind::values;
  if (by_pixel) rows.outputs = rows.pixels = pixel_rows(outputs, output);
  if (objective.targets == TargetKind::values)
    rows.outputs = rows.predictions = predicted_values(objective, outputs);
  if (uses_class_indices(objective.targets)) {
    rows.labels.resize(gathered.size());
    std::memcpy(rows.labels.data(), gathered.data(), gathered.size() * sizeof(float));
    if (by_pixel) drop_missing(rows, row_width(output));
    return rows;
  }
  rows.values = by_pixel ? pixel_rows(gathered, output) : std::move(gathered);
  if (is_classification(objective.targets))
    rows.labels = most_probable_classes(rows.values, row_width(output));
  return rows;
}

}  // namespace

Scores compute_metrics(const Objective& objective, std::span<const float> scores,
                       const Shape& output, const Targets& targets,
                       std::span<const std::int64_t> rows) {
  const MetricRows all = rows_of(objective, scores, output, targets, rows);
  const std::int64_t width =
      objective.targets == TargetKind::values ? elements(output) : row_width(output);
  Scores measured;
  for (const std::string& name : objective.metrics) {
    const Metric metric = *find_metric(name, objective.targets);
    const auto value = metric({all.outputs, width, all.labels, all.values});
    if (value.has_value()) measured.emplace_back(name, *value);
  }
  return measured;
}

}  // namespace selfnorm
