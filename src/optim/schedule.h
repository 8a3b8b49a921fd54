// SPDX-License-Identifier: Apache-2.0
// The learning rate of each step.
#pragma once

#include <cstdint>

#include "selfnorm/optimizer.h"

namespace selfnorm {

/// The state of a schedule, which is saved and restored. Only reduce_on_plateau uses it.
struct ScheduleState {
  double scale = 1;                             ///< product of the reductions so far
  bool has_best = false;                        ///< whether a loss other than NaN was observed
  double best = 0;                              ///< the lowest loss
  std::int64_t epochs_without_improvement = 0;  ///< losses since the best one or the last reduction
};

/// Returns the steps of the warm-up, warmup · steps_per_epoch. A warm-up that would leave a cosine
/// no step takes half of the training instead, since all rates would be the minimum.
std::int64_t warmup_steps(const ScheduleOptions& options, std::int64_t steps_per_epoch,
                          double epochs);

class Schedule {
 public:
  /// Throws Error(config) for options out of range or unused by this schedule, for a minimum above
  /// `learning_rate`, for less than one step per epoch, and for epochs not above 0.
  Schedule(const ScheduleOptions& options, double learning_rate, std::int64_t steps_per_epoch,
           double epochs);

  /// Returns the rate of step 0, 1, …. W is `warmup_steps`, and T is the total number of steps.
  /// Step s < W has (s+1)/(W+1) of the rate of step W, so the warm-up is linear. From step W, the
  /// rate is
  ///   constant: the base rate;  step: base · factor^⌊epoch/step_epochs⌋, reduced at whole steps;
  ///   cosine: minimum + (base − minimum)·(1 + cos(π·(s−W)/(T−1−W)))/2, so step T−1 has the minimum
  ///   (Loshchilov & Hutter 2017, one cycle);  reduce_on_plateau: base · scale.
  /// After the warm-up, no rate is below `minimum`.
  double learning_rate(std::int64_t step) const;

  /// Records the validation loss at the end of an epoch. After `patience` losses in a row that are
  /// not below the best one (NaN never is), reduce_on_plateau reduces the rate. Other schedules
  /// only record the loss.
  void observe(double validation_loss);

  const ScheduleState& state() const { return state_; }
  void restore(const ScheduleState& state) { state_ = state; }

 private:
  double rate_after_warmup(std::int64_t step) const;

  enum class Kind : std::uint8_t { constant, step, cosine, reduce_on_plateau };
  ScheduleOptions options_;
  Kind kind_ = Kind::constant;
  double base_ = 0;
  std::int64_t steps_per_epoch_ = 1, warmup_steps_ = 0, steps_ = 1;
  ScheduleState state_;
};

}  // namespace selfnorm
