// SPDX-License-Identifier: Apache-2.0
#include "kernels/dice.h"

#include <algorithm>
#include <cmath>

#include "base/aligned_buffer.h"
#include "kernels/parallel.h"
#include "kernels/simd/pointwise.h"
#include "kernels/simd/softmax.h"

namespace selfnorm::kernels {
namespace {

// The sums Σpy and Σp + Σy of one channel of one sample.
struct Overlap {
  double intersection = 0, total = 0;
};

std::size_t overlap_bytes(const DiceShape& s) {
  return align_up(static_cast<std::size_t>(s.samples * s.channels) * sizeof(Overlap));
}

// The scratch buffer holds the overlaps, then one float per logit.
Overlap* overlaps_in(std::byte* scratch) { return reinterpret_cast<Overlap*>(scratch); }
float* logit_scratch_in(std::byte* scratch, const DiceShape& s) {
  return reinterpret_cast<float*>(scratch + overlap_bytes(s));
}

// The targets of one sample.
struct SampleTargets {
  SampleTargets(const DiceTargets& targets, const DiceShape& s, std::int64_t n)
      : channels(s.channels),
        labels(targets.labels == nullptr ? nullptr : targets.labels + n * s.positions),
        target_probabilities(targets.target_probabilities == nullptr
                                 ? nullptr
                                 : targets.target_probabilities + n * s.positions * channels) {}

  bool is_missing(std::int64_t position) const {
    if (labels != nullptr) return labels[position] < 0;
    const float* y = target_probabilities + position * channels;
    return std::any_of(y, y + channels, [](float probability) { return std::isnan(probability); });
  }
  float at(std::int64_t position, std::int64_t channel) const {
    if (labels != nullptr) return labels[position] == channel ? 1.0f : 0.0f;
    return target_probabilities[position * channels + channel];
  }

  std::int64_t channels;
  const std::int32_t* labels;
  const float* target_probabilities;
};

template <class F>
void for_each_sample(const DiceShape& s, F f) {
  parallel_rows(s.samples, 1, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t n = first; n < first + count; ++n) f(n);
  });
}

void compute_probabilities(const float* x, float* p, const DiceShape& s) {
  if (s.channels > 1) {
    softmax(x, p, s.positions, s.channels);
    return;
  }
  pointwise_forward(x, nullptr, p, 1, s.positions, {ActivationKind::sigmoid}, {}, {});
}

void sum_overlaps(const float* p, const SampleTargets& sample, const DiceShape& s,
                  Overlap* overlaps) {
  std::fill_n(overlaps, s.channels, Overlap{});
  for (std::int64_t i = 0; i < s.positions; ++i) {
    if (sample.is_missing(i)) continue;
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const double probability = p[i * s.channels + c], y = sample.at(i, c);
      overlaps[c].intersection += probability * y;
      overlaps[c].total += probability + y;
    }
  }
}

// scale·∂loss/∂p, which is the same linear function of y at every position.
struct ProbabilityGradient {
  ProbabilityGradient(const Overlap& o, double smooth, double scale) {
    const double whole = o.total + smooth;
    if (whole == 0) return;
    target_coefficient = -2 * scale / whole;
    constant_term = scale * (2 * o.intersection + smooth) / (whole * whole);
  }
  double target_coefficient = 0, constant_term = 0;
};

void write_probability_gradient(const SampleTargets& sample, const DiceShape& s,
                                const Overlap* overlaps, double scale, float* dp) {
  for (std::int64_t c = 0; c < s.channels; ++c) {
    const ProbabilityGradient slope(overlaps[c], s.smooth, scale);
    for (std::int64_t i = 0; i < s.positions; ++i) {
      const double value = sample.is_missing(i)
                               ? 0
                               : slope.target_coefficient * sample.at(i, c) + slope.constant_term;
      dp[i * s.channels + c] = static_cast<float>(value);
    }
  }
}

}  // namespace

std::size_t dice_scratch_bytes(const DiceShape& s) {
  return overlap_bytes(s) +
         static_cast<std::size_t>(s.samples * s.positions * s.channels) * sizeof(float);
}

LossSum dice(const float* x, const DiceTargets& targets, const DiceShape& s, std::byte* scratch) {
  const std::int64_t size = s.positions * s.channels;
  Overlap* overlaps = overlaps_in(scratch);
  for_each_sample(s, [&](std::int64_t n) {
    float* p = logit_scratch_in(scratch, s) + n * size;
    compute_probabilities(x + n * size, p, s);
    sum_overlaps(p, SampleTargets(targets, s, n), s, overlaps + n * s.channels);
  });
  LossSum loss{0, static_cast<double>(s.samples * s.channels)};
  for (std::int64_t i = 0; i < s.samples * s.channels; ++i) {
    const double whole = overlaps[i].total + s.smooth;
    loss.sum += whole == 0 ? 0 : 1 - (2 * overlaps[i].intersection + s.smooth) / whole;
  }
  return loss;
}

void dice_gradient(const float* x, const DiceTargets& targets, float* dx, const DiceShape& s,
                   double scale, std::byte* scratch) {
  const std::int64_t size = s.positions * s.channels;
  for_each_sample(s, [&](std::int64_t n) {
    const SampleTargets sample(targets, s, n);
    float *p = dx + n * size, *dp = logit_scratch_in(scratch, s) + n * size;
    Overlap* overlaps = overlaps_in(scratch) + n * s.channels;
    compute_probabilities(x + n * size, p, s);
    sum_overlaps(p, sample, s, overlaps);
    write_probability_gradient(sample, s, overlaps, scale, dp);
    if (s.channels > 1) softmax_gradient(p, dp, p, s.positions, s.channels);
    else {
      pointwise_backward(dp, p, p, 1, s.positions, {ActivationKind::sigmoid}, {}, {});
    }
  });
}

}  // namespace selfnorm::kernels
