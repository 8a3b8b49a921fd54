// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "api/run_config.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/comparison_curves.h"
#include "cli/flags.h"
#include "cli/gnuplot.h"
#include "cli/terminal.h"
#include "cli/training_flags.h"
#include "cli/training_progress.h"
#include "report/comparison.h"
#include "selfnorm/error.h"
#include "selfnorm/report.h"
#include "train/metric_table.h"

namespace selfnorm::cli {
namespace {

namespace fs = std::filesystem;

struct CompareArguments {
  std::vector<std::string> networks;
  CompareOptions options;
  std::string out = "runs/compare";
  std::vector<std::int64_t> epochs;
  bool json = false;
  OptionFlags data, train, loss;
};

std::vector<Contender> read_contenders(const CompareArguments& arguments) {
  std::vector<Contender> contenders;
  for (const std::string& network : arguments.networks) {
    Contender each{fs::path(network).stem().string(), read_run_config(network)};
    arguments.data.apply(data_table(each.config));
    apply_training_flags(arguments.train, arguments.loss, each.config);
    contenders.push_back(std::move(each));
  }
  return contenders;
}

nlohmann::ordered_json trial_statistics_json(const TrialStatistics& statistics) {
  const auto number = [](double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
  };
  return {{"mean", number(statistics.mean)},
          {"deviation", number(statistics.standard_deviation)},
          {"trainings", statistics.count}};
}

nlohmann::ordered_json summary_json(const ContenderTrials& each, const std::string& metric,
                                    const std::vector<std::int64_t>& epochs) {
  const auto statistics = [&](auto number) {
    return trial_statistics_json(statistics_over_trials(each, number));
  };
  auto after = nlohmann::ordered_json::object();
  for (const std::int64_t epoch : epochs) {
    after[fmt::format("{}", epoch)] =
        statistics([&](const Trial& trial) { return score_after_epoch(trial, metric, epoch); });
  }
  auto failures = nlohmann::ordered_json::array();
  for (const Trial& trial : each.trials) {
    if (!trial.failure.empty())
      failures.push_back({{"seed", trial.seed}, {"error", trial.failure}});
  }
  return {{"name", each.name},
          {"parameters", each.parameters},
          {"after", after},
          {"best", statistics([&](const Trial& trial) { return best_score(trial, metric); })},
          {"test", statistics([&](const Trial& trial) { return find_score(trial.test, metric); })},
          {"epoch_seconds", statistics(median_epoch_seconds)},
          {"failures", failures}};
}

void print_result(const Comparison& comparison, const CompareArguments& arguments,
                  const std::vector<std::int64_t>& epochs, bool has_curves) {
  const fs::path& out = arguments.options.out;
  if (arguments.json) {
    auto contenders = nlohmann::ordered_json::array();
    for (const ContenderTrials& each : comparison.contenders) {
      contenders.push_back(summary_json(each, comparison.metric, epochs));
    }
    nlohmann::ordered_json document{
        {"metric", comparison.metric}, {"out", out.string()}, {"contenders", contenders}};
    print("{}\n", document.dump(2));
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"configuration"}};
  for (const std::int64_t epoch : epochs) rows[0].push_back(fmt::format("epoch {}", epoch));
  rows[0].insert(rows[0].end(), {"best", "test", "s/epoch"});
  for (const ContenderTrials& each : comparison.contenders) {
    auto& row = rows.emplace_back(std::vector<std::string>{each.name});
    const auto add = [&](auto score) {
      row.push_back(to_string(statistics_over_trials(each, score)));
    };
    for (const std::int64_t epoch : epochs) {
      add([&](const Trial& trial) { return score_after_epoch(trial, comparison.metric, epoch); });
    }
    add([&](const Trial& trial) { return best_score(trial, comparison.metric); });
    add([&](const Trial& trial) { return find_score(trial.test, comparison.metric); });
    row.push_back(number(statistics_over_trials(each, median_epoch_seconds).mean));
  }
  print("{} of the validation rows\n{}tables   {}\nnumbers  {}\n", comparison.metric, table(rows),
        (out / "compare.md").string(), (out / "compare.json").string());
  if (has_curves) print("curves   {}\n", (out / "curves.svg").string());
  print("report   {}\n", (out / "report.html").string());
}

// A failure is a note: the comparison is complete without the picture.
bool write_curves(const Comparison& comparison, const fs::path& out) {
  if (!has_gnuplot()) {
    note(
        "curves.svg was not drawn: gnuplot is not installed (Debian: apt-get install gnuplot-nox)");
    return false;
  }
  if (tabulated_epochs(comparison).empty()) return false;
  try {
    write_file(out / "curves.svg", comparison_curves(comparison));
    return true;
  } catch (const Error& error) {
    note(fmt::format("curves.svg was not drawn: {}", error.detail()));
    return false;
  }
}

void check_epochs(const std::vector<std::int64_t>& epochs,
                  const std::vector<Contender>& contenders) {
  std::int64_t last = 0;
  for (const Contender& each : contenders) last = std::max(last, each.config.train.epochs);
  for (const std::int64_t epoch : epochs) {
    if (epoch <= last) continue;
    throw Error(ErrorKind::config,
                fmt::format("--at {}: expected at most {}, the number of epochs", epoch, last));
  }
}

void warn_if_validation_rows_differ(const std::string& name, const RunSummary& run,
                                    const RunSummary& first) {
  if (run.validation_rows == first.validation_rows) return;
  note(
      fmt::format("{} is validated on {} rows of {}, the first network on {} rows of {}: scores on "
                  "different rows are not comparable",
                  name, run.validation_rows, run.data, first.validation_rows, first.data));
}

// Throws Error(numeric) if no training finished.
void report_failures(const Comparison& comparison) {
  bool any_finished = false;
  for (const ContenderTrials& each : comparison.contenders) {
    for (const Trial& trial : each.trials) {
      any_finished = any_finished || trial.failure.empty();
      if (trial.failure.empty()) continue;
      note(fmt::format("{}, seed {}, did not finish: {}", each.name, trial.seed, trial.failure));
    }
  }
  if (!any_finished) throw Error(ErrorKind::numeric, "none of the trainings finished");
}

void run_compare(const CompareArguments& arguments) {
  survive_closed_output();
  const std::vector<Contender> contenders = read_contenders(arguments);
  const fs::path& out = arguments.options.out;
  check_epochs(arguments.epochs, contenders);
  std::set<std::string> described;
  std::optional<RunSummary> first;
  TrainingProgress progress;
  const CompareCallbacks callbacks{
      [&](const std::string& name, std::uint64_t seed, const RunSummary& run) {
        progress.clear();
        print_progress(fmt::format("{}, seed {}: {} training rows, {} parameters\n", bold(name),
                                   seed, group_digits(run.train_rows),
                                   group_digits(run.parameters)));
        if (!described.insert(name).second) return;
        print_progress(data_notes(run));
        if (!first) first = run;
        warn_if_validation_rows_differ(name, run, *first);
      },
      progress.callbacks()};
  try {
    const Comparison comparison = compare(contenders, arguments.options, callbacks);
    const auto epochs = arguments.epochs.empty() ? tabulated_epochs(comparison) : arguments.epochs;
    write_file(out / "compare.md", comparison_markdown(comparison, epochs));
    write_file(out / "report.html", comparison_report(comparison, out));
    report_failures(comparison);
    print_result(comparison, arguments, epochs, write_curves(comparison, out));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::interrupted) throw;
    throw Error(
        ErrorKind::interrupted,
        fmt::format("the finished trainings are in {}; continue with the same command and --resume",
                    out.string()));
  }
}

}  // namespace

void add_compare(Command& program) {
  Command& command = program.add_command(
      "compare", "Train several network files side by side, each with several seeds");
  const auto arguments = std::make_shared<CompareArguments>();
  CompareOptions& options = arguments->options;
  command.add({.name = "networks",
               .target = &arguments->networks,
               .help = "network files (.toml)",
               .value = "FILE",
               .is_required = true,
               .is_repeatable = true});
  command.add({.name = "--seeds",
               .target = &options.seeds,
               .help =
                   "number of trainings per network; their seeds are consecutive and start at the "
                   "network's own",
               .range = {1, 1000}});
  command.add({.name = "--out",
               .target = &arguments->out,
               .help = "folder for the tables, the curves and all runs",
               .value = "DIR"});
  command.add_switch("--resume", options.resume,
                     "keep the finished trainings in --out and continue with the others");
  command.add({.name = "--metric",
               .target = &options.metric,
               .help = "validation metric to compare",
               .value = "NAME",
               .default_text = "the first one that is not the loss"});
  command.add({.name = "--at",
               .target = &arguments->epochs,
               .help = "epochs to list in the tables",
               .range = range::kAtLeastOne,
               .default_text = "1,3,10,30,... and the last"});
  command.add_switch("--json", arguments->json, "print the result as one JSON document");
  RunConfig defaults;
  arguments->data.add(command, data_table(defaults), "Data");
  arguments->train.add(command, train_table(defaults), "Training");
  arguments->loss.add(command, loss_table(), "Loss");
  command.examples = {"selfnorm compare selu.toml relu.toml --seeds 3 --out runs/both"};
  command.run = [arguments] {
    arguments->options.out = arguments->out;
    return run_compare(*arguments), 0;
  };
}

}  // namespace selfnorm::cli
