// A training as a person sees it, and how they stop it.
#pragma once

#include <chrono>

#include "cli/terminal.h"
#include "selfnorm/train.h"

namespace selfnorm::cli {

/// A line that moves while an epoch runs, and one that stays for each epoch.
class TrainingLines {
 public:
  /// What training is to call, as long as this lives. From now on the first Ctrl-C asks it to stop
  /// at a step, and the second one ends the program.
  TrainCallbacks callbacks();

 private:
  void step(const StepReport& report);
  void epoch(const EpochRecord& record);

  std::int64_t epochs_ = 0;
  std::chrono::steady_clock::time_point last_{};
  StatusLine line_;
};

}  // namespace selfnorm::cli
