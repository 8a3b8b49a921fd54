// SPDX-License-Identifier: Apache-2.0
#include "report/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>

#include "report/watched_layers.h"
#include "train/metric_table.h"

namespace selfnorm {
namespace {

// Says after which epoch the validation loss was lowest, and whether it has risen by more than a
// tenth since then.
void summarize_validation(const std::vector<EpochRecord>& history,
                          std::vector<SummaryLine>& lines) {
  const EpochRecord* best = nullptr;
  for (const EpochRecord& record : history) {
    const auto loss = [](const EpochRecord& r) { return find_score(r.validation, "loss"); };
    if (record.validation.empty() || !std::isfinite(loss(record))) continue;
    if (best == nullptr || loss(record) < loss(*best)) best = &record;
  }
  if (best == nullptr) return;
  const EpochRecord& last = history.back();
  const double least = find_score(best->validation, "loss"),
               end = find_score(last.validation, "loss");
  const bool has_risen = best != &last && !(end <= 1.1 * least);
  lines.push_back(
      {has_risen ? "warning" : "good",
       fmt::format("The validation loss was lowest after epoch {} ({:.4g}){}.", best->epoch, least,
                   has_risen ? fmt::format(" and is {:.4g} at the end: later epochs made the "
                                           "network worse on the validation rows",
                                           end)
                             : "")});
}

// Looks at the last watched epoch. The output of the last weights is left out, since it is meant to
// be large where the network is confident.
void summarize_moments(const std::vector<EpochRecord>& history, std::vector<SummaryLine>& lines) {
  const auto last = std::ranges::find_if(history.rbegin(), history.rend(),
                                         [](const EpochRecord& r) { return !r.moments.empty(); });
  if (last == history.rend()) return;
  const auto is_off = [](const LayerMoments& layer) {
    return !(layer.variance > 0.25 && layer.variance < 4);
  };
  const std::size_t outer = layers_after_last_weights(*last).size() + 1;
  const std::span inner = std::span(last->moments).first(last->moments.size() - outer);
  const auto off = std::ranges::count_if(inner, is_off);
  lines.push_back(
      {off == 0 ? "good" : "warning",
       off == 0 ? "The variance of every inner layer's output is between 0.25 and 4."
                : fmt::format("{} of {} inner layers have an output with a variance below 0.25 or "
                              "above 4. The first one is '{}'.",
                              off, inner.size(), std::ranges::find_if(inner, is_off)->layer)});
}

}  // namespace

std::vector<SummaryLine> summarize_training(const std::vector<EpochRecord>& history) {
  std::vector<SummaryLine> lines;
  if (history.empty()) return lines;
  summarize_validation(history, lines);
  summarize_moments(history, lines);
  return lines;
}

std::vector<SummaryLine> summarize_findings(const std::vector<Finding>& findings) {
  if (findings.empty())
    return {
        {"good", "The doctor finds nothing that keeps signals or gradients from being normal."}};
  std::vector<SummaryLine> lines;
  for (const Finding& finding : findings) {
    const bool is_error = finding.severity == Severity::error;
    const std::size_t count = finding.layers.size();
    const std::string where =
        count == 0 ? "" : fmt::format(" at {} layer{}", count, count == 1 ? "" : "s");
    lines.push_back({is_error ? "error" : "warning",
                     fmt::format("The doctor finds {}{}.", finding.code, where)});
  }
  return lines;
}

Json summary_lines_json(const std::vector<SummaryLine>& lines) {
  Json list = Json::array();
  for (const auto& [level, text] : lines) list.push_back({{"level", level}, {"text", text}});
  return list;
}

}  // namespace selfnorm
