// SPDX-License-Identifier: Apache-2.0
#include "train/held_out_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/index.h"
#include "formats/json.h"
#include "train/evaluator.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kMaxErrors = 1000;

// Returns the rank, from 1, of stored error i.
std::int64_t rank_of(const HeldOutErrors& errors, std::int64_t i) {
  const std::int64_t stored = std::ssize(errors.sorted);
  return stored < 2 ? 1 : 1 + i * (errors.rows - 1) / (stored - 1);
}

HeldOutErrors keep_some(std::vector<float> all) {
  std::ranges::sort(all);
  HeldOutErrors errors{std::ssize(all), {}};
  errors.sorted.resize(as_index(std::min(errors.rows, kMaxErrors)));
  for (std::int64_t i = 0; i < std::ssize(errors.sorted); ++i)
    errors.sorted[as_index(i)] = all[as_index(rank_of(errors, i) - 1)];
  return errors;
}

std::int64_t conformal_rank(std::int64_t rows, double level) {
  constexpr double kRounding = 1e-9;  // 10·0.9 is not above 9
  return std::llround(std::ceil(static_cast<double>(rows + 1) * level - kRounding));
}

}  // namespace

std::vector<HeldOutErrors> measure_held_out_errors(TrainedModel& model, const Dataset& data,
                                                   std::span<const std::int64_t> rows) {
  if (model.objective.targets != TargetKind::values || rows.empty()) return {};
  Evaluator evaluator(model, {});
  std::vector<float> predicted = evaluator.held_out_outputs(data, rows);
  const bool are_outputs = has_errors_of_outputs(model.objective);
  if (!are_outputs) predicted = predicted_values(model.objective, predicted);
  const std::int64_t width = evaluator.output_width();
  std::vector<HeldOutErrors> errors;
  for (std::int64_t column = 0; column < width; ++column) {
    std::vector<float> of_column;
    for (std::int64_t i = 0; i < std::ssize(rows); ++i) {
      const double target = data.targets.values[as_index(rows[as_index(i)] * width + column)];
      const double wanted = are_outputs ? output_of_value(model.objective, target) : target;
      const double error = std::abs(wanted - predicted[as_index(i * width + column)]);
      if (std::isfinite(error)) of_column.push_back(static_cast<float>(error));
    }
    errors.push_back(keep_some(std::move(of_column)));
  }
  return errors;
}

std::optional<double> conformal_bound(const HeldOutErrors& errors, double level) {
  const std::int64_t rank = conformal_rank(errors.rows, level);
  for (std::int64_t i = 0; i < std::ssize(errors.sorted); ++i)
    if (rank_of(errors, i) >= rank) return errors.sorted[as_index(i)];
  return std::nullopt;
}

std::int64_t rows_needed(double level) {
  std::int64_t rows = std::llround(std::floor(level / (1 - level)));
  while (conformal_rank(rows, level) > rows) ++rows;
  return rows;
}

std::string held_out_errors_to_json(const std::vector<HeldOutErrors>& errors) {
  auto json = nlohmann::json::array();
  for (const HeldOutErrors& each : errors)
    json.push_back({{"rows", each.rows}, {"sorted", each.sorted}});
  return json.dump();
}

std::vector<HeldOutErrors> held_out_errors_from_json(std::string_view text, std::int64_t outputs) {
  return read_json(text, "held_out_errors", [=](const nlohmann::json& json) {
    std::vector<HeldOutErrors> errors;
    for (const nlohmann::json& each : json)
      errors.push_back(
          {integer_from_json(each.at("rows")), each.at("sorted").get<std::vector<float>>()});
    const auto is_valid = [](const HeldOutErrors& each) {
      const auto is_error = [](float error) { return std::isfinite(error) && error >= 0; };
      return each.rows >= 0 &&
             std::ssize(each.sorted) == std::clamp<std::int64_t>(each.rows, 0, kMaxErrors) &&
             std::ranges::is_sorted(each.sorted) && std::ranges::all_of(each.sorted, is_error);
    };
    if (std::ssize(errors) == outputs && std::ranges::all_of(errors, is_valid)) return errors;
    throw Error(ErrorKind::model_file,
                fmt::format("held_out_errors: expected sorted errors for {} outputs", outputs));
  });
}

}  // namespace selfnorm
