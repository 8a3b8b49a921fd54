// SPDX-License-Identifier: Apache-2.0
// The input of the doctor: a network and the data that it reads.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "doctor/layer_moments.h"
#include "doctor/training_goal.h"
#include "selfnorm/doctor.h"
#include "selfnorm/run.h"
#include "train/trained_model.h"

namespace selfnorm {

/// A network with the data that it reads: the fields that are known, and the rows of each draw.
struct ExaminationInput {
  std::string name;  ///< name of the data set, or "N(0, 1)"
  Network network;
  Graph graph;  ///< for `samples` samples
  std::int64_t samples;
  bool has_unstandardized_input;                ///< whether inputs are data without standardization
  std::vector<PretrainedTable> tables;          ///< pretrained tables of the nodes
  std::map<ValueId, MomentField> known_fields;  ///< fields that follow from the rows alone
  std::function<InputRows(std::uint64_t seed)> rows;  ///< rows of a draw
  /// Draws other rows, as many, with a seed. Only valid while the data set exists.
  std::function<InputRows(std::uint64_t seed)> draw_fresh_rows;
  /// Only if the configuration or its targets determine the loss. Valid as long as the data set.
  std::optional<TrainingGoal> goal = {};
};

/// Loads the training data of a configuration; nullopt if it names none. Decides how many of their
/// rows are for validation, as training does.
std::optional<Dataset> load_training_data(RunConfig& config);

/// Prepares the network of a configuration with training rows, which are drawn and standardized as
/// in training. Without data, inputs are independent N(0, 1), drawn anew for each draw of the
/// weights, since the prediction is for all such rows.
ExaminationInput prepare_examination(const RunConfig& config, std::optional<Dataset>& data,
                                     const ExaminationOptions& options);
ExaminationInput prepare_examination(const RunConfig& config, Dataset& train,
                                     const ExaminationOptions& options);

/// The same for a complete configuration, with rows drawn from `rows` and standardized by `schema`.
ExaminationInput prepare_examination(const RunConfig& config, const Dataset& train,
                                     std::span<const std::int64_t> rows, const Schema& schema,
                                     const ExaminationOptions& options);

/// Examines the network of a run, without measurements, on 64 samples, or fewer if these would have
/// more positions than this, so that it takes little time compared with the run.
Examination examine_briefly(const PreparedRun& run, std::int64_t max_positions,
                            const std::vector<EpochRecord>& history = {});

/// Examines the network, as `examine` in selfnorm/doctor.h does.
Examination examine(const ExaminationInput& examined, const ExaminationOptions& options,
                    const std::vector<EpochRecord>& trained);

}  // namespace selfnorm
