// SPDX-License-Identifier: Apache-2.0
#include "api/folds.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "passes/members.h"
#include "selfnorm/error.h"

namespace selfnorm {

bool resolve_folds(RunConfig& config) {
  const std::int64_t folds = std::exchange(config.default_network.folds, 0);
  if (folds == 0) return false;
  const auto fail = [&](const std::string& why) {
    throw Error(ErrorKind::config, fmt::format("[model]: folds = {}: {}", folds, why));
  };
  if (folds == 1) fail("a cross-validation needs at least 2 folds");
  if (is_listed(config.given, "members")) fail("each fold has one member (leave out members)");
  DataOptions& data = config.data;
  if (data.validation_split.value_or(0) > 0 || !data.validation.empty())
    fail("each row is held out once (leave out validation_split and validation)");
  if (!data.shuffle_split || !data.time.empty())
    fail("the rows of a fold are drawn at random (leave out shuffle_split = false and time)");
  config.default_network.members = folds;
  config.given.emplace_back("members");
  data.validation_split = 1 / static_cast<double>(folds);
  return true;
}

void fit_split_to_members(RunConfig& config) {
  if (!config.network.layers.empty()) return;
  double& split = *config.data.validation_split;
  split = std::min(split, 1 / static_cast<double>(config.default_network.members));
}

Split divide_rows(const RunConfig& config, const Graph& graph, Dataset& train) {
  const Members members = find_members(graph);
  train.folds.clear();
  if (!members.are_separate || !can_have_folds(config.data, train, members.count))
    return split_validation_rows(config.data, train, config.train.seed);
  train.folds = draw_folds(config.data, train, config.train.seed, members.count);
  Split split{all_rows(train.rows), {}};
  for (const std::int64_t row : split.train)
    if (train.folds[static_cast<std::size_t>(row)] >= 0) split.held_out.push_back(row);
  return split;
}

}  // namespace selfnorm
