// SPDX-License-Identifier: Apache-2.0
#include "train/evaluator.h"

#include <fmt/format.h>

#include "base/index.h"
#include "selfnorm/error.h"
#include "train/batches.h"
#include "train/metric_table.h"
#include "train/score_ranges.h"

namespace selfnorm {

CompiledNetwork& Evaluator::compiled(std::int64_t rows, bool of_members) {
  const std::pair key(rows, of_members);
  auto found = programs_.find(key);
  if (found == programs_.end()) {
    InferenceOutputs requested = requested_;
    requested.members = of_members;
    found = programs_.emplace(key, compile_inference(model_, rows, requested)).first;
  }
  return found->second;
}

template <class Each>
void Evaluator::for_each_batch(const Dataset& data, std::span<const std::int64_t> rows,
                               bool of_members, Each each) {
  std::size_t first = 0;
  for (const std::int64_t size : batch_sizes(static_cast<std::int64_t>(rows.size()), batch_)) {
    CompiledNetwork& network = compiled(size, of_members);
    const auto batch = rows.subspan(first, static_cast<std::size_t>(size));
    feed_inputs(network.program, model_.schema, data, batch);
    if (requested_.loss) {
      feed_targets(network.program, network.target, model_.objective, data, batch,
                   of_members ? TargetOf::held_out_member : TargetOf::all_members);
    }
    network.program.run();
    each(network, batch);
    first += static_cast<std::size_t>(size);
  }
}

namespace {

// Throws unless each of the rows is in the fold of a member.
void check_folds(const Dataset& data, std::span<const std::int64_t> rows, std::int64_t members) {
  for (const std::int64_t row : rows) {
    const std::int32_t fold = row < std::ssize(data.folds) ? data.folds[as_index(row)] : -1;
    if (fold >= 0 && fold < members) continue;
    throw Error(ErrorKind::data,
                fmt::format("{}: row {} (from 0) is in no fold of the {} members (clear "
                            "Dataset::folds to use the mean of the members)",
                            data.name, row, members));
  }
}

// Appends the output of the member of each row's fold.
void append_outputs_of_folds(const CompiledNetwork& network, const Dataset& data,
                             std::span<const std::int64_t> rows, std::vector<float>& all) {
  std::vector<float> of_members;
  append_outputs(network.program, network.output, of_members);
  const Shape& shape = network.program.graph().value(network.output).shape;
  const std::int64_t members = shape[0] / std::ssize(rows), width = shape[1];
  check_folds(data, rows, members);
  for (std::int64_t i = 0; i < std::ssize(rows); ++i) {
    const std::int32_t fold = data.folds[as_index(rows[as_index(i)])];
    const auto first = of_members.begin() + (i * members + fold) * width;
    all.insert(all.end(), first, first + width);
  }
}

}  // namespace

Scores Evaluator::score(const Dataset& data, std::span<const std::int64_t> rows,
                        std::vector<float>* outputs) {
  double loss = 0, weight = 0;
  std::vector<float> outputs_so_far;
  const bool has_folds = !data.folds.empty();
  for_each_batch(data, rows, has_folds,
                 [&](CompiledNetwork& network, std::span<const std::int64_t> batch) {
                   const double w = *network.program.data(network.loss_weight);
                   loss += w * *network.program.data(network.loss);
                   weight += w;
                   if (has_folds) append_outputs_of_folds(network, data, batch, outputs_so_far);
                   else append_outputs(network.program, network.output, outputs_so_far);
                 });
  Scores all = {{"loss", weight > 0 ? loss / weight : 0}};
  const Scores metrics =
      compute_metrics(model_.objective, outputs_so_far, output_shape(), data.targets, rows);
  all.insert(all.end(), metrics.begin(), metrics.end());
  if (outputs != nullptr) *outputs = std::move(outputs_so_far);
  return all;
}

namespace {

// Returns a column of numbers, row by row.
std::vector<float> column_of(std::span<const float> numbers, std::size_t width,
                             std::size_t column) {
  std::vector<float> values;
  for (std::size_t i = column; i < numbers.size(); i += width) values.push_back(numbers[i]);
  return values;
}

// Adds the scores of each of several targets, since one in a large unit decides those of all.
void add_scores_of_targets(const Objective& objective, std::span<const float> outputs,
                           const Targets& targets, std::span<const std::int64_t> rows,
                           RatedScores& rated) {
  constexpr std::size_t kMaxTargets = 10;
  const std::vector<std::string>& names = targets.columns;
  if (objective.targets != TargetKind::values || names.size() < 2 || names.size() > kMaxTargets)
    return;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::vector<float> own = column_of(outputs, names.size(), i);
    const Targets target{names[i], {}, {}, column_of(targets.values, names.size(), i), 1};
    for (const auto& [name, value] : compute_metrics(objective, own, {1}, target, rows))
      rated.scores.emplace_back(name + " of " + names[i], value);
    for (ScoreRange range : score_ranges(objective, own, {1}, target, rows)) {
      range.name += " of " + names[i];
      rated.ranges.push_back(std::move(range));
    }
  }
}

}  // namespace

RatedScores Evaluator::rated_score(const Dataset& data, std::span<const std::int64_t> rows,
                                   std::vector<float>* outputs) {
  std::vector<float> own;
  if (outputs == nullptr) outputs = &own;
  RatedScores rated{score(data, rows, outputs), {}};
  const Objective objective = final_objective(model_.objective, data.targets, rows);
  const Scores metrics = compute_metrics(objective, *outputs, output_shape(), data.targets, rows);
  rated.scores.resize(1);  // the loss
  for (const std::string& name : objective.metrics)
    rated.scores.emplace_back(name, find_score(metrics, name));
  rated.ranges = score_ranges(objective, *outputs, output_shape(), data.targets, rows);
  const bool is_one_for_each = output_shape() == Shape{std::ssize(data.targets.columns)};
  if (is_one_for_each) add_scores_of_targets(objective, *outputs, data.targets, rows, rated);
  return rated;
}

std::vector<float> Evaluator::outputs(const Dataset& data, std::span<const std::int64_t> rows) {
  std::vector<float> all;
  for_each_batch(data, rows, false, [&](CompiledNetwork& network, std::span<const std::int64_t>) {
    append_outputs(network.program, network.output, all);
  });
  return all;
}

std::vector<float> Evaluator::held_out_outputs(const Dataset& data,
                                               std::span<const std::int64_t> rows) {
  if (data.folds.empty()) return outputs(data, rows);
  std::vector<float> all;
  for_each_batch(data, rows, true,
                 [&](CompiledNetwork& network, std::span<const std::int64_t> batch) {
                   append_outputs_of_folds(network, data, batch, all);
                 });
  return all;
}

LayerStatistics Evaluator::layer_statistics(const Dataset& data,
                                            std::span<const std::int64_t> rows) {
  LayerStatistics layers;
  CompiledNetwork& network = compiled(static_cast<std::int64_t>(rows.size()));
  feed_inputs(network.program, model_.schema, data, rows);
  network.program.run();
  for (const Watched& layer : network.moments) {
    const float* moments = network.program.data(layer.measured);
    layers.moments.push_back({layer.name, moments[0], moments[1]});
  }
  for (const Watched& layer : network.histograms) {
    const float* counts = network.program.data(layer.measured);
    layers.histograms.push_back({layer.name, layer.op, {counts, counts + kHistogramBins}});
  }
  return layers;
}

Shape Evaluator::output_shape() {
  CompiledNetwork& network = programs_.empty() ? compiled(1) : programs_.begin()->second;
  const Shape& shape = network.program.graph().value(network.output).shape;
  return {shape.begin() + 1, shape.end()};
}

std::int64_t Evaluator::output_width() { return elements(output_shape()); }

}  // namespace selfnorm
