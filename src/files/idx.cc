// SPDX-License-Identifier: Apache-2.0
#include "files/idx.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "files/byte_reader.h"

namespace selfnorm {
namespace {

constexpr int kMaxIdxExtents = 8;

std::optional<NumberFormat> number_format(std::uint8_t type) {
  switch (type) {
    case 0x08: return NumberFormat{'u', 1, true};
    case 0x09: return NumberFormat{'i', 1, true};
    case 0x0b: return NumberFormat{'i', 2, true};
    case 0x0c: return NumberFormat{'i', 4, true};
    case 0x0d: return NumberFormat{'f', 4, true};
    case 0x0e: return NumberFormat{'f', 8, true};
    default: return std::nullopt;
  }
}

}  // namespace

NumberArray read_idx(const std::filesystem::path& path) {
  ByteReader reader(path);
  const auto magic = reader.read(4, "an IDX header");
  const std::optional<NumberFormat> format = number_format(magic[2]);
  if (magic[0] != 0 || magic[1] != 0 || !format || magic[3] < 1 || magic[3] > kMaxIdxExtents) {
    throw_data_error(
        fmt::format("{}: is not an IDX file: expected the bytes 00 00, a type and 1 to {} extents, "
                    "got {:02x} {:02x} {:02x} {:02x}",
                    reader.name(), kMaxIdxExtents, magic[0], magic[1], magic[2], magic[3]));
  }
  const auto extents = reader.read(std::uint64_t{4} * magic[3], "the IDX extents");
  Shape shape;
  for (std::size_t i = 0; i < extents.size(); i += 4) {
    shape.push_back(std::int64_t{extents[i]} << 24 | extents[i + 1] << 16 | extents[i + 2] << 8 |
                    extents[i + 3]);
  }
  const std::uint64_t bytes = checked_bytes(reader.name(), shape, format->bytes);
  auto numbers = reader.read(bytes, "numbers of shape " + to_string(shape));
  reader.expect_end();
  return decode_array(std::move(numbers), *format, std::move(shape), false, reader.name());
}

}  // namespace selfnorm
