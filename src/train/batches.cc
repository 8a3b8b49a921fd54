// SPDX-License-Identifier: Apache-2.0
#include "train/batches.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/index.h"
#include "data/gather.h"
#include "kernels/simd/layout.h"
#include "ops/rules.h"
#include "ops/table.h"

namespace selfnorm {

namespace {

const Standardizer* standardizer_of(const Schema::Input& input) {
  return input.standardizer.mean.empty() ? nullptr : &input.standardizer;
}

// Marks targets as missing. Class indices are stored as int32.
void clear_targets(const Objective& objective, float* targets, std::int64_t count) {
  const std::int32_t no_class = -1;
  float missing = std::numeric_limits<float>::quiet_NaN();
  if (uses_class_indices(objective.targets)) std::memcpy(&missing, &no_class, sizeof missing);
  std::fill_n(targets, count, missing);
}

// Spreads the targets of the rows, which are at the start of `targets`, to the members.
void give_members_targets(const Objective& objective, const Dataset& data,
                          std::span<const std::int64_t> rows, TargetOf which, const Shape& shape,
                          float* targets) {
  const std::int64_t members = shape[0] / std::ssize(rows), width = elements(shape) / shape[0];
  for (std::int64_t i = std::ssize(rows) - 1; i >= 0; --i) {  // from the last, which moves farthest
    float* of_row = targets + i * members * width;
    for (std::int64_t member = members - 1; member >= 0; --member)
      std::memmove(of_row + member * width, targets + i * width,
                   static_cast<std::size_t>(width) * sizeof(float));
    if (data.folds.empty() || which == TargetOf::all_members) continue;
    const std::int32_t fold = data.folds[as_index(rows[as_index(i)])];
    for (std::int64_t member = 0; member < members; ++member) {
      const bool wants_fold = which == TargetOf::held_out_member;
      if ((member == fold) != wants_fold) clear_targets(objective, of_row + member * width, width);
    }
  }
}

}  // namespace

InputRows gather_inputs(const Schema& schema, const Dataset& data,
                        std::span<const std::int64_t> rows) {
  InputRows gathered;
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    const Schema::Input& input = schema.inputs[i];
    const auto count = rows.size() * static_cast<std::size_t>(elements(input.sample_shape));
    gather_batch(data.inputs[i], standardizer_of(input), rows, gathered.emplace_back(count).data());
  }
  return gathered;
}

void feed_inputs(Program& program, const Schema& schema, const Dataset& data,
                 std::span<const std::int64_t> rows) {
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    const Schema::Input& input = schema.inputs[i];
    gather_batch(data.inputs[i], standardizer_of(input), rows,
                 program.data(find_value(program.graph(), input.name)));
  }
}

void feed_targets(Program& program, ValueId target, const Objective& objective, const Dataset& data,
                  std::span<const std::int64_t> rows, TargetOf members) {
  const Shape& shape = program.graph().value(target).shape;
  float* out = program.data(target);
  if (!stored_features_last(shape)) {
    gather_targets(objective, data.targets, rows, out);
    if (shape[0] > std::ssize(rows))
      give_members_targets(objective, data, rows, members, shape, out);
    return;
  }
  for (const std::int64_t row : rows) {
    kernels::to_channels_last(data.targets.values.data() + row * data.targets.width, out, shape[1],
                              shape[2] * shape[3]);
    out += data.targets.width;
  }
}

void append_outputs(const Program& program, ValueId output, std::vector<float>& all) {
  const Shape& shape = program.graph().value(output).shape;
  const float* from = program.data(output);
  if (!stored_features_last(shape)) {
    all.insert(all.end(), from, from + elements(shape));
    return;
  }
  const std::int64_t row = elements(shape) / shape[0];
  all.resize(all.size() + static_cast<std::size_t>(elements(shape)));
  float* to = all.data() + all.size() - elements(shape);
  for (std::int64_t n = 0; n < shape[0]; ++n) {
    kernels::to_channels_first(from + n * row, to + n * row, shape[1], shape[2] * shape[3]);
  }
}

std::int64_t EpochBatches::count() const {
  const std::int64_t full = rows / batch, rest = rows % batch;
  const bool joins = joins_single_row && rest == 1 && full > 0;
  return rest == 0 || joins ? full : full + 1;
}

std::int64_t EpochBatches::first(std::int64_t step) const { return step * batch; }

std::int64_t EpochBatches::end(std::int64_t step) const {
  return step + 1 == count() ? rows : first(step + 1);
}

const Node* find_normalization_of_single_rows(const Graph& graph) {
  const auto has_one_value = [&](const Node& node) {
    const Shape& shape = graph.value(node.inputs[0]).shape;
    return row_of(node).traits.uses_batch_statistics &&
           feature_matrix_shape(shape).rows == shape[0];
  };
  const auto found = std::ranges::find_if(graph.nodes, has_one_value);
  return found == graph.nodes.end() ? nullptr : &*found;
}

std::vector<std::int64_t> batch_sizes(std::int64_t rows, std::int64_t batch) {
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(rows / batch), batch);
  if (rows % batch != 0) sizes.push_back(rows % batch);
  return sizes;
}

}  // namespace selfnorm
