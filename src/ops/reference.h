// SPDX-License-Identifier: Apache-2.0
// Iteration over arrays in API order, for the scalar references.
#pragma once

#include <complex>
#include <cstdint>

#include "ops/row.h"

namespace selfnorm {

inline double real_part(double x) { return x; }
inline double real_part(const std::complex<double>& x) { return x.real(); }

/// Calls f(row, element, index) for every element. `index` is its index in API order. `element` is
/// its index within the row in memory order, which is features-last for images.
template <class F>
void for_each_element(const Shape& shape, F f) {
  const std::int64_t rows = shape[0];
  const std::int64_t per_row = rows == 0 ? 0 : elements(shape) / rows;
  const bool image = shape.size() == 4;
  const std::int64_t channels = image ? shape[1] : 1,
                     positions = image ? per_row / channels : per_row;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t e = 0; e < per_row; ++e) {
      const std::int64_t in_memory = (e % positions) * channels + e / positions;
      f(row, in_memory, static_cast<std::size_t>(row * per_row + e));
    }
  }
}

/// The element (n, c, h, w) of an image array.
template <class T>
T& at(Array<T>& array, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
  const Shape& s = array.shape;
  return array.data[static_cast<std::size_t>(((n * s[1] + c) * s[2] + h) * s[3] + w)];
}
template <class T>
const T& at(const Array<T>& array, std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) {
  return at(const_cast<Array<T>&>(array), n, c, h, w);
}

/// The extents of an array before, along and after its feature axis, which is axis 1 of images and
/// else the last axis. The index of feature f at (o, i) is (o·features + f)·inner + i.
struct FeatureAxis {
  std::int64_t outer, features, inner;
  std::size_t index(std::int64_t o, std::int64_t f, std::int64_t i) const {
    return static_cast<std::size_t>((o * features + f) * inner + i);
  }
};

inline FeatureAxis feature_axis(const Shape& shape) {
  if (shape.size() == 4) return {shape[0], shape[1], shape[2] * shape[3]};
  return {elements(shape) / shape.back(), shape.back(), 1};
}

}  // namespace selfnorm
