// SPDX-License-Identifier: Apache-2.0
// Values that are not drawn before training: states fitted to the training rows, such as whitening,
// and pretrained tables from files.
#pragma once

#include <span>

#include "train/batches.h"
#include "train/weights.h"

namespace selfnorm {

/// Returns whether the table of a node comes from a file.
bool has_pretrained_table(const Node& node);

/// A pretrained table for the value with this name.
struct PretrainedTable {
  std::string value;
  std::vector<float> numbers;
  std::vector<bool> has_vector = {};    ///< by token id; empty: all
  bool keeps_initialized_rows = false;  ///< rows without a vector stay as drawn, else are 0
  std::int64_t skipped = 0;             ///< unreadable lines, skipped
};

/// The vocabulary and the options that tables for texts depend on.
struct VocabularyInfo {
  const std::vector<std::string>& vocabulary;  ///< the vocabulary; empty: none
  std::vector<double> counts = {};             ///< count of each token; empty: equal
  bool skip_bad = false;                       ///< skip unreadable lines of vectors
};

/// Reads the tables that nodes name in their `weights`. A shared table is read for its owner. A
/// file is an NPY array of the shape of the table, or word vectors in text form for `vocabulary`
/// (texts/word_vectors.h). Words without a vector are 0 in a table that is not trained, and remain
/// as drawn in one that is. In an array for a vocabulary, rows that are not all 0 count as vectors.
/// With `standardize`, the columns get mean 0 and variance 1, where each word counts as often as it
/// occurs. Throws Error(data) for a file that does not fit, and Error(config) if the table has
/// another number of rows than the vocabulary.
std::vector<PretrainedTable> load_pretrained_tables(const Graph& graph, const VocabularyInfo& info);

/// Returns the count of each token of the vocabulary in the texts of these rows.
std::vector<double> count_tokens(const Dataset& data, std::span<const std::int64_t> rows);

void assign_pretrained_tables(const std::vector<PretrainedTable>& tables, Weights& weights);

/// Returns whether a graph has nodes with fitted states.
bool has_fitted_states(const Graph& graph);

/// Fits the states of all nodes in the order of computation. Each is computed from the input of its
/// node in inference mode. The batch size of the graph must be the number of rows.
void fit_states(const Graph& graph, Weights& weights, const InputRows& rows);

/// Computes a value of such a graph for these rows, in inference mode and memory order.
std::vector<float> compute_value(const Graph& graph, ValueId value, Weights& weights,
                                 const InputRows& rows);

}  // namespace selfnorm
