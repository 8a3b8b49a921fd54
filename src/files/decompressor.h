// SPDX-License-Identifier: Apache-2.0
// Reads files that are compressed with zstd, xz, bzip2 or zip.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct archive;

namespace selfnorm {

/// Returns "zstd", "xz", "bzip2" or "zip" if a file begins as these programs write it, else "".
std::string_view compression_of(std::string_view start);

/// Throws Error(data) with libarchive's reason.
[[noreturn]] void throw_damaged(const std::string& file, std::string_view compression,
                                archive* opened);

/// Decompresses a file from start to end. In a zip file, it reads the member that
/// `choose_zip_member` chooses. All errors are Error(data), and their messages begin with the path.
class Decompressor {
 public:
  /// `compression` is as `compression_of` returns it.
  Decompressor(const std::filesystem::path& path, std::string_view compression);

  /// Reads up to `count` bytes and returns their number, which is smaller only at the end. Throws
  /// if the data are damaged or truncated.
  std::size_t read_some(void* bytes, std::size_t count);

 private:
  struct Free {
    void operator()(archive* opened) const;
  };
  void skip_to_member(std::size_t index);
  [[noreturn]] void fail() const { throw_damaged(name_, compression_, archive_.get()); }

  std::string name_;
  std::string_view compression_;
  std::unique_ptr<archive, Free> archive_;
};

}  // namespace selfnorm
