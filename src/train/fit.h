// What is not drawn before training: states that the training rows decide, as those of whitening,
// and tables that come from files.
#pragma once

#include "train/batches.h"
#include "train/weights.h"

namespace selfnorm {

/// Whether a node's table is read from a file.
bool reads_table(const Node& node);

/// Reads the tables that nodes name in their `weights`, NPY files of the table's shape. Of a
/// shared one its owner's. Error(data) says what does not fit.
void load_tables(const Graph& graph, Weights& weights);

/// Whether a graph has nodes with states that rows decide.
bool has_fitted_states(const Graph& graph);

/// Sets them, each from what reaches its node in inference mode, in the order of computation. The
/// graph is one for as many rows as are given.
void fit_states(const Graph& graph, Weights& weights, const InputRows& rows);

/// What a value of such a graph is for these rows, in inference mode and memory order.
std::vector<float> value_of(const Graph& graph, ValueId value, Weights& weights,
                            const InputRows& rows);

}  // namespace selfnorm
