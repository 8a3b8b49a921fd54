// SPDX-License-Identifier: Apache-2.0
// What a person should know about a run before it starts.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/preset.h"
#include "api/run.h"
#include "api/target_offer.h"
#include "base/text.h"
#include "data/split.h"
#include "passes/members.h"
#include "passes/views.h"
#include "tables/repeats.h"
#include "tables/table_description.h"
#include "tables/table_summary.h"
#include "train/evaluator.h"
#include "train/score_ranges.h"
#include "train/training_time.h"

namespace selfnorm {
namespace {

std::vector<std::string> unseen_classes(const PreparedRun& run) {
  const std::vector<std::string>& names = run.train.targets.class_names;
  std::vector<bool> seen(names.size(), false), wanted(names.size(), false);
  const auto mark = [](std::vector<bool>& marks, const Dataset& data,
                       std::span<const std::int64_t> rows) {
    for (const std::int64_t row : rows) {
      marks[static_cast<std::size_t>(data.targets.classes[static_cast<std::size_t>(row)])] = true;
    }
  };
  if (names.empty()) return {};
  mark(seen, run.train, run.rows.train_rows);
  mark(wanted, *run.rows.validation, run.rows.validation_rows);
  if (run.test.has_value()) mark(wanted, *run.test, all_rows(run.test->rows));
  std::vector<std::string> unseen;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (wanted[i] && !seen[i]) unseen.push_back(names[i]);
  }
  return unseen;
}

// Says what it means for held-out rows that the rows are sorted by class. Times have their own
// order.
std::optional<std::string> describe_class_order(const PreparedRun& run) {
  if (!are_sorted_by_class(run.train.targets.classes) || !run.train.times.empty())
    return std::nullopt;
  const bool are_last = run.rows.validation == &run.train && !run.rows.validation_rows.empty() &&
                        !run.config.data.shuffle_split;
  if (!are_last) {
    return "classes  the rows are sorted by class, so the last rows alone do not represent all "
           "classes";
  }
  return "warning: the rows are sorted by class, and the last ones are held out, so their classes "
         "differ from those of the training rows; --shuffle-split true draws them at random";
}

std::int64_t count_members(const PreparedRun& run) {
  return find_members(build_engine_graph(run.config.network, 1)).count;
}

std::string describe_folds(const PreparedRun& run) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(count_members(run)), 0);
  for (const std::int32_t fold : run.train.folds)
    if (fold >= 0) ++rows[static_cast<std::size_t>(fold)];
  const auto [fewest, most] = std::ranges::minmax(rows);
  const std::string held_out =
      fewest == most ? group_digits(most)
                     : fmt::format("{} to {}", group_digits(fewest), group_digits(most));
  return fmt::format(
      "rows     each of {} networks holds out {} other rows for validation; the network that did "
      "not train on a row scores it",
      rows.size(), held_out);
}

// Says how rows were divided if the user did not, and that classes are uneven.
std::vector<std::string> describe_split(const PreparedRun& run) {
  std::vector<std::string> lines;
  if (!run.train.folds.empty()) lines.push_back(describe_folds(run));
  const bool is_held_out = run.train.folds.empty() && run.rows.validation == &run.train &&
                           !run.rows.validation_rows.empty();
  const bool is_shared = count_members(run) > 1;
  if (is_held_out && (run.is_split_automatic || is_shared)) {
    const DataOptions& data = run.config.data;
    const bool has_classes = !run.train.targets.classes.empty();
    const std::string how = !run.train.times.empty()    ? "the last ones by " + data.time
                            : !run.train.groups.empty() ? "whole groups of " + data.group
                            : !data.shuffle_split       ? "the last ones"
                            : has_classes && data.stratify_split
                                ? "at random, the same share of each class"
                                : "at random";
    lines.push_back(
        fmt::format("rows     {} held out for validation{}, {}; --validation-split 0 "
                    "trains on all",
                    group_digits(std::ssize(run.rows.validation_rows)),
                    is_shared ? " by all networks" : "", how));
  }
  const bool has_none =
      run.is_split_automatic && run.rows.validation_rows.empty() && !run.test.has_value();
  if (has_none) {
    lines.emplace_back(
        "rows     none held out, since there are fewer than 100; --validation-split 0.2 holds out "
        "a fifth");
  }
  if (const auto order = describe_class_order(run)) lines.push_back(*order);
  const bool are_weighted = run.config.train.loss_attributes.contains("class_weights");
  if (are_classes_uneven(run.train.targets, run.rows.train_rows) && !are_weighted) {
    lines.emplace_back(
        "classes  uneven; --class-weights balanced gives each class the same weight in the loss");
  }
  return lines;
}

// Says that numbers become quantiles if the user did not ask for it.
std::vector<std::string> describe_scaling(const PreparedRun& run) {
  const auto has_quantiles = [](const Schema::Input& input) {
    return std::ranges::count(input.standardizer.transforms, FeatureTransform::Kind::quantile,
                              &FeatureTransform::kind) > 0;
  };
  const bool is_automatic = run.config.data.scaling == "auto";
  if (!is_automatic || !std::ranges::any_of(run.model.schema.inputs, has_quantiles)) return {};
  return {
      "scaling  numbers become the normal quantiles of their ranks, since the targets are classes "
      "and there are many rows; --scaling standard only standardizes them"};
}

}  // namespace

RunSummary Run::summary() const { return summarize_run(*prepared_); }

RunSummary summarize_run(PreparedRun& run) {
  RunSummary summary;
  summary.data = run.train.name;
  summary.train_rows = static_cast<std::int64_t>(run.rows.train_rows.size());
  summary.validation_rows = static_cast<std::int64_t>(run.rows.validation_rows.size());
  summary.test_rows = run.test.has_value() ? run.test->rows : 0;
  summary.layers = static_cast<std::int64_t>(run.model.network.layers.size());
  summary.parameters = run.model.weights.parameter_count();
  summary.metrics = run.model.objective.metrics;
  summary.unseen_classes = unseen_classes(run);
  summary.vocabulary_size = std::ssize(run.train.vocabulary);
  for (const Dataset* data :
       {&run.train, run.validation ? &*run.validation : nullptr, run.test ? &*run.test : nullptr}) {
    if (data == nullptr) continue;
    summary.unlabeled += data->unlabeled;
    summary.skipped += data->skipped;
  }
  const bool has_columns = !run.train.table.empty() || !run.train.vocabulary.empty();
  if (has_columns) summary.notes = summarize_table(run.train, run.config.data);
  for (std::string& line : describe_scaling(run)) summary.notes.push_back(std::move(line));
  for (const std::string& each : find_leaks(run.train)) summary.notes.push_back("warning: " + each);
  if (const auto repeats = find_repeated_rows(run.train)) {
    if (!run.rows.validation_rows.empty() || run.test) summary.notes.push_back("note: " + *repeats);
  }
  for (std::string& line : describe_split(run)) summary.notes.push_back(std::move(line));
  summary.folds = run.train.folds.empty() ? 0 : count_members(run);
  summary.seconds = predict_training_seconds(run.model, run.rows, run.config.train);
  summary.notes.push_back(
      describe_training(run.config, run.preset, summary.train_rows, summary.seconds, run.seconds));
  if (const auto note = describe_shortened_warmup(run.config.train, summary.train_rows))
    summary.notes.push_back("note: " + *note);
  for (const std::string& each : run.train.notes) summary.notes.push_back("note: " + each);
  if (run.config.train.loss == "auto") {
    const auto offer = offer_loss_for_logarithms(run.train.targets, run.rows.train_rows);
    if (offer) summary.notes.push_back("note: " + *offer);
  }
  summary.coverage = run.coverage;
  summary.skipped_vectors = run.skipped_vectors;
  return summary;
}

}  // namespace selfnorm
