// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "api/comparison_json.h"
#include "base/file.h"
#include "base/text.h"
#include "selfnorm/error.h"
#include "train/history.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorKind::config, what); }

void check_names(const std::vector<Contender>& contenders) {
  std::set<std::string> names;
  for (const Contender& each : contenders) {
    const bool is_file_name = !each.name.empty() && fs::path(each.name).filename() == each.name &&
                              each.name != "." && each.name != "..";
    if (!is_file_name) {
      fail(fmt::format("'{}' is not a valid name for a results folder (rename the file)",
                       each.name));
    }
    if (!names.insert(each.name).second) {
      fail(fmt::format(
          "two configurations are named '{}', but names must be unique (rename one of the files)",
          each.name));
    }
  }
}

// Returns the names of the scores on the validation rows.
std::vector<std::string> score_names(const RunSummary& run) {
  std::vector<std::string> names = {"loss"};
  names.insert(names.end(), run.metrics.begin(), run.metrics.end());
  return names;
}

// Prepares a run. Errors start with its name.
Run prepared(const std::string& name, RunConfig config) {
  try {
    return Run(std::move(config));
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", name, error.detail()));
  }
}

class ComparisonRunner {
 public:
  ComparisonRunner(const std::vector<Contender>& contenders, const CompareOptions& options,
                   const CompareCallbacks& callbacks)
      : contenders_(contenders), options_(options), callbacks_(callbacks) {
    for (const Contender& each : contenders) {
      comparison_.contenders.push_back({each.name, to_toml(each.config), 0, {}});
    }
  }

  Comparison run() {
    load_existing_results();
    for (std::size_t k = 0; k < contenders_.size(); ++k) check(k);
    for (std::int64_t i = 0; i < options_.seeds; ++i) {
      for (std::size_t k = 0; k < contenders_.size(); ++k) {
        RunConfig config = contenders_[k].config;
        config.train.seed += static_cast<std::uint64_t>(i);
        if (!is_finished(k, config.train.seed)) train(k, std::move(config));
      }
    }
    write();
    return std::move(comparison_);
  }

 private:
  fs::path file() const { return options_.out / "compare.json"; }
  RunFolder folder_of(const std::string& name, std::uint64_t seed) const {
    return RunFolder(options_.out / name / fmt::format("seed-{}", seed));
  }

  void reject_existing(const fs::path& there) const {
    if (options_.resume || !fs::exists(there)) return;
    fail(fmt::format(
        "{}: already exists (continue it with --resume, or name another folder with --out)",
        there.string()));
  }

  // Writes all results, including those of earlier contenders that are not compared now.
  void write() const {
    Comparison all = comparison_;
    all.contenders.insert(all.contenders.end(), others_.begin(), others_.end());
    write_file(file(), comparison_json(all));
  }

  void load_existing_results() {
    if (fs::exists(options_.out) && !fs::is_directory(options_.out)) {
      fail(options_.out.string() +
           ": expected a folder for the results, got a file (name a folder with --out)");
    }
    reject_existing(file());
    for (const Contender& each : contenders_) {
      reject_existing(folder_of(each.name, each.config.train.seed).checkpoint());
    }
    if (!fs::exists(file())) return;
    try {
      for (ContenderTrials& each : parse_comparison(read_file(file())).contenders) {
        take(std::move(each));
      }
    } catch (const Error& error) {
      throw Error(error.kind(), fmt::format("{}: {}", file().string(), error.detail()));
    }
  }

  void take(ContenderTrials there) {
    const auto known =
        std::ranges::find(comparison_.contenders, there.name, &ContenderTrials::name);
    if (known == comparison_.contenders.end()) {
      others_.push_back(std::move(there));
      return;
    }
    if (there.trials.empty()) return;
    if (there.configuration != known->configuration) {
      fail(fmt::format(
          "contains results of another configuration of '{}' (name another folder with --out)",
          there.name));
    }
    *known = std::move(there);
  }

  // Checks a contender. All contenders are checked before the first is trained.
  void check(std::size_t contender) {
    ContenderTrials& into = comparison_.contenders[contender];
    const RunSummary summary = prepared(into.name, contenders_[contender].config).summary();
    into.parameters = summary.parameters;
    if (summary.validation_rows == 0) {
      fail(
          fmt::format("{}: a comparison needs validation rows, but none are held out (add "
                      "--validation-split 0.2, or set validation_split or validation in [data])",
                      into.name));
    }
    const std::vector<std::string> names = score_names(summary);
    std::string& metric = comparison_.metric;
    if (metric.empty()) metric = options_.metric;
    if (metric.empty()) metric = names[std::min<std::size_t>(1, names.size() - 1)];
    if (std::ranges::count(names, metric) > 0) return;
    fail(fmt::format("{}: unknown metric '{}' (available: {})", into.name, metric,
                     join(names, ", ")));
  }

  bool is_finished(std::size_t contender, std::uint64_t seed) const {
    return std::ranges::count(comparison_.contenders[contender].trials, seed, &Trial::seed) > 0;
  }

  // Whether the folder has an interrupted training of this configuration.
  bool can_resume(const RunFolder& folder, const RunConfig& config) const {
    if (!options_.resume || !fs::exists(folder.checkpoint())) return false;
    RunConfig before = read_run_folder_config(folder.config());
    before.train.threads = config.train.threads;  // which may differ, as on another machine
    if (to_toml(before) == to_toml(config)) return true;
    fail(
        fmt::format("{}: contains a training of another configuration (name another folder with "
                    "--out)",
                    folder.root.string()));
  }

  void train(std::size_t contender, RunConfig config) {
    ContenderTrials& into = comparison_.contenders[contender];
    Trial trial{config.train.seed, {}, {}, {}};
    const RunFolder folder = folder_of(into.name, trial.seed);
    Run run = prepared(into.name, std::move(config));
    if (callbacks_.on_trial) callbacks_.on_trial(into.name, trial.seed, run.summary());
    try {
      trial.test = run.execute(folder, can_resume(folder, run.config()), callbacks_.train).test;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::numeric) throw;
      trial.failure = error.what();
    }
    for (EpochRecord& epoch : read_history(folder.history())) {
      epoch.moments.clear();
      epoch.histograms.clear();
      epoch.weights.clear();
      if (epoch.epoch > 0) trial.epochs.push_back(std::move(epoch));
    }
    into.trials.push_back(std::move(trial));
    write();
  }

  const std::vector<Contender>& contenders_;
  const CompareOptions& options_;
  const CompareCallbacks& callbacks_;
  Comparison comparison_;
  std::vector<ContenderTrials> others_;
};

}  // namespace

Comparison compare(const std::vector<Contender>& contenders, const CompareOptions& options,
                   const CompareCallbacks& callbacks) {
  check_names(contenders);
  return ComparisonRunner(contenders, options, callbacks).run();
}

}  // namespace selfnorm
