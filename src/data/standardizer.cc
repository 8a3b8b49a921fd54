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
      for (std::int64_t b = 0; b < inner; ++b)
        visit(static_cast<std::size_t>(layout.planes ? a : b), number(*x++));
    }
  }
}

// The moments of one feature over some rows.
struct Moments {
  double count = 0, mean = 0;
  double squares = 0;  // sum of the squared differences to the mean
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  // Adds other rows (Chan, Golub and LeVeque 1979).
  void merge(const Moments& other) {
    if (other.count == 0) return;
    const double total = count + other.count, difference = other.mean - mean;
    squares += other.squares + difference * difference * count * other.count / total;
    mean += difference * other.count / total;
    count = total;
    low = std::min(low, other.low), high = std::max(high, other.high);
  }
};

// Measures rows that fit into the cache, in two passes.
template <class T>
std::vector<Moments> block_moments(const std::vector<T>& values, const Layout& layout,
                                   std::span<const std::int64_t> rows) {
  std::vector<Moments> moments(static_cast<std::size_t>(layout.features));
  for_each(values, layout, rows, [&](std::size_t feature, double x) {
    Moments& m = moments[feature];
    if (std::isnan(x)) return;
    m.count += 1;
    m.mean += x;
    m.low = x < m.low ? x : m.low;
    m.high = x > m.high ? x : m.high;
  });
  for (Moments& m : moments) m.mean /= std::max(m.count, 1.0);
  for_each(values, layout, rows, [&](std::size_t feature, double x) {
    Moments& m = moments[feature];
    const double difference = std::isnan(x) ? 0 : x - m.mean;
    m.squares += difference * difference;
  });
  return moments;
}

template <class T>
Standardizer fit_values(const std::vector<T>& values, const Layout& layout,
                        std::span<const std::int64_t> rows) {
  // The blocks do not depend on the number of threads, so neither does the result.
  constexpr std::int64_t kBlockNumbers = std::int64_t{1} << 16;
  const std::int64_t block_rows = std::max<std::int64_t>(1, kBlockNumbers / layout.sample);
  const std::int64_t blocks = (std::ssize(rows) + block_rows - 1) / block_rows;
  std::vector<std::vector<Moments>> of_block(static_cast<std::size_t>(blocks));
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t block = 0; block < blocks; ++block) {
    const auto begin = static_cast<std::size_t>(block * block_rows);
    const auto size = std::min(rows.size() - begin, static_cast<std::size_t>(block_rows));
    of_block[static_cast<std::size_t>(block)] =
        block_moments(values, layout, rows.subspan(begin, size));
  }
  Standardizer out;
  for (std::size_t f = 0; f < static_cast<std::size_t>(layout.features); ++f) {
    Moments all;
    for (const std::vector<Moments>& block : of_block) all.merge(block[f]);
    const bool varies = all.low < all.high;
    out.mean.push_back(all.low == all.high ? all.low : all.mean);
    out.standard_deviation.push_back(varies ? std::sqrt(all.squares / all.count) : 1);
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
  // The memory is read in order, and the result does not depend on the order of the rows.
  std::vector<std::int64_t> sorted(rows.begin(), rows.end());
  std::ranges::sort(sorted);
  return std::visit([&](const auto& values) { return fit_values(values, layout(field), sorted); },
                    field.values);
}

}  // namespace selfnorm
