// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/pointwise.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>

// Processors with SSSE3 but without SSE4 are from before 2008. They run the scalar code.
#define HWY_DISABLED_TARGETS HWY_SSSE3
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/pointwise.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>  // compiles this file once for each instruction set
#include <hwy/highway.h>

#include "kernels/simd/activation-inl.h"
#include "kernels/simd/mask-inl.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Vectors are not wider than a group of blocks of the mask.
using Floats = hn::CappedTag<float, kBlocks>;
using Vector = hn::Vec<Floats>;

// The number of lanes of a vector that are inside the array: all, or `count`.
struct FullVector {};
struct PartialVector {
  std::size_t count;
};

/// Prefetches memory one page ahead. The arithmetic of one chunk fills the processor's out-of-order
/// window, so that it would not start the loads of the next chunk. With the prefetch, it waits for
/// memory or for arithmetic, but not for both.
HWY_INLINE void fetch_ahead(const float* p) {  // as a hint, an address past the array is harmless
  constexpr std::uintptr_t kBytes = 4096;
  // Pointer arithmetic past the array would be undefined.
  const std::uintptr_t ahead = reinterpret_cast<std::uintptr_t>(p) + kBytes;
  hwy::Prefetch(reinterpret_cast<const float*>(ahead));  // NOLINT(performance-no-int-to-ptr)
}

HWY_INLINE Vector load(const float* from, FullVector) {
  fetch_ahead(from);
  return hn::LoadU(Floats(), from);
}

HWY_INLINE void store(Vector v, float* to, FullVector) {
  fetch_ahead(to);
  hn::StoreU(v, Floats(), to);
}

HWY_INLINE Vector load(const float* from, PartialVector part) {
  const Floats d;
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN float lanes[kBlocks] = {};
  std::memcpy(lanes, from, part.count * sizeof(float));
  return hn::Load(d, lanes);
#else
  return hn::MaskedLoad(hn::FirstN(d, part.count), d, from);
#endif
}

HWY_INLINE void store(Vector v, float* to, PartialVector part) {
  const Floats d;
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN float lanes[kBlocks];
  hn::Store(v, d, lanes);
  std::memcpy(to, lanes, part.count * sizeof(float));
#else
  hn::BlendedStore(v, hn::FirstN(d, part.count), d, to);
#endif
}

/// Calls body(i, FullVector or PartialVector) for every vector from `begin` to `end`.
template <class Body>
HWY_INLINE void for_each_vector(std::size_t begin, std::size_t end, const Body& body) {
  const std::size_t lanes = hn::Lanes(Floats());
  std::size_t i = begin;
  for (; i + lanes <= end; i += lanes) body(i, FullVector{});
  if (i < end) body(i, PartialVector{end - i});
}

/// The parameters of a dropout as floats.
struct DropoutCoefficients {
  float a, b, inverse_a, dropped;
  std::int32_t threshold;

  explicit DropoutCoefficients(const Dropout& dropout)
      : a(static_cast<float>(dropout.a)),
        b(static_cast<float>(dropout.b)),
        inverse_a(static_cast<float>(1 / dropout.a)),
        dropped(dropout.kind == DropoutKind::alpha
                    ? static_cast<float>(dropout.a * dropout.alpha_prime + dropout.b)
                    : 0.0f),
        threshold(static_cast<std::int32_t>(dropout.threshold)) {}

  HWY_INLINE Vector keep(Vector y) const {
    const Floats d;
    return hn::MulAdd(y, hn::Set(d, a), hn::Set(d, b));
  }

  HWY_INLINE Vector apply(hn::Mask<Floats> is_kept, Vector y) const {
    return hn::IfThenElse(is_kept, keep(y), hn::Set(Floats(), dropped));
  }

  HWY_INLINE hn::Mask<Floats> keep_mask(const std::int32_t* draws) const {
    const hn::RebindToSigned<Floats> di;
    return hn::RebindMask(Floats(), hn::Lt(hn::Load(di, draws), hn::Set(di, threshold)));
  }
};

/// Calls body(row, i, FullVector or PartialVector, draws) for every vector of every row. `row` is
/// the index of the first element of the row, i counts within the row, and `draws` starts at the
/// draw of element i.
template <class Body>
HWY_INLINE void for_each_masked_vector(std::int64_t rows, std::size_t columns,
                                       const MaskStream& mask, const Body& body) {
  HWY_ALIGN std::int32_t draws[kChunk];
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::size_t row = static_cast<std::size_t>(r) * columns;
    for (std::size_t begin = 0; begin < columns; begin += kChunk) {
      draw_chunk(mask, static_cast<std::uint64_t>(r), begin / kChunk, draws);
      for_each_vector(begin, std::min(begin + kChunk, columns),
                      [&](std::size_t i, auto part)
                          HWY_ATTR { body(row, i, part, draws + (i - begin)); });
    }
  }
}

template <class F>
void forward(const float* x, const float* bias, float* y, std::int64_t rows, std::size_t columns,
             const F& f, const Dropout& dropout, const MaskStream& mask) {
  const auto activate = [&](std::size_t row, std::size_t i, auto part) HWY_ATTR {
    Vector v = load(x + row + i, part);
    if (bias != nullptr) v = hn::Add(v, load(bias + i, part));
    return f.forward(Floats(), v);
  };
  const DropoutCoefficients coefficients(dropout);
  if (draws_masks(dropout)) {
    for_each_masked_vector(
        rows, columns, mask,
        [&](std::size_t row, std::size_t i, auto part, const std::int32_t* draws) HWY_ATTR {
          const Vector v = activate(row, i, part);
          store(coefficients.apply(coefficients.keep_mask(draws), v), y + row + i, part);
        });
    return;
  }
  const auto unmasked = [&](const auto& map) HWY_ATTR {
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::size_t row = static_cast<std::size_t>(r) * columns;
      for_each_vector(0, columns, [&](std::size_t i, auto part) HWY_ATTR {
        store(map(activate(row, i, part)), y + row + i, part);
      });
    }
  };
  if (changes_values(dropout)) {
    unmasked([&](Vector v) HWY_ATTR { return coefficients.keep(v); });
  } else {
    unmasked([](Vector v) HWY_ATTR { return v; });
  }
}

void forward_kernel(const float* x, const float* bias, float* y, std::int64_t rows,
                    std::size_t columns, const Activation& activation, const Dropout& dropout,
                    const MaskStream& mask) {
  with_activation(activation, [&](const auto& f) HWY_ATTR {
    forward(x, bias, y, rows, columns, f, dropout, mask);
  });
}

/// Computes f′ from the value that the forward pass left: a·y + b for the output y of the
/// activation, or the input of the activation.
template <class F>
struct Slope {
  const F& f;
  const float* saved;
  float shift, scale;

  template <class P>
  HWY_INLINE Vector at(std::size_t i, P part) const {
    const Floats d;
    const Vector value = load(saved + i, part);
    if constexpr (F::kSlopeFromInput) {
      return f.slope_from_input(d, value);
    } else {
      const Vector b = hn::Set(d, shift);
      const Vector y = hn::Mul(hn::Sub(value, b), hn::Set(d, scale));
      return f.slope(d, y, hn::Gt(value, b));
    }
  }
};

template <>
struct Slope<Identity> {
  const Identity& f;
  const float* saved;
  float shift, scale;

  template <class P>
  HWY_INLINE Vector at(std::size_t, P) const {
    return hn::Set(Floats(), 1.0f);
  }
};

template <class F>
void backward(const float* dy, float* dx, std::int64_t rows, std::size_t columns,
              const Slope<F>& slope, const Dropout& dropout, const MaskStream& mask) {
  if (changes_values(dropout)) {
    const DropoutCoefficients coefficients(dropout);
    for_each_masked_vector(
        rows, columns, mask,
        [&](std::size_t row, std::size_t i, auto part, const std::int32_t* draws) HWY_ATTR {
          const Vector a = hn::Set(Floats(), coefficients.a);
          const Vector dz = hn::Mul(load(dy + row + i, part), slope.at(row + i, part));
          store(hn::IfThenElseZero(coefficients.keep_mask(draws), hn::Mul(dz, a)), dx + row + i,
                part);
        });
    return;
  }
  for_each_vector(0, static_cast<std::size_t>(rows) * columns,
                  [&](std::size_t i, auto part) HWY_ATTR {
                    store(hn::Mul(load(dy + i, part), slope.at(i, part)), dx + i, part);
                  });
}

void backward_kernel(const float* dy, const float* saved, float* dx, std::int64_t rows,
                     std::size_t columns, const Activation& activation, const Dropout& dropout,
                     const MaskStream& mask) {
  const bool through_dropout = can_differentiate_from_output(activation) && changes_values(dropout);
  const DropoutCoefficients coefficients(through_dropout ? dropout : Dropout());
  with_activation(activation, [&](const auto& f) HWY_ATTR {
    using F = std::remove_cvref_t<decltype(f)>;
    const Slope<F> slope{f, saved, coefficients.b, coefficients.inverse_a};
    backward(dy, dx, rows, columns, slope, dropout, mask);
  });
}

void selu_backward_kernel(const float* dy, const float* x, float* dx, std::size_t count,
                          const Activation& activation) {
  const Selu f(activation);
  for_each_vector(0, count, [&](std::size_t i, auto part) HWY_ATTR {
    const Vector slope = f.slope_from_input(Floats(), load(x + i, part));
    store(hn::Mul(load(dy + i, part), slope), dx + i, part);
  });
}

/// Applies feature dropout with the parameters of `coefficients`. The draws of up to kPattern
/// channels are stored, repeated as often as they fit, so that the inner loop runs over long blocks
/// of memory.
void feature_kernel(const float* x, float* y, std::int64_t rows, std::size_t positions,
                    std::size_t channels, const DropoutCoefficients& coefficients,
                    const MaskStream& mask) {
  constexpr std::size_t kPattern = 8 * kChunk;
  HWY_ALIGN std::int32_t draws[kPattern] = {};  // read in whole vectors, whatever `count` is
  const std::size_t repeats = std::max<std::size_t>(1, kPattern / channels);
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::size_t row = static_cast<std::size_t>(r) * positions * channels;
    for (std::size_t first = 0; first < channels; first += kPattern) {
      const std::size_t width = std::min(kPattern, channels - first);
      for (std::size_t c = 0; c < width; c += kChunk) {
        draw_chunk(mask, static_cast<std::uint64_t>(r), (first + c) / kChunk, draws + c);
      }
      for (std::size_t copy = 1; copy < repeats; ++copy) {
        std::memcpy(draws + copy * width, draws, width * sizeof(draws[0]));
      }
      for (std::size_t position = 0; position < positions; position += repeats) {
        const std::size_t count = std::min(repeats, positions - position) * width;
        const std::size_t start = row + position * channels + first;
        for_each_vector(0, count, [&](std::size_t i, auto part) HWY_ATTR {
          const Vector v = load(x + start + i, part);
          store(coefficients.apply(coefficients.keep_mask(draws + i), v), y + start + i, part);
        });
      }
    }
  }
}

void feature_forward_kernel(const float* x, float* y, std::int64_t rows, std::size_t positions,
                            std::size_t channels, const Dropout& dropout, const MaskStream& mask) {
  feature_kernel(x, y, rows, positions, channels, DropoutCoefficients(dropout), mask);
}

void feature_backward_kernel(const float* dy, float* dx, std::int64_t rows, std::size_t positions,
                             std::size_t channels, const Dropout& dropout, const MaskStream& mask) {
  DropoutCoefficients coefficients(dropout);
  coefficients.b = 0;
  coefficients.dropped = 0;
  feature_kernel(dy, dx, rows, positions, channels, coefficients, mask);
}

}  // namespace HWY_NAMESPACE
}  // namespace selfnorm
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace selfnorm {

HWY_EXPORT(forward_kernel);
HWY_EXPORT(backward_kernel);
HWY_EXPORT(selu_backward_kernel);
HWY_EXPORT(feature_forward_kernel);
HWY_EXPORT(feature_backward_kernel);

namespace {

void copy(const float* from, float* to, std::int64_t count) {
  if (from != to) std::memmove(to, from, static_cast<std::size_t>(count) * sizeof(float));
}

}  // namespace

void pointwise_forward(const float* x, const float* bias, float* y, std::int64_t rows,
                       std::int64_t columns, const Activation& activation, const Dropout& dropout,
                       const MaskStream& mask) {
  if (rows <= 0 || columns <= 0) return;
  if (bias == nullptr && !draws_masks(dropout)) {  // rows do not matter, so use one long row
    columns *= rows;
    rows = 1;
  }
  HWY_DYNAMIC_DISPATCH(forward_kernel)
  (x, bias, y, rows, static_cast<std::size_t>(columns), activation, dropout, mask);
}

void pointwise_backward(const float* dy, const float* saved, float* dx, std::int64_t rows,
                        std::int64_t columns, const Activation& activation, const Dropout& dropout,
                        const MaskStream& mask) {
  if (rows <= 0 || columns <= 0) return;
  HWY_DYNAMIC_DISPATCH(backward_kernel)
  (dy, saved, dx, rows, static_cast<std::size_t>(columns), activation, dropout, mask);
}

void selu_backward_from_input(const float* dy, const float* x, float* dx, std::int64_t count,
                              const Activation& activation) {
  if (count <= 0) return;
  HWY_DYNAMIC_DISPATCH(selu_backward_kernel)
  (dy, x, dx, static_cast<std::size_t>(count), activation);
}

void feature_dropout_forward(const float* x, float* y, std::int64_t rows, std::int64_t positions,
                             std::int64_t channels, const Dropout& dropout,
                             const MaskStream& mask) {
  if (rows <= 0 || positions <= 0 || channels <= 0) return;
  if (!changes_values(dropout)) return copy(x, y, rows * positions * channels);
  HWY_DYNAMIC_DISPATCH(feature_forward_kernel)
  (x, y, rows, static_cast<std::size_t>(positions), static_cast<std::size_t>(channels), dropout,
   mask);
}

void feature_dropout_backward(const float* dy, float* dx, std::int64_t rows, std::int64_t positions,
                              std::int64_t channels, const Dropout& dropout,
                              const MaskStream& mask) {
  if (rows <= 0 || positions <= 0 || channels <= 0) return;
  if (!changes_values(dropout)) return copy(dy, dx, rows * positions * channels);
  HWY_DYNAMIC_DISPATCH(feature_backward_kernel)
  (dy, dx, rows, static_cast<std::size_t>(positions), static_cast<std::size_t>(channels), dropout,
   mask);
}

}  // namespace selfnorm
#endif  // HWY_ONCE
