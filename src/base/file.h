// SPDX-License-Identifier: Apache-2.0
// Atomic file output. A crash, a full disk or Ctrl-C leaves either the old file or the new one.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace selfnorm {

/// Writes a temporary file next to its destination. `commit()` renames it to the destination, so
/// that after a crash or a power loss either the old file or the whole new one exists.
/// Without a commit, the destructor removes it. Throws Error(io) with the path and the system's
/// reason.
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

/// Atomically replaces the file at `destination` with `text`. If it is a pipe or device, writes
/// into it.
void write_file(const std::filesystem::path& destination, std::string_view text);

/// Waits until the disk has what was written to the file, or the names in the folder. Throws
/// Error(io) if that fails. Does nothing if the path cannot be opened, or if the file system cannot
/// sync folders.
void sync_to_disk(const std::filesystem::path& path);

/// Removes the files of a folder whose names are the prefix, the number of a process that no longer
/// exists, and possibly a dash with more.
void remove_files_of_ended_processes(const std::filesystem::path& folder,
                                     const std::string& prefix);

/// Removes temporary files of AtomicFile for this destination whose processes no longer exist: they
/// were killed before `commit()`.
void remove_abandoned_files(const std::filesystem::path& destination);

/// Returns the bytes of a file. Throws Error(data) with the path if the file cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace selfnorm
