// SPDX-License-Identifier: Apache-2.0
// The masks must never change (docs/adr/0003-masks.md). They are the same for every instruction
// set, split of the batch and number of columns.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/ref/mask.h"
#include "kernels/simd/pointwise.h"
#include "kernels/simd_targets.h"

namespace selfnorm {
namespace {

constexpr Activation kIdentity{ActivationKind::identity};

// Returns the mask of the vectorized kernel: 1 for kept elements, 0 for dropped ones.
std::vector<float> mask_of(const MaskStream& mask, std::uint32_t threshold, std::int64_t rows,
                           std::int64_t columns) {
  std::vector<float> y(static_cast<std::size_t>(rows * columns), 1.0f);
  const Dropout dropout{DropoutKind::plain, threshold, 1, 0, 0};
  pointwise_forward(y.data(), nullptr, y.data(), rows, columns, kIdentity, dropout, mask);
  return y;
}

// The values come from an independent implementation of Philox and of the record.
TEST(Mask, MatchesTheBitsOfAdr3) {
  const MaskStream first{{0x0123456789abcdef}, 0, 0};
  const MaskStream far{{0x0123456789abcdef}, 0x123456789a, 0x700000000};
  const std::vector<std::uint64_t> elements = {0, 1, 15, 16, 31, 32, 127, 128, 1000};
  const std::vector<std::uint32_t> first_bits = {0x222e, 0x1466, 0x6bbd, 0xb850, 0x2250,
                                                 0xb04b, 0x11e9, 0xb831, 0x64c0};
  const std::vector<std::uint32_t> far_bits = {0x1a01, 0x85ae, 0xf446, 0xd786, 0x9796,
                                               0xdc21, 0xf690, 0xad17, 0xb2bd};
  for (std::size_t i = 0; i < elements.size(); ++i) {
    EXPECT_EQ(ref::mask_bits(first, 0, elements[i]), first_bits[i]) << elements[i];
    EXPECT_EQ(ref::mask_bits(far, 2, elements[i]), far_bits[i]) << elements[i];
  }
}

// An element is dropped at a threshold equal to its draw, and kept at the next one. So all 16 bits
// agree.
TEST(Mask, VectorizedDrawsMatchScalarDrawsBitForBit) {
  const std::int64_t rows = 2, columns = 300;
  for (const MaskStream& mask : {MaskStream{{0xfeedfacecafebeef}, 5, 0xfffffffe},
                                 MaskStream{{1}, 0xabcdef012345, 0x123400000000}}) {
    for_each_simd_target([&] {
      for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t j = 0; j < columns; j += 7) {
          const auto draw = ref::mask_bits(mask, row, j);
          const auto at = static_cast<std::size_t>(row * columns + j);
          ASSERT_EQ(mask_of(mask, draw, rows, columns)[at], 0.0f) << row << ' ' << j;
          ASSERT_EQ(mask_of(mask, draw + 1, rows, columns)[at], 1.0f) << row << ' ' << j;
        }
      }
    });
  }
}

RC_GTEST_PROP(Mask, DoesNotDependOnTheSplitOfTheBatch, ()) {
  const MaskStream mask{{*rc::gen::arbitrary<std::uint64_t>()},
                        *rc::gen::inRange<std::uint64_t>(0, 1ull << 48),
                        *rc::gen::inRange<std::uint64_t>(0, 1ull << 40)};
  const auto rows = *rc::gen::inRange<std::int64_t>(1, 6);
  const auto columns = *rc::gen::inRange<std::int64_t>(1, 300);
  const auto threshold = *rc::gen::inRange<std::uint32_t>(1, 65536);
  const auto split = *rc::gen::inRange<std::int64_t>(0, rows + 1);
  const auto whole = mask_of(mask, threshold, rows, columns);
  MaskStream second = mask;
  second.first_row += static_cast<std::uint64_t>(split);
  auto parts = mask_of(mask, threshold, split, columns);
  const auto rest = mask_of(second, threshold, rows - split, columns);
  parts.insert(parts.end(), rest.begin(), rest.end());
  RC_ASSERT(parts == whole);
  for (std::int64_t i = 0; i < rows * columns; ++i) {
    const bool keep = ref::mask_bits(mask, i / columns, i % columns) < threshold;
    RC_ASSERT(whole[static_cast<std::size_t>(i)] == (keep ? 1.0f : 0.0f));
  }
}

TEST(Mask, DiffersByKeyStepRowAndElement) {
  const MaskStream mask{{11}, 4, 9};
  const auto base = mask_of(mask, 32768, 1, 512);
  const std::vector<MaskStream> others = {{{12}, 4, 9},  {{11 + (1ull << 32)}, 4, 9},
                                          {{11}, 5, 9},  {{11}, 4 + (1ull << 32), 9},
                                          {{11}, 4, 10}, {{11}, 4, 9 + (1ull << 32)}};
  // Independent fair masks differ in 256 ± 11.3 of 512 elements. The bound is six standard
  // deviations.
  for (const MaskStream& other : others) {
    const auto changed = mask_of(other, 32768, 1, 512);
    int differences = 0;
    for (std::size_t i = 0; i < base.size(); ++i) differences += base[i] != changed[i];
    EXPECT_NEAR(differences, 256, 6 * std::sqrt(512 * 0.25));
  }
}

// Five standard errors of a binomial count: a false alarm has probability one in two million. The
// key fixes the draws.
TEST(Mask, KeepsElementsAtItsRate) {
  const std::int64_t rows = 64, columns = 4099;
  const double count = static_cast<double>(rows * columns);
  for (const std::uint32_t threshold : {1u, 655u, 32768u, 62259u, 65535u}) {
    const double q = threshold / 65536.0;
    const auto kept = mask_of({{3}, 1, 0}, threshold, rows, columns);
    const auto ones = static_cast<double>(std::count(kept.begin(), kept.end(), 1.0f));
    EXPECT_NEAR(ones, count * q, 5 * std::sqrt(count * q * (1 - q))) << threshold;
  }
}

// Neighbors in the row of an element, in its half-words and in the next rows are uncorrelated.
TEST(Mask, NeighborsAreIndependent) {
  const std::int64_t rows = 64, columns = 4096;
  const auto kept = mask_of({{5}, 2, 0}, 32768, rows, columns);
  for (const std::size_t lag : {1, 16, 32, 128, 4096, 8192}) {
    double sum = 0;
    const std::size_t count = kept.size() - lag;
    for (std::size_t i = 0; i < count; ++i) sum += (kept[i] - 0.5) * (kept[i + lag] - 0.5);
    EXPECT_NEAR(sum, 0, 5 * 0.25 * std::sqrt(static_cast<double>(count))) << "lag " << lag;
  }
}

}  // namespace
}  // namespace selfnorm
