// SPDX-License-Identifier: Apache-2.0
// Searches for the default network, its training and the preparation of its inputs that are best
// for a table.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "selfnorm/run.h"

namespace selfnorm {

/// What a search chooses.
struct Candidate {
  std::vector<std::int64_t> hidden;  ///< as in DefaultNetworkOptions
  double dropout_rate = 0;           ///< as in DefaultNetworkOptions
  std::string numeric_embedding;     ///< as in DefaultNetworkOptions
  std::string scaling;               ///< as in DataOptions, but not "auto"
  double learning_rate = 0;          ///< as in OptimizerOptions
  double weight_decay = 0;           ///< as in OptimizerOptions
};

/// A training of a candidate.
struct TuneTrial {
  std::int64_t id = 0;  ///< of the candidate; 0 is the default network
  /// 0: a ninth of the epochs of the default, 1: a third, 2: all of them.
  std::int64_t rung = 0;
  std::int64_t epochs = 0;
  Candidate candidate;
  Scores scores;        ///< of the held-out rows; empty after a failure
  std::string failure;  ///< why there are no scores: a finding of the doctor, or an error
  double seconds = 0;   ///< that it took
};

struct TuneOptions {
  std::int64_t trials = 0;  ///< number of candidates; 0: as many as there is time for
  /// Time after which no trial starts or goes on, except that of the default over all epochs, which
  /// is the first. 0: any time.
  double seconds = 0;
  std::int64_t ensemble = 5;  ///< number of networks that are averaged, at most
  /// Number of parts of a nested cross-validation: for each part, the search is repeated without
  /// its rows, and its model is scored on them. All searches share `seconds`. 0: none.
  std::int64_t outer_folds = 0;
  std::int64_t jobs = 0;  ///< trainings at a time, each on one thread; 0: one per core
};

struct TuneCallbacks {
  /// Called before the first trial, with the summary of the default network, and the score that
  /// decides.
  std::function<void(const RunSummary&, const std::string& metric)> on_start = {};
  std::function<void(const TuneTrial&)> on_trial = {};  ///< after a trial, one call at a time
  /// Called before the search without a part of the rows (TuneOptions::outer_folds), from 1.
  std::function<void(std::int64_t)> on_part = {};
  std::function<bool()> should_stop = {};  ///< true stops the search; called by all threads
};

/// The result of a search.
struct TuneResult {
  std::string metric;                  ///< the score that decides
  std::vector<TuneTrial> trials;       ///< by candidate, then by rung
  std::vector<std::int64_t> ensemble;  ///< the candidates that the model averages, best first
  std::int64_t folds = 0;              ///< as in RunSummary
  std::int64_t validation_rows = 0;    ///< number of held-out rows
  Scores validation, test;             ///< of the model; `test` is empty without test rows
  ScoreRanges validation_ranges, test_ranges;
  std::vector<Scores> outer;  ///< of each part of a nested cross-validation
};

/// The files of a search, in addition to the model and the configuration of a run folder.
struct TuneFolder : RunFolder {
  using RunFolder::RunFolder;
  /// The trials: one JSON object per line, after a line on the search itself.
  std::filesystem::path trials() const { return root / "trials.jsonl"; }
  /// The page with all trials.
  std::filesystem::path page() const { return root / "trials.html"; }
  /// The models of trials over all epochs.
  std::filesystem::path models() const { return root / "trials"; }
};

/// Searches by successive halving (Jamieson and Talwalkar 2016), and averages the best networks in
/// one model. Of nine candidates, all train for a ninth of the epochs of the default, the best
/// three for a third, and the best one for all of them. The default itself always trains for all of
/// them. Scores are those of held-out rows. Unless the configuration says how rows are held out,
/// they are those of all rows in a cross-validation by five members, if there are fewer than 10,000
/// and the members share no layer, such as an embedding. Options that the configuration gives are
/// not searched. Candidates for which the doctor finds an error are not trained. A network joins
/// the mean only if the mean then predicts the held-out rows at least as well.
///
/// Writes the folder. With `resume`, trials that the folder has are not repeated. Without a limit
/// of time, the result is a function of the configuration, the data and the number of candidates,
/// not of `jobs` or interruptions. Throws Error(config) if the options contradict each other, the
/// data are not a table, or the folder has other files, Error(data) if it has the trials of another
/// search, Error(interrupted) if `should_stop` returns true, and what Run throws.
TuneResult tune(const RunConfig& config, const TuneFolder& folder, const TuneOptions& options,
                bool resume = false, const TuneCallbacks& callbacks = {});

}  // namespace selfnorm
