// SPDX-License-Identifier: Apache-2.0
// Reads the bytes of plain and gzip files. Sizes in headers are checked against the size of the
// file before they are used.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "selfnorm/tensor.h"

namespace selfnorm {

/// Throws Error(data) with this message.
[[noreturn]] void throw_data_error(const std::string& message);

/// Returns the text in single quotes, with control characters escaped, truncated to 40 bytes.
std::string quote_for_message(std::string_view text);

/// Returns the path without the extension ".gz".
std::filesystem::path without_gz(const std::filesystem::path& path);

/// Reads a file from start to end. All errors are Error(data), and their messages begin with the
/// path.
class ByteReader {
 public:
  /// Opens a plain or gzip file. Throws for a folder, a missing file, an empty file, and a file
  /// named .gz that is not gzip data.
  explicit ByteReader(const std::filesystem::path& path);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  const std::string& name() const { return name_; }

  /// Reads up to `count` bytes and returns their number, which is smaller only at the end of the
  /// file. Throws if the gzip data are damaged or truncated.
  std::size_t read_some(void* bytes, std::size_t count);

  /// Reads exactly `count` bytes. Messages call them `what`. Memory use is at most twice the bytes
  /// found.
  std::vector<std::uint8_t> read(std::uint64_t count, std::string_view what);

  /// Throws if bytes are left. Also verifies the checksum at the end of a gzip file.
  void expect_end();

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw_data_error(name_ + ": " + message);
  }
  std::uint64_t max_bytes_left() const;

  std::string name_;
  gzFile file_ = nullptr;
  std::uint64_t capacity_ = 0;  ///< maximum number of bytes in the file
  std::uint64_t position_ = 0;
};

/// Returns the size in bytes of an array of this shape. Throws Error(data) naming `file` if an
/// extent is below 1 or the size is above 2^63 − 1.
std::uint64_t checked_bytes(const std::string& file, const Shape& shape, std::uint64_t bytes_each);

}  // namespace selfnorm
