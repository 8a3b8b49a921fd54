// SPDX-License-Identifier: Apache-2.0
#include "report/sections.h"

#include <algorithm>
#include <cmath>

#include "report/input_preview.h"
#include "report/watched_layers.h"

namespace selfnorm {
namespace {

// Returns the fraction of the layer's elements in each bin, divided by the width of a bin.
Json densities(const std::vector<float>& counts, double width) {
  double all = 0;
  for (const float count : counts) all += count;
  Json list = Json::array();
  for (const float count : counts) {
    // Four decimals are more than a curve can show.
    const double density = all > 0 ? count / (all * width) : 0;
    list.push_back(std::round(density * 1e4) / 1e4);
  }
  return list;
}

}  // namespace

Json histograms_json(const std::vector<EpochRecord>& history) {
  std::vector<const EpochRecord*> looks;
  for (const EpochRecord& record : history) {
    if (!record.histograms.empty()) looks.push_back(&record);
  }
  if (looks.size() < 2) return nullptr;
  const auto before = hidden_layer_histograms(*looks.front()),
             after = hidden_layer_histograms(*looks.back());
  constexpr double kWidth = (kHistogramHigh - kHistogramLow) / kHistogramBins;
  Json edges = Json::array(), layers = Json::array();
  for (std::int64_t i = 0; i <= kHistogramBins; ++i) {
    edges.push_back(kHistogramLow + kWidth * static_cast<double>(i));
  }
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    layers.push_back({{"name", after[i].layer},
                      {"op", after[i].op},
                      {"before", densities(before[i].counts, kWidth)},
                      {"after", densities(after[i].counts, kWidth)}});
  }
  const std::size_t watched =
      looks.back()->moments.size() - layers_after_last_weights(*looks.back()).size();
  return {{"edges", edges}, {"watched", watched}, {"layers", layers}};
}

Json confusion_json(const ClassPredictions& predictions, const NamedRows& named_rows) {
  constexpr std::int64_t kMaxClasses = 40;
  constexpr std::size_t kMaxPairs = 40;
  const std::vector<std::string>& classes = named_rows.data.targets.class_names;
  Json json{{"of", named_rows.name}};
  if (predictions.classes <= kMaxClasses) {
    json["classes"] = classes;
    json["counts"] = confusion(predictions);
    return json;
  }
  json["pairs"] = Json::array();
  for (const ConfusedPair& pair : confused_pairs(predictions, kMaxPairs)) {
    json["pairs"].push_back(
        Json::array({classes[static_cast<std::size_t>(pair.truth)],
                     classes[static_cast<std::size_t>(pair.predicted)], pair.rows}));
  }
  return json;
}

Json calibration_json(const ClassPredictions& predictions, const NamedRows& named_rows) {
  const std::vector<ConfidenceBin> bins = confidence_bins(predictions);
  Json list = Json::array();
  for (const ConfidenceBin& bin : bins) {
    list.push_back(
        {{"confidence", bin.confidence}, {"accuracy", bin.accuracy}, {"rows", bin.rows}});
  }
  return {{"error", expected_calibration_error(bins)}, {"of", named_rows.name}, {"bins", list}};
}

Json mistakes_json(const ClassPredictions& predictions, const NamedRows& named_rows) {
  constexpr std::size_t kMaxShownMistakes = 12;
  const std::vector<std::string>& classes = named_rows.data.targets.class_names;
  Json list = Json::array();
  for (const std::size_t at : most_confident_errors(predictions, kMaxShownMistakes)) {
    const auto probabilities = predictions.row_probabilities(at);
    const auto predicted = static_cast<std::size_t>(predicted_class(probabilities));
    Json mistake{{"row", named_rows.rows[at]},
                 {"truth", classes[static_cast<std::size_t>(predictions.truth[at])]},
                 {"predicted", classes[predicted]},
                 {"probability", probabilities[predicted]}};
    add_input_preview(named_rows.data, named_rows.rows[at], mistake);
    list.push_back(std::move(mistake));
  }
  return {{"of", named_rows.name}, {"rows", list}};
}

}  // namespace selfnorm
