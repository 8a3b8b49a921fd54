// SPDX-License-Identifier: Apache-2.0
#include "base/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// Returns "process 4321" if this process holds a lock on the open folder, or "another process" if
// /proc/locks does not list it. A line there is `1: FLOCK  ADVISORY  WRITE 4321 08:01:393217 0
// EOF`.
std::string find_holder(int descriptor) {
  struct stat status {};
  std::string unknown = "another process";
  if (::fstat(descriptor, &status) != 0) return unknown;
  char place[64];  // device and inode
  std::snprintf(place, sizeof place, "%02x:%02x:%ju", ::major(status.st_dev),
                ::minor(status.st_dev), static_cast<std::uintmax_t>(status.st_ino));
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    std::string number, kind, mode, access, process, file;
    words >> number >> kind >> mode >> access >> process >> file;
    if (kind == "FLOCK" && file == place) return "process " + process;
  }
  return unknown;
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& folder) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) {
    throw Error(ErrorKind::io, folder.string() + ": cannot be created: " + failure.message());
  }
  descriptor_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) {
    throw Error(ErrorKind::io, folder.string() + ": cannot be opened: " + std::strerror(errno));
  }
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  const std::string holder = find_holder(descriptor_);
  ::close(descriptor_);
  throw Error(ErrorKind::config, folder.string() + ": is in use by " + holder +
                                     " (wait until it ends, or name another folder with --out)");
}

FolderLock::~FolderLock() { ::close(descriptor_); }

}  // namespace selfnorm
