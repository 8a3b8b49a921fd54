// SPDX-License-Identifier: Apache-2.0
// Successive halving: which candidate trains next, and for how long.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace selfnorm {

/// Rungs 0, 1, … of longer and longer trainings. The last one has all epochs.
inline constexpr std::int64_t kRungs = 3;

/// Returns the epochs of a rung: a third of those of the next one, at least 1.
std::int64_t epochs_of_rung(std::int64_t all_epochs, std::int64_t rung);

/// A training: a candidate and its rung.
using RungTrial = std::pair<std::int64_t, std::int64_t>;

/// Plans a search over candidates 0, 1, …, in groups of nine. A third of the candidates of a group,
/// at least one, goes on to the next rung. Candidate 0 always does, and the first trial is that of
/// candidate 0 with all epochs. What it plans depends only on the scores, not on their order in
/// time. Not thread-safe.
class Halving {
 public:
  /// `candidates` is their number; 0: any number.
  explicit Halving(std::int64_t candidates) : candidates_(candidates) {}

  /// Records the score of a finished trial; higher is better. Without a score it has failed.
  void finish(const RungTrial& trial, std::optional<std::vector<double>> score);

  /// Returns the next trial to run and counts it as started, or nothing if none can start before
  /// others finish, or all have.
  std::optional<RungTrial> start_next();

  /// Returns whether this search runs the trial. A search over more candidates may have run others.
  bool is_planned(const RungTrial& trial) const;

  /// Returns the candidates that this search ran at a rung with a score, best first.
  std::vector<std::int64_t> ranked(std::int64_t rung) const;

 private:
  std::optional<std::vector<std::int64_t>> members_of(std::int64_t group, std::int64_t rung) const;
  std::vector<std::int64_t> ranked(std::vector<std::int64_t> ids, std::int64_t rung) const;

  std::int64_t candidates_;
  std::set<RungTrial> started_;
  /// Scores are compared from their first number on.
  std::map<RungTrial, std::optional<std::vector<double>>> finished_;
};

}  // namespace selfnorm
