// SPDX-License-Identifier: Apache-2.0
#include "tune/halving.h"

#include <algorithm>
#include <limits>

namespace selfnorm {
namespace {

constexpr std::int64_t kShare = 3, kGroup = 9;
constexpr RungTrial kWholeDefault{0, kRungs - 1};

}  // namespace

std::int64_t epochs_of_rung(std::int64_t all_epochs, std::int64_t rung) {
  std::int64_t divisor = 1;
  for (std::int64_t i = rung; i + 1 < kRungs; ++i) divisor *= kShare;
  return std::max<std::int64_t>(1, all_epochs / divisor);
}

void Halving::finish(const RungTrial& trial, std::optional<std::vector<double>> score) {
  started_.insert(trial);
  finished_[trial] = std::move(score);
}

// Returns the candidates of a group that train at this rung, or nothing while trials of the rung
// below are missing.
std::optional<std::vector<std::int64_t>> Halving::members_of(std::int64_t group,
                                                             std::int64_t rung) const {
  std::vector<std::int64_t> ids;
  const std::int64_t first = group * kGroup;
  const std::int64_t end = candidates_ > 0 ? std::min(first + kGroup, candidates_) : first + kGroup;
  for (std::int64_t id = first; id < end; ++id) ids.push_back(id);
  for (std::int64_t below = 0; below < rung; ++below) {
    const bool are_finished = std::ranges::all_of(ids, [&](std::int64_t id) {
      return finished_.contains({id, below});
    });
    if (!are_finished) return std::nullopt;
    std::vector<std::int64_t> best = ranked(ids, below);
    const std::size_t kept = std::max<std::size_t>(1, ids.size() / kShare);
    if (best.size() > kept) best.resize(kept);
    const bool has_default = group == 0 && std::ranges::find(best, 0) == best.end();
    if (has_default) best.push_back(0);
    ids = std::move(best);
  }
  return ids;
}

std::optional<RungTrial> Halving::start_next() {
  // First, so that there is a result at any time.
  if (started_.insert(kWholeDefault).second) return kWholeDefault;
  const std::int64_t groups = candidates_ > 0 ? (candidates_ + kGroup - 1) / kGroup
                                              : std::numeric_limits<std::int64_t>::max();
  for (std::int64_t group = 0; group < groups; ++group) {
    for (std::int64_t rung = kRungs - 1; rung >= 0; --rung) {
      const auto ids = members_of(group, rung);
      if (!ids.has_value()) continue;
      for (const std::int64_t id : *ids)
        if (started_.insert({id, rung}).second) return RungTrial{id, rung};
    }
  }
  return std::nullopt;
}

std::vector<std::int64_t> Halving::ranked(std::vector<std::int64_t> ids, std::int64_t rung) const {
  const auto score = [&](std::int64_t id) { return finished_.at({id, rung}); };
  std::erase_if(ids, [&](std::int64_t id) { return !score(id).has_value(); });
  std::ranges::stable_sort(ids,
                           [&](std::int64_t a, std::int64_t b) { return *score(a) > *score(b); });
  return ids;
}

std::vector<std::int64_t> Halving::ranked(std::int64_t rung) const {
  std::vector<std::int64_t> ids;
  for (const auto& [trial, score] : finished_)
    if (trial.second == rung && is_planned(trial)) ids.push_back(trial.first);
  return ranked(std::move(ids), rung);
}

bool Halving::is_planned(const RungTrial& trial) const {
  if (trial == kWholeDefault) return true;
  const auto ids = members_of(trial.first / kGroup, trial.second);
  return ids.has_value() && std::ranges::find(*ids, trial.first) != ids->end();
}

}  // namespace selfnorm
