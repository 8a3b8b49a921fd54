// SPDX-License-Identifier: Apache-2.0
// Lets a fuzz target call a reader of files or of texts.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "selfnorm/error.h"

namespace selfnorm::fuzz {

/// A file with these bytes, without a name in a folder.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* bytes, std::size_t size) : descriptor_(memfd_create("fuzz", 0)) {
    if (descriptor_ < 0 || write(descriptor_, bytes, size) != static_cast<ssize_t>(size))
      std::abort();
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// Calls the reader with the bytes as a text. It may throw an Error, and nothing else.
template <class Reader>
int read_text(const std::uint8_t* bytes, std::size_t size, const Reader& reader) {
  try {
    reader(std::string(reinterpret_cast<const char*>(bytes), size));
  } catch (const Error&) {
  }
  return 0;
}

/// Calls the reader with the path of a file of these bytes. It may throw an Error, and nothing
/// else.
template <class Reader>
int read(const std::uint8_t* bytes, std::size_t size, const Reader& reader) {
  const MemoryFile file(bytes, size);
  try {
    reader(file.path());
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace selfnorm::fuzz
