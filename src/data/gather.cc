// SPDX-License-Identifier: Apache-2.0
#include "data/gather.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "files/byte_reader.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// With at most this many numbers (about 0.1 ms), waking other threads may cost more time than it
// saves.
constexpr std::int64_t kParallelNumbers = 1 << 17;

// The standardization of one feature, if there is a standardizer. A missing number becomes 0.
struct FeatureMap {
  const Standardizer* standardizer = nullptr;
  std::size_t feature = 0;

  template <class T>
  float operator()(T value) const {
    const double x = field_number(value);
    if (standardizer != nullptr) return static_cast<float>(standardize(*standardizer, feature, x));
    return std::isnan(x) ? 0.0f : static_cast<float>(x);
  }
};

FeatureMap feature_map(const Standardizer* standardizer, std::int64_t feature) {
  return {standardizer, static_cast<std::size_t>(feature)};
}

// Writes the `count` numbers of one channel to every `stride`-th element of `out`.
template <class T, class Map>
void write_plane(const T* in, std::int64_t count, std::int64_t stride, float* out, Map map) {
  for (std::int64_t i = 0; i < count; ++i) out[i * stride] = map(in[i]);
}

template <class T>
void gather_images(const T* values, std::int64_t channels, std::int64_t plane,
                   const Standardizer* standardizer, std::span<const std::int64_t> rows,
                   float* out) {
  const auto count = static_cast<std::int64_t>(rows.size());
  const std::int64_t sample = channels * plane;
#pragma omp parallel if (count * sample > kParallelNumbers)
  for (std::int64_t c = 0; c < channels; ++c) {
    const FeatureMap map = feature_map(standardizer, c);
    // A byte has only 256 values, so each thread computes them once per channel.
    std::array<float, 256> table;
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      for (std::size_t v = 0; v < table.size(); ++v) table[v] = map(static_cast<T>(v));
    }
#pragma omp for schedule(static) nowait
    for (std::int64_t r = 0; r < count; ++r) {
      const T* in = values + rows[static_cast<std::size_t>(r)] * sample + c * plane;
      float* to = out + r * sample + c;
      if constexpr (std::is_same_v<T, std::uint8_t>) {
        write_plane(in, plane, channels, to, [&](T value) { return table[value]; });
      } else {
        write_plane(in, plane, channels, to, map);
      }
    }
  }
}

// Writes rows of a standardizer with transforms. Each transform has a table of points, which stays
// in the cache while a block of rows is written feature by feature.
template <class T>
void gather_transformed(const T* values, std::int64_t sample, const Standardizer& standardizer,
                        std::span<const std::int64_t> rows, float* out) {
  constexpr std::int64_t kBlock = 64;
  const std::int64_t features = std::ssize(standardizer.mean), count = std::ssize(rows);
#pragma omp parallel for schedule(static) if (count * sample > kParallelNumbers)
  for (std::int64_t first = 0; first < count; first += kBlock) {
    const std::int64_t end = std::min(count, first + kBlock);
    for (std::int64_t f = 0; f < features; ++f) {
      const FeatureMap map = feature_map(&standardizer, f);
      for (std::int64_t r = first; r < end; ++r) {
        const T* in = values + rows[static_cast<std::size_t>(r)] * sample;
        float* to = out + r * sample;
        for (std::int64_t i = f; i < sample; i += features) to[i] = map(in[i]);
      }
    }
  }
}

template <class T>
void gather_flat(const T* values, std::int64_t sample, std::int64_t features,
                 const Standardizer* standardizer, std::span<const std::int64_t> rows, float* out) {
  if (standardizer != nullptr && !standardizer->transforms.empty())
    return gather_transformed(values, sample, *standardizer, rows, out);
  const auto count = static_cast<std::int64_t>(rows.size());
#pragma omp parallel for schedule(static) if (count * sample > kParallelNumbers)
  for (std::int64_t r = 0; r < count; ++r) {
    const T* in = values + rows[static_cast<std::size_t>(r)] * sample;
    float* to = out + r * sample;
    for (std::int64_t i = 0; i < sample; i += features) {
      for (std::int64_t f = 0; f < features; ++f) {
        to[i + f] = feature_map(standardizer, f)(in[i + f]);
      }
    }
  }
}

void check_standardizer(const Field& field, const Standardizer& standardizer) {
  const auto expected = static_cast<std::size_t>(standardized_features(field));
  if (standardizer.mean.size() == expected && standardizer.standard_deviation.size() == expected)
    return;
  throw Error(ErrorKind::shape, fmt::format("input '{}': samples of shape {} have {} features to "
                                            "standardize, but the standardizer has {}",
                                            field.name, to_string(field.sample_shape), expected,
                                            standardizer.mean.size()));
}

template <class T>
std::vector<T> select_values(const std::vector<T>& values, std::int64_t width,
                             std::span<const std::int64_t> rows) {
  std::vector<T> out;
  if (values.empty()) return out;
  out.reserve(rows.size() * static_cast<std::size_t>(width));
  for (const std::int64_t row : rows) {
    const auto begin = values.begin() + row * width;
    out.insert(out.end(), begin, begin + width);
  }
  return out;
}

}  // namespace

double field_number(std::uint8_t byte) {
  static constexpr std::array<double, 256> kUnit = [] {
    std::array<double, 256> table{};
    for (int v = 0; v < 256; ++v) table[static_cast<std::size_t>(v)] = v / 255.0;
    return table;
  }();
  return kUnit[byte];
}

std::int64_t row_count(const Field& field) {
  const std::int64_t sample = elements(field.sample_shape);
  const auto count = std::visit([](const auto& values) { return values.size(); }, field.values);
  return sample == 0 ? 0 : static_cast<std::int64_t>(count) / sample;
}

void check_rows(const Field& field, std::span<const std::int64_t> rows) {
  const std::int64_t count = row_count(field);
  for (const std::int64_t row : rows) {
    if (row >= 0 && row < count) continue;
    throw_data_error(fmt::format("input '{}': there is no row {}, expected 0 to {}", field.name,
                                 row, count - 1));
  }
}

void gather_batch(const Field& field, const Standardizer* standardizer,
                  std::span<const std::int64_t> rows, float* out) {
  check_rows(field, rows);
  if (standardizer != nullptr) check_standardizer(field, *standardizer);
  const Shape& shape = field.sample_shape;
  const std::int64_t features = standardized_features(field);
  std::visit(
      [&](const auto& values) {
        if (shape.size() == 3) {
          gather_images(values.data(), features, shape[1] * shape[2], standardizer, rows, out);
        } else {
          gather_flat(values.data(), elements(shape), features, standardizer, rows, out);
        }
      },
      field.values);
}

std::vector<std::int64_t> evenly_spaced_rows(std::span<const std::int64_t> rows,
                                             std::size_t max_count) {
  const std::size_t count = std::min(rows.size(), max_count);
  std::vector<std::int64_t> some;
  for (std::size_t i = 0; i < count; ++i) some.push_back(rows[i * rows.size() / count]);
  return some;
}

Dataset select_rows(const Dataset& data, std::span<const std::int64_t> rows) {
  Dataset out{data.name, static_cast<std::int64_t>(rows.size()), {}, {}};
  for (const Field& field : data.inputs) {
    check_rows(field, rows);
    const std::int64_t sample = elements(field.sample_shape);
    Field part{field.name, field.sample_shape, {}, field.columns, field.sources};
    std::visit([&](const auto& values) { part.values = select_values(values, sample, rows); },
               field.values);
    out.inputs.push_back(std::move(part));
  }
  out.targets = {
      data.targets.name,        select_values(data.targets.classes, 1, rows),
      data.targets.class_names, select_values(data.targets.values, data.targets.width, rows),
      data.targets.width,       data.targets.columns,
      data.targets.formats};
  out.vocabulary = data.vocabulary;
  out.lines = select_values(data.lines, 1, rows);
  out.table = data.table;
  out.has_header = data.has_header;
  out.notes = data.notes;
  out.groups = select_values(data.groups, 1, rows);
  for (const IdentifierColumn& id : data.ids)
    out.ids.push_back({id.name, select_values(id.cells, 1, rows)});
  out.times = select_values(data.times, 1, rows);
  return out;
}

}  // namespace selfnorm
