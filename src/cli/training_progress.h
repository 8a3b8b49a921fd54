// SPDX-License-Identifier: Apache-2.0
// Progress lines of a training, and Ctrl-C.
#pragma once

#include <chrono>
#include <string>

#include "cli/terminal.h"
#include "selfnorm/run.h"
#include "selfnorm/train.h"

namespace selfnorm::cli {

/// Lines about the data of a run: vocabulary and coverage of texts, rows left out, and classes
/// without a training row.
std::string data_notes(const RunSummary& run);

/// Lets the program continue after the reader of its output has ended, such as a closed terminal.
void survive_closed_output();

/// Shows a line that moves while an epoch runs, and one line for each finished epoch. The time per
/// step leaves out the first step of an epoch.
class TrainingProgress {
 public:
  /// The callbacks for training, valid as long as this object. The first Ctrl-C then stops training
  /// after a step, and the second one ends the program.
  TrainCallbacks callbacks();
  void clear() { line_.clear(); }

 private:
  void step(const StepProgress& report);
  void epoch(const EpochRecord& record);
  double step_seconds(double seconds, std::int64_t steps) const;

  std::int64_t epochs_ = 0;
  double first_step_seconds_ = 0;  ///< of the current epoch
  std::chrono::steady_clock::time_point last_{};
  StatusLine line_;
};

}  // namespace selfnorm::cli
