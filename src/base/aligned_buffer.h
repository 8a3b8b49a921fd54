// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace selfnorm {

/// The alignment of every buffer that kernels use: a cache line, also the size of the widest
/// vector.
inline constexpr std::size_t kAlignment = 64;

constexpr std::size_t align_up(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

/// Owning, zero-filled, 64-byte-aligned memory of a fixed size.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t bytes) : size_(bytes) {
    if (bytes == 0) return;
    void* memory = std::aligned_alloc(kAlignment, align_up(bytes));
    if (memory == nullptr) throw std::bad_alloc();
    std::memset(memory, 0, align_up(bytes));
    data_.reset(static_cast<std::byte*>(memory));
  }

  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  std::unique_ptr<std::byte[], Free> data_;
  std::size_t size_ = 0;
};

}  // namespace selfnorm
