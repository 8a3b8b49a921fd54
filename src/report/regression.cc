// SPDX-License-Identifier: Apache-2.0
#include "report/regression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "report/input_preview.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kMaxTargets = 8;

// A target value and its prediction.
struct TruthAndPrediction {
  std::size_t at;  // index into the evaluated rows
  float truth, predicted;
  double residual() const { return static_cast<double>(predicted) - truth; }
};

struct TargetPredictions {
  std::string name;
  std::vector<TruthAndPrediction> pairs;
  double rmse = 0;  // root mean square of the residuals
};

std::string target_name(const Targets& targets, std::size_t column) {
  if (column < targets.columns.size()) return targets.columns[column];
  return targets.width == 1 ? targets.name : fmt::format("{} {}", targets.name, column);
}

TargetPredictions predictions_of(std::span<const float> outputs, const NamedRows& named_rows,
                                 std::size_t column) {
  const Targets& targets = named_rows.data.targets;
  const auto width = static_cast<std::size_t>(targets.width);
  TargetPredictions target{target_name(targets, column), {}};
  for (std::size_t at = 0; at < named_rows.rows.size(); ++at) {
    const float truth =
        targets.values[static_cast<std::size_t>(named_rows.rows[at]) * width + column];
    const TruthAndPrediction pair{at, truth, outputs[at * width + column]};
    if (!std::isfinite(truth) || !std::isfinite(pair.predicted)) continue;
    target.rmse += pair.residual() * pair.residual();
    target.pairs.push_back(pair);
  }
  const auto count = static_cast<double>(std::max<std::size_t>(target.pairs.size(), 1));
  target.rmse = std::sqrt(target.rmse / count);
  return target;
}

std::vector<TargetPredictions> targets_of(std::span<const float> outputs,
                                          const NamedRows& named_rows) {
  const std::int64_t width = named_rows.data.targets.width;
  std::vector<TargetPredictions> targets;
  if (width < 1 || width > kMaxTargets ||
      std::ssize(outputs) != std::ssize(named_rows.rows) * width) {
    return targets;
  }
  for (std::int64_t column = 0; column < width; ++column) {
    TargetPredictions target =
        predictions_of(outputs, named_rows, static_cast<std::size_t>(column));
    if (!target.pairs.empty()) targets.push_back(std::move(target));
  }
  return targets;
}

// Adds the density of the residuals from −4 to 4 times their root mean square. Residuals beyond
// count in the first or last bin.
void add_distribution(const TargetPredictions& target, Json& json) {
  constexpr int kBins = 32;
  constexpr double kReach = 4;
  if (!(target.rmse > 0)) return;
  constexpr double kHalf = 0.5 * kBins;
  std::vector<int> counts(kBins, 0);
  const double width = 2 * kReach * target.rmse / kBins;
  for (const TruthAndPrediction& pair : target.pairs) {
    const double place = std::floor(pair.residual() / width) + kHalf;
    ++counts[static_cast<std::size_t>(std::clamp(place, 0.0, kBins - 1.0))];
  }
  const double all = width * static_cast<double>(target.pairs.size());
  for (int bin = 0; bin < kBins; ++bin) {
    const double middle = (bin + 0.5 - kHalf) * width;
    json["residuals"].push_back(Json::array({middle, counts[static_cast<std::size_t>(bin)] / all}));
  }
}

}  // namespace

Json regression_json(std::span<const float> outputs, const NamedRows& named_rows) {
  constexpr std::size_t kMaxPoints = 500;
  Json list = Json::array();
  for (const TargetPredictions& target : targets_of(outputs, named_rows)) {
    Json json{{"name", target.name},
              {"deviation", number(target.rmse)},
              {"points", Json::array()},
              {"residuals", Json::array()}};
    const std::size_t all = target.pairs.size(), count = std::min(all, kMaxPoints);
    std::vector<std::pair<float, float>> points;
    for (std::size_t i = 0; i < count; ++i) {
      const TruthAndPrediction& pair = target.pairs[i * all / count];
      points.emplace_back(pair.truth, pair.predicted);
    }
    std::ranges::sort(points);
    for (const auto& [truth, given] : points) json["points"].push_back(Json::array({truth, given}));
    add_distribution(target, json);
    list.push_back(std::move(json));
  }
  return list.empty() ? Json(nullptr) : Json{{"of", named_rows.name}, {"targets", list}};
}

Json largest_residuals_json(std::span<const float> outputs, const NamedRows& named_rows) {
  constexpr std::size_t kMaxShownResiduals = 12;
  struct LargeResidual {
    const TargetPredictions* target;
    const TruthAndPrediction* pair;
    double standardized_residual;
  };
  const std::vector<TargetPredictions> targets = targets_of(outputs, named_rows);
  std::vector<LargeResidual> found;
  for (const TargetPredictions& target : targets) {
    for (const TruthAndPrediction& pair : target.pairs) {
      if (!(target.rmse > 0)) continue;
      found.push_back({&target, &pair, std::abs(pair.residual()) / target.rmse});
    }
  }
  std::ranges::stable_sort(found, std::ranges::greater{}, &LargeResidual::standardized_residual);
  found.resize(std::min(found.size(), kMaxShownResiduals));
  Json list = Json::array();
  for (const auto& [target, pair, standardized_residual] : found) {
    const std::int64_t row = named_rows.rows[pair->at];
    Json mistake{{"row", row},
                 {"target", target->name},
                 {"truth", pair->truth},
                 {"predicted", pair->predicted},
                 {"deviations", standardized_residual}};
    add_input_preview(named_rows.data, row, mistake);
    list.push_back(std::move(mistake));
  }
  return {{"of", named_rows.name}, {"rows", list}};
}

}  // namespace selfnorm
