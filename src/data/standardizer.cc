// SPDX-License-Identifier: Apache-2.0
#include "data/standardizer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/byte_reader.h"
#include "data/gather.h"

namespace selfnorm {
namespace {

// The order of the numbers of a sample: planes of `count` numbers, one for each feature, or `count`
// times one number of each feature.
struct Layout {
  std::int64_t features = 0, count = 0, sample = 0;
  bool planes = false;

  std::int64_t at(std::int64_t feature, std::int64_t i) const {
    return planes ? feature * count + i : i * features + feature;
  }
};

Layout layout(const Field& field) {
  const std::int64_t sample = elements(field.sample_shape);
  const std::int64_t features = standardized_features(field);
  return {features, sample / features, sample, field.sample_shape.size() == 3};
}

double number(std::uint8_t byte) { return byte / 255.0; }
double number(float value) { return value; }

// Calls visit(feature, x) for every number of the rows, in memory order.
template <class T, class Visit>
void for_each(const std::vector<T>& values, const Layout& layout,
              std::span<const std::int64_t> rows, Visit visit) {
  const std::int64_t outer = layout.planes ? layout.features : layout.count;
  const std::int64_t inner = layout.planes ? layout.count : layout.features;
  for (const std::int64_t row : rows) {
    const T* x = values.data() + row * layout.sample;
    for (std::int64_t a = 0; a < outer; ++a) {
      for (std::int64_t b = 0; b < inner; ++b) visit(layout.planes ? a : b, number(*x++));
    }
  }
}

template <class T>
Standardizer fit_values(const std::vector<T>& values, const Layout& layout,
                        std::span<const std::int64_t> rows) {
  const auto features = static_cast<std::size_t>(layout.features);
  std::vector<double> count(features, 0);
  std::vector<double> low(features, std::numeric_limits<double>::infinity());
  std::vector<double> high(features, -std::numeric_limits<double>::infinity());
  Standardizer out{std::vector<double>(features, 0), std::vector<double>(features, 0)};
  for_each(values, layout, rows, [&](std::int64_t feature, double x) {
    const auto f = static_cast<std::size_t>(feature);
    if (std::isnan(x)) return;
    ++count[f];
    out.mean[f] += x;
    low[f] = x < low[f] ? x : low[f];
    high[f] = x > high[f] ? x : high[f];
  });
  for (std::size_t f = 0; f < features; ++f) out.mean[f] /= std::max(count[f], 1.0);
  for_each(values, layout, rows, [&](std::int64_t feature, double x) {
    const auto f = static_cast<std::size_t>(feature);
    if (std::isnan(x)) return;
    const double difference = x - out.mean[f];
    out.standard_deviation[f] += difference * difference;
  });
  for (std::size_t f = 0; f < features; ++f) {
    out.standard_deviation[f] = std::sqrt(out.standard_deviation[f] / std::max(count[f], 1.0));
    if (low[f] == high[f]) out.mean[f] = low[f];
    if (!(low[f] < high[f])) out.standard_deviation[f] = 1;
  }
  return out;
}

}  // namespace

std::int64_t standardized_features(const Field& field) {
  if (field.sample_shape.empty()) return 1;
  return field.sample_shape.size() == 3 ? field.sample_shape.front() : field.sample_shape.back();
}

Standardizer fit_standardizer(const Field& field, std::span<const std::int64_t> rows) {
  if (rows.empty())
    throw_data_error("input '" + field.name + "': standardization needs at least one row");
  check_rows(field, rows);
  return std::visit([&](const auto& values) { return fit_values(values, layout(field), rows); },
                    field.values);
}

}  // namespace selfnorm
