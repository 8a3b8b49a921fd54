// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr const char* kTemporary = ".tmp";  // and the number of the process

[[noreturn]] void fail_write(const std::filesystem::path& path, const char* what) {
  const std::string reason = std::strerror(errno);
  const bool had_file = std::filesystem::is_regular_file(std::filesystem::status(path));
  throw Error(ErrorKind::io, path.string() + ": cannot " + what + ": " + reason +
                                 (had_file ? " (the existing file is unchanged)" : ""));
}

// Resolves symbolic links, so that the target is replaced and the link stays.
std::filesystem::path resolve_links(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_symlink(path, ignored)) return path;
  return std::filesystem::weakly_canonical(path);
}

// Writes into a pipe or device, which cannot be replaced.
void write_directly(const std::filesystem::path& path, std::string_view text) {
  std::ofstream stream(path, std::ios::binary);
  stream.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.flush()) fail_write(path, "write");
}

bool names_ended_process(std::string_view text) {
  pid_t process = 0;
  const char* end = text.data() + text.size();
  const auto [rest, fault] = std::from_chars(text.data(), end, process);
  if (fault != std::errc() || rest != end || process <= 0) return false;
  return ::kill(process, 0) != 0 && errno == ESRCH;
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& destination)
    : destination_(resolve_links(destination)), temporary_(destination_) {
  temporary_ += kTemporary + std::to_string(::getpid());
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor_ < 0) fail_write(destination_, "create");
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

void AtomicFile::write(const void* bytes, std::size_t count) {
  const char* cursor = static_cast<const char*>(bytes);
  while (count > 0) {
    const ssize_t written = ::write(descriptor_, cursor, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail_write(destination_, "write");
    cursor += written;
    count -= static_cast<std::size_t>(written);
  }
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail_write(destination_, "flush");
  const int descriptor = std::exchange(descriptor_, -1);
  if (::close(descriptor) != 0) fail_write(destination_, "close");
  if (::rename(temporary_.c_str(), destination_.c_str()) != 0) fail_write(destination_, "replace");
  const std::filesystem::path folder = destination_.parent_path();
  sync_to_disk(folder.empty() ? "." : folder);  // else a power loss may undo the rename
}

void sync_to_disk(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;                                       // a folder that may not be read
  const bool failed = ::fsync(descriptor) != 0 && errno != EINVAL;  // not all systems sync folders
  const int error = errno;
  ::close(descriptor);
  errno = error;
  if (failed) fail_write(path, "flush");
}

void remove_files_of_ended_processes(const std::filesystem::path& folder,
                                     const std::string& prefix) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix) || !entry.is_regular_file(ignored)) continue;
    const std::string_view rest = std::string_view(name).substr(prefix.size());
    if (names_ended_process(rest.substr(0, rest.find('-'))))
      std::filesystem::remove(entry.path(), ignored);
  }
}

void remove_abandoned_files(const std::filesystem::path& destination) {
  remove_files_of_ended_processes(destination.parent_path(),
                                  destination.filename().string() + kTemporary);
}

void write_file(const std::filesystem::path& destination, std::string_view text) {
  const auto status = std::filesystem::status(destination);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    write_directly(destination, text);
    return;
  }
  AtomicFile file(destination);
  file.write(text);
  file.commit();
}

std::string read_file(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    throw Error(ErrorKind::data, path.string() + ": expected a file, got a folder");
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) {
    throw Error(ErrorKind::data, path.string() + ": cannot be opened: " + std::strerror(errno));
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

}  // namespace selfnorm
