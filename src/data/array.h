// SPDX-License-Identifier: Apache-2.0
// Arrays of numbers from IDX and NPY files, and their conversion to a data set.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// The storage of one number: kind 'b' (bool), 'u', 'i' or 'f', size in bytes, byte order.
struct NumberFormat {
  char kind = 'u';
  int bytes = 1;
  bool big_endian = false;
};

/// Numbers in row-major order. Bytes stay bytes, integers and bools become 64-bit, and all others
/// become float. A double beyond the range of float becomes infinite, which `array_field` rejects.
struct NumberArray {
  Shape shape;
  std::variant<std::vector<std::uint8_t>, std::vector<std::int64_t>, std::vector<float>> values;
};

/// Decodes elements(shape) numbers; with `fortran` the first index varies fastest, and the
/// result is converted to row-major order. An unsigned number beyond 2^63 is an Error(data) naming
/// `file`.
NumberArray decode_array(std::vector<std::uint8_t> bytes, NumberFormat format, Shape shape,
                         bool fortran, const std::string& file);

/// Keeps the first `rows` rows; 0 keeps all.
void limit_rows(NumberArray& array, std::int64_t rows);

/// The first extent is the rows, the rest one sample; a vector has samples of one number. Bytes
/// stay bytes (v / 255) where a sample has two or more extents, and are plain numbers in a flat
/// row. `channel_first` makes samples (H,W) into (1,H,W). NaN and infinity are Error(data) naming
/// row and column.
Field array_field(NumberArray array, std::string name, bool channel_first, const std::string& file);

/// One number per row, as doubles. Throws Error(data) if there are more.
std::vector<double> array_labels(const NumberArray& array, const std::string& file);

/// All numbers as floats.
std::vector<float> array_floats(NumberArray array);

}  // namespace selfnorm
