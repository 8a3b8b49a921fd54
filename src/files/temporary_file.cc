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
constexpr std::string_view kPrefix = ".selfnorm-temporary-";

// Removes the files of processes that were killed.
void remove_files_of_killed_processes(const std::filesystem::path& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kPrefix) || !entry.is_regular_file(ignored)) continue;
    const std::size_t dash = name.find('-', kPrefix.size());
    if (dash == std::string::npos) continue;
    const std::string process = name.substr(kPrefix.size(), dash - kPrefix.size());
    if (names_ended_process(process)) std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace

TemporaryFile::TemporaryFile() {
  const std::filesystem::path folder = std::filesystem::temp_directory_path();
  remove_files_of_killed_processes(folder);
  path_ = (folder / (std::string(kPrefix) + std::to_string(::getpid()) + "-XXXXXX")).string();
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
