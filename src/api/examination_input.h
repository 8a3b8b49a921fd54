// SPDX-License-Identifier: Apache-2.0
// What the doctor is given: a network with what goes into it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "doctor/layer_moments.h"
#include "selfnorm/doctor.h"
#include "selfnorm/run.h"
#include "train/trained_model.h"

namespace selfnorm {

/// A network with what goes into it: the fields that are known, and the rows of each draw.
struct ExaminationInput {
  std::string input;
  Network network;
  Graph graph;  ///< for so many samples
  std::int64_t samples;
  bool has_unstandardized_input;         ///< of data that are not standardized
  std::vector<PretrainedTable> tables;   ///< that nodes read
  std::map<ValueId, MomentField> known;  ///< of inputs, and of what is made of them alone
  std::function<InputRows(std::uint64_t seed)> rows;
  /// As many that another seed draws, as long as the data set is there.
  std::function<InputRows(std::uint64_t seed)> draw_fresh_rows;
};

/// The data that a configuration names, or none.
std::optional<Dataset> load_training_data(RunConfig config);

/// The network of a configuration with rows of the training set, drawn and standardized as training
/// does; without data with independent N(0, 1), drawn anew for each draw of the weights, since the
/// prediction is for all such rows.
ExaminationInput prepare_examination(const RunConfig& config, std::optional<Dataset>& data,
                                     const ExaminationOptions& options);
ExaminationInput prepare_examination(const RunConfig& config, Dataset& train,
                                     const ExaminationOptions& options);

/// The same of a configuration that is complete, with these rows and standardized so.
ExaminationInput prepare_examination(const RunConfig& config, const Dataset& train,
                                     std::span<const std::int64_t> rows, const Schema& schema,
                                     const ExaminationOptions& options);

/// What `examine` says of it.
Examination examine(const ExaminationInput& patient, const ExaminationOptions& options,
                    const std::vector<EpochRecord>& trained);

}  // namespace selfnorm
