// SPDX-License-Identifier: Apache-2.0
#include "optim/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using Names = std::vector<std::string>;

// The choices of `name` that use an option. An option that is not listed is used by all.
using NamesByOption = std::vector<std::pair<std::string, Names>>;

const NamesByOption& optimizers_by_option() {
  static const NamesByOption names_by_option = {{"momentum", {"sgd", "rmsprop"}},
                                                {"nesterov", {"sgd"}},
                                                {"beta1", {"adam", "adamw"}},
                                                {"beta2", {"adam", "adamw"}},
                                                {"rho", {"rmsprop"}},
                                                {"epsilon", {"adam", "adamw", "rmsprop"}},
                                                {"weight_decay", {"adamw"}}};
  return names_by_option;
}

const NamesByOption& schedules_by_option() {
  static const NamesByOption names_by_option = {
      {"step_epochs", {"step"}},
      {"factor", {"step", "reduce_on_plateau"}},
      {"patience", {"reduce_on_plateau"}},
      {"minimum", {"step", "cosine", "reduce_on_plateau"}}};
  return names_by_option;
}

// Checks ranges and choices by setting each option to the value that it has.
void check_values(const Options& all, const std::string& where) {
  for (const Option& option : all) set_option(option, get_option(option), where);
}

void check_unused_options(const Options& all, const Options& defaults,
                          const NamesByOption& names_by_option, const std::string& name,
                          const std::string& where) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto row =
        std::ranges::find(names_by_option, all[i].name, &NamesByOption::value_type::first);
    if (row == names_by_option.end() || std::ranges::count(row->second, name) > 0) continue;
    const Setting value = get_option(all[i]);
    if (value == get_option(defaults[i])) continue;
    throw Error(ErrorKind::config,
                fmt::format("{}: '{}' is {}, but '{}' does not use it (leave it out, or choose {})",
                            where, all[i].name, to_string(value), name, join(row->second, " or ")));
  }
}

}  // namespace

Options options(OptimizerOptions& o) {
  return {
      {"name", &o.name, "optimizer", range::kAny, {"sgd", "adam", "adamw", "rmsprop"}},
      {"learning_rate", &o.learning_rate, "learning rate before the schedule", range::kPositive},
      {"momentum", &o.momentum, "sgd, rmsprop: momentum", range::kRate},
      {"nesterov", &o.nesterov, "sgd: use Nesterov momentum"},
      {"beta1", &o.beta1, "adam, adamw: decay of the first moment", range::kRate},
      {"beta2", &o.beta2, "adam, adamw: decay of the second moment", range::kRate},
      {"rho", &o.rho, "rmsprop: decay of the mean squared gradient", range::kRate},
      {"epsilon", &o.epsilon, "adam, adamw, rmsprop: added to the denominator", range::kPositive},
      {"weight_decay", &o.weight_decay, "adamw: decoupled weight decay", range::kNonNegative},
      {"clip_norm", &o.clip_norm, "maximum norm of the gradient of all weights; 0 for no limit",
       range::kNonNegative},
      {"clip_value", &o.clip_value, "maximum absolute value of a gradient element; 0 for no limit",
       range::kNonNegative},
  };
}

Options options(ScheduleOptions& o) {
  return {
      {"name",
       &o.name,
       "learning rate schedule",
       range::kAny,
       {"constant", "step", "cosine", "reduce_on_plateau"}},
      {"warmup", &o.warmup, "epochs of linear warm-up; may be fractional", range::kNonNegative},
      {"step_epochs", &o.step_epochs, "step: epochs between reductions of the learning rate",
       range::kPositive},
      {"factor",
       &o.factor,
       "step, reduce_on_plateau: factor of each reduction",
       {0, 1, true, true}},
      {"patience", &o.patience,
       "reduce_on_plateau: epochs without a better validation loss before a reduction",
       range::kAtLeastOne},
      {"minimum", &o.minimum, "step, cosine, reduce_on_plateau: minimum learning rate",
       range::kNonNegative},
  };
}

void check(const OptimizerOptions& optimizer, const std::string& where) {
  OptimizerOptions copy = optimizer, defaults;
  check_values(options(copy), where);
  check_unused_options(options(copy), options(defaults), optimizers_by_option(), copy.name, where);
  if (copy.nesterov && copy.momentum == 0) {
    throw Error(ErrorKind::config,
                where + ": 'nesterov' needs a 'momentum' above 0, got 0 (a common value is 0.9)");
  }
}

void check(const ScheduleOptions& schedule, double learning_rate, const std::string& where) {
  ScheduleOptions copy = schedule, defaults;
  check_values(options(copy), where);
  check_unused_options(options(copy), options(defaults), schedules_by_option(), copy.name, where);
  if (copy.minimum > learning_rate) {
    throw Error(
        ErrorKind::config,
        fmt::format(
            "{}: 'minimum' must be at most the learning rate, got {} with a learning rate of {}",
            where, copy.minimum, learning_rate));
  }
}

}  // namespace selfnorm
