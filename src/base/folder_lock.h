// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace selfnorm {

/// Keeps other processes, and other threads with a lock of their own, out of a folder while it
/// exists. The system releases the lock of a process that was killed, and no file is written. File
/// systems without locks are not protected.
class FolderLock {
 public:
  /// Creates the folder if it does not exist. Throws Error(config) that names the folder and, if
  /// known, the process that holds the lock, and Error(io) if the folder cannot be created or
  /// opened.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace selfnorm
