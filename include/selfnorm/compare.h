// SPDX-License-Identifier: Apache-2.0
// Comparisons: several configurations trained side by side, each with several seeds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "selfnorm/run.h"

namespace selfnorm {

/// One configuration in a comparison.
struct Contender {
  std::string name;  ///< unique; also the name of its folder
  RunConfig config;  ///< the network, its data and how it is trained
};

/// Options of a comparison.
struct CompareOptions {
  std::int64_t seeds = 3;     ///< trainings per contender, with consecutive seeds from its own
  std::filesystem::path out;  ///< folder for compare.json and a run folder NAME/seed-N per training
  bool resume = false;        ///< keep finished trainings in `out` and resume interrupted ones
  std::string metric;         ///< validation metric to compare; empty: the first after the loss
};

/// One training of a contender.
struct Trial {
  std::uint64_t seed = 0;           ///< seed of this training
  std::vector<EpochRecord> epochs;  ///< records from epoch 1, without moments and weights
  Scores test;                      ///< scores of the final weights; empty without a test set
  std::string failure;              ///< why the training failed, such as a NaN loss; else empty
};

/// All trainings of a contender.
struct ContenderTrials {
  std::string name;             ///< name of the contender
  std::string configuration;    ///< its configuration as a network file
  std::int64_t parameters = 0;  ///< number of parameters of its network
  std::vector<Trial> trials;    ///< in the order of their seeds
};

/// The result of a comparison.
struct Comparison {
  std::string metric;                       ///< the metric that was compared
  std::vector<ContenderTrials> contenders;  ///< in the order they were given
};

/// Functions that a comparison calls in the calling thread. Each may be empty.
struct CompareCallbacks {
  /// Called before each training with the contender's name, the seed and a summary of the run.
  std::function<void(const std::string& name, std::uint64_t seed, const RunSummary&)> on_trial = {};
  TrainCallbacks train = {};  ///< passed to every training
};

/// Trains every contender with every seed. All contenders are trained with one seed before the next
/// seed starts, so that an interrupted comparison has results for all. A numeric error, such as a
/// NaN loss, ends a trial but not the comparison. Results in `out` of contenders that are not in
/// this comparison are kept.
///
/// Throws before the first training: Error(config) if two contenders share a name, a name is not
/// valid for a folder, a contender has no validation rows or no such metric, `out` is not a folder,
/// or `out` holds results or checkpoints that cannot be continued (`resume` is false, or they
/// belong to other configurations); Error(data) if results in `out` are damaged; and the errors of
/// Run, with the contender's name.
Comparison compare(const std::vector<Contender>& contenders, const CompareOptions& options,
                   const CompareCallbacks& callbacks = {});

}  // namespace selfnorm
