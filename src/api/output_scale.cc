// SPDX-License-Identifier: Apache-2.0
#include "api/output_scale.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "base/text.h"
#include "data/targets.h"
#include "ops/table.h"
#include "train/objective.h"

namespace selfnorm {
namespace {

struct TargetMoments {
  double mean = 0, standard_deviation = 0;
};

// Returns the mean and standard deviation of the targets of a column that are not missing, or of
// the logarithms of 1 + target.
TargetMoments target_moments(const Targets& targets, std::span<const std::int64_t> rows,
                             std::int64_t column, bool of_logarithms) {
  std::vector<double> values = present_values(targets, rows, column);
  if (of_logarithms) {
    for (double& value : values) value = std::log1p(value);
    // `check_targets` names targets below 0 later.
    std::erase_if(values, [](double value) { return !std::isfinite(value); });
  }
  TargetMoments moments;
  const auto count = static_cast<double>(std::max<std::size_t>(values.size(), 1));
  for (const double value : values) moments.mean += value / count;
  for (const double value : values) {
    moments.standard_deviation += (value - moments.mean) * (value - moments.mean) / count;
  }
  moments.standard_deviation = std::sqrt(moments.standard_deviation);
  return moments;
}

// Rounds the numbers where this has no effect: the mean to a hundredth of the standard deviation or
// less. A target that does not vary keeps its unit.
TargetMoments rounded(const TargetMoments& moments) {
  if (!(moments.standard_deviation > 0)) return {moments.mean, 1};
  const double unit = std::pow(10, std::floor(std::log10(moments.standard_deviation / 100)));
  return {std::round(moments.mean / unit) * unit, round_to_digits(moments.standard_deviation)};
}

// The scale of an output and the unit of its loss.
struct OutputScale {
  double factor = 1, shift = 0, unit = 1;
};

// Returns the scale of an output that is the logarithm of a rate. The shift is the logarithm of the
// mean target. The factor is the standard deviation of the logarithm of a log-normal variable with
// the mean and variance of the targets. It is at most 1, so that initial rates are not far too
// high.
OutputScale scale_of_rate(const TargetMoments& targets) {
  if (!(targets.mean > 0)) return {};
  const double relative = targets.standard_deviation / targets.mean;
  const double deviation = std::min(1.0, std::sqrt(std::log1p(relative * relative)));
  const TargetMoments logarithm = rounded({std::log(targets.mean), deviation});
  return {logarithm.standard_deviation, logarithm.mean, round_to_digits(targets.mean)};
}

OutputScale output_scale(const std::string& loss, const Targets& targets,
                         std::span<const std::int64_t> rows, std::int64_t column) {
  if (loss == "poisson") return scale_of_rate(target_moments(targets, rows, column, false));
  const bool are_logarithms = loss == "mean_squared_log_error";
  const TargetMoments moments = rounded(target_moments(targets, rows, column, are_logarithms));
  return {moments.standard_deviation, moments.mean, moments.standard_deviation};
}

// Sets the unit of the loss. A loss with a single unit gets the mean of the units of several
// targets.
void set_units(const OpRow& loss, const std::vector<double>& units, Settings& attributes) {
  const bool has_several = units.size() > 1;
  if (has_several && has_attribute(loss, "units")) {
    attributes.try_emplace("units", units);
    return;
  }
  double mean = 0;
  for (const double unit : units) mean += unit / static_cast<double>(units.size());
  attributes.try_emplace("unit", has_several ? round_to_digits(mean) : mean);
}

std::vector<double> repeated(const std::vector<double>& numbers, std::size_t times) {
  std::vector<double> all;
  for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), numbers.begin(), numbers.end());
  return all;
}

void scale_to_numbers(RunConfig& config, const Targets& targets,
                      std::span<const std::int64_t> train_rows, const std::string& loss) {
  std::vector<double> factors, shifts, units;
  for (std::int64_t column = 0; column < targets.width; ++column) {
    const OutputScale scale = output_scale(loss, targets, train_rows, column);
    factors.push_back(scale.factor);
    shifts.push_back(scale.shift);
    units.push_back(scale.unit);
  }
  set_units(*find_op(loss), units, config.train.loss_attributes);
  const auto members = static_cast<std::size_t>(config.default_network.members);
  if (factors.size() == 1) {
    config.network.layers.push_back({"scale", {{"factor", factors[0]}, {"shift", shifts[0]}}});
  } else {
    config.network.layers.push_back(
        {"scale_features",
         {{"factors", repeated(factors, members)}, {"shifts", repeated(shifts, members)}}});
  }
}

}  // namespace

void scale_to_targets(RunConfig& config, const Dataset& train,
                      std::span<const std::int64_t> train_rows) {
  if (!train.targets.classes.empty() || train.targets.width == 0) return;
  const std::string loss = choose_objective(config.train, train.targets).loss;
  if (has_attribute(*find_op(loss), "unit"))
    scale_to_numbers(config, train.targets, train_rows, loss);
}

}  // namespace selfnorm
