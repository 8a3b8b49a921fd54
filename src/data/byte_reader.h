// SPDX-License-Identifier: Apache-2.0
// Reads the bytes of a file, gzip or not. Sizes in headers are checked against the size of the file
// before they are used.
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
[[noreturn]] void data_error(const std::string& message);

/// The text in single quotes, with control characters escaped, truncated to 40 bytes.
std::string shown(std::string_view text);

/// The path without the extension ".gz".
std::filesystem::path without_gz(const std::filesystem::path& path);

/// Reads a file front to back. All errors are Error(data) and begin with the path.
class ByteReader {
 public:
  /// Opens a plain or gzip file; one that is named .gz and is not gzip is an error, as are a
  /// folder, an absent and an empty file.
  explicit ByteReader(const std::filesystem::path& path);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  const std::string& name() const { return name_; }

  /// Up to `count` bytes; fewer only at the end of the file. Throws when the gzip data are corrupt
  /// or truncated.
  std::size_t read_some(void* bytes, std::size_t count);

  /// Exactly `count` bytes of `what`. Memory use is at most twice the bytes found.
  std::vector<std::uint8_t> read(std::uint64_t count, std::string_view what);

  /// Throws unless all bytes are read; this also checks the sum at the end of a gzip file.
  void expect_end();

 private:
  [[noreturn]] void fail(const std::string& message) const { data_error(name_ + ": " + message); }
  std::uint64_t bytes_left_at_most() const;

  std::string name_;
  gzFile file_ = nullptr;
  std::uint64_t capacity_ = 0;  ///< upper bound of the bytes in the file
  std::uint64_t position_ = 0;
};

/// Bytes that an array of this shape takes, or an error naming `file` when the shape holds nothing
/// or does not fit in memory at all.
std::uint64_t checked_bytes(const std::string& file, const Shape& shape, std::uint64_t bytes_each);

}  // namespace selfnorm
