// Configurations trained side by side, each with several seeds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "selfnorm/run.h"

namespace selfnorm {

/// What takes part in a comparison.
struct Contender {
  std::string name;  ///< names a folder too
  RunConfig config;
};

struct CompareOptions {
  std::int64_t seeds = 3;  ///< trainings of each: with the configuration's seed, the next one, …
  std::filesystem::path out;  ///< a run folder for each training, NAME/seed-N, and compare.json
  bool resume = false;        ///< keep what is finished there
  std::string metric;         ///< of the validation rows; empty: the first that is not the loss
};

/// One training.
struct Trial {
  std::uint64_t seed = 0;
  std::vector<EpochRecord> epochs;  ///< from the first on, without moments
  Scores test;                      ///< of the final weights; empty without a test set
  std::string failure;              ///< why training came to no end, as a loss that is no number
};

/// All trainings of a contender.
struct ContenderTrials {
  std::string name;
  std::string configuration;  ///< as a network file
  std::int64_t parameters = 0;
  std::vector<Trial> trials;
};

struct Comparison {
  std::string metric;
  std::vector<ContenderTrials> contenders;
};

struct CompareCallbacks {
  /// Before a training: whose, with which seed, and what it is about to do.
  std::function<void(const std::string& name, std::uint64_t seed, const RunSummary&)> on_trial = {};
  TrainCallbacks train = {};
};

/// Trains every contender with every seed, the seeds one after the other, so that what ends early
/// compares all; an interrupted training goes on. Before the first one throws Error(config) when
/// two have one name, a name that is no folder's, one has no rows that validate or no such metric,
/// `out` is no folder, or has results or checkpoints and `resume` is false or they are of other
/// configurations; Error(data) on results there that are damaged; else as Run, naming the
/// contender. A loss that becomes NaN ends a trial, not the comparison. Results there of others
/// stay.
Comparison compare(const std::vector<Contender>& contenders, const CompareOptions& options,
                   const CompareCallbacks& callbacks = {});

}  // namespace selfnorm
