// SPDX-License-Identifier: Apache-2.0
// The learning rate of every step.
#pragma once

#include <cstdint>

#include "selfnorm/optimizer.h"

namespace selfnorm {

/// What a schedule remembers (only reduce_on_plateau changes it), to be saved and restored.
struct ScheduleState {
  double scale = 1;         ///< product of the reductions so far
  bool has_best = false;    ///< whether a loss was observed yet
  double best = 0;          ///< the lowest of them
  std::int64_t waited = 0;  ///< losses since the best one or the last reduction
};

class Schedule {
 public:
  /// Throws Error(config) for options out of range or unused by this schedule, a minimum above
  /// `learning_rate`, and counts below 1.
  Schedule(const ScheduleOptions& options, double learning_rate, std::int64_t steps_per_epoch,
           double epochs);

  /// The rate of step 0, 1, …. With W = round(warmup · steps_per_epoch) and T steps in all, step
  /// s < W has (s+1)/(W+1) of the rate below, so the rise is linear and ends at step W:
  ///   constant: the base rate;  step: base · factor^⌊epoch/step_epochs⌋, reduced at whole steps;
  ///   cosine: minimum + (base − minimum)·(1 + cos(π·(s−W)/(T−1−W)))/2, so step T−1 has the minimum
  ///   (Loshchilov & Hutter 2017, one cycle);  reduce_on_plateau: base · scale.
  /// Apart from the rise, none is below `minimum`.
  double learning_rate(std::int64_t step) const;

  /// Takes a validation loss at the end of an epoch: after `patience` of them in a row that are not
  /// below the best (NaN is not), reduce_on_plateau reduces. The others only take note.
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
