// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "engine/program.h"
#include "train/objective.h"
#include "train/trained_model.h"

namespace selfnorm {

/// Rows for each of a network's inputs, as the engine holds them (features last).
using InputRows = std::vector<std::vector<float>>;

/// Rows of a data set for the schema's inputs, standardized as it says.
InputRows gather_inputs(const Schema& schema, const Dataset& data,
                        std::span<const std::int64_t> rows);

/// Fills a program's inputs with rows of a data set, standardized by the schema. Field i of the
/// data set goes to the schema's input i, which the program has under that name.
void feed_inputs(Program& program, const Schema& schema, const Dataset& data,
                 std::span<const std::int64_t> rows);

/// Fills the value that a loss reads with the rows' targets, turned from API to memory order.
void feed_targets(Program& program, ValueId target, const Objective& objective,
                  const Targets& targets, std::span<const std::int64_t> rows);

/// Appends a batch of a program's outputs, turned from memory to API order.
void append_outputs(const Program& program, ValueId output, std::vector<float>& all);

/// The sizes of a pass over `rows` rows in batches of `batch`: full ones, then what is left.
std::vector<std::int64_t> batch_sizes(std::int64_t rows, std::int64_t batch);

}  // namespace selfnorm
