// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "report/page.h"

namespace selfnorm {

/// How values become colors: linear, or by the logarithm to base 2 of what is above 0. Values
/// beyond an end count as that end.
struct ColorScale {
  double low = 0, middle = 0, high = 1;  ///< of the logarithm where that is taken
  bool logarithmic = false;
  std::optional<std::pair<double, double>> band = {};  ///< that a theorem keeps values in
};

/// A value of layer × time; NaN where there is none.
struct HeatMap {
  std::vector<std::string> layers, times;
  std::function<double(std::size_t layer, std::size_t time)> value;
};

/// The map for the page: at most 256 layers and times of it, evenly chosen, in cells of one byte
/// each (255: none), and of all layers the first and the last value as they are.
Json heat_map(const HeatMap& map, const ColorScale& scale);

/// One byte of a scale.
std::uint8_t quantized(double value, const ColorScale& scale);

/// Bytes as base64 (RFC 4648).
std::string base64(const std::vector<std::uint8_t>& bytes);

}  // namespace selfnorm
