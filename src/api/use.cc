#include "api/use.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "data/known.h"
#include "data/load.h"
#include "data/split.h"
#include "data/targets.h"
#include "selfnorm/error.h"
#include "train/evaluator.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

struct Opened {
  TrainedModel model;
  std::optional<RunConfig> config;  ///< of a run folder
};

Opened open(const fs::path& path) {
  if (!fs::exists(path)) {
    throw Error(ErrorKind::model_file,
                path.string() + ": there is no such run folder or model file");
  }
  if (!fs::is_directory(path)) return {load_model(path), std::nullopt};
  const RunFolder folder(path);
  if (!fs::exists(folder.model())) {
    const bool unfinished = fs::exists(folder.checkpoint());
    throw Error(ErrorKind::model_file,
                fmt::format("{}: holds no model{}", path.string(),
                            unfinished ? fmt::format(" yet (finish it: selfnorm train --out {} "
                                                     "--resume)",
                                                     path.string())
                                       : ""));
  }
  return {load_model(folder.model()), read_run_config(folder.config())};
}

// The target's name where new data have such a column besides what the model reads; data to predict
// need none. One row tells.
std::string target_if_present(DataOptions data, const Schema& schema) {
  if (schema.target.empty() || find_known(data.source) != nullptr) return "";
  data.target = schema.target;
  data.inputs.clear();
  data.limit = 1;
  data.read_targets = false;
  try {
    const LoadedData loaded = load_data(data);
    // A column's number is there in any table: it is the target only when enough others are.
    const bool is_number = schema.target.find_first_not_of("0123456789") == std::string::npos;
    std::size_t wanted = 0;
    for (const Schema::Input& input : schema.inputs) wanted += input.columns.size();
    const bool enough = loaded.train.inputs[0].columns.size() >= wanted;
    return !is_number || enough ? schema.target : "";
  } catch (const Error&) {
    return "";
  }
}

// A table holds the columns of all inputs of a model that was trained on one.
NamedInputs columns_of_inputs(const Schema& schema) {
  NamedInputs inputs;
  if (schema.inputs.size() == 1) return inputs;
  for (const Schema::Input& input : schema.inputs) {
    if (!input.columns.empty()) inputs[input.name] = input.columns;
  }
  return inputs;
}

struct Rows {
  Dataset data;
  std::vector<std::int64_t> rows;
  std::string split;
};

// The data as training divided them, or a file of its own as a whole.
Rows choose_rows(LoadedData loaded, const RunConfig& config, const std::string& wanted) {
  std::string split = wanted;
  if (split.empty()) split = loaded.test.has_value() ? "test" : "all";
  if (split == "test") {
    if (!loaded.test.has_value()) {
      throw Error(ErrorKind::data,
                  fmt::format("{}: has no test rows (use --split all)", loaded.train.name));
    }
    const std::int64_t rows = loaded.test->rows;
    return {std::move(*loaded.test), all_rows(rows), split};
  }
  const Split parts = split_rows(loaded.train.rows, config.data.validation_split,
                                 config.data.shuffle_split, config.train.seed, "validation");
  std::vector<std::int64_t> rows = all_rows(loaded.train.rows);
  if (split == "train") rows = parts.train;
  if (split == "validation") rows = parts.validation;
  if (rows.empty()) {
    throw Error(ErrorKind::data,
                fmt::format("{}: has no {} rows (use --split all)", loaded.train.name, split));
  }
  return {std::move(loaded.train), std::move(rows), split};
}

void match_targets(const Schema& schema, Dataset& data, bool needed) {
  const bool has = !data.targets.classes.empty() || !data.targets.values.empty();
  if (needed && !has) {
    throw Error(ErrorKind::data,
                fmt::format("{}: has no target '{}' to compare with", data.name, schema.target));
  }
  if (needed && !data.targets.classes.empty() && !schema.class_names.empty()) {
    align_classes(data.targets, schema.class_names,
                  [&](std::int64_t row) { return fmt::format("{}: row {}", data.name, row + 1); });
  }
}

}  // namespace

std::unique_ptr<ModelAndData> open_model(const fs::path& run_or_model, const DataOptions& data,
                                         const std::string& split, bool needs_targets) {
  const std::vector<std::string> splits = {"train", "validation", "test", "all"};
  if (!split.empty() && std::ranges::count(splits, split) == 0) {
    throw Error(ErrorKind::config,
                fmt::format("--split: unknown part '{}'{}", split, suggestion(split, splits)));
  }
  Opened opened = open(run_or_model);
  RunConfig config = opened.config.value_or(RunConfig{});
  if (!data.source.empty() || !data.inputs.empty()) {
    // Other data than the run's: divided only as they come.
    config.data = data;
    if (data.inputs.empty()) config.data.inputs = columns_of_inputs(opened.model.schema);
    config.data.task = opened.model.schema.class_names.empty() ? "regression" : "classification";
    if (config.data.target.empty()) {
      config.data.target = target_if_present(config.data, opened.model.schema);
    }
  } else if (!data.data_dir.empty()) {
    config.data.data_dir = data.data_dir;
  }
  if (config.data.source.empty() && config.data.inputs.empty()) {
    throw Error(
        ErrorKind::config,
        run_or_model.string() + ": is a model without its run, say what data to use: --data");
  }
  config.data.read_targets = needs_targets;
  Rows rows = choose_rows(load_data(config.data, config.train.seed), config, split);
  match_targets(opened.model.schema, rows.data, needs_targets);
  adapt_dataset(opened.model.schema, rows.data);
  auto use = std::make_unique<ModelAndData>();
  *use = {std::move(opened.model), std::move(rows.data), std::move(rows.rows), rows.split};
  return use;
}

TrainedModel open_trained(const fs::path& run_or_model) { return open(run_or_model).model; }

Scores score(TrainedModel& model, const Dataset& data, std::span<const std::int64_t> rows) {
  Evaluator evaluator(model, {.loss = true});
  check_targets(model.objective, data.targets, evaluator.output_width(), data.name);
  return evaluator.score(data, rows);
}

Tensor predict_rows(TrainedModel& model, const Dataset& data, std::span<const std::int64_t> rows) {
  Evaluator evaluator(model, {.prediction = true});
  Tensor predictions;
  predictions.data = evaluator.outputs(data, rows);
  predictions.shape = {static_cast<std::int64_t>(rows.size()), evaluator.output_width()};
  return predictions;
}

}  // namespace selfnorm
