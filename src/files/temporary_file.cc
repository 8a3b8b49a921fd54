// SPDX-License-Identifier: Apache-2.0
#include "files/temporary_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

[[noreturn]] void fail(const std::string& path) {
  throw Error(ErrorKind::io, path + ": cannot be written: " + std::strerror(errno));
}

// The number of the process, `-` and six letters or digits of mkstemp follow.
constexpr const char* kPrefix = ".selfnorm-temporary-";

}  // namespace

TemporaryFile::TemporaryFile() {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  remove_files_of_ended_processes(folder, kPrefix);
  path_ = (folder / (kPrefix + std::to_string(::getpid()) + "-XXXXXX")).string();
  descriptor_ = mkstemp(path_.data());
  if (descriptor_ < 0) fail(path_);
}

TemporaryFile::~TemporaryFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  unlink(path_.c_str());
}

void TemporaryFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(path_);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void TemporaryFile::close(const std::string& ending) {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  const std::string renamed = path_ + ending;
  if (renamed != path_ && std::rename(path_.c_str(), renamed.c_str()) != 0) fail(renamed);
  path_ = renamed;
}

}  // namespace selfnorm
