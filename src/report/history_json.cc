// SPDX-License-Identifier: Apache-2.0
#include "report/history_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "report/heat_map.h"
#include "train/weight_statistics_json.h"

namespace selfnorm {
namespace {

// The records in which a list (moments or weights) is not empty, and the layers of that list.
template <class Each>
struct WatchedSeries {
  std::vector<std::string> layers, times;
  std::vector<const std::vector<Each>*> lists;

  WatchedSeries(const std::vector<EpochRecord>& history, std::vector<Each> EpochRecord::*list,
                std::int64_t first_epoch = 0) {
    for (const EpochRecord& record : history) {
      if ((record.*list).empty() || record.epoch < first_epoch) continue;
      times.push_back(std::to_string(record.epoch));
      lists.push_back(&(record.*list));
    }
    if (lists.empty()) return;
    for (const Each& each : *lists[0]) layers.push_back(each.layer);
  }

  // A layer has no value at a time if the record does not have it at the same place.
  HeatMap heat_map_of(double Each::*number) const {
    return {layers, times, [this, number](std::size_t layer, std::size_t time) {
              const std::vector<Each>& list = *lists[time];
              const bool is_there = layer < list.size() && list[layer].layer == layers[layer];
              return is_there ? list[layer].*number : std::numeric_limits<double>::quiet_NaN();
            }};
  }
};

// Returns a logarithmic scale from the smallest to the largest value, with the middle color
// halfway.
ColorScale log_scale_over(const HeatMap& map) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t layer = 0; layer < map.layers.size(); ++layer) {
    for (std::size_t time = 0; time < map.times.size(); ++time) {
      const double value = map.value(layer, time);
      if (!(value > 0) || !std::isfinite(value)) continue;
      low = std::min(low, std::log2(value));
      high = std::max(high, std::log2(value));
    }
  }
  if (!std::isfinite(low)) return {-1, 0, 1, true};
  if (low == high) return {low - 1, low, low + 1, true};
  return {low, (low + high) / 2, high, true};
}

}  // namespace

Json epochs_json(const std::vector<EpochRecord>& history) {
  Json epochs = Json::array();
  for (const EpochRecord& record : history) {
    Json json{{"epoch", record.epoch}};
    if (record.epoch > 0) {
      json["seconds"] = record.seconds;
      json["learning_rate"] = record.learning_rate;
    }
    if (record.was_watched()) json["watch_seconds"] = record.watch_seconds;
    if (!record.validation.empty()) json["evaluation_seconds"] = record.evaluation_seconds;
    for (const auto& [name, value] : record.training) json[name] = number(value);
    for (const auto& [name, value] : record.validation) json["validation_" + name] = number(value);
    epochs.push_back(std::move(json));
  }
  return epochs;
}

// Bands: theorem 1 for the moments of outputs, theorems 2 and 3 for tau.
Json heat_maps_json(const std::vector<EpochRecord>& history) {
  const WatchedSeries moments(history, &EpochRecord::moments);
  const WatchedSeries weights(history, &EpochRecord::weights);
  Json maps = Json::object();
  if (!moments.layers.empty()) {
    maps["mean"] =
        heat_map(moments.heat_map_of(&LayerMoments::mean), {-1, 0, 1, false, {{-0.1, 0.1}}});
    maps["variance"] =
        heat_map(moments.heat_map_of(&LayerMoments::variance), {-4, 0, 4, true, {{0.8, 1.5}}});
  }
  if (!weights.layers.empty()) {
    maps["tau"] =
        heat_map(weights.heat_map_of(&WeightStatistics::tau), {-2, 0, 2, true, {{0.8, 1.25}}});
    maps["omega"] =
        heat_map(weights.heat_map_of(&WeightStatistics::omega), {-2, 0, 2, false, {{-0.1, 0.1}}});
    maps["outside"] = heat_map(weights.heat_map_of(&WeightStatistics::outside_fraction), {0, 0, 1});
  }
  const WatchedSeries trained(history, &EpochRecord::weights, 1);
  if (!trained.layers.empty()) {
    const HeatMap gradients = trained.heat_map_of(&WeightStatistics::gradient_norm);
    maps["gradient"] = heat_map(gradients, log_scale_over(gradients));
  }
  return maps;
}

Json last_weight_statistics_json(const std::vector<EpochRecord>& history) {
  const auto last = std::ranges::find_if(history.rbegin(), history.rend(),
                                         [](const EpochRecord& r) { return !r.weights.empty(); });
  if (last == history.rend()) return nullptr;
  return weight_statistics_json(last->weights);
}

}  // namespace selfnorm
