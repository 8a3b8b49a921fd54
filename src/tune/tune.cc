// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "api/default_network.h"
#include "api/run.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "data/fingerprint.h"
#include "selfnorm/error.h"
#include "sources/paths.h"
#include "tables/feature_treatment.h"
#include "tune/combine_models.h"
#include "tune/search.h"
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
  if (options.ensemble < 1) fail("the ensemble needs at least one network");
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

/// The data of a search, and the configuration of all its trials.
struct SearchInput {
  RunConfig config;
  LoadedData data;
};

// Uses the folds of a cross-validation if there are few rows and the user chose no other held-out
// rows. Members that share an embedding, as those of texts do, have no folds.
SearchInput load_search(RunConfig config) {
  constexpr std::int64_t kManyRows = 10'000, kFolds = 5;
  make_absolute(config.data);
  const bool chose_rows = is_listed(config.given, "folds") || is_listed(config.given, "members") ||
                          config.data.validation_split.has_value() ||
                          !config.data.validation.empty() || !config.data.time.empty() ||
                          !config.data.shuffle_split;
  LoadedData data = load_data(data_options_of(config), config.train.seed);
  if (chose_rows) return {std::move(config), std::move(data)};
  if (data.train.rows < kManyRows && data.train.vocabulary.empty()) {
    RunConfig with_folds = config;
    with_folds.default_network.folds = kFolds;
    data = load_data(data_options_of(with_folds), config.train.seed);
    try {
      prepare_run(with_folds, data);
      return {std::move(with_folds), std::move(data)};
    } catch (const Error&) {  // the rows cannot be divided, or the members share a layer
      data = load_data(data_options_of(config), config.train.seed);
    }
  }
  config.default_network.members = 1;
  config.given.emplace_back("members");
  if (data.train.rows < kManyRows) config.data.validation_split = 1.0 / kFolds;
  return {std::move(config), std::move(data)};
}

// Returns what must be equal when a search is resumed.
std::string fingerprint(const SearchInput& input) {
  std::string text = to_toml(input.config) + data_fingerprint(input.data.train);
  if (input.data.validation) text += data_fingerprint(*input.data.validation);
  return fmt::format("{:016x}", hash_bytes(text.data(), text.size()));
}

SearchSpace space_of(const PreparedRun& standard, const RunConfig& config) {
  const RunConfig& chosen = standard.config;
  SearchSpace space;
  space.standard = {chosen.default_network.hidden,
                    chosen.default_network.dropout_rate,
                    chosen.default_network.numeric_embedding,
                    resolve_scaling(chosen.data.scaling, standard.train.targets,
                                    std::ssize(standard.rows.train_rows)),
                    chosen.train.optimizer.learning_rate,
                    chosen.train.optimizer.weight_decay};
  space.given = config.given;
  if (config.data.scaling != "auto" || !config.data.standardize)
    space.given.emplace_back("scaling");
  if (!config.data.standardize) space.standard.scaling = config.data.scaling;
  if (is_listed(config.given, "optimizer.name")) {
    for (const char* name : {"optimizer.learning_rate", "optimizer.weight_decay"})
      space.given.emplace_back(name);
  }
  space.has_numeric_embeddings = standard.train.folds.empty();
  space.seed = config.train.seed;
  return space;
}

// Returns the candidates that the model averages, best first: those that prepare their inputs as
// the best one does.
std::vector<std::int64_t> choose_ensemble(const SearchState& search, std::int64_t size) {
  std::vector<std::int64_t> chosen;
  std::string scaling;
  for (const std::int64_t id : search.halving.ranked(kRungs - 1)) {
    const Candidate candidate = draw_candidate(search.space, id);
    if (chosen.empty()) scaling = candidate.scaling;
    if (candidate.scaling == scaling && std::ssize(chosen) < size) chosen.push_back(id);
  }
  return chosen;
}

// Averages the chosen networks in the model of `folder`, and scores it.
void write_model(const SearchInput& input, const SearchState& search, const TuneFolder& folder,
                 TuneResult& result) {
  std::vector<TrainedModel> parts;
  std::vector<Network> networks;
  for (const std::int64_t id : result.ensemble) {
    parts.push_back(load_model(model_file(folder, id)));
    networks.push_back(parts.back().network);
  }
  const Candidate best = draw_candidate(search.space, result.ensemble[0]);
  RunConfig config =
      prepare_run(with_candidate(input.config, best, search.epochs), input.data)->config;
  config.network = combine_networks(networks);
  const auto run = prepare_run(std::move(config), input.data);
  combine_weights(parts, run->model);
  result.folds = run->train.folds.empty() ? 0 : run->config.default_network.members;
  result.validation_rows = std::ssize(run->rows.validation_rows);
  Evaluator evaluator(run->model, {.loss = true});
  RatedScores rated = evaluator.rated_score(*run->rows.validation, run->rows.validation_rows);
  result.validation = std::move(rated.scores);
  result.validation_ranges = std::move(rated.ranges);
  run->model.held_out_errors =
      measure_held_out_errors(run->model, *run->rows.validation, run->rows.validation_rows);
  if (run->test.has_value()) {
    RatedScores on_test = evaluator.rated_score(*run->test, all_rows(run->test->rows));
    result.test = std::move(on_test.scores);
    result.test_ranges = std::move(on_test.ranges);
  }
  write_file(folder.config(), to_toml(run->config));
  save_model(run->model, folder.model());
}

// Removes the models of trials that are not part of the result.
void remove_other_models(const TuneFolder& folder, const TuneResult& result) {
  for (const TuneTrial& trial : result.trials) {
    if (std::ranges::find(result.ensemble, trial.id) == result.ensemble.end())
      fs::remove(model_file(folder, trial.id));
  }
}

}  // namespace

TuneResult tune(const RunConfig& config, const TuneFolder& folder, const TuneOptions& options,
                bool resume, const TuneCallbacks& callbacks) {
  check_options(config, options);
  check_folder(folder, resume);
  const SearchInput input = load_search(config);
  const auto standard = prepare_run(input.config, input.data);
  if (standard->rows.validation_rows.empty())
    fail(
        fmt::format("{}: a search needs held-out rows, but has none (at least 100 rows, or "
                    "--validation-split)",
                    standard->train.name));
  SearchState search{space_of(*standard, input.config), Halving(options.trials),
                     standard->config.train.epochs, standard->model.objective.metrics.at(0)};
  fs::create_directories(folder.models());
  run_search(input.config, input.data, fingerprint(input), folder, options, callbacks, search);
  TuneResult result;
  result.metric = search.metric;
  for (const auto& [key, trial] : search.trials) result.trials.push_back(trial);
  result.ensemble = choose_ensemble(search, options.ensemble);
  if (result.ensemble.empty()) {
    throw Error(ErrorKind::numeric,
                fmt::format("no candidate could be trained; the default network failed with: {}",
                            search.trials.at({0, kRungs - 1}).failure));
  }
  write_model(input, search, folder, result);
  write_file(folder.page(), tuning_page(folder.name(), result));
  remove_other_models(folder, result);
  return result;
}

}  // namespace selfnorm
