// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace selfnorm {

/// Extents, outermost first. Images are (N, channels, height, width).
using Shape = std::vector<std::int64_t>;

/// Returns the product of the extents, which is 1 for the empty shape. Does not check overflow.
std::int64_t elements(const Shape& shape);

/// Returns whether every extent is at least 1 and the product at most 2^34 (64 GiB of floats).
bool is_plausible(const Shape& shape);

/// Returns the shape as text, for example "(32, 64)".
std::string to_string(const Shape& shape);

/// An array of floats with a shape.
struct Tensor {
  Shape shape;              ///< extents, outermost first
  std::vector<float> data;  ///< elements(shape) numbers, row-major
};

}  // namespace selfnorm
