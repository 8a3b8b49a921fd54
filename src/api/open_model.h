// SPDX-License-Identifier: Apache-2.0
// The implementation of the public Model and open_model.
#pragma once

#include <filesystem>
#include <span>

#include "selfnorm/run.h"
#include "train/trained_model.h"

namespace selfnorm {

/// Loads the model of a run folder or a model file.
TrainedModel load_trained_model(const std::filesystem::path& run_or_model,
                                Checksums checksums = Checksums::verify);

/// Returns the options for data other than those of training. What `given` leaves out comes from
/// the schema. A table's cells become the same numbers as in training.
DataOptions external_data_options(const DataOptions& given, const Schema& schema);

/// Throws Error(data) when the data have no targets.
void require_targets(const Schema& schema, const Dataset& data);

}  // namespace selfnorm
