// SPDX-License-Identifier: Apache-2.0
// The draws of docs/adr/0003-masks.md in chunks of 128. The scalar reference is kernels/ref/mask.h.
// This file is included once per instruction set, so it has no #pragma once.
#if defined(SELFNORM_KERNELS_MASK_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SELFNORM_KERNELS_MASK_INL_H_
#undef SELFNORM_KERNELS_MASK_INL_H_
#else
#define SELFNORM_KERNELS_MASK_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "kernels/ref/mask.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

inline constexpr std::size_t kChunk = 128;  // elements per 16 blocks
inline constexpr std::size_t kBlocks = 16;

#if HWY_TARGET == HWY_SCALAR

HWY_INLINE void draw_chunk(const MaskStream& mask, std::uint64_t row, std::uint64_t chunk,
                           std::int32_t* HWY_RESTRICT draws) {
  for (std::size_t e = 0; e < kChunk; e += 2 * kBlocks) {
    for (std::size_t lane = 0; lane < kBlocks; ++lane) {
      draws[e + lane] =
          static_cast<std::int32_t>(ref::mask_bits(mask, row, kChunk * chunk + e + lane));
      draws[e + lane + kBlocks] =
          static_cast<std::int32_t>(ref::mask_bits(mask, row, kChunk * chunk + e + lane + kBlocks));
    }
  }
}

#else

/// Four counter or result words of a group of blocks, each in the low half of a 64-bit lane. The
/// high halves do not matter, since MulEven does not read them.
template <class V>
struct Words {
  V w0, w1, w2, w3;
};

/// Computes one Philox4x32 round (Salmon et al. 2011). It keeps the full products: their low halves
/// are two of the new words, and their high halves, shifted down, enter the other two.
template <class DU, class V>
HWY_INLINE void philox_round(DU du, Words<V>& x, V key0, V key1) {
  const V product0 = hn::MulEven(hn::BitCast(du, x.w0), hn::Set(du, 0xD2511F53u));
  const V product1 = hn::MulEven(hn::BitCast(du, x.w2), hn::Set(du, 0xCD9E8D57u));
  x = {hn::Xor3(hn::ShiftRight<32>(product1), x.w1, key0), product1,
       hn::Xor3(hn::ShiftRight<32>(product0), x.w3, key1), product0};
}

/// Writes the draws of elements 128·chunk … 128·chunk + 127 of the row. `draws` must be aligned.
HWY_INLINE void draw_chunk(const MaskStream& mask, std::uint64_t row, std::uint64_t chunk,
                           std::int32_t* HWY_RESTRICT draws) {
  const hn::CappedTag<std::uint32_t, kBlocks> du;
  const hn::RepartitionToWide<decltype(du)> dw;
  const hn::RebindToSigned<decltype(du)> di;
  using V = hn::Vec<decltype(dw)>;
  const auto base = static_cast<std::uint32_t>(kBlocks * chunk);
  const auto counter = ref::mask_counter(mask.step, mask.first_row + row, base);
  const V row_low = hn::Set(dw, counter[1]), step_low = hn::Set(dw, counter[2]);
  const V high = hn::Set(dw, counter[3]);
  const auto low_half = hn::Set(du, 0xffffu);
  for (std::size_t lane = 0; lane < kBlocks; lane += hn::Lanes(du)) {
    // Even and odd blocks are in separate sets of words, so that merging them needs no shuffle.
    // (Iota of a constant is a constant. Iota of a variable is built lane by lane.)
    const auto first_block = hn::Set(du, base + static_cast<std::uint32_t>(lane));
    const V blocks = hn::BitCast(dw, hn::Add(hn::Iota(du, 0), first_block));
    Words<V> even{blocks, row_low, step_low, high};
    Words<V> odd{hn::ShiftRight<32>(blocks), row_low, step_low, high};
    V key0 = hn::Set(dw, mask.key.bits & 0xffffffff), key1 = hn::Set(dw, mask.key.bits >> 32);
    for (int round = 0; round < 10; ++round) {
      philox_round(du, even, key0, key1);
      philox_round(du, odd, key0, key1);
      key0 = hn::Add(key0, hn::Set(dw, 0x9E3779B9u));
      key1 = hn::Add(key1, hn::Set(dw, 0xBB67AE85u));
    }
    const auto store = [&](const V& even_word, const V& odd_word, std::size_t first) HWY_ATTR {
      const auto words =
          hn::OddEven(hn::BitCast(du, hn::ShiftLeft<32>(odd_word)), hn::BitCast(du, even_word));
      hn::Store(hn::BitCast(di, hn::And(words, low_half)), di, draws + first + lane);
      hn::Store(hn::BitCast(di, hn::ShiftRight<16>(words)), di, draws + first + kBlocks + lane);
    };
    store(even.w0, odd.w0, 0);
    store(even.w1, odd.w1, 2 * kBlocks);
    store(even.w2, odd.w2, 4 * kBlocks);
    store(even.w3, odd.w3, 6 * kBlocks);
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

}  // namespace HWY_NAMESPACE
}  // namespace selfnorm
HWY_AFTER_NAMESPACE();

#endif  // SELFNORM_KERNELS_MASK_INL_H_
