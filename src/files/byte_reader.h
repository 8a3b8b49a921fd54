// SPDX-License-Identifier: Apache-2.0
// Reads the bytes of plain and compressed files. Sizes in headers are checked against the size of
// the file before they are used.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "files/decompressor.h"
#include "selfnorm/tensor.h"

namespace selfnorm {

/// Throws Error(data) with this message.
[[noreturn]] void throw_data_error(const std::string& message);

/// Returns the text in single quotes, with control characters escaped, truncated to 40 bytes.
std::string quote_for_message(std::string_view text);

/// Returns the first `most` words, each as `quote_for_message` does, and how many more there are.
std::string list_for_message(const std::vector<std::string>& words, std::size_t most);

/// Returns the path without the extension of a compression, as in ".gz".
std::filesystem::path without_compression(const std::filesystem::path& path);

/// Returns the first 16 bytes of a regular file, and "" for other files, which cannot be read
/// twice.
std::string first_bytes(const std::filesystem::path& path);

/// Reads a file from start to end. The first bytes show whether it is compressed with gzip, zstd,
/// xz, bzip2 or zip. All errors are Error(data), and their messages begin with the path.
///
/// gzip cannot compress to less than 1/1032. Files of the others that are larger than this ratio
/// allows, and than 64 MiB, are an error: a small file must not fill the memory.
class ByteReader {
 public:
  /// Opens a file. Throws for a folder, a missing file, an empty file, and a file that is named as
  /// if it were compressed but is not.
  explicit ByteReader(const std::filesystem::path& path);
  ~ByteReader();
  ByteReader(const ByteReader&) = delete;
  ByteReader& operator=(const ByteReader&) = delete;

  const std::string& name() const { return name_; }

  /// Reads up to `count` bytes and returns their number, which is smaller only at the end of the
  /// file. Throws if compressed data are damaged or truncated.
  std::size_t read_some(void* bytes, std::size_t count);

  /// Reads exactly `count` bytes. Messages call them `what`. Memory use is at most twice the bytes
  /// found.
  std::vector<std::uint8_t> read(std::uint64_t count, std::string_view what);

  /// Throws if bytes are left. Also verifies the checksum at the end of a compressed file.
  void expect_end();

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw_data_error(name_ + ": " + message);
  }
  std::size_t read_gzip(char* bytes, std::size_t count);
  std::uint64_t max_bytes_left() const;

  std::string name_;
  gzFile file_ = nullptr;  ///< for plain and gzip files
  std::optional<Decompressor> decompressor_;
  std::uint64_t capacity_ = 0;  ///< maximum number of bytes in the file
  std::uint64_t position_ = 0;
};

/// Returns the size in bytes of an array of this shape. Throws Error(data) naming `file` if an
/// extent is below 1 or the size is above 2^63 − 1.
std::uint64_t checked_bytes(const std::string& file, const Shape& shape, std::uint64_t bytes_each);

}  // namespace selfnorm
