// A training as a person sees it, and how they stop it.
#pragma once

#include <chrono>
#include <string>

#include "cli/terminal.h"
#include "selfnorm/run.h"
#include "selfnorm/train.h"

namespace selfnorm::cli {

/// Lines about the data of a run: how many words texts have and how many of them vectors, which
/// rows were left out, classes that no row to train on is of.
std::string data_notes(const RunSummary& run);

/// A line that moves while an epoch runs, and one that stays for each epoch.
class TrainingProgress {
 public:
  /// What training is to call, as long as this lives. From now on the first Ctrl-C asks it to stop
  /// at a step, and the second one ends the program.
  TrainCallbacks callbacks();
  void clear() { line_.clear(); }

 private:
  void step(const StepReport& report);
  void epoch(const EpochRecord& record);

  std::int64_t epochs_ = 0;
  std::chrono::steady_clock::time_point last_{};
  StatusLine line_;
};

}  // namespace selfnorm::cli
