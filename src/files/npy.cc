// SPDX-License-Identifier: Apache-2.0
#include "files/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>

#include "files/byte_reader.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMaxNpyExtents = 32;  // NumPy's own limit

struct Header {
  std::string type;
  bool is_fortran_order = false;
  Shape shape;
};

// Parses the Python dictionary of the header, with exactly the keys descr, fortran_order and shape.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& file) : rest_(text), file_(file) {}

  Header parse() {
    Header header;
    int seen = 0;
    expect('{');
    while (!accept('}')) {
      const std::string key = string();
      expect(':');
      if (key == "descr") header.type = string(), seen |= 1;
      else if (key == "fortran_order") header.is_fortran_order = boolean(), seen |= 2;
      else if (key == "shape") header.shape = tuple(), seen |= 4;
      else fail("unknown key " + quote_for_message(key));
      if (!accept(',') && !starts_with('}')) fail("expected ',' or '}'");
    }
    skip_space();
    if (!rest_.empty()) fail("expected nothing after '}'");
    if (seen != 7) fail("one of 'descr', 'fortran_order' and 'shape' is missing");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw_data_error(fmt::format("{}: the NPY header cannot be read: {} at {}", file_, what,
                                 quote_for_message(rest_)));
  }
  void skip_space() {
    const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; };
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }
  bool starts_with(char c) {
    skip_space();
    return !rest_.empty() && rest_.front() == c;
  }
  bool accept(char c) {
    if (!starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(fmt::format("expected '{}'", c));
  }
  std::string string() {
    skip_space();
    if (starts_with('[')) fail("expected a plain number type, got a record with named fields");
    if (!starts_with('\'') && !starts_with('"')) fail("expected text in quotes");
    const std::size_t end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) fail("a quote is not closed");
    std::string text(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool boolean() {
    skip_space();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return value;
    }
    fail("expected True or False");
  }
  Shape tuple() {
    Shape shape;
    expect('(');
    while (!accept(')')) {
      skip_space();
      std::int64_t extent = 0;
      const char* begin = rest_.data();
      const auto [end, fault] = std::from_chars(begin, begin + rest_.size(), extent);
      if (fault != std::errc()) fail("expected a whole number");
      rest_.remove_prefix(end - begin);
      accept('L');  // as Python 2 writes long numbers
      shape.push_back(extent);
      if (shape.size() > kMaxNpyExtents) fail("the shape has more extents than NumPy allows");
      if (!accept(',') && !starts_with(')')) fail("expected ',' or ')'");
    }
    return shape;
  }

  std::string_view rest_;
  const std::string& file_;
};

NumberFormat number_format(const std::string& type, const std::string& file) {
  static constexpr std::string_view kTypes[] = {"b1", "u1", "u2", "u4", "u8", "i1",
                                                "i2", "i4", "i8", "f2", "f4", "f8"};
  const bool ordered = !type.empty() && std::strchr("<>=|", type.front()) != nullptr;
  const std::string_view rest = std::string_view(type).substr(ordered ? 1 : 0);
  if (std::ranges::find(kTypes, rest) == std::end(kTypes)) {
    throw_data_error(
        fmt::format("{}: numbers of type {} are not supported (expected bool, int or float; "
                    "in Python: array.astype('float32'))",
                    file, quote_for_message(type)));
  }
  const bool native_big = std::endian::native == std::endian::big;
  const bool big = type.front() == '>' || (type.front() != '<' && native_big);
  return {rest[0], rest[1] - '0', big};
}

std::uint64_t header_length(ByteReader& reader, int version) {
  const auto bytes = reader.read(version == 1 ? 2 : 4, "an NPY header");
  std::uint64_t length = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) length = length << 8 | bytes[i];
  return length;
}

}  // namespace

NumberArray read_npy(const std::filesystem::path& path) {
  static constexpr char kMagic[] = "\x93NUMPY";
  ByteReader reader(path);
  const auto start = reader.read(8, "an NPY header");
  const int version = start[6];
  if (std::memcmp(start.data(), kMagic, 6) != 0 || version < 1 || version > 3 || start[7] != 0) {
    throw_data_error(reader.name() + ": is not an NPY file of version 1, 2 or 3");
  }
  const auto text = reader.read(header_length(reader, version), "an NPY header");
  const std::string_view view(reinterpret_cast<const char*>(text.data()), text.size());
  Header header = HeaderParser(view, reader.name()).parse();
  if (header.shape.empty())
    throw_data_error(reader.name() + ": expected an array with rows, got a single number");
  const NumberFormat format = number_format(header.type, reader.name());
  const std::uint64_t bytes = checked_bytes(reader.name(), header.shape, format.bytes);
  auto numbers = reader.read(bytes, "numbers of shape " + to_string(header.shape));
  reader.expect_end();
  return decode_array(std::move(numbers), format, std::move(header.shape), header.is_fortran_order,
                      reader.name());
}

}  // namespace selfnorm
