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

/// The mapping of values to colors: linear, or by the logarithm to base 2 of values above 0. Values
/// beyond an end have the color of that end.
struct ColorScale {
  double low = 0, middle = 0, high = 1;  ///< logarithms if `is_logarithmic`
  bool is_logarithmic = false;
  std::optional<std::pair<double, double>> band = {};  ///< range of a theorem
};

/// A value for each layer and time; NaN if it is missing.
struct HeatMap {
  std::vector<std::string> layers, times;
  std::function<double(std::size_t layer, std::size_t time)> value;
};

/// Returns the map for the page, with at most 256 layers and 256 times, evenly chosen. A cell is
/// one byte; 255 means that the value is missing. The first and the last value of all layers are
/// exact.
Json heat_map(const HeatMap& map, const ColorScale& scale);

/// Returns the byte of a value on a scale; 255 for NaN.
std::uint8_t quantize(double value, const ColorScale& scale);

/// Encodes bytes as base64 (RFC 4648).
std::string base64(const std::vector<std::uint8_t>& bytes);

}  // namespace selfnorm
