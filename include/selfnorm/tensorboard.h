// SPDX-License-Identifier: Apache-2.0
// Event files for TensorBoard.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "selfnorm/run.h"

namespace selfnorm {

/// Writes the records of a training to a TensorBoard event file, epoch by epoch: scalars (loss and
/// metrics as `train/…` and `validation/…`, and for each layer `mean/…`, `variance/…`, `tau/…`,
/// `tau_deviation/…`, `omega/…`, `omega_deviation/…`, `outside/…`, `gradient/…`), histograms of the
/// layers' outputs (`outputs/…`), the network, and the [train] table as hyperparameters. The
/// numbers are those of the history, as floats. Not thread-safe.
class TensorBoardLog {
 public:
  /// Creates an event file in the folder. `config` must be complete, as `Run::config` returns it.
  /// `metrics` are those of RunSummary. Throws Error(io) if the file cannot be written.
  TensorBoardLog(const std::filesystem::path& folder, const RunConfig& config,
                 const std::vector<std::string>& metrics);

  /// Appends a record. Throws Error(io) if the file cannot be written.
  void add(const EpochRecord& record);
  /// Ends the log. `completed` is false if an error or the user stopped the training. Throws
  /// Error(io) if the file cannot be written.
  void end(bool completed = true);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace selfnorm
