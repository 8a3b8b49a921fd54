// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

namespace selfnorm {

/// An array of floats that ends at the end of a page, with no page after it. So a read or write
/// past the end crashes. Guard values before the array detect writes before its beginning.
class GuardPageArray {
 public:
  explicit GuardPageArray(std::size_t count) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t usable = ((count + kCanaries) * sizeof(float) / page + 1) * page;
    bytes_ = usable + page;
    void* memory =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    memory_ = static_cast<std::byte*>(memory);
    mprotect(memory_ + usable, page, PROT_NONE);
    data_ = reinterpret_cast<float*>(memory_ + usable) - count;
    std::memset(data_ - kCanaries, kCanary, kCanaries * sizeof(float));
  }
  ~GuardPageArray() { munmap(memory_, bytes_); }
  GuardPageArray(const GuardPageArray&) = delete;
  GuardPageArray& operator=(const GuardPageArray&) = delete;

  float* data() { return data_; }
  bool intact() const {
    const auto* front = reinterpret_cast<const unsigned char*>(data_ - kCanaries);
    for (std::size_t i = 0; i < kCanaries * sizeof(float); ++i) {
      if (front[i] != kCanary) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kCanaries = 32;
  static constexpr unsigned char kCanary = 0xa5;
  std::byte* memory_ = nullptr;
  std::size_t bytes_ = 0;
  float* data_ = nullptr;
};

}  // namespace selfnorm
