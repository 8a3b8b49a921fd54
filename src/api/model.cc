// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "api/open_model.h"
#include "api/run.h"
#include "base/index.h"
#include "data/split.h"
#include "passes/inference_mode.h"
#include "passes/views.h"
#include "selfnorm/error.h"
#include "tables/embedded_categories.h"
#include "train/evaluator.h"
#include "train/output_line.h"
#include "train/trainer.h"
#include "train/weight_statistics.h"

namespace selfnorm {
namespace {

// Checks the data and brings them into the form of the model.
void prepare_to_score(TrainedModel& model, const std::vector<std::int64_t>& rows, Dataset& data) {
  check_given_dataset(data);
  require_targets(model.schema, data);
  adapt_dataset(model.schema, data);
  Evaluator evaluator(model, {.loss = true});
  check_targets(model.objective, data.targets, evaluator.output_shape(), data.name);
  check_labeled(data.targets, rows, data.name, "given");
}

// Returns the half width of intervals of this level for each output.
std::vector<double> interval_bounds(const TrainedModel& model, double level) {
  if (!(level > 0 && level < 1)) {
    throw Error(ErrorKind::config,
                fmt::format("the level of an interval is between 0 and 1, got {}", level));
  }
  if (model.held_out_errors.empty()) {
    throw Error(ErrorKind::config,
                model.objective.targets == TargetKind::values
                    ? "intervals need the errors of held-out rows, which this model does not have "
                      "(train it again with rows held out, and predict as in training)"
                    : "intervals are for predicted numbers, but this model predicts probabilities");
  }
  std::vector<double> bounds;
  for (const HeldOutErrors& errors : model.held_out_errors) {
    const auto bound = conformal_bound(errors, level);
    if (!bound.has_value()) {
      throw Error(ErrorKind::config,
                  fmt::format("an interval of level {} needs at least {} held-out rows with a "
                              "target, but the training had {}",
                              level, rows_needed(level), errors.rows));
    }
    bounds.push_back(*bound);
  }
  return bounds;
}

// Throws Error(numeric) for the first row with a prediction that is NaN or infinite.
void check_predictions(const std::string& name, const Tensor& predictions,
                       const std::vector<std::int64_t>& rows) {
  const auto bad =
      std::ranges::find_if(predictions.data, [](float value) { return !std::isfinite(value); });
  if (bad == predictions.data.end()) return;
  const auto row = as_index((bad - predictions.data.begin()) / predictions.shape[1]);
  throw Error(ErrorKind::numeric,
              fmt::format("{}: the prediction for row {} is {}: the weights of the model, or the "
                          "numbers of the row, are too large",
                          name, rows[row] + 1, *bad));
}

}  // namespace

Model Model::load(const std::string& path, Checksums checksums) {
  return Model(std::make_shared<TrainedModel>(load_trained_model(path, checksums)));
}

void Model::save(const std::string& path) const { save_model(*trained_, path); }

const Network& Model::network() const { return trained_->network; }

const std::string& Model::loss() const { return trained_->objective.loss; }

Model Model::with_dropout_inference(const std::string& inference) const {
  auto changed = std::make_shared<TrainedModel>(*trained_);
  const bool changes = set_dropout_inference(changed->network, inference);
  if (changes) {  // these were fitted to other outputs
    undo_output_lines(*changed);
    changed->held_out_errors.clear();
  }
  return Model(std::move(changed));
}

bool Model::has_refitted_outputs() const { return !trained_->output_lines.empty(); }

std::vector<WeightStatistics> Model::weight_statistics() const {
  return WeightMonitor(trained_->network).measure(trained_->weights);
}

const std::vector<std::string>& Model::class_names() const { return trained_->schema.class_names; }

std::vector<std::string> Model::output_names() const {
  const Schema& schema = trained_->schema;
  const auto outputs =
      static_cast<std::size_t>(Evaluator(*trained_, {.prediction = true}).output_width());
  if (schema.class_names.size() == outputs && outputs > 1) return schema.class_names;
  if (schema.target_columns.size() == outputs) return schema.target_columns;
  if (outputs == 1) return {schema.target.empty() ? "prediction" : schema.target};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < outputs; ++i) names.push_back(fmt::format("output_{}", i));
  return names;
}

Dataset Model::load_rows(const DataOptions& options) const {
  Dataset data = load_data(external_data_options(options, trained_->schema)).train;
  adapt_dataset(trained_->schema, data);
  return data;
}

Scores Model::score(Dataset data, const std::vector<std::int64_t>& rows) const {
  prepare_to_score(*trained_, rows, data);
  return Evaluator(*trained_, {.loss = true}).score(data, rows);
}

RatedScores Model::rated_score(Dataset data, const std::vector<std::int64_t>& rows) const {
  prepare_to_score(*trained_, rows, data);
  return Evaluator(*trained_, {.loss = true}).rated_score(data, rows);
}

std::map<std::string, double> Model::evaluate(Dataset data) const {
  const std::vector<std::int64_t> rows = all_rows(data.rows);
  const Scores scores = score(std::move(data), rows);
  return {scores.begin(), scores.end()};
}

Tensor Model::predict(Dataset data, const std::vector<std::int64_t>& rows) const {
  data.targets = {};  // they may have classes that the model does not know
  check_given_dataset(data);
  adapt_dataset(trained_->schema, data);
  Evaluator evaluator(*trained_, {.prediction = true});
  Tensor predictions;
  predictions.data = evaluator.held_out_outputs(data, rows);
  predictions.shape = {static_cast<std::int64_t>(rows.size()), evaluator.output_width()};
  check_predictions(data.name, predictions, rows);
  return predictions;
}

PredictionIntervals Model::intervals_around(const Tensor& predictions, double level) const {
  const std::vector<double> bounds = interval_bounds(*trained_, level);
  const Objective& objective = trained_->objective;
  const double least = objective.prediction.empty() ? -std::numeric_limits<double>::infinity() : 0;
  const auto move = [&](float value, double by) {
    double moved = value + by;
    if (has_errors_of_outputs(objective)) {
      const auto output = static_cast<float>(output_of_value(objective, value) + by);
      moved = predicted_values(objective, {&output, 1})[0];
    }
    return static_cast<float>(std::max(least, moved));
  };
  PredictionIntervals intervals{predictions, predictions};
  for (std::size_t i = 0; i < predictions.data.size(); ++i) {
    const double bound = bounds[i % bounds.size()];
    intervals.low.data[i] = move(predictions.data[i], -bound);
    intervals.high.data[i] = move(predictions.data[i], bound);
  }
  return intervals;
}

Tensor Model::predict(Dataset data) const {
  const std::vector<std::int64_t> rows = all_rows(data.rows);
  return predict(std::move(data), rows);
}

Model train(const Network& network, const LoadedData& data, const TrainOptions& options,
            const DataOptions& split_options, const TrainCallbacks& callbacks) {
  check_given_dataset(data.train);
  if (data.validation.has_value()) check_given_dataset(*data.validation);
  RunConfig config;
  config.data = split_options;
  config.data.validation_split = split_options.validation_split.value_or(0);
  config.network = network;
  config.train = options;
  const auto run = prepare_run(std::move(config), {data.train, std::nullopt, data.validation});
  Trainer(run->model, run->rows, run->config.train, callbacks).run();
  return Model(std::make_shared<TrainedModel>(std::move(run->model)));
}

Model train(const Network& network, const Dataset& data, const TrainOptions& options,
            const DataOptions& split_options, const TrainCallbacks& callbacks) {
  return train(network, LoadedData{data, std::nullopt}, options, split_options, callbacks);
}

}  // namespace selfnorm
