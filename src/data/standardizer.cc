// SPDX-License-Identifier: Apache-2.0
#include "data/standardizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/index.h"
#include "base/random.h"
#include "data/gather.h"
#include "data/split.h"
#include "files/byte_reader.h"

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
        visit(static_cast<std::size_t>(layout.planes ? a : b), field_number(*x++));
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
template <class T, class Map>
std::vector<Moments> block_moments(const std::vector<T>& values, const Layout& layout,
                                   std::span<const std::int64_t> rows, Map map) {
  std::vector<Moments> moments(static_cast<std::size_t>(layout.features));
  for_each(values, layout, rows, [&](std::size_t feature, double number) {
    const double x = map(feature, number);
    Moments& m = moments[feature];
    if (std::isnan(x)) return;
    m.count += 1;
    m.mean += x;
    m.low = x < m.low ? x : m.low;
    m.high = x > m.high ? x : m.high;
  });
  for (Moments& m : moments) m.mean /= std::max(m.count, 1.0);
  for_each(values, layout, rows, [&](std::size_t feature, double number) {
    const double x = map(feature, number);
    Moments& m = moments[feature];
    const double difference = std::isnan(x) ? 0 : x - m.mean;
    m.squares += difference * difference;
  });
  return moments;
}

// Measures map(feature, x) for all features over the rows.
template <class T, class Map>
std::vector<Moments> measure(const std::vector<T>& values, const Layout& layout,
                             std::span<const std::int64_t> rows, Map map) {
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
        block_moments(values, layout, rows.subspan(begin, size), map);
  }
  std::vector<Moments> all(static_cast<std::size_t>(layout.features));
  for (const std::vector<Moments>& block : of_block)
    for (std::size_t f = 0; f < all.size(); ++f) all[f].merge(block[f]);
  return all;
}

template <class T>
std::vector<Moments> measure_transformed(const std::vector<T>& values, const Layout& layout,
                                         const std::vector<FeatureTransform>& transforms,
                                         std::span<const std::int64_t> rows) {
  if (transforms.empty()) {
    return measure(values, layout, rows, [](std::size_t, double x) { return x; });
  }
  return measure(values, layout, rows, [&](std::size_t feature, double x) {
    return apply_transform(transforms[feature], x);
  });
}

FeatureTransform fit_transform(FeatureTransform::Kind kind, const std::vector<double>& sorted) {
  if (kind == FeatureTransform::Kind::smooth_clip) return fit_smooth_clip(sorted);
  return kind == FeatureTransform::Kind::quantile ? fit_normal_quantiles(sorted)
                                                  : FeatureTransform{};
}

// Fits the transforms of all features. Returns none if no feature should have one.
template <class T>
std::vector<FeatureTransform> fit_transforms(const std::vector<T>& values, const Layout& layout,
                                             const std::vector<FeatureTreatment>& treatments,
                                             std::span<const std::int64_t> rows) {
  const auto has_none = [](const FeatureTreatment& each) {
    return each.transform == FeatureTransform::Kind::none;
  };
  if (std::ranges::all_of(treatments, has_none)) return {};
  constexpr std::int64_t kMaxDrawn = 1 << 16;
  const std::vector<std::int64_t> drawn =
      draw_rows(rows, kMaxDrawn, random_key(0, "standardizer", "rows"));
  std::vector<FeatureTransform> transforms(treatments.size());
#pragma omp parallel for schedule(dynamic)
  for (std::size_t feature = 0; feature < treatments.size(); ++feature) {
    if (has_none(treatments[feature])) continue;
    std::vector<double> numbers;
    for (const std::int64_t row : drawn) {
      for (std::int64_t i = 0; i < layout.count; ++i) {
        const auto at = row * layout.sample + layout.at(static_cast<std::int64_t>(feature), i);
        const double x = field_number(values[static_cast<std::size_t>(at)]);
        if (!std::isnan(x)) numbers.push_back(x);
      }
    }
    std::ranges::sort(numbers);
    transforms[feature] = fit_transform(treatments[feature].transform, numbers);
  }
  return transforms;
}

bool is_constant(const Standardizer& standardizer, std::size_t feature) {
  return !standardizer.transforms.empty() &&
         standardizer.transforms[feature].kind == FeatureTransform::Kind::constant;
}

// Gives the features of each group the root of the mean of their variances.
void share_deviations(const std::vector<FeatureTreatment>& treatments, Standardizer& out) {
  struct Sum {
    double variance = 0, count = 0;
  };
  std::map<std::int64_t, Sum> sums;
  for (std::size_t f = 0; f < treatments.size(); ++f) {
    Sum& sum = sums[treatments[f].group];
    const double deviation = is_constant(out, f) ? 0 : out.standard_deviation[f];
    sum.variance += deviation * deviation;
    sum.count += 1;
  }
  for (std::size_t f = 0; f < treatments.size(); ++f) {
    double& deviation = out.standard_deviation[f];
    if (treatments[f].group < 0 || is_constant(out, f)) continue;
    const Sum& sum = sums[treatments[f].group];
    deviation = std::sqrt(sum.variance / sum.count);
  }
}

void set_constant(Standardizer& out, std::size_t feature, std::size_t features) {
  out.transforms.resize(features);
  out.transforms[feature] = {FeatureTransform::Kind::constant, out.mean[feature], 1, {}, {}};
}

template <class T>
Standardizer fit_values(const std::vector<T>& values, const Layout& layout,
                        const std::vector<FeatureTreatment>& treatments,
                        std::span<const std::int64_t> rows) {
  Standardizer out;
  out.transforms = fit_transforms(values, layout, treatments, rows);
  for (const Moments& moments : measure_transformed(values, layout, out.transforms, rows)) {
    const bool varies = moments.low < moments.high;
    out.mean.push_back(moments.low == moments.high ? moments.low : moments.mean);
    out.standard_deviation.push_back(varies ? std::sqrt(moments.squares / moments.count) : 1);
    if (!varies) set_constant(out, out.mean.size() - 1, as_index(layout.features));
  }
  share_deviations(treatments, out);
  for (std::size_t f = 0; f < treatments.size(); ++f) {
    double& deviation = out.standard_deviation[f];
    deviation = std::max(deviation, treatments[f].min_deviation);
  }
  return out;
}

// Returns the rows in increasing order, in linear time.
std::vector<std::int64_t> count_sorted(std::span<const std::int64_t> rows, std::int64_t count) {
  std::vector<std::int32_t> times(as_index(count), 0);
  for (const std::int64_t row : rows) ++times[as_index(row)];
  std::vector<std::int64_t> sorted;
  sorted.reserve(rows.size());
  for (std::int64_t row = 0; row < count; ++row)
    for (std::int32_t i = 0; i < times[as_index(row)]; ++i) sorted.push_back(row);
  return sorted;
}

}  // namespace

std::int64_t standardized_features(const Field& field) {
  if (field.sample_shape.empty()) return 1;
  return field.sample_shape.size() == 3 ? field.sample_shape.front() : field.sample_shape.back();
}

Standardizer fit_standardizer(const Field& field, std::span<const std::int64_t> rows,
                              const std::vector<FeatureTreatment>& treatments) {
  if (rows.empty())
    throw_data_error("input '" + field.name + "': standardization needs at least one row");
  check_rows(field, rows);
  // The memory is read in order, and the result does not depend on the order of the rows.
  const std::vector<std::int64_t> sorted = count_sorted(rows, row_count(field));
  return std::visit(
      [&](const auto& values) { return fit_values(values, layout(field), treatments, sorted); },
      field.values);
}

}  // namespace selfnorm
