// SPDX-License-Identifier: Apache-2.0
#include "train/trainer.h"
#include "train/metric_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "base/random.h"
#include "kernels/simd/reduce.h"
#include "passes/views.h"
#include "selfnorm/error.h"
#include "train/output_line.h"
#include "train/temperature.h"
#include "train/weight_comparison.h"

namespace selfnorm {
namespace {

// kWatchedRows is the number of rows in the fixed batch for which moments are measured, and
// kRowsBetweenWatches the number of training rows between two measurements. A measurement takes a
// third of the time of a training step on the same number of rows, so 1/300 of the training time.
// Weights are measured after every epoch. That is a sum over the weights, which takes the time of a
// step on a fraction of one row.
constexpr std::int64_t kWatchedRows = 256;
constexpr std::int64_t kRowsBetweenWatches = 100 * kWatchedRows;

std::vector<ParameterSegment> segments(const Weights& weights) {
  std::vector<ParameterSegment> all;
  for (const WeightEntry& entry : weights.entries()) {
    if (entry.role == Role::parameter) all.push_back({entry.offset, entry.count, entry.l2, true});
  }
  return all;
}

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void check_options(const TrainOptions& options, const TrainingData& data,
                   const Objective& objective) {
  if (data.train_rows.empty()) {
    throw Error(ErrorKind::data, data.train->name + ": there are no training rows");
  }
  const std::string& monitor = options.early_stopping.monitor;
  const bool known =
      monitor == "auto" || monitor == "loss" || std::ranges::count(objective.metrics, monitor) > 0;
  if (!known) {
    throw Error(
        ErrorKind::config,
        fmt::format(
            "[train]: early_stopping.monitor = '{}' is not auto, loss or one of the metrics",
            monitor));
  }
  if (tracks_best_epoch(options.early_stopping) && data.validation_rows.empty()) {
    const char* option = options.early_stopping.patience > 0 ? "patience" : "restore_margin";
    throw Error(ErrorKind::config,
                fmt::format("[train]: early_stopping.{} above 0 needs validation rows (set "
                            "data.validation_split)",
                            option));
  }
}

// Returns whether a batch of one row would make a normalization over the batch useless. Throws
// Error(config) if there are only such batches.
bool must_join_single_rows(const Network& network, const TrainingData& data,
                           const TrainOptions& options) {
  const Graph graph = build_engine_graph(network, 1);
  const Node* node = find_normalization_of_single_rows(graph);
  const std::size_t rows = data.train_rows.size();
  if (node == nullptr || rows == 0) return false;
  if (options.batch_size > 1 && rows > 1) return true;
  throw Error(ErrorKind::config,
              fmt::format("layer '{}' ({}) normalizes each feature over the rows of a batch, but "
                          "with {} a batch has one row, whose normalized value is always 0 ({}or "
                          "use layer_norm)",
                          node->name, node->op, rows > 1 ? "batch_size = 1" : "one training row",
                          rows > 1 ? "set batch_size to 2 or more, " : "use more rows, "));
}

}  // namespace

Trainer::Trainer(TrainedModel& model, const TrainingData& data, const TrainOptions& options,
                 TrainCallbacks callbacks)
    : model_(model),
      data_(data),
      options_(options),
      joins_single_row_(must_join_single_rows(model.network, data, options)),
      callbacks_(std::move(callbacks)),
      gradients_(static_cast<std::size_t>(model.weights.parameters_end()) * sizeof(float)),
      validation_evaluator_(model, {.loss = true}),
      watch_evaluator_(model, {.watched = true}),
      optimizer_(options.optimizer, model.weights.parameters_end(), segments(model.weights)),
      schedule_(options.schedule, options.optimizer.learning_rate, batches().count(),
                static_cast<double>(options.epochs)) {
  if (options.watch) weight_monitor_.emplace(model.network);
  check_options(options, data, model.objective);
  const Shape outputs = validation_evaluator_.output_shape();
  check_targets(model.objective, data.train->targets, outputs, data.train->name);
  check_labeled(data.train->targets, data.train_rows, data.train->name, "training");
  if (!data.validation_rows.empty()) {
    check_targets(model.objective, data.validation->targets, outputs, data.validation->name);
    check_labeled(data.validation->targets, data.validation_rows, data.validation->name,
                  "validation");
  }
}

void Trainer::checkpoint_to(std::filesystem::path path, std::string fingerprint,
                            std::function<void()> before_save) {
  before_save_ = std::move(before_save);
  checkpoint_path_ = std::move(path);
  fingerprint_ = std::move(fingerprint);
}

void Trainer::resume() {
  load_checkpoint(checkpoint_path_, model_, optimizer_, schedule_, state_, fingerprint_);
  const std::int64_t steps = batches().count();
  const bool within = state_.step >= 0 && state_.step / steps == state_.epoch &&
                      state_.step % steps == state_.step_in_epoch &&
                      state_.best.epochs_without_improvement >= 0;
  const bool fits =
      within && optimizer_.steps() == state_.step &&
      static_cast<std::int64_t>(state_.outputs.size()) ==
          batches().first(state_.step_in_epoch) * validation_evaluator_.output_width();
  if (!fits) {
    throw Error(
        ErrorKind::model_file,
        checkpoint_path_.string() + ": is damaged: its step counts do not match its outputs");
  }
  saved_position_ = {state_.epoch, state_.step_in_epoch};
}

void Trainer::save() {
  if (checkpoint_path_.empty()) return;
  check_parameters();
  if (before_save_) before_save_();
  save_checkpoint(checkpoint_path_, model_, optimizer_, schedule_, state_, fingerprint_);
  saved_position_ = {state_.epoch, state_.step_in_epoch};
}

bool Trainer::stopped_early() const {
  const std::int64_t patience = options_.early_stopping.patience;
  return patience > 0 && state_.best.epochs_without_improvement >= patience;
}

bool Trainer::is_finished() const { return state_.epoch >= options_.epochs || stopped_early(); }

void Trainer::run() {
  if (state_.step == 0) report_untrained_network();
  while (!is_finished()) run_epoch();
  has_best_weights_ = is_best_epoch_restored();
  if (has_best_weights_) model_.weights = state_.best.weights;
  if (options_.refit_output && can_refit_output(model_)) {
    refit_output(model_, *data_.train, data_.train_rows);
  }
  if (options_.temperature_scaling && !data_.validation_rows.empty())
    scale_temperature(model_, *data_.validation, data_.validation_rows);
  if (!data_.validation_rows.empty()) {
    model_.held_out_errors =
        measure_held_out_errors(model_, *data_.validation, data_.validation_rows);
  }
}

bool Trainer::is_best_epoch_restored() {
  const EarlyStoppingOptions& stopping = options_.early_stopping;
  if (!stopping.restore_best || state_.best.epoch < 0) return false;
  if (stopping.restore_margin == 0 || state_.best.epoch == state_.epoch) return true;
  const double better =
      standard_errors_better(model_, state_.best.weights, validation_evaluator_, *data_.validation,
                             data_.validation_rows, monitored_score());
  return !(better <= stopping.restore_margin);  // restores if undefined
}

// Reports epoch 0, with the statistics of the untrained network on the watched rows.
void Trainer::report_untrained_network() {
  if (!options_.watch || !callbacks_.on_epoch) return;
  EpochRecord record;
  watch(record);
  callbacks_.on_epoch(record);
}

void Trainer::watch(EpochRecord& record) {
  const Stopwatch clock;
  if (should_measure_moments()) {
    const auto rows = std::min<std::size_t>(kWatchedRows, data_.train_rows.size());
    const auto layers =
        watch_evaluator_.layer_statistics(*data_.train, std::span(data_.train_rows).first(rows));
    record.moments = layers.moments;
    record.histograms = layers.histograms;
    state_.rows_since_watch = 0;
  }
  record.weights =
      weight_monitor_->measure(model_.weights, state_.step == 0 ? nullptr : gradients());
  record.watch_seconds = clock.seconds();
}

void Trainer::run_epoch() {
  std::vector<std::int64_t> order = data_.train_rows;
  if (options_.shuffle) {
    const RandomKey key = random_key(options_.seed, "shuffle", std::to_string(state_.epoch));
    const auto places = permutation(key, static_cast<std::int64_t>(order.size()));
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i] = data_.train_rows[static_cast<std::size_t>(places[i])];
    }
  }
  const EpochBatches all = batches();
  const std::int64_t steps = all.count();
  while (state_.step_in_epoch < steps) {
    const std::int64_t first = all.first(state_.step_in_epoch);
    const std::int64_t count = all.end(state_.step_in_epoch) - first;
    run_step(
        std::span(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
        steps);
    if (state_.step_in_epoch < steps) stop_if_requested();
  }
  finish_epoch(order);
  stop_if_requested();
}

EpochBatches Trainer::batches() const {
  return {static_cast<std::int64_t>(data_.train_rows.size()), options_.batch_size,
          joins_single_row_};
}

Trainer::StepProgram& Trainer::program_for(std::int64_t rows) {
  const auto found = std::ranges::find(programs_, rows, &StepProgram::batch);
  if (found != programs_.end()) return *found;
  programs_.push_back({rows, compile_training(model_, rows, options_.seed, gradients())});
  return programs_.back();
}

void Trainer::run_step(std::span<const std::int64_t> rows, std::int64_t steps) {
  const Stopwatch watch;
  StepProgram& step = program_for(static_cast<std::int64_t>(rows.size()));
  CompiledNetwork& network = step.network;
  feed_inputs(network.program, model_.schema, *data_.train, rows);
  feed_targets(network.program, network.target, model_.objective, *data_.train, rows,
               TargetOf::training_members);
  network.program.run(static_cast<std::uint64_t>(state_.step));
  const double loss = *network.program.data(network.loss);
  if (!std::isfinite(loss)) fail_loss(step);
  optimizer_.step(model_.weights.data(), gradients(), schedule_.learning_rate(state_.step));
  const double weight = *network.program.data(network.loss_weight);
  state_.loss_sum += weight * loss;
  state_.loss_weight += weight;
  append_outputs(network.program, network.output, state_.outputs);
  ++state_.step;
  ++state_.step_in_epoch;
  state_.rows_since_watch += static_cast<std::int64_t>(rows.size());
  state_.seconds += watch.seconds();
  if (callbacks_.on_step) {
    callbacks_.on_step({state_.epoch + 1, options_.epochs, state_.step_in_epoch, steps,
                        state_.seconds, state_.loss_sum / std::max(state_.loss_weight, 1e-300)});
  }
}

// Returns the name of the first parameter that is not finite, or "".
std::string Trainer::find_non_finite_parameter() const {
  for (const WeightEntry& entry : model_.weights.entries()) {
    if (!kernels::all_finite(model_.weights.data() + entry.offset, entry.count)) return entry.name;
  }
  return "";
}

// Checks the weights before they are saved. The loss was computed before the last step, so it does
// not show whether the weights are finite.
void Trainer::check_parameters() const {
  const std::string parameter = find_non_finite_parameter();
  if (parameter.empty()) return;
  fail_not_finite("a parameter", 0, fmt::format("the update of '{}' was too large", parameter));
}

// Returns which checkpoint a failed training can resume from.
std::string Trainer::checkpoint_hint() const {
  if (checkpoint_path_.empty()) return "";
  if (!saved_position_.has_value()) return "; no checkpoint has been saved yet";
  return fmt::format("; the checkpoint after epoch {}, step {} is kept in {}",
                     saved_position_->epoch, saved_position_->step_in_epoch,
                     checkpoint_path_.string());
}

void Trainer::fail_not_finite(const std::string& what, std::int64_t step,
                              const std::string& cause) const {
  throw Error(ErrorKind::numeric,
              fmt::format("{} became NaN or infinite at step {} (epoch {}, step {}): {} (lower the "
                          "learning rate, or set optimizer.clip_norm){}",
                          what, state_.step + step, state_.epoch + 1, state_.step_in_epoch + step,
                          cause, checkpoint_hint()));
}

void Trainer::fail_loss(StepProgram& step) {
  const std::string parameter = find_non_finite_parameter();
  if (!parameter.empty()) {
    fail_not_finite("the loss", 1,
                    fmt::format("the previous step made '{}' NaN or infinite", parameter));
  }
  const auto node =
      step.network.program.find_non_finite(static_cast<std::uint64_t>(state_.step), 0);
  fail_not_finite(
      "the loss", 1,
      fmt::format("the first non-finite output is that of '{}'", node.value_or("loss")));
}

bool Trainer::should_measure_moments() const {
  return state_.step == 0 || is_finished() || state_.rows_since_watch >= kRowsBetweenWatches;
}

void Trainer::finish_epoch(std::span<const std::int64_t> order) {
  check_parameters();
  EpochRecord record;
  record.epoch = state_.epoch + 1;
  record.step = state_.step;
  record.seconds = state_.seconds;
  record.learning_rate = schedule_.learning_rate(state_.step - 1);
  record.training = {{"loss", state_.loss_sum / std::max(state_.loss_weight, 1e-300)}};
  const Scores metrics =
      compute_metrics(model_.objective, state_.outputs, validation_evaluator_.output_shape(),
                      data_.train->targets, order);
  record.training.insert(record.training.end(), metrics.begin(), metrics.end());
  if (!data_.validation_rows.empty()) {
    const Stopwatch clock;
    record.validation = validation_evaluator_.score(*data_.validation, data_.validation_rows);
    record.evaluation_seconds = clock.seconds();
    schedule_.observe(find_score(record.validation, "loss"));
  } else {
    schedule_.observe(record.training[0].second);
  }
  ++state_.epoch;
  state_.step_in_epoch = 0;
  state_.loss_sum = state_.loss_weight = state_.seconds = 0;
  state_.outputs.clear();
  update_best_epoch(record);
  if (options_.watch) watch(record);
  if (callbacks_.on_epoch) callbacks_.on_epoch(record);
  if (state_.epoch % options_.checkpoint_every == 0 || is_finished()) save();
}

std::string Trainer::monitored_score() const {
  const std::string& monitor = options_.early_stopping.monitor;
  return monitor == "auto" ? "loss" : monitor;
}

void Trainer::update_best_epoch(const EpochRecord& record) {
  if (!tracks_best_epoch(options_.early_stopping)) return;
  const std::string name = monitored_score();
  const double value = find_score(record.validation, name);
  const BestEpoch& best = state_.best;
  const double gain = higher_is_better(name) ? value - best.value : best.value - value;
  const bool first = best.epoch < 0 && std::isfinite(value);
  if (first || (best.epoch >= 0 && gain > options_.early_stopping.min_delta)) {
    state_.best = {state_.epoch, value, 0, model_.weights};
  } else {
    ++state_.best.epochs_without_improvement;
  }
}

void Trainer::stop_if_requested() {
  if (!callbacks_.should_stop || !callbacks_.should_stop()) return;
  if (is_finished()) return;  // training is complete
  save();
  throw Error(ErrorKind::interrupted,
              fmt::format("stopped after epoch {}, step {}; nothing is lost", state_.epoch,
                          state_.step_in_epoch));
}

}  // namespace selfnorm
