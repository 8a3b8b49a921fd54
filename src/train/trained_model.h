// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "data/standardizer.h"
#include "selfnorm/checksums.h"
#include "selfnorm/dataset.h"
#include "selfnorm/network.h"
#include "train/held_out_errors.h"
#include "train/objective.h"
#include "train/weights.h"

namespace selfnorm {

/// The description of the training data that is needed to read new data in the same way.
struct Schema {
  struct Input {
    std::string name;
    Shape sample_shape;
    std::vector<std::string> columns;  ///< columns of a table
    Standardizer standardizer;         ///< empty: none
    std::int64_t vocabulary_size = 0;  ///< size of the vocabulary of token ids; 0: numbers
  };
  std::vector<Input> inputs;
  std::string target;
  std::vector<std::string> class_names;
  std::vector<std::string> target_columns = {};  ///< columns of several targets in a table
  std::vector<std::string> target_formats = {};  ///< as in Targets::formats
  std::string header = "auto";                   ///< how a table is read, as in DataOptions
  std::string delimiter = "auto";
  std::string quotes = "auto";
  std::vector<std::string> missing = {};     ///< all words that are missing (missing_words)
  std::vector<TableColumn> table = {};       ///< how the columns of a table become numbers
  std::vector<std::string> vocabulary = {};  ///< vocabulary of texts (Dataset::vocabulary)
  std::string training_data = {};            ///< LoadedData::fingerprint, or ""
};

/// A trained network, with everything needed to use it.
struct TrainedModel {
  Network network;
  Objective objective;
  Schema schema;
  Weights weights;
  /// The lines by which the outputs were refitted, by output, or empty (train/output_line.h).
  std::vector<OutputLine> output_lines = {};
  /// The errors for held-out rows, by output, or empty.
  std::vector<HeldOutErrors> held_out_errors = {};
};

using Metadata = std::map<std::string, std::string>;

/// Writes the model file (safetensors; docs/adr/0004-model-file.md) atomically, with
/// `extra_metadata` in addition to its own metadata.
void save_model(const TrainedModel& model, const std::filesystem::path& path,
                const Metadata& extra_metadata = {});

/// Reads and checks a model file. Throws Error(model_file) with what does not fit.
TrainedModel load_model(const std::filesystem::path& path, Checksums checksums = Checksums::verify);

/// Sets the vocabulary of the inputs that the network reads as token ids.
void mark_token_inputs(const Graph& graph, Schema& schema);

/// Puts the inputs of the data into the order of `names`. A single input may have any name. Throws
/// Error(data) if the names differ.
void order_inputs(const std::vector<std::string>& names, Dataset& data);

/// Adapts a data set to a model. Columns of a table are reordered by name, texts are converted to
/// the token ids of the model, and classes are renumbered by name. Throws Error(data) if the model
/// cannot read the data set, because an input has another shape or a class is unknown.
void adapt_dataset(const Schema& schema, Dataset& data);

}  // namespace selfnorm
