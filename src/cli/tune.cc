// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/tune.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/scores.h"
#include "cli/terminal.h"
#include "cli/training_flags.h"
#include "cli/training_progress.h"
#include "report/comparison.h"
#include "selfnorm/error.h"
#include "selfnorm/report.h"
#include "train/metric_table.h"
#include "tune/search_space.h"
#include "tune/trial_json.h"
#include "tune/trial_ranks.h"

namespace selfnorm::cli {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct TuneArguments {
  RunArguments run;
  TuneOptions options;
  std::string out;
  bool resume = false;
  bool report = true;
  bool json = false;
};

std::string score_text(const TuneTrial& trial, const std::string& metric) {
  if (!trial.failure.empty()) return trial.failure;
  return fmt::format("{} {:.4f}", metric, find_score(trial.scores, metric));
}

void print_trial(const TuneTrial& trial, const std::string& metric) {
  print_progress(fmt::format("candidate {:>3}  {:>3} epochs  {}  {} ({})\n", trial.id, trial.epochs,
                             score_text(trial, metric), to_string(trial.candidate),
                             format_duration(trial.seconds)));
}

void print_json(const TuneResult& result, const TuneFolder& folder) {
  OrderedJson document{{"out", folder.root.string()},
                       {"model", folder.model().string()},
                       {"page", folder.page().string()},
                       {"metric", result.metric},
                       {"folds", result.folds},
                       {"ensemble", result.ensemble},
                       {"validation", scores_json(result.validation)},
                       {"validation_ranges", ranges_json(result.validation_ranges)}};
  if (!result.test.empty()) {
    document["test"] = scores_json(result.test);
    document["test_ranges"] = ranges_json(result.test_ranges);
  }
  if (!result.outer.empty()) {
    document["outer"] = OrderedJson::array();
    for (const Scores& scores : result.outer) document["outer"].push_back(scores_json(scores));
  }
  document["trials"] = OrderedJson::array();
  for (const TuneTrial& trial : result.trials) document["trials"].push_back(trial_json(trial));
  print("{}\n", document.dump(2));
}

// Returns the trials over all epochs, best first, in at most this many rows.
std::string best_trials(const TuneResult& result, std::size_t count) {
  const std::vector<std::string> scores = shown_scores(result);
  std::vector<std::vector<std::string>> rows = {{"candidate"}};
  rows[0].insert(rows[0].end(), scores.begin(), scores.end());
  rows[0].insert(rows[0].end(), {"choices", "in the model"});
  for (const TuneTrial& trial : ranked_trials(result)) {
    if (!is_whole(trial) || !trial.failure.empty() || rows.size() > count) break;
    auto& row = rows.emplace_back(std::vector{std::to_string(trial.id)});
    for (const std::string& name : scores) row.push_back(score(find_score(trial.scores, name)));
    row.insert(row.end(), {to_string(trial.candidate), is_in_model(trial, result) ? "yes" : ""});
  }
  return table(rows);
}

// Prints the mean and the standard deviation of each score over the parts.
void print_outer_scores(const std::vector<Scores>& parts) {
  for (const auto& [name, first] : parts[0]) {
    std::vector<double> values;
    for (const Scores& scores : parts) values.push_back(find_score(scores, name));
    print("nested cross-validation: {} {} (mean and standard deviation over {} parts)\n", name,
          to_string(trial_statistics(values)), parts.size());
  }
}

void print_result(const TuneResult& result, const TuneFolder& folder) {
  constexpr std::size_t kRows = 10;
  const auto candidates = std::ranges::count(result.trials, 0, &TuneTrial::rung);
  print("{}", best_trials(result, kRows));
  print("tried    {} candidates in {} trainings; candidate 0 is the default network\n", candidates,
        result.trials.size());
  print("model    {}, {}\n", describe_ensemble(result), folder.model().string());
  print_scores("validation", result.validation, result.validation_ranges);
  if (!result.test.empty()) print_scores("test", result.test, result.test_ranges);
  if (!result.outer.empty()) print_outer_scores(result.outer);
  const bool has_others = std::ranges::any_of(
      result.trials, [](const TuneTrial& trial) { return trial.id > 0 && is_whole(trial); });
  if (!has_others) {
    print(
        "         Only the default network trained for all epochs. Give the search more time to "
        "compare others with it.\n");
  }
  if (result.test.empty() && result.outer.empty()) {
    print(
        "         The validation scores are slightly optimistic, since they chose the best of many "
        "candidates. To get scores without this bias, use --test-split 0.2 or --outer-folds 5.\n");
  }
  const std::string root = folder.root.string();
  print("trials   {}\npage     {}\n", folder.trials().string(), folder.page().string());
  if (std::filesystem::exists(folder.report())) print("report   {}\n", folder.report().string());
  print("next     selfnorm predict {} --data NEW_ROWS\n", root);
}

void run_tune(const TuneArguments& arguments) {
  survive_closed_output();
  RunConfig config = arguments.run.read_network();
  arguments.run.apply(config);
  TuneOptions options = arguments.options;
  options.seconds = std::exchange(config.seconds, 0);
  if (options.seconds == 0 && options.trials == 0 && !config.data.time.empty()) {
    throw Error(
        ErrorKind::config,
        fmt::format("--time: '{}' is not a duration, such as 10s or 10m. If it is the column that "
                    "orders the rows, give --trials or --seconds, too",
                    config.data.time));
  }
  if (config.data.source == "-") {
    throw Error(ErrorKind::config,
                "tune reads its table several times, so it needs a file (save standard input to "
                "one)");
  }
  if (arguments.resume && arguments.out.empty())
    throw Error(ErrorKind::config, "--resume requires --out, the folder of the search to continue");
  const TuneFolder folder(arguments.out.empty() ? default_run_folder(config, "-tune")
                                                : std::filesystem::path(arguments.out));
  TrainingProgress progress;
  const auto print_part = [&](std::int64_t part) {
    note(fmt::format("nested cross-validation: search {} of {}, without part {} of the rows", part,
                     options.outer_folds, part));
  };
  std::string metric;
  TuneCallbacks callbacks;
  callbacks.on_start = [&](const RunSummary& run, const std::string& name) {
    metric = name;
    print_progress(fmt::format(
        "{}: {} rows, of which {} are held out{}, search in {}\n{}", run.data,
        group_digits(run.folds > 0 ? run.train_rows : run.train_rows + run.validation_rows),
        group_digits(run.validation_rows),
        run.folds > 0 ? fmt::format(" in one of {} folds", run.folds) : "", folder.root.string(),
        data_notes(run)));
    note(fmt::format("candidates are compared by the {} of the held-out rows (--metrics)", name));
  };
  callbacks.on_trial = [&](const TuneTrial& trial) { print_trial(trial, metric); };
  callbacks.on_part = print_part;
  callbacks.should_stop = progress.callbacks().should_stop;
  try {
    const TuneResult result = tune(config, folder, options, arguments.resume, callbacks);
    if (arguments.report) write_file(folder.report(), run_report(folder.root));
    if (arguments.json) print_json(result, folder);
    else print_result(result, folder);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::interrupted) throw;
    throw Error(ErrorKind::interrupted,
                fmt::format("the search stopped; add --out {} --resume to the command to continue",
                            folder.root.string()));
  }
}

}  // namespace

void add_tune(Command& program) {
  Command& command = program.add_command("tune", "Search for the best network for a table");
  command.description =
      "Searches for the hidden layers, the dropout rate, the learning rate, the weight decay and "
      "the preparation of numbers that are best for a table, and averages the best networks in one "
      "model. Options that you give are not searched. Most candidates train only for a ninth or a "
      "third of the epochs. They are compared by the first of the metrics (--metrics) on held-out "
      "rows: by a cross-validation with five folds if there are fewer than 10,000 rows, where "
      "possible. --time 10m is the time of the search. The default network is trained in any "
      "case.\n\n"
      "The same command with --out and --resume continues a search.";
  const auto arguments = std::make_shared<TuneArguments>();
  arguments->run.add_network(command, "the table");
  command.add({.name = "--trials",
               .target = &arguments->options.trials,
               .help = "number of candidates; 0: as many as --time allows",
               .value = "N",
               .range = range::kNonNegative});
  command.add({.name = "--ensemble",
               .target = &arguments->options.ensemble,
               .help = "number of networks that the model averages, at most",
               .value = "N",
               .range = range::kExtent});
  command.add({.name = "--outer-folds",
               .target = &arguments->options.outer_folds,
               .help = "parts of a nested cross-validation: repeats the search without the rows of "
                       "each part, and scores it on them, so that each search has 1/(N + 1) of "
                       "--time; 0: none",
               .value = "N",
               .range = range::kNonNegative});
  command.add({.name = "--jobs",
               .target = &arguments->options.jobs,
               .help = "number of trainings at a time, each with one thread, whatever --threads "
                       "says; 0: one per core",
               .value = "N",
               .range = {0, 1024, false, false}});
  command.add({.name = "--out",
               .target = &arguments->out,
               .help = "folder to write the trials, the model and its configuration to",
               .value = "DIR",
               .default_text = "runs/NAME-tune"});
  command.add_switch("--resume", arguments->resume, "continue the search in --out");
  command.add({.name = "--report",
               .target = &arguments->report,
               .help = "whether to write report.html on the model to the folder"});
  command.add_switch("--json", arguments->json, "print the result as one JSON document");
  arguments->run.add_flags(command);
  command.examples = {"selfnorm tune table.csv --target y --time 10m",
                      "selfnorm tune table.csv --target y --trials 50 --out runs/search",
                      "selfnorm tune table.csv --target y --trials 50 --out runs/search --resume"};
  command.run = [arguments] { return run_tune(*arguments), 0; };
}

}  // namespace selfnorm::cli
