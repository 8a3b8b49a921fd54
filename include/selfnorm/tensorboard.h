// A training as TensorBoard sees it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "selfnorm/run.h"

namespace selfnorm {

/// Writes what training tells into an event file of a folder, epoch by epoch: scalars (loss and
/// metrics as `train/…` and `validation/…`, and by layer `mean/…`, `variance/…`, `tau/…`,
/// `tau_deviation/…`, `omega/…`, `omega_deviation/…`, `outside/…`, `gradient/…`), histograms of the
/// layers' outputs (`outputs/…`), the network, and the [train] table as hyperparameters. Numbers
/// are those of the history, as floats. Error(io) where nothing can be written.
class TensorBoardLog {
 public:
  /// `config` is complete, as `Run::config` tells it; `metrics` as RunSummary has them.
  TensorBoardLog(const std::filesystem::path& folder, const RunConfig& config,
                 const std::vector<std::string>& metrics);

  void add(const EpochRecord& record);
  /// Training came to its end, or stopped before.
  void end(bool completed = true);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace selfnorm
