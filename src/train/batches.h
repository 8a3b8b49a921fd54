// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "engine/program.h"
#include "train/objective.h"
#include "train/trained_model.h"

namespace selfnorm {

/// Rows for each input of a network, in the memory order of the engine (features last).
using InputRows = std::vector<std::vector<float>>;

/// Returns rows of a data set for the inputs of the schema, standardized by the schema.
InputRows gather_inputs(const Schema& schema, const Dataset& data,
                        std::span<const std::int64_t> rows);

/// Fills the inputs of a program with rows of a data set, standardized by the schema. Field i of
/// the data set is for input i of the schema, and the program has an input with the same name.
void feed_inputs(Program& program, const Schema& schema, const Dataset& data,
                 std::span<const std::int64_t> rows);

/// The members of an ensemble that get the target of a row. The others get a missing target.
enum class TargetOf : std::uint8_t {
  all_members,
  training_members,  ///< those that train on the row: all but that of its fold
  held_out_member,   ///< the member of the row's fold
};

/// Fills `target`, which the loss reads, with the targets of the rows, converted from API order to
/// memory order. If it has a row for each member of an ensemble, each member gets a target.
void feed_targets(Program& program, ValueId target, const Objective& objective, const Dataset& data,
                  std::span<const std::int64_t> rows, TargetOf members = TargetOf::all_members);

/// Appends the outputs of a program for a batch to `all`, converted from memory order to API order.
void append_outputs(const Program& program, ValueId output, std::vector<float>& all);

/// The batches of an epoch: full ones, then the remainder. With `joins_single_row`, a remainder of
/// one row belongs to the batch before it.
struct EpochBatches {
  std::int64_t rows, batch;
  bool joins_single_row = false;
  std::int64_t count() const;
  std::int64_t first(std::int64_t step) const;  ///< the first row of this batch
  std::int64_t end(std::int64_t step) const;    ///< the row after its last one
};

/// Returns a node that would get a single value of each feature from a batch of one row, and
/// normalizes features over the batch, or nullptr.
const Node* find_normalization_of_single_rows(const Graph& graph);

/// Returns the batch sizes of a pass over `rows` rows: full batches of `batch` rows, then the
/// remainder.
std::vector<std::int64_t> batch_sizes(std::int64_t rows, std::int64_t batch);

}  // namespace selfnorm
