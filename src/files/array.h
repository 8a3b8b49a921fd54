// SPDX-License-Identifier: Apache-2.0
// Arrays of numbers from IDX and NPY files, and their conversion to a data set.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// The storage format of one number: kind 'b' (bool), 'u' (unsigned), 'i' (signed) or 'f' (float),
/// size in bytes and byte order.
struct NumberFormat {
  char kind = 'u';
  int bytes = 1;
  bool is_big_endian = false;
};

/// Numbers in row-major order. Bytes stay bytes, integers and bools become 64-bit, and all others
/// become float. A double beyond the range of float becomes infinite, which `to_field` rejects.
struct NumberArray {
  Shape shape;
  std::variant<std::vector<std::uint8_t>, std::vector<std::int64_t>, std::vector<float>> values;
};

/// Decodes elements(shape) numbers. If `is_fortran_order`, the first index varies fastest in the
/// bytes, and the result is converted to row-major order. Throws Error(data) naming `file` for an
/// unsigned number above 2^63 − 1.
NumberArray decode_array(std::vector<std::uint8_t> bytes, NumberFormat format, Shape shape,
                         bool is_fortran_order, const std::string& file);

/// Keeps the first `rows` rows; 0 keeps all.
void limit_rows(NumberArray& array, std::int64_t rows);

/// Converts an array to a field. The first extent is the number of rows, and the others are the
/// shape of a sample. The samples of a vector have one number. Bytes remain bytes (v / 255) if a
/// sample has two or more extents, otherwise they become plain numbers. `channel_first` turns
/// samples of shape (H,W) into (1,H,W). Throws Error(data) with row and column for NaN and
/// infinity.
Field to_field(NumberArray array, std::string name, bool channel_first, const std::string& file);

/// Returns the number of each row as a double. Throws Error(data) if rows have more than one
/// number.
std::vector<double> to_labels(const NumberArray& array, const std::string& file);

/// Returns all numbers as floats.
std::vector<float> to_floats(NumberArray array);

}  // namespace selfnorm
