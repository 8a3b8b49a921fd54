// SPDX-License-Identifier: Apache-2.0
#include "report/heat_map.h"

#include <algorithm>
#include <cmath>

namespace selfnorm {
namespace {

// Chooses at most 256 of `count` places, evenly spaced, including the first and the last.
std::vector<std::size_t> evenly_spaced_indices(std::size_t count) {
  constexpr std::size_t kMaxHeatMapExtent = 256;
  const std::size_t wanted = std::min(count, kMaxHeatMapExtent);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < wanted; ++i) {
    places.push_back(wanted < 2 ? 0 : i * (count - 1) / (wanted - 1));
  }
  return places;
}

Json names_at(const std::vector<std::string>& names, const std::vector<std::size_t>& places) {
  Json list = Json::array();
  for (const std::size_t at : places) list.push_back(names[at]);
  return list;
}

}  // namespace

std::uint8_t quantize(double value, const ColorScale& scale) {
  constexpr std::uint8_t kNone = 255, kSteps = 254;
  if (std::isnan(value)) return kNone;
  const double at = !scale.is_logarithmic ? value : value > 0 ? std::log2(value) : scale.low;
  const double fraction =
      (std::clamp(at, scale.low, scale.high) - scale.low) / (scale.high - scale.low);
  return static_cast<std::uint8_t>(std::lround(fraction * kSteps));
}

std::string base64(const std::vector<std::uint8_t>& bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? bytes[i + k] : 0u);
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

Json heat_map(const HeatMap& map, const ColorScale& scale) {
  const auto rows = evenly_spaced_indices(map.layers.size()),
             columns = evenly_spaced_indices(map.times.size());
  std::vector<std::uint8_t> cells;
  for (const std::size_t layer : rows) {
    for (const std::size_t time : columns) cells.push_back(quantize(map.value(layer, time), scale));
  }
  Json json{{"rows", rows.size()},
            {"columns", columns.size()},
            {"cells", base64(cells)},
            {"low", scale.low},
            {"middle", scale.middle},
            {"high", scale.high},
            {"logarithmic", scale.is_logarithmic},
            {"row_names", names_at(map.layers, rows)},
            {"column_names", names_at(map.times, columns)},
            {"names", map.layers},
            {"first", Json::array()},
            {"last", Json::array()}};
  if (scale.band) json["band"] = {scale.band->first, scale.band->second};
  for (std::size_t layer = 0; layer < map.layers.size(); ++layer) {
    json["first"].push_back(number(map.value(layer, 0)));
    json["last"].push_back(number(map.value(layer, map.times.size() - 1)));
  }
  return json;
}

}  // namespace selfnorm
