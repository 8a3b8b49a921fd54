// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "api/run_files.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/text.h"
#include "selfnorm/error.h"
#include "tune/ensemble.h"
#include "tune/search.h"
#include "tune/search_input.h"
#include "tune/tuning_page.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorKind::config, what); }

void check_options(const RunConfig& config, const TuneOptions& options) {
  if (!config.network.layers.empty()) {
    fail(
        "tune searches for the default network, but the network file gives layers (leave out "
        "[model], or train this network with `selfnorm train`)");
  }
  if (config.preset != "auto" && config.preset != "default")
    fail(fmt::format("preset = \"{}\": a search starts from the preset \"default\" (leave it out)",
                     config.preset));
  if (options.trials < 1 && !(options.seconds > 0))
    fail("a search needs a number of trials or a time (--trials 50, or --time 10m)");
  if (config.seconds > 0) fail("the time of a search is TuneOptions::seconds (--time 10m)");
  if (options.ensemble < 1) fail("the ensemble needs at least one network");
  if (options.outer_folds < 0 || options.outer_folds == 1)
    fail("a nested cross-validation needs at least 2 parts (--outer-folds 5)");
}

void check_folder(const TuneFolder& folder, bool resume) {
  const bool has_trials = fs::exists(folder.trials());
  if (resume && !has_trials)
    fail(fmt::format("{}: has no search to resume (start without --resume)", folder.root.string()));
  if (resume || !fs::exists(folder.root) || fs::is_empty(folder.root)) return;
  fail(fmt::format("{}: {} (name another folder with --out)", folder.root.string(),
                   has_trials ? "has the trials of a search; --resume continues it"
                              : "exists and is not empty"));
}

void score(PreparedRun& run, TuneResult& result) {
  result.folds = run.train.folds.empty() ? 0 : run.config.default_network.members;
  result.validation_rows = std::ssize(run.rows.validation_rows);
  Evaluator evaluator(run.model, {.loss = true});
  RatedScores rated = evaluator.rated_score(*run.rows.validation, run.rows.validation_rows);
  result.validation = std::move(rated.scores);
  result.validation_ranges = std::move(rated.ranges);
  if (!run.test.has_value()) return;
  RatedScores on_test = evaluator.rated_score(*run.test, all_rows(run.test->rows));
  result.test = std::move(on_test.scores);
  result.test_ranges = std::move(on_test.ranges);
}

// Removes the models of trials that are not part of the result.
void remove_other_models(const TuneFolder& folder, const TuneResult& result) {
  for (const TuneTrial& trial : result.trials) {
    if (std::ranges::find(result.ensemble, trial.id) == result.ensemble.end())
      fs::remove(model_file(folder, trial.id));
  }
}

/// The result of a search, and the run with its model.
struct FinishedSearch {
  TuneResult result;
  std::unique_ptr<PreparedRun> run;
};

// Returns the first metric, or "loss". In a metric over several targets, the one with the largest
// unit would decide, while the loss has a unit for each.
std::string deciding_score(const PreparedRun& standard, const RunConfig& config) {
  const std::vector<std::string>& metrics = standard.model.objective.metrics;
  const bool has_several_targets = standard.train.targets.columns.size() > 1;
  const bool is_given = is_listed(config.given, "metrics");
  return metrics.empty() || (has_several_targets && !is_given) ? "loss" : metrics[0];
}

// Returns a search that has not begun.
SearchState start_search(
    const SearchInput& input, const TuneOptions& options,
    const std::function<void(const RunSummary&, const std::string&)>& on_start = {}) {
  const auto standard = prepare_run(input.config, input.data);
  if (standard->rows.validation_rows.empty()) {
    fail(
        fmt::format("{}: a search compares candidates on held-out rows, but there are none (leave "
                    "out --validation-split 0)",
                    standard->train.name));
  }
  standard->preset = "none";  // its summary must not offer other presets
  const std::string metric = deciding_score(*standard, input.config);
  if (on_start) on_start(summarize_run(*standard), metric);
  return {search_space(*standard, input.config), Halving(options.trials),
          standard->config.train.epochs, metric};
}

// Searches with these data. Writes the trials and the models of the best ones to the folder.
FinishedSearch search_candidates(const SearchInput& input, const TuneFolder& folder,
                                 const TuneOptions& options, const TuneCallbacks& callbacks,
                                 SearchState search) {
  run_search(input.config, input.data, search_fingerprint(input), folder, options, callbacks,
             search);
  FinishedSearch finished;
  TuneResult& result = finished.result;
  result.metric = search.metric;
  for (const auto& [key, trial] : search.trials)
    if (search.halving.is_planned(key)) result.trials.push_back(trial);
  result.ensemble = choose_ensemble(input, search, folder, options.ensemble);
  if (result.ensemble.empty()) {
    throw Error(ErrorKind::numeric,
                fmt::format("no candidate could be trained; the default network failed with: {}",
                            search.trials.at({0, kRungs - 1}).failure));
  }
  finished.run = combine_candidates(input, search, folder, result.ensemble);
  score(*finished.run, result);
  remove_other_models(folder, result);
  return finished;
}

// Returns the scores of a whole search for each part of the rows, which it did not have.
std::vector<Scores> score_left_out_parts(const SearchInput& input,
                                         const std::vector<std::int32_t>& part_of,
                                         const TuneFolder& folder, const TuneOptions& options,
                                         const TuneCallbacks& callbacks) {
  std::vector<Scores> scores;
  for (std::int32_t part = 0; part < options.outer_folds; ++part) {
    if (callbacks.on_part) callbacks.on_part(part + 1);
    const TuneFolder own(folder.root / fmt::format("without-part-{}", part + 1));
    const SearchInput rest = without_part(input, part_of, part);
    FinishedSearch finished =
        search_candidates(rest, own, options, callbacks, start_search(rest, options));
    scores.push_back(std::move(finished.result.test));
  }
  return scores;
}

}  // namespace

TuneResult tune(const RunConfig& config, const TuneFolder& folder, const TuneOptions& options,
                bool resume, const TuneCallbacks& callbacks) {
  check_options(config, options);
  check_folder(folder, resume);
  const SearchInput input = load_search(config);
  const std::vector<std::int32_t> part_of = divide_into_parts(input, options.outer_folds);
  if (!part_of.empty()) start_search(without_part(input, part_of, 0), options);  // throws now
  TuneOptions of_each = options;
  of_each.seconds /= static_cast<double>(1 + options.outer_folds);
  SearchState search = start_search(input, of_each, callbacks.on_start);
  const FolderLock lock(folder.root);
  check_folder(folder, resume);  // again, since another process may have written meanwhile
  remove_abandoned_files(folder);
  FinishedSearch finished = search_candidates(input, folder, of_each, callbacks, std::move(search));
  write_file(folder.config(), to_toml(finished.run->config));
  save_model(finished.run->model, folder.model());
  write_file(folder.page(), tuning_page(folder.name(), finished.result));
  if (part_of.empty()) return std::move(finished.result);
  finished.result.outer = score_left_out_parts(input, part_of, folder, of_each, callbacks);
  write_file(folder.page(), tuning_page(folder.name(), finished.result));
  return std::move(finished.result);
}

}  // namespace selfnorm
