// SPDX-License-Identifier: Apache-2.0
#include "optim/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "optim/options.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

std::int64_t steps_of(double epochs, std::int64_t steps_per_epoch) {
  constexpr double kMost = 1e15;  // more steps than any training has, but exact as a double
  return std::llround(std::min(kMost, epochs * static_cast<double>(steps_per_epoch)));
}

}  // namespace

std::int64_t warmup_steps(const ScheduleOptions& options, std::int64_t steps_per_epoch,
                          double epochs) {
  const std::int64_t warmup = steps_of(options.warmup, steps_per_epoch);
  const std::int64_t all = std::max<std::int64_t>(1, steps_of(epochs, steps_per_epoch));
  return options.name == "cosine" && warmup >= all ? all / 2 : warmup;
}

Schedule::Schedule(const ScheduleOptions& options, double learning_rate,
                   std::int64_t steps_per_epoch, double epochs)
    : options_(options), base_(learning_rate), steps_per_epoch_(steps_per_epoch) {
  check(options_, learning_rate, "schedule");
  if (steps_per_epoch < 1 || !(epochs > 0)) {
    throw Error(ErrorKind::config, fmt::format("schedule: expected at least one step per epoch and "
                                               "more than 0 epochs, got {} steps and {} epochs",
                                               steps_per_epoch, epochs));
  }
  if (options_.name == "step") kind_ = Kind::step;
  if (options_.name == "cosine") kind_ = Kind::cosine;
  if (options_.name == "reduce_on_plateau") kind_ = Kind::reduce_on_plateau;
  warmup_steps_ = warmup_steps(options_, steps_per_epoch, epochs);
  steps_ = std::max<std::int64_t>(1, steps_of(epochs, steps_per_epoch));
}

double Schedule::learning_rate(std::int64_t step) const {
  const double rate = rate_after_warmup(std::max(step, warmup_steps_));
  if (step >= warmup_steps_) return rate;
  return rate * static_cast<double>(step + 1) / static_cast<double>(warmup_steps_ + 1);
}

double Schedule::rate_after_warmup(std::int64_t step) const {
  switch (kind_) {
    case Kind::constant: return base_;
    case Kind::step: {
      // Half a step is added, so that rounding does not delay a reduction at a whole step.
      const double period = options_.step_epochs * static_cast<double>(steps_per_epoch_);
      const double reductions = std::floor((static_cast<double>(step) + 0.5) / period);
      return std::max(options_.minimum, base_ * std::pow(options_.factor, reductions));
    }
    case Kind::cosine: {
      const std::int64_t last = steps_ - 1;
      if (last <= warmup_steps_) return step > last ? options_.minimum : base_;
      const double progress = std::min(1.0, static_cast<double>(step - warmup_steps_) /
                                                static_cast<double>(last - warmup_steps_));
      // (1 + cos 2a)/2 = cos² a, which is also accurate if it is small.
      const double half = std::cos(progress * std::numbers::pi / 2);
      return progress == 1 ? options_.minimum
                           : options_.minimum + (base_ - options_.minimum) * half * half;
    }
    case Kind::reduce_on_plateau: return std::max(options_.minimum, base_ * state_.scale);
  }
  return base_;
}

void Schedule::observe(double validation_loss) {
  const bool better =
      state_.has_best ? validation_loss < state_.best : !std::isnan(validation_loss);
  if (better) {
    state_.has_best = true;
    state_.best = validation_loss;
    state_.epochs_without_improvement = 0;
  } else if (++state_.epochs_without_improvement >= options_.patience) {
    state_.epochs_without_improvement = 0;
    if (kind_ == Kind::reduce_on_plateau) state_.scale *= options_.factor;
  }
}

}  // namespace selfnorm
