// SPDX-License-Identifier: Apache-2.0
// Helpers of the kernel tests: loops over all targets, guarded arrays at any misalignment, random
// values.
#pragma once

#include <gtest/gtest.h>
#include <hwy/highway.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/random.h"

namespace selfnorm {

/// Half the distance from 1 to the next float: the relative error of one rounding.
inline constexpr double kRounding = 0x1p-24;
/// The smallest positive float: the absolute error of denormal results.
inline constexpr double kLeast = 0x1p-149;

/// Covers every tail of vectors of up to 16 floats, after zero to four full vectors.
inline constexpr std::int64_t kLongest = 69;
/// Offsets in floats from a 64-byte boundary.
inline constexpr std::int64_t kOffsets[] = {0, 1, 5};

template <class F>
void for_each_target(F f) {
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    SCOPED_TRACE(hwy::TargetName(target));
    f();
    hwy::SetSupportedTargetsForTest(0);
  }
}

/// Calls f(offset) on every target, for every misalignment.
template <class F>
void for_each_offset(F f) {
  for_each_target([&] {
    for (const std::int64_t offset : kOffsets) {
      SCOPED_TRACE(testing::Message() << "offset = " << offset);
      f(offset);
    }
  });
}

/// Calls f(n, offset) on every target, for every length and misalignment.
template <class F>
void for_each_shape(F f) {
  for_each_target([&] {
    for (std::int64_t n = 0; n <= kLongest; ++n) {
      for (const std::int64_t offset : kOffsets) {
        SCOPED_TRACE(testing::Message() << "n = " << n << ", offset = " << offset);
        f(n, offset);
        if (testing::Test::HasFailure()) return;  // one failing shape is enough
      }
    }
  });
}

/// An array with guard bytes on both sides, `offset` elements past a 64-byte boundary.
template <class T>
class Guarded {
 public:
  Guarded(std::int64_t n, std::int64_t offset)
      : count_(static_cast<std::size_t>(n)), bytes_(3 * kGuard + count_ * sizeof(T), kMark) {
    const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data()) + kGuard;
    const std::uintptr_t aligned = (address + 63) / 64 * 64;
    start_ = kGuard + static_cast<std::size_t>(aligned - address) +
             static_cast<std::size_t>(offset) * sizeof(T);
    for (std::size_t i = 0; i < count_; ++i) data()[i] = T{};
  }
  Guarded(const std::vector<T>& values, std::int64_t offset)
      : Guarded(static_cast<std::int64_t>(values.size()), offset) {
    if (count_ > 0) std::memcpy(data(), values.data(), count_ * sizeof(T));
  }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
  ~Guarded() {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      const bool inside = i >= start_ && i < start_ + count_ * sizeof(T);
      if (inside || bytes_[i] == kMark) continue;
      ADD_FAILURE() << "a guard byte was written at " << static_cast<std::int64_t>(i - start_)
                    << " from the start of " << count_ << " elements";
      return;
    }
  }

  T* data() { return reinterpret_cast<T*>(bytes_.data() + start_); }
  T& operator[](std::int64_t i) { return data()[i]; }
  std::vector<T> values() { return {data(), data() + count_}; }

 private:
  static constexpr std::size_t kGuard = 128;
  static constexpr unsigned char kMark = 0xA5;
  std::size_t count_, start_ = 0;
  std::vector<unsigned char> bytes_;
};

/// Returns n normal numbers with this standard deviation. The same seed gives the same numbers.
inline std::vector<float> draws(std::int64_t n, std::uint64_t seed, double deviation = 1) {
  const RandomKey key = random_key(seed, "test", "kernels");
  std::vector<float> out;
  for (std::int64_t i = 0; i < n; ++i) {
    out.push_back(static_cast<float>(deviation * normal(key, static_cast<std::uint64_t>(i))));
  }
  return out;
}

/// Fails with index, got and want if |got − want| is larger than the tolerance or one of them is
/// NaN.
inline void expect_close(double got, double want, double tolerance, std::int64_t index) {
  if (std::abs(got - want) <= tolerance || got == want) return;
  ADD_FAILURE() << "index " << index << ": got " << testing::PrintToString(got) << ", want "
                << testing::PrintToString(want) << ", off by " << got - want << ", allowed "
                << tolerance;
}

}  // namespace selfnorm
