// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/standardizer.h"
#include "selfnorm/dataset.h"
#include "selfnorm/network.h"
#include "train/objective.h"
#include "train/weights.h"

namespace selfnorm {

/// What the data were: enough to read new data in the same way.
struct Schema {
  struct Input {
    std::string name;
    Shape sample_shape;
    std::vector<std::string> columns;  ///< of a table
    Standardizer standardizer;         ///< empty: raw data go in
    std::int64_t vocabulary = 0;       ///< as the network reads it: above 0, numbers of words
  };
  std::vector<Input> inputs;
  std::string target;
  std::vector<std::string> class_names;
  std::vector<std::string> target_columns = {};  ///< of a table's several targets
  std::string header = "auto";                   ///< how a table is read, as in DataOptions
  std::string delimiter = "auto";
  std::vector<std::string> words =
      {};  ///< of texts: Dataset::words, by which new ones are numbered
};

/// A network that can be used: graph, weights, schema and standardizer together.
struct TrainedModel {
  Network network;
  Objective objective;
  Schema schema;
  Weights weights;
};

using Metadata = std::map<std::string, std::string>;

/// Writes the model file (safetensors; docs/adr/0004-model-file.md), atomically. Tensors in `more`
/// go in as they are, for checkpoints.
void save_model(const TrainedModel& model, const std::filesystem::path& path,
                const Metadata& more_metadata = {});

/// Reads a model file. Everything is checked: Error(model_file) says what does not fit.
TrainedModel load_model(const std::filesystem::path& path);

/// Marks the inputs that the network reads as numbers of words.
void mark_token_inputs(const Graph& graph, Schema& schema);

/// Puts the data's inputs into the order of the names. A single input needs no name. Throws
/// Error(data) when there are others than those.
void order_inputs(const std::vector<std::string>& names, Dataset& data);

/// Throws Error(data) unless the model can read this data set: inputs of its shapes, none but its
/// classes. The columns of a table are put in the model's order by their names, and classes get the
/// model's numbers by theirs.
void adapt_dataset(const Schema& schema, Dataset& data);

}  // namespace selfnorm
