// SPDX-License-Identifier: Apache-2.0
#include "api/folds.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "ops/table.h"
#include "passes/members.h"
#include "selfnorm/error.h"
#include "tables/column_encoding.h"
#include "tables/embedded_categories.h"

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
  if (data.validation_split.has_value() || !data.validation.empty())
    fail("each row is held out once (leave out validation_split and validation)");
  if (!data.shuffle_split || !data.time.empty())
    fail("the rows of a fold are drawn at random (leave out shuffle_split = false and time)");
  config.default_network.members = folds;
  config.given.emplace_back("members");
  data.validation_split = 1 / static_cast<double>(folds);
  return true;
}

void require_folds(const Dataset& train) {
  if (!train.folds.empty()) return;
  const bool has_embedding = std::ranges::any_of(train.table, is_embedded);
  throw Error(
      ErrorKind::config,
      fmt::format("[model]: folds: {} (use --members instead, which share their held-out rows)",
                  has_embedding || !train.vocabulary.empty()
                      ? "the networks share an embedding, which learns from the rows of all folds"
                      : "the rows cannot be divided into so many folds, or the networks share a "
                        "layer, or the loss does not ignore missing targets"));
}

std::int64_t most_members_with_folds(const DataOptions& data) {
  constexpr double kRounding = 1e-6;
  constexpr double kNoLimit = 1e9;
  const double split = *data.validation_split;
  return static_cast<std::int64_t>(split > 0 ? std::min(1 / split + kRounding, kNoLimit)
                                             : kNoLimit);
}

std::vector<std::int64_t> rows_to_complete_from(const RunConfig& config, const Dataset& train) {
  const bool shares_no_layer = config.network.layers.empty() && train.vocabulary.empty() &&
                               config.default_network.numeric_embedding == "none" &&
                               std::ranges::none_of(train.table, is_embedded);
  const bool has_folds =
      shares_no_layer &&
      !draw_folds(config.data, train, config.train.seed, config.default_network.members).empty();
  return has_folds ? all_rows(train.rows)
                   : split_validation_rows(config.data, train, config.train.seed).train;
}

Split divide_rows(const RunConfig& config, const Objective& objective, const Graph& graph,
                  Dataset& train) {
  const Members members = find_members(graph);
  const bool may_differ =
      members.are_separate && !find_op(objective.loss)->traits.counts_missing_targets;
  train.folds.clear();
  if (may_differ) train.folds = draw_folds(config.data, train, config.train.seed, members.count);
  if (train.folds.empty()) return split_validation_rows(config.data, train, config.train.seed);
  Split split{all_rows(train.rows), {}};
  for (const std::int64_t row : split.train)
    if (train.folds[static_cast<std::size_t>(row)] >= 0) split.held_out.push_back(row);
  return split;
}

}  // namespace selfnorm
