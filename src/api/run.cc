// SPDX-License-Identifier: Apache-2.0
#include "api/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "api/default_network.h"
#include "api/folds.h"
#include "api/preset.h"
#include "api/resume_notes.h"
#include "api/run_files.h"
#include "api/thread_count.h"
#include "api/time_budget.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/random.h"
#include "base/text.h"
#include "data/check_dataset.h"
#include "data/fingerprint.h"
#include "data/inputs.h"
#include "data/split.h"
#include "passes/build.h"
#include "passes/views.h"
#include "selfnorm/dataset.h"
#include "selfnorm/error.h"
#include "sources/paths.h"
#include "tables/embedded_categories.h"
#include "tables/feature_treatment.h"
#include "tables/missing_words.h"
#include "texts/text_dataset.h"
#include "texts/token_counter.h"
#include "train/history.h"
#include "train/initial_values.h"
#include "train/temperature.h"

namespace selfnorm {
namespace {

// Returns how to read new tables, which may lack the column that shows whether there is a header. A
// name of a text column that is not a number can only come from a header.
std::string header_of(const DataOptions& options, const Dataset& data) {
  if (options.header != "auto") return options.header;
  if (data.has_header) return "yes";
  std::vector<std::string> names = data.targets.columns;
  if (names.empty()) names = {data.targets.name};
  bool is_table = false;
  for (const Field& field : data.inputs) {
    is_table = is_table || !field.columns.empty();
    const auto& columns = field.sources.empty() ? field.columns : field.sources;
    names.insert(names.end(), columns.begin(), columns.end());
  }
  return is_table && !std::ranges::all_of(names, is_all_digits) ? "yes" : "auto";
}

// Throws if token ids are not read by an embedding, or too large for it.
void check_token_input(const Schema::Input& input, const Dataset& data, const Field& field) {
  if (input.vocabulary_size > 0) return check_token_ids(field, input.vocabulary_size, data.name);
  const bool is_column = find_embedded_column(data, field) != nullptr;
  if (data.vocabulary.empty() && !is_column) return;
  throw Error(ErrorKind::config,
              fmt::format("input '{}' contains {}, so an `embedding` must read it", input.name,
                          is_column ? "the token ids of a column in `embed`" : "texts"));
}

Schema make_schema(const RunConfig& config, const Dataset& data,
                   std::span<const std::int64_t> train_rows) {
  Schema schema;
  schema.target = data.targets.name;
  schema.class_names = data.targets.class_names;
  schema.target_columns = data.targets.columns;
  schema.target_formats = data.targets.formats;
  schema.header = header_of(config.data, data);
  schema.delimiter = config.data.delimiter;
  schema.quotes = config.data.quotes;
  schema.missing = missing_words(config.data);
  schema.table = data.table;
  schema.vocabulary = data.vocabulary;
  for (std::size_t i = 0; i < data.inputs.size(); ++i) {
    const Field& field = data.inputs[i];
    schema.inputs.push_back(
        {config.network.inputs[i].first, field.sample_shape, field.columns, {}});
  }
  mark_token_inputs(build_graph(config.network, 1), schema);
  for (std::size_t i = 0; i < data.inputs.size(); ++i) {
    Schema::Input& input = schema.inputs[i];
    check_token_input(input, data, data.inputs[i]);
    if (input.vocabulary_size > 0 || !config.data.standardize) continue;
    input.standardizer = fit_standardizer(
        data.inputs[i], train_rows,
        treat_features(data.inputs[i], data.table,
                       resolve_scaling(config.data.scaling, data.targets, std::ssize(train_rows))));
  }
  return schema;
}

// Gives the data the shapes that the network declares.
void reshape_inputs(const Network& network, Dataset& data) {
  std::vector<std::string> names;
  for (const auto& input : network.inputs) names.push_back(input.first);
  order_inputs(names, data);
  for (std::size_t i = 0; i < data.inputs.size(); ++i) {
    const auto& [name, shape] = network.inputs[i];
    Field& field = data.inputs[i];
    if (!data.vocabulary.empty() && shape.size() == 1)
      convert_token_ids(field, data.vocabulary, data.vocabulary, shape[0]);
    check_reshaping(field, name, shape, data.name);
    field.sample_shape = shape;
  }
}

// Returns the shape of the network's output for one sample.
Shape sample_output_shape(const Graph& graph) {
  const Shape& shape = graph.value(graph.outputs[0]).shape;
  return {shape.begin() + 1, shape.end()};
}

// Returns what must be equal when a run is resumed. The number of epochs and of threads may differ.
// The learning rate and clipping may differ too, since changing them is how a diverged run is
// fixed. Outputs are refitted only after training.
std::string fingerprint(const PreparedRun& run) {
  RunConfig config = run.config;
  const OptimizerOptions defaults;
  config.train.optimizer.learning_rate = defaults.learning_rate;
  config.train.optimizer.clip_norm = defaults.clip_norm;
  config.train.optimizer.clip_value = defaults.clip_value;
  config.train.epochs = 1;
  config.train.threads = 0;
  config.train.checkpoint_every = 1;
  config.train.refit_output = true;
  config.train.temperature_scaling = false;
  config.data.data_dir.clear();
  // A file of the data may have changed since the run began.
  std::string text = to_toml(config) + "training data: " + data_fingerprint(run.train) + "\n";
  if (run.validation.has_value())
    text += "validation data: " + data_fingerprint(*run.validation) + "\n";
  return text;
}

void check_scaling(const DataOptions& data) {
  if (data.standardize || data.scaling == "auto") return;
  throw Error(
      ErrorKind::config,
      fmt::format("[data]: standardize = false leaves the inputs as they are, but scaling = "
                  "\"{}\" prepares them for standardization (leave one out)",
                  data.scaling));
}

void use_validation_set(PreparedRun& run) {
  if (!run.rows.validation_rows.empty()) {
    throw Error(ErrorKind::config,
                "[data]: the data have a validation set, but validation_split holds out another "
                "one (set validation_split = 0)");
  }
  adapt_dataset(run.model.schema, *run.validation);
  run.rows.validation = &*run.validation;
  run.rows.validation_rows = all_rows(run.validation->rows);
}

// Paths and arguments may be any bytes, but the files of a run contain text.
void check_text(const RunConfig& config) {
  if (is_utf8(to_toml(config))) return;
  throw Error(ErrorKind::config,
              "an option or the path of a file is not UTF-8, so config.toml cannot contain it "
              "(rename the file, its folder or the column)");
}

// Makes the paths of pretrained tables absolute, so that the run's configuration is valid in any
// folder.
void make_table_paths_absolute(Network& network) {
  for (Layer& layer : network.layers) {
    const auto table = layer.attributes.find("weights");
    if (table == layer.attributes.end()) continue;
    auto* path = std::get_if<std::string>(&table->second);
    if (path != nullptr && !path->empty()) *path = std::filesystem::absolute(*path).string();
  }
}

// Fits states to a random sample of the training rows: about a million numbers, but at least 64
// rows.
void fit_states_to_training_rows(PreparedRun& run, const RunConfig& config) {
  constexpr std::int64_t kFloats = 1 << 20, kMinFittedRows = 64;
  const std::vector<std::int64_t>& all = run.rows.train_rows;
  std::int64_t sample = 1;
  for (const Schema::Input& input : run.model.schema.inputs) {
    sample = std::max(sample, elements(input.sample_shape));
  }
  std::vector<std::int64_t> which =
      permutation(random_key(config.train.seed, "fit", "rows"), std::ssize(all));
  which.resize(static_cast<std::size_t>(
      std::min(std::ssize(all), std::max(kMinFittedRows, kFloats / sample))));
  for (std::int64_t& row : which) row = all[static_cast<std::size_t>(row)];
  fit_states(build_engine_graph(config.network, std::ssize(which)), run.model.weights,
             gather_inputs(run.model.schema, run.train, which));
}

std::optional<double> coverage_of(const std::vector<PretrainedTable>& tables, const Dataset& data) {
  const auto table = std::ranges::find_if(
      tables, [](const PretrainedTable& each) { return !each.has_vector.empty(); });
  if (table == tables.end()) return std::nullopt;
  std::int64_t all = 0, covered = 0;
  for (const Field& field : data.inputs) {
    for (const float number : std::get<std::vector<float>>(field.values)) {
      const auto word = static_cast<std::size_t>(number);
      all += word != kPadding;
      covered += table->has_vector[word];
    }
  }
  return static_cast<double>(covered) / static_cast<double>(std::max<std::int64_t>(all, 1));
}

// Scores the run on the validation rows and the test rows. The last of these that exist give the
// run's final evaluation. Outputs are kept unless there are too many for the report.
FinalEvaluation evaluate_final_model(PreparedRun& run, RunResult& result) {
  constexpr std::int64_t kMaxKeptOutputs = 10'000'000;
  FinalEvaluation final_evaluation;
  Evaluator evaluator(run.model, {.loss = true});
  const auto score = [&](const Dataset& data, const std::vector<std::int64_t>& rows) {
    RatedScores rated = evaluator.rated_score(data, rows, &final_evaluation.outputs);
    final_evaluation.scores = rated.scores;
    final_evaluation.ranges = rated.ranges;
    const bool are_few = std::ssize(rows) <= kMaxEvaluationRows &&
                         std::ssize(final_evaluation.outputs) <= kMaxKeptOutputs;
    if (!are_few) final_evaluation.outputs = {};
    return rated;
  };
  if (!run.rows.validation_rows.empty()) {
    RatedScores rated = score(*run.rows.validation, run.rows.validation_rows);
    result.validation = std::move(rated.scores);
    result.validation_ranges = std::move(rated.ranges);
  }
  if (run.test.has_value()) {
    RatedScores rated = score(*run.test, all_rows(run.test->rows));
    result.test = std::move(rated.scores);
    result.test_ranges = std::move(rated.ranges);
  }
  return final_evaluation;
}

}  // namespace

Schema prepare_inputs(const RunConfig& config, Dataset& train,
                      std::span<const std::int64_t> train_rows) {
  reshape_inputs(config.network, train);
  return make_schema(config, train, train_rows);
}

CompletedConfig complete_config(RunConfig& config, Dataset& train) {
  choose_members(config);
  CompletedConfig completed{{}, rows_to_complete_from(config, train)};
  completed.preset = apply_preset(config, train, std::ssize(completed.rows));
  complete_network(config, train, completed.rows);
  return completed;
}

std::unique_ptr<PreparedRun> prepare_run(RunConfig config, LoadedData loaded) {
  use_threads(config.train.threads);
  check_text(config);
  check_scaling(config.data);
  auto run = std::make_unique<PreparedRun>();
  run->train = std::move(loaded.train);
  run->test = std::move(loaded.test);
  run->validation = std::move(loaded.validation);
  const bool has_folds = resolve_folds(config);
  run->is_split_automatic = !has_folds && !config.data.validation_split.has_value();
  decide_validation_split(config.data, run->train.rows, run->test.has_value());
  run->seconds = config.seconds;
  fit_to_time(config, run->train);
  run->preset = complete_config(config, run->train).preset;
  run->model.objective = choose_objective(config.train, run->train.targets);
  const Graph graph = build_engine_graph(config.network, 1);
  if (config.train.threads == 0) {
    config.train.threads = choose_thread_count(
        graph, std::min<std::int64_t>(config.train.batch_size, run->train.rows));
    use_threads(config.train.threads);
  }
  const Split split = divide_rows(config, run->model.objective, graph, run->train);
  if (has_folds) require_folds(run->train);
  const Shape output = sample_output_shape(graph);
  resolve_objective(run->model.objective, run->train.targets, output);
  run->rows = {&run->train, split.train, &run->train, split.held_out};
  run->model.network = config.network;
  run->model.schema = prepare_inputs(config, run->train, split.train);
  run->model.schema.training_data = loaded.fingerprint;
  check_targets(run->model.objective, run->train.targets, output, run->train.name);
  if (run->test.has_value()) {
    adapt_dataset(run->model.schema, *run->test);
    check_targets(run->model.objective, run->test->targets, output, run->test->name);
    check_labeled(run->test->targets, all_rows(run->test->rows), run->test->name, "test");
  }
  if (run->validation.has_value()) use_validation_set(*run);
  run->model.weights = Weights(graph);
  run->model.weights.initialize(graph, config.train.seed);
  const std::vector<PretrainedTable> tables = load_pretrained_tables(
      graph, {run->model.schema.vocabulary, count_tokens(run->train, run->rows.train_rows),
              config.data.skip_bad});
  assign_pretrained_tables(tables, run->model.weights);
  run->coverage = coverage_of(tables, run->train);
  for (const PretrainedTable& table : tables) run->skipped_vectors += table.skipped;
  if (has_fitted_states(graph)) fit_states_to_training_rows(*run, config);
  run->config = std::move(config);
  return run;
}

RunResult execute_run(PreparedRun& run, const RunFolder& folder, bool resume,
                      const TrainCallbacks& callbacks) {
  use_threads(run.config.train.threads);
  if (!resume) reject_foreign_files(folder);
  run.final_evaluation = {};
  run.history.clear();
  RunResult result;
  std::unique_ptr<HistoryFile> history;
  TrainCallbacks hooked = callbacks;
  hooked.on_epoch = [&](const EpochRecord& record) {
    history->append(record);
    result.seconds += record.seconds;
    result.watch_seconds += record.watch_seconds;
    result.evaluation_seconds += record.evaluation_seconds;
    if (callbacks.on_epoch) callbacks.on_epoch(record);
  };
  Trainer trainer(run.model, run.rows, run.config.train, hooked);
  std::optional<FolderLock> lock;
  if (!resume || std::filesystem::exists(folder.root)) lock.emplace(folder.root);
  if (!resume) reject_foreign_files(folder);  // again, since another process may have written
  remove_abandoned_files(folder);
  // A resumed run begins after the checkpoint, so the history must not end before it.
  trainer.checkpoint_to(folder.checkpoint(), fingerprint(run), [&] { history->sync(); });
  if (resume) trainer.resume();
  else move_earlier_run(folder);
  std::filesystem::create_directories(folder.checkpoint().parent_path());
  history = std::make_unique<HistoryFile>(folder.history(), resume ? trainer.state().epoch : -1);
  if (resume && callbacks.on_note)
    for (const std::string& note : resume_notes(folder, run.config, *history))
      callbacks.on_note(note);
  write_file(folder.config(), to_toml(run.config));
  trainer.run();
  result.temperature = temperature_of(run.model);
  if (!result.temperature.has_value()) result.output_lines = run.model.output_lines;
  save_model(run.model, folder.model());
  run.final_evaluation = evaluate_final_model(run, result);
  run.history = history->records();
  result.epochs = trainer.state().epoch;
  result.steps = trainer.state().step;
  result.stopped_early = result.epochs < run.config.train.epochs;
  if (const BestEpoch& best = trainer.state().best; best.epoch >= 0) result.best_epoch = best.epoch;
  result.has_best_weights = trainer.has_best_weights();
  return result;
}

std::string RunFolder::name() const {
  const std::filesystem::path path = std::filesystem::absolute(root).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

Run::Run(RunConfig config) {
  make_absolute(config.data);
  make_table_paths_absolute(config.network);
  LoadedData loaded = load_data(data_options_of(config), config.train.seed);
  prepared_ = prepare_run(std::move(config), std::move(loaded));
}

Run::Run(RunConfig config, LoadedData data) {
  make_table_paths_absolute(config.network);
  check_given_dataset(data.train);
  if (data.test.has_value()) check_given_dataset(*data.test);
  if (data.validation.has_value()) check_given_dataset(*data.validation);
  prepared_ = prepare_run(std::move(config), std::move(data));
}

const RunConfig& Run::config() const { return prepared_->config; }

void Run::check(const RunFolder& folder) const {
  reject_foreign_files(folder);
  const Trainer checked(prepared_->model, prepared_->rows, prepared_->config.train, {});
  if (std::filesystem::exists(folder.root)) const FolderLock lock(folder.root);
}

RunResult Run::execute(const RunFolder& folder, bool resume, const TrainCallbacks& callbacks) {
  return execute_run(*prepared_, folder, resume, callbacks);
}

Model Run::model() const { return Model(std::make_shared<TrainedModel>(prepared_->model)); }

}  // namespace selfnorm
