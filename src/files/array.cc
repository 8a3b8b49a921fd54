// SPDX-License-Identifier: Apache-2.0
#include "files/array.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "files/byte_reader.h"

namespace selfnorm {
namespace {

template <class T>
T load(const std::uint8_t* bytes, bool swap) {
  std::uint8_t ordered[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) ordered[i] = bytes[swap ? sizeof(T) - 1 - i : i];
  T value;
  std::memcpy(&value, ordered, sizeof(T));
  return value;
}

// Decodes IEEE 754 binary16: 1 sign bit, 5 exponent bits and 10 fraction bits.
float from_half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  float magnitude = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  if (exponent == 0) magnitude = std::ldexp(static_cast<float>(fraction), -24);
  if (exponent == 31) {
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  }
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

// Converts to float, with infinity beyond the range of float. A plain cast would be undefined
// there.
float from_double(double value) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  if (value > std::numeric_limits<float>::max()) return kInfinity;
  if (value < std::numeric_limits<float>::lowest()) return -kInfinity;
  return static_cast<float>(value);
}

template <class Stored, class Out, class Convert>
std::vector<Out> decode(const std::vector<std::uint8_t>& bytes, bool swap, Convert convert) {
  std::vector<Out> out(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = convert(load<Stored>(bytes.data() + i * sizeof(Stored), swap));
  }
  return out;
}

template <class Stored>
std::vector<std::int64_t> decode_integers(const std::vector<std::uint8_t>& bytes, bool swap,
                                          const std::string& file) {
  return decode<Stored, std::int64_t>(bytes, swap, [&](Stored value) {
    if (!std::in_range<std::int64_t>(value)) {
      throw_data_error(
          fmt::format("{}: expected numbers of at most 2^63 - 1, got {}", file, value));
    }
    return static_cast<std::int64_t>(value);
  });
}

template <class T>
std::vector<T> row_major(const std::vector<T>& in, const Shape& shape) {
  std::vector<T> out(in.size());
  Shape index(shape.size(), 0);
  Shape stride(shape.size(), 1);
  for (std::size_t axis = 1; axis < shape.size(); ++axis) {
    stride[axis] = stride[axis - 1] * shape[axis - 1];
  }
  std::int64_t from = 0;
  for (T& value : out) {
    value = in[static_cast<std::size_t>(from)];
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      from += stride[axis];
      if (++index[axis] < shape[axis]) break;
      from -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

decltype(NumberArray::values) decode_values(std::vector<std::uint8_t> bytes, NumberFormat format,
                                            const std::string& file) {
  const bool swap = format.is_big_endian != (std::endian::native == std::endian::big);
  const auto same = [](float value) { return value; };
  if (format.kind == 'f') {
    if (format.bytes == 2) return decode<std::uint16_t, float>(bytes, swap, from_half);
    if (format.bytes == 4) return decode<float, float>(bytes, swap, same);
    return decode<double, float>(bytes, swap, from_double);
  }
  if (format.kind == 'u') {
    if (format.bytes == 1) return bytes;
    if (format.bytes == 2) return decode_integers<std::uint16_t>(bytes, swap, file);
    if (format.bytes == 4) return decode_integers<std::uint32_t>(bytes, swap, file);
    return decode_integers<std::uint64_t>(bytes, swap, file);
  }
  if (format.kind == 'b') {
    return decode<std::uint8_t, std::int64_t>(bytes, false, [](auto v) { return v != 0; });
  }
  if (format.bytes == 1) return decode_integers<std::int8_t>(bytes, swap, file);
  if (format.bytes == 2) return decode_integers<std::int16_t>(bytes, swap, file);
  if (format.bytes == 4) return decode_integers<std::int32_t>(bytes, swap, file);
  return decode_integers<std::int64_t>(bytes, swap, file);
}

void require_finite(const std::vector<float>& values, std::int64_t columns,
                    const std::string& file) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i])) continue;
    const auto at = static_cast<std::int64_t>(i);
    throw_data_error(
        fmt::format("{}: row {}, column {} (from 0): expected a finite 32-bit number, got "
                    "{} (drop the row or fill the value)",
                    file, at / columns, at % columns, values[i]));
  }
}

}  // namespace

NumberArray decode_array(std::vector<std::uint8_t> bytes, NumberFormat format, Shape shape,
                         bool is_fortran_order, const std::string& file) {
  NumberArray array{std::move(shape), decode_values(std::move(bytes), format, file)};
  if (is_fortran_order && array.shape.size() > 1) {
    std::visit([&](auto& values) { values = row_major(values, array.shape); }, array.values);
  }
  return array;
}

void limit_rows(NumberArray& array, std::int64_t rows) {
  if (rows <= 0 || rows >= array.shape.front()) return;
  array.shape.front() = rows;
  const auto count = static_cast<std::size_t>(elements(array.shape));
  std::visit([&](auto& values) { values.resize(count); }, array.values);
}

std::vector<float> to_floats(NumberArray array) {
  return std::visit(
      [](auto& values) -> std::vector<float> {
        if constexpr (std::is_same_v<std::decay_t<decltype(values)>, std::vector<float>>) {
          return std::move(values);
        } else {
          std::vector<float> out(values.size());
          for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(values[i]);
          return out;
        }
      },
      array.values);
}

Field to_field(NumberArray array, std::string name, bool channel_first, const std::string& file) {
  Field field{std::move(name), Shape(array.shape.begin() + 1, array.shape.end()), {}};
  if (field.sample_shape.empty()) field.sample_shape = {1};
  if (channel_first && field.sample_shape.size() == 2) {
    field.sample_shape.insert(field.sample_shape.begin(), 1);
  }
  auto* bytes = std::get_if<std::vector<std::uint8_t>>(&array.values);
  if (bytes != nullptr && field.sample_shape.size() > 1) {
    field.values = std::move(*bytes);
    return field;
  }
  std::vector<float> floats = to_floats(std::move(array));
  require_finite(floats, elements(field.sample_shape), file);
  field.values = std::move(floats);
  return field;
}

std::vector<double> to_labels(const NumberArray& array, const std::string& file) {
  if (elements(array.shape) != array.shape.front()) {
    throw_data_error(fmt::format("{}: expected one label per row, got an array of shape {}", file,
                                 to_string(array.shape)));
  }
  return std::visit(
      [](const auto& values) {
        std::vector<double> out(values.size());
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(values[i]);
        return out;
      },
      array.values);
}

}  // namespace selfnorm
