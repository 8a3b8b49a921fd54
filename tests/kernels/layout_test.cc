// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/layout.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "kernels/kernel_testing.h"

namespace selfnorm {
namespace {

using kernels::Standardization;
using Granularity = Standardization::Granularity;

const std::int64_t kExtents[] = {1, 2, 3, 4, 5, 7, 8, 31, 32, 33, 67};

TEST(Layout, TransposesEveryElementAndBack) {
  for_each_target([] {
    for (const std::int64_t channels : kExtents) {
      for (const std::int64_t positions : kExtents) {
        SCOPED_TRACE(testing::Message() << channels << " × " << positions);
        const std::int64_t n = channels * positions, offset = (channels + positions) % 3;
        const auto x = draws(n, 1);
        Guarded<float> in(x, offset), out(n, 1), back(n, offset);
        kernels::to_channels_last(in.data(), out.data(), channels, positions);
        for (std::int64_t c = 0; c < channels; ++c) {
          for (std::int64_t p = 0; p < positions; ++p) {
            ASSERT_EQ(out[p * channels + c], x[c * positions + p]) << c << ", " << p;
          }
        }
        kernels::to_channels_first(out.data(), back.data(), channels, positions);
        ASSERT_EQ(back.values(), x);
      }
    }
  });
}

std::vector<float> numbers(const std::vector<std::uint8_t>& bytes) {
  std::vector<float> x;
  for (const std::uint8_t v : bytes) x.push_back(static_cast<float>(v) / 255);
  return x;
}
std::vector<float> numbers(const std::vector<float>& x) { return x; }

// The contract as a formula for one number. The kernels give the same bits.
template <class T>
void expect_gather(const std::vector<T>& data, const std::vector<std::int64_t>& indexes,
                   std::int64_t channels, std::int64_t positions, Granularity granularity,
                   bool standardize) {
  const std::int64_t size = channels * positions, count = static_cast<std::int64_t>(indexes.size());
  const std::int64_t kinds = granularity == Granularity::all       ? 1
                             : granularity == Granularity::channel ? channels
                                                                   : size;
  const auto mean = draws(kinds, 2), inverse = draws(kinds, 3);
  Guarded<float> means(mean, 1), inverses(inverse, 0), out(count * size, 3);
  Guarded<T> in(data, 1);
  const Standardization how = {granularity, standardize ? means.data() : nullptr,
                               standardize ? inverses.data() : nullptr};
  kernels::gather_rows(in.data(), indexes.data(), count, channels, positions, how, out.data());
  const auto x = numbers(data);
  for (std::int64_t i = 0; i < count; ++i) {
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t p = 0; p < positions; ++p) {
        const std::int64_t place = c * positions + p;
        const std::int64_t k = granularity == Granularity::all       ? 0
                               : granularity == Granularity::channel ? c
                                                                     : place;
        float want = x[indexes[i] * size + place];
        if (standardize) want = (want - mean[k]) * inverse[k];
        ASSERT_EQ(out[i * size + p * channels + c], want)
            << "row " << i << ", channel " << c << ", position " << p;
      }
    }
  }
}

TEST(GatherRows, GivesTheBitsOfTheFormula) {
  const std::vector<std::int64_t> indexes = {3, 0, 3, 1};
  for_each_target([&] {
    for (const std::int64_t channels : kExtents) {
      for (const std::int64_t positions : kExtents) {
        SCOPED_TRACE(testing::Message() << channels << " × " << positions);
        const auto floats = draws(4 * channels * positions, 1);
        std::vector<std::uint8_t> bytes;
        for (std::size_t i = 0; i < floats.size(); ++i) {
          bytes.push_back(static_cast<std::uint8_t>(i * 37 % 256));
        }
        for (const Granularity granularity :
             {Granularity::all, Granularity::channel, Granularity::element}) {
          SCOPED_TRACE(static_cast<int>(granularity));
          expect_gather(floats, indexes, channels, positions, granularity, true);
          expect_gather(bytes, indexes, channels, positions, granularity, true);
        }
        expect_gather(floats, indexes, channels, positions, Granularity::all, false);
        expect_gather(bytes, indexes, channels, positions, Granularity::all, false);
        if (testing::Test::HasFailure()) return;
      }
    }
  });
}

TEST(GatherRows, DividesEveryByteBy255) {
  for_each_target([] {
    std::vector<std::uint8_t> bytes(256);
    for (std::size_t i = 0; i < 256; ++i) bytes[i] = static_cast<std::uint8_t>(i);
    expect_gather(bytes, {0}, 256, 1, Granularity::all, false);
  });
}

TEST(GatherRows, WritesNothingForNoRows) {
  Guarded<float> out(0, 0);
  const std::vector<float> data = {1, 2};
  kernels::gather_rows(data.data(), nullptr, 0, 2, 1, {}, out.data());
}

RC_GTEST_PROP(Layout, RoundTrips, ()) {
  const auto channels = *rc::gen::inRange<std::int64_t>(0, 80);
  const auto positions = *rc::gen::inRange<std::int64_t>(0, 80);
  const auto x = draws(channels * positions, 5);
  std::vector<float> last(x.size()), first(x.size());
  kernels::to_channels_last(x.data(), last.data(), channels, positions);
  kernels::to_channels_first(last.data(), first.data(), channels, positions);
  RC_ASSERT(first == x);
}

}  // namespace
}  // namespace selfnorm
