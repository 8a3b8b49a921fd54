// SPDX-License-Identifier: Apache-2.0
#include "cli/scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/terminal.h"

namespace selfnorm::cli {
namespace {

std::string range_text(const ScoreRange& range) {
  std::string text;
  if (!std::isnan(range.low))
    text += fmt::format("   95 % interval {} to {}", score(range.low), score(range.high));
  if (!std::isnan(range.baseline))
    text +=
        fmt::format("{}constant prediction {}", text.empty() ? "   " : ", ", score(range.baseline));
  return text;
}

nlohmann::ordered_json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

}  // namespace

void print_scores(const std::string& split, const Scores& scores, const ScoreRanges& ranges) {
  for (const auto& [name, value] : scores) {
    if (std::isnan(value) && name != "loss") {
      print("{} {} undefined for these predictions and targets\n", split, name);
      continue;
    }
    const auto range = std::ranges::find(ranges, name, &ScoreRange::name);
    print("{} {} {}{}\n", split, name, score(value),
          range == ranges.end() ? "" : range_text(*range));
  }
}

nlohmann::ordered_json scores_json(const Scores& scores) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : scores) json[name] = value;
  return json;
}

nlohmann::ordered_json ranges_json(const ScoreRanges& ranges) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const ScoreRange& range : ranges) {
    json[range.name] = {{"low", number_or_null(range.low)},
                        {"high", number_or_null(range.high)},
                        {"baseline", number_or_null(range.baseline)}};
  }
  return json;
}

}  // namespace selfnorm::cli
