// SPDX-License-Identifier: Apache-2.0
// Files written so that a crash, a full disk or Ctrl-C leaves either the old file or the new one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace selfnorm {

/// Writes a file beside its destination and renames it into place on `commit()`; without a commit
/// nothing of it remains. Throws Error(io) naming the path and the system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& destination);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* bytes, std::size_t count);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

 private:
  std::filesystem::path destination_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

/// Replaces the file at `destination` by `text`, atomically; a pipe or device is written into.
void write_file(const std::filesystem::path& destination, std::string_view text);

/// The whole file as bytes. Throws Error(kind data) naming the path when it cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace selfnorm
