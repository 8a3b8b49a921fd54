// SPDX-License-Identifier: Apache-2.0
// Reads text files of any usual encoding as UTF-8.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "files/byte_reader.h"

namespace selfnorm {

/// Reads a plain or compressed file in pieces that end with a line. UTF-16 is recognized by its
/// byte order mark. A line that is not UTF-8 is read as Windows-1252, which contains Latin-1. All
/// errors are Error(data).
class Utf8Reader {
 public:
  explicit Utf8Reader(const std::filesystem::path& path) : bytes_(path) {}

  const std::string& name() const { return bytes_.name(); }
  /// Returns the next lines, which are valid until the next call, or "" at the end of the file.
  /// Throws for a line longer than 64 MiB and for a NUL byte.
  std::string_view next();
  /// Says what was converted so far, if the file is not UTF-8.
  std::vector<std::string> notes() const;

 private:
  bool fill();
  void recode_invalid_lines();

  ByteReader bytes_;
  std::string raw_;      // UTF-16 bytes that are not converted yet
  std::string pending_;  // text after the last piece
  std::string piece_;
  std::string encoding_;  // "UTF-16" or ""
  bool big_endian_ = false;
  bool is_first_ = true;
  std::int64_t lines_ = 0;
  std::int64_t recoded_lines_ = 0;  // read as Windows-1252
};

}  // namespace selfnorm
