// SPDX-License-Identifier: Apache-2.0
// Values that are not drawn before training: states fitted to the training rows, such as whitening,
// and pretrained tables from files.
#pragma once

#include <span>

#include "train/batches.h"
#include "train/weights.h"

namespace selfnorm {

/// Whether the table of a node comes from a file.
bool has_pretrained_table(const Node& node);

/// A pretrained table for the value with this name.
struct PretrainedTable {
  std::string value;
  std::vector<float> numbers;
  std::vector<bool> has_vector = {};    ///< by token id; empty: all
  bool keeps_initialized_rows = false;  ///< rows without a vector stay as drawn, else 0
  std::int64_t skipped = 0;             ///< unreadable lines, skipped
};

/// The vocabulary and what else tables for texts depend on.
struct VocabularyInfo {
  const std::vector<std::string>& words;  ///< the vocabulary; empty: none
  std::vector<double> counts = {};        ///< count of each token; empty: equal
  bool skip_bad = false;                  ///< skip unreadable lines of vectors
};

/// Reads the tables that nodes name in their `weights`, of shared ones the owner's: NPY files of
/// the table's shape, or vectors of `words` as text (data/vectors.h), where words without one are 0
/// in a table that is not learned and as drawn in one that is. Error(data) says what does not fit.
/// With `standardize` they are taken to mean 0 and variance 1, each word counted as often as it is
/// there. Of an array for a vocabulary the rows count as given that are not all 0.
std::vector<PretrainedTable> load_pretrained_tables(const Graph& graph, const VocabularyInfo& use);

/// The count of each token of the vocabulary in the texts of these rows.
std::vector<double> count_tokens(const Dataset& data, std::span<const std::int64_t> rows);

void assign_pretrained_tables(const std::vector<PretrainedTable>& tables, Weights& weights);

/// Whether a graph has nodes with fitted states.
bool has_fitted_states(const Graph& graph);

/// Sets them, each from what reaches its node in inference mode, in the order of computation. The
/// graph is one for as many rows as are given.
void fit_states(const Graph& graph, Weights& weights, const InputRows& rows);

/// What a value of such a graph is for these rows, in inference mode and memory order.
std::vector<float> value_of(const Graph& graph, ValueId value, Weights& weights,
                            const InputRows& rows);

}  // namespace selfnorm
