// SPDX-License-Identifier: Apache-2.0
#include "api/folds.h"

#include "passes/members.h"

namespace selfnorm {

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
