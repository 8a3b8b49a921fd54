// SPDX-License-Identifier: Apache-2.0
#include "api/open_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "api/folds.h"
#include "base/text.h"
#include "data/split.h"
#include "passes/views.h"
#include "selfnorm/dataset.h"
#include "selfnorm/error.h"
#include "sources/paths.h"
#include "tables/missing_words.h"
#include "train/evaluator.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

struct LoadedModel {
  TrainedModel model;
  std::optional<RunConfig> config;  ///< of a run folder
};

LoadedModel open(const fs::path& path, Checksums checksums) {
  if (!fs::exists(path)) {
    throw Error(ErrorKind::model_file, path.string() + ": no such run folder or model file");
  }
  if (!fs::is_directory(path)) return {load_model(path, checksums), std::nullopt};
  const RunFolder folder(path);
  if (!fs::exists(folder.model())) {
    const bool unfinished = fs::exists(folder.checkpoint());
    throw Error(ErrorKind::model_file,
                fmt::format("{}: contains no model{}", path.string(),
                            unfinished ? fmt::format(" yet (finish it: selfnorm train --out {} "
                                                     "--resume)",
                                                     path.string())
                                       : ""));
  }
  return {load_model(folder.model(), checksums), read_run_folder_config(folder.config())};
}

// Returns the target's name if the new data have such a column in addition to those that the model
// reads, else "". Data to predict need no target. One row is enough to find out.
std::string target_if_present(DataOptions data, const Schema& schema) {
  if (schema.target.empty()) return "";
  data.target = schema.target;
  data.inputs.clear();
  data.limit = 1;
  data.read_targets = false;
  try {
    const LoadedData loaded = load_data(data);
    // A target that is a column number exists in any table, so it counts only if there are enough
    // other columns.
    std::size_t wanted = 0, present = 0;
    for (const Schema::Input& input : schema.inputs) wanted += input.columns.size();
    for (const Field& field : loaded.train.inputs) present += field.columns.size();
    const bool enough = present >= wanted;
    return !is_all_digits(schema.target) || enough ? schema.target : "";
  } catch (const Error&) {
    return "";
  }
}

// Returns the columns of each input of a model with several inputs. One table holds them all.
InputSources columns_of_inputs(const Schema& schema) {
  InputSources inputs;
  if (schema.inputs.size() == 1) return inputs;
  for (const Schema::Input& input : schema.inputs) {
    if (!input.columns.empty()) inputs[input.name] = input.columns;
  }
  return inputs;
}

// Returns the options for other texts, in a file of any kind. They are in columns with the names
// that the model was trained on, unless the user names other columns, by input or in the order of
// the inputs.
DataOptions external_text_options(DataOptions data, const Schema& schema) {
  const std::vector<std::string> text_columns = std::exchange(data.text, {});
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    const Schema::Input& input = schema.inputs[i];
    std::vector<std::string> column = input.columns;
    if (i < text_columns.size()) column = {text_columns[i]};
    if (const auto given = data.inputs.find(input.name); given != data.inputs.end()) {
      column = given->second;
    }
    if (column.size() != 1) {
      throw Error(
          ErrorKind::config,
          fmt::format("input '{}': expected one column with its text (name the column with --text)",
                      input.name));
    }
    data.text.push_back(column[0]);
    data.inputs[input.name] = column;
  }
  if (data.target.empty() && !is_all_digits(schema.target)) data.target = schema.target;
  data.labels = schema.class_names;
  return data;
}

// Returns how the columns of a table become numbers. Models of older versions have only columns of
// numbers.
std::vector<TableColumn> table_of(const Schema& schema) {
  std::vector<TableColumn> table = schema.table;
  if (!table.empty()) return table;
  for (const Schema::Input& input : schema.inputs)
    for (const std::string& column : input.columns) table.push_back({column});
  return table;
}

// Lists the columns that training found to be identifiers, so that their cells are read as they
// are.
void add_identifiers(const Schema& schema, DataOptions& data) {
  for (const TableColumn& column : schema.table)
    if (column.kind == "id" && !is_listed(data.id, column.name)) data.id.push_back(column.name);
}

struct SelectedRows {
  Dataset data;
  std::vector<std::int64_t> rows;
  std::string split;
};

SelectedRows whole(Dataset data, const std::string& split) {
  std::vector<std::int64_t> rows = all_rows(data.rows);
  return {std::move(data), std::move(rows), split};
}

// Selects the rows of a split, as training divided the data. Other data without a split are a test
// set as a whole.
SelectedRows select_split(LoadedData loaded, RunConfig config, const TrainedModel& model,
                          const std::string& wanted, bool is_external, bool prefers_held_out) {
  DataOptions& options = config.data;
  decide_validation_split(options, loaded.train.rows, loaded.test.has_value());
  const bool has_validation = loaded.validation.has_value() || *options.validation_split > 0;
  std::string split = wanted;
  if (split.empty()) {
    split = loaded.test.has_value()                              ? "test"
            : prefers_held_out && has_validation && !is_external ? "validation"
                                                                 : "all";
  }
  if (split == "test" && loaded.test.has_value()) return whole(std::move(*loaded.test), split);
  if (split == "test" && is_external) return whole(std::move(loaded.train), split);
  if (split == "test") {
    throw Error(ErrorKind::data,
                fmt::format("{}: has no test rows (use --split all)", loaded.train.name));
  }
  if (split == "validation" && loaded.validation.has_value()) {
    return whole(std::move(*loaded.validation), split);
  }
  const Split parts = is_external ? split_validation_rows(options, loaded.train, config.train.seed)
                                  : divide_rows(config, model.objective,
                                                build_engine_graph(model.network, 1), loaded.train);
  std::vector<std::int64_t> rows = all_rows(loaded.train.rows);
  if (split == "train") rows = parts.train;
  if (split == "validation") rows = parts.held_out;
  else loaded.train.folds.clear();  // the mean of the members predicts other rows
  if (rows.empty()) {
    throw Error(ErrorKind::data,
                fmt::format("{}: has no {} rows (use --split all)", loaded.train.name, split));
  }
  return {std::move(loaded.train), std::move(rows), split};
}

// Clears the names of columns. If the user lists the columns of an input, they count in that order,
// whatever the names of the model's columns are.
void clear_column_names(Dataset& data) {
  for (Field& field : data.inputs) field.columns.clear();
}

}  // namespace

DataOptions external_data_options(const DataOptions& given, const Schema& schema) {
  DataOptions data = given;
  const SourceKind kind = find_source(data).kind;
  if (kind != SourceKind::known) {
    data.task = schema.class_names.empty() ? "regression" : "classification";
  }
  if (kind != SourceKind::table) return data;
  if (!schema.vocabulary.empty()) return external_text_options(data, schema);
  if (data.header == "auto") data.header = schema.header;
  if (data.delimiter == "auto") data.delimiter = schema.delimiter;
  if (data.quotes == "auto") data.quotes = schema.quotes;
  if (!schema.missing.empty()) set_missing_words(schema.missing, data);
  data.table = table_of(schema);
  data.target_formats = schema.target_formats;
  if (data.inputs.empty()) data.inputs = columns_of_inputs(schema);
  if (data.target.empty()) data.target = target_if_present(data, schema);
  return data;
}

ModelAndRows open_model(const fs::path& run_or_model, const DataOptions& data,
                        const std::string& split, bool needs_targets, Checksums checksums) {
  const std::vector<std::string> splits = {"train", "validation", "test", "all"};
  if (!split.empty() && std::ranges::count(splits, split) == 0) {
    throw Error(ErrorKind::config,
                fmt::format("--split: unknown split '{}'{}", split, suggestion(split, splits)));
  }
  LoadedModel opened = open(run_or_model, checksums);
  RunConfig config = opened.config.value_or(RunConfig{});
  const bool is_external = !data.source.empty() || !data.inputs.empty();
  if (is_external) {
    config.data = external_data_options(data, opened.model.schema);
  } else if (!data.data_dir.empty()) {
    config.data.data_dir = data.data_dir;
  }
  if (config.data.source.empty() && config.data.inputs.empty()) {
    throw Error(ErrorKind::config,
                run_or_model.string() +
                    ": is a model file, which does not name any data (name them with --data)");
  }
  if (!is_external && (!data.text.empty() || data.skip_bad)) {
    throw Error(
        ErrorKind::config,
        "--text and --skip-bad require --data, since they apply only to data other than the run's");
  }
  // For the run's data, labels decide which rows exist and how they are divided.
  config.data.read_targets = needs_targets || !is_external;
  config.data.read_ids = !needs_targets;
  if (!is_external) add_identifiers(opened.model.schema, config.data);
  LoadedData loaded = load_data(config.data, config.train.seed);
  const Schema& schema = opened.model.schema;
  const bool has_same_data =
      !schema.training_data.empty() && schema.training_data == loaded.fingerprint;
  if (!is_external && needs_targets && !has_same_data && !schema.training_data.empty()) {
    loaded.train.notes.push_back(fmt::format(
        "{} has changed since the training, so its rows may be divided in another way, and some of "
        "these rows may have been training rows",
        loaded.train.name));
  }
  SelectedRows rows = select_split(std::move(loaded), std::move(config), opened.model, split,
                                   is_external, needs_targets);
  if (needs_targets) require_targets(opened.model.schema, rows.data);
  else rows.data.targets = {};
  if (!data.inputs.empty() || !data.text.empty()) clear_column_names(rows.data);
  adapt_dataset(schema, rows.data);
  if (is_external && needs_targets && has_same_data) {
    rows.data.notes.push_back(
        "these are the data that the model was trained on, so the scores of new rows may be worse");
  }
  return {Model(std::make_shared<TrainedModel>(std::move(opened.model))), std::move(rows.data),
          std::move(rows.rows), rows.split};
}

void require_targets(const Schema& schema, const Dataset& data) {
  if (!data.targets.classes.empty() || !data.targets.values.empty()) return;
  throw Error(ErrorKind::data, fmt::format("{}: has no target '{}', which an evaluation needs",
                                           data.name, schema.target));
}

TrainedModel load_trained_model(const fs::path& run_or_model, Checksums checksums) {
  return open(run_or_model, checksums).model;
}

}  // namespace selfnorm
