#include "train/batches.h"

#include <algorithm>

#include "data/gather.h"

namespace selfnorm {

void feed_inputs(Program& program, const Schema& schema, const Dataset& data,
                 std::span<const std::int64_t> rows) {
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    const Schema::Input& input = schema.inputs[i];
    const Standardizer* standardizer =
        input.standardizer.mean.empty() ? nullptr : &input.standardizer;
    gather_batch(data.inputs[i], standardizer, rows,
                 program.data(find_value(program.graph(), input.name)));
  }
}

void feed_targets(Program& program, ValueId target, const Objective& objective,
                  const Targets& targets, std::span<const std::int64_t> rows) {
  gather_targets(objective, targets, rows, program.data(target));
}

std::vector<std::int64_t> batch_sizes(std::int64_t rows, std::int64_t batch) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(rows / batch), batch);
  if (rows % batch != 0) sizes.push_back(rows % batch);
  return sizes;
}

}  // namespace selfnorm
