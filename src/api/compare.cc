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
      fail(fmt::format("'{}' names a folder for what is compared, and cannot", each.name));
    }
    if (!names.insert(each.name).second) {
      fail(
          fmt::format("two of what is compared are called '{}': their results need a name each "
                      "(rename a file)",
                      each.name));
    }
  }
}

// The first score but the loss, unless one is named.
std::string metric_of(const EpochRecord& epoch, const std::string& wanted) {
  std::vector<std::string> names;
  for (const auto& [name, value] : epoch.validation) names.push_back(name);
  const auto chosen = std::ranges::find_if(names, [&](const std::string& name) {
    return wanted.empty() ? name != "loss" : name == wanted;
  });
  if (chosen != names.end()) return *chosen;
  if (wanted.empty()) return names.front();
  fail(fmt::format("nothing is measured under the name '{}'; measured are: {}", wanted,
                   join(names, ", ")));
}

// What is wrong with it names it.
Run prepared(const std::string& name, RunConfig config) {
  try {
    return Run(std::move(config));
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", name, error.detail()));
  }
}

class Comparing {
 public:
  Comparing(const std::vector<Contender>& contenders, const CompareOptions& options,
            const CompareCallbacks& callbacks)
      : contenders_(contenders), options_(options), callbacks_(callbacks) {
    for (const Contender& each : contenders) {
      comparison_.contenders.push_back({each.name, to_toml(each.config), 0, {}});
    }
  }

  Comparison run() {
    take_what_is_there();
    for (std::int64_t i = 0; i < options_.seeds; ++i) {
      for (std::size_t k = 0; k < contenders_.size(); ++k) {
        RunConfig config = contenders_[k].config;
        config.train.seed += static_cast<std::uint64_t>(i);
        if (!is_finished(k, config.train.seed)) train(k, std::move(config));
      }
    }
    return std::move(comparison_);
  }

 private:
  fs::path file() const { return options_.out / "compare.json"; }

  void take_what_is_there() {
    if (!fs::exists(file())) return;
    if (!options_.resume) {
      fail(
          fmt::format("{}: is there already (go on with it by --resume, or name another folder "
                      "with --out)",
                      file().string()));
    }
    try {
      take(parse_comparison(read_file(file())));
    } catch (const Error& error) {
      throw Error(error.kind(), fmt::format("{}: {}", file().string(), error.detail()));
    }
  }

  void take(Comparison there) {
    for (ContenderTrials& each : comparison_.contenders) {
      const auto known = std::ranges::find(there.contenders, each.name, &ContenderTrials::name);
      if (known == there.contenders.end()) continue;
      if (known->configuration != each.configuration) {
        throw Error(ErrorKind::data,
                    fmt::format("has results of another configuration of '{}' (name another folder "
                                "with --out)",
                                each.name));
      }
      each = std::move(*known);
    }
    for (const ContenderTrials& each : comparison_.contenders) {
      for (const Trial& trial : each.trials) {
        if (!trial.epochs.empty()) settle_metric(trial.epochs.front());
      }
    }
  }

  void settle_metric(const EpochRecord& epoch) {
    if (comparison_.metric.empty()) comparison_.metric = metric_of(epoch, options_.metric);
  }

  bool is_finished(std::size_t contender, std::uint64_t seed) const {
    return std::ranges::count(comparison_.contenders[contender].trials, seed, &Trial::seed) > 0;
  }

  void train(std::size_t contender, RunConfig config) {
    ContenderTrials& into = comparison_.contenders[contender];
    Trial trial{config.train.seed, {}, {}, {}};
    const RunFolder folder(options_.out / into.name / fmt::format("seed-{}", trial.seed));
    Run run = prepared(into.name, std::move(config));
    const RunSummary summary = run.summary();
    if (summary.validation_rows == 0) {
      fail(
          fmt::format("{}: comparing needs rows that validate (set data.validation_split, or "
                      "data.validation)",
                      into.name));
    }
    into.parameters = summary.parameters;
    if (callbacks_.on_trial) callbacks_.on_trial(into.name, trial.seed, summary);
    const bool goes_on = options_.resume && fs::exists(folder.checkpoint());
    TrainCallbacks callbacks = callbacks_.train;
    callbacks.on_epoch = [&](const EpochRecord& epoch) {
      if (epoch.epoch > 0) settle_metric(epoch);
      if (callbacks_.train.on_epoch) callbacks_.train.on_epoch(epoch);
    };
    try {
      trial.test = run.execute(folder, goes_on, callbacks).test;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::numeric) throw;
      trial.failure = error.what();
    }
    for (EpochRecord& epoch : read_history(folder.history())) {
      epoch.moments.clear();
      epoch.weights.clear();
      if (epoch.epoch > 0) trial.epochs.push_back(std::move(epoch));
    }
    into.trials.push_back(std::move(trial));
    write_file(file(), comparison_json(comparison_));
  }

  const std::vector<Contender>& contenders_;
  const CompareOptions& options_;
  const CompareCallbacks& callbacks_;
  Comparison comparison_;
};

}  // namespace

Comparison compare(const std::vector<Contender>& contenders, const CompareOptions& options,
                   const CompareCallbacks& callbacks) {
  check_names(contenders);
  return Comparing(contenders, options, callbacks).run();
}

}  // namespace selfnorm
