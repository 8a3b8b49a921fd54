// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "kernels/parallel.h"
#include "kernels/simd/reduce.h"
#include "kernels/simd/update.h"
#include "optim/options.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// Large enough that calling a kernel costs little, small enough that threads get equal work.
constexpr std::int64_t kChunk = 1 << 14;
constexpr std::int64_t kMinChunksPerThread = 2;

void check_segments(std::vector<ParameterSegment>& segments, std::int64_t parameters) {
  std::ranges::sort(segments, {}, &ParameterSegment::offset);
  std::int64_t end = 0;
  for (const ParameterSegment& s : segments) {
    // A sum could overflow, so the difference is compared.
    if (s.offset < end || s.count < 0 || s.count > parameters - s.offset) {
      throw Error(ErrorKind::config,
                  fmt::format("optimizer: the segment of {} parameters from {} must begin at {} or "
                              "later and end by {}; segments must not overlap",
                              s.count, s.offset, end, parameters));
    }
    if (!(s.l2 >= 0) || std::isinf(s.l2)) {
      throw Error(ErrorKind::config,
                  fmt::format("optimizer: 'l2' of the segment from {} expects a number of at least "
                              "0, got {}",
                              s.offset, s.l2));
    }
    end = s.offset + s.count;
  }
}

float* floats(AlignedBuffer& buffer) { return reinterpret_cast<float*>(buffer.data()); }

}  // namespace

Optimizer::Optimizer(const OptimizerOptions& options, std::int64_t parameters,
                     std::vector<ParameterSegment> segments)
    : options_(options), parameters_(parameters) {
  check(options_, "optimizer");
  check_segments(segments, parameters_);
  for (const ParameterSegment& s : segments) {
    for (std::int64_t at = 0; s.trainable && at < s.count; at += kChunk) {
      chunks_.push_back({s.offset + at, std::min(kChunk, s.count - at), s.l2});
    }
  }
  partials_.resize(chunks_.size());
  if (options_.name == "sgd") {
    kind_ = Kind::sgd;
    if (options_.momentum > 0) slot_names_ = {"velocity"};
  } else if (options_.name == "rmsprop") {
    kind_ = Kind::rmsprop;
    slot_names_ = {"v"};
    if (options_.momentum > 0) slot_names_.push_back("momentum");
  } else {
    kind_ = Kind::adam;
    slot_names_ = {"m", "v"};
    if (options_.name == "adam") options_.weight_decay = 0;
  }
  for (std::size_t i = 0; i < slot_names_.size(); ++i) {
    slot_values_.emplace_back(static_cast<std::size_t>(parameters_) * sizeof(float));
  }
}

std::vector<OptimizerSlot> Optimizer::slots() {
  std::vector<OptimizerSlot> all;
  for (std::size_t i = 0; i < slot_names_.size(); ++i) {
    all.push_back(
        {slot_names_[i], {floats(slot_values_[i]), static_cast<std::size_t>(parameters_)}});
  }
  return all;
}

void Optimizer::step(float* parameters, const float* gradients, double learning_rate) {
  ++steps_;
  double scale = 1;
  if (options_.clip_norm > 0) {
    gradient_norm_ = measure_norm(parameters, gradients);
    if (gradient_norm_ > options_.clip_norm) scale = options_.clip_norm / gradient_norm_;
  }
  const auto chunks = static_cast<std::int64_t>(chunks_.size());
  parallel_rows(chunks, kMinChunksPerThread, [=, this](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = first; i < first + count; ++i) {
      update(chunks_[static_cast<std::size_t>(i)], parameters, gradients, scale, learning_rate);
    }
  });
}

// The chunks and the order of their sums are fixed, so the result is the same bit for bit for any
// number of threads.
double Optimizer::measure_norm(const float* parameters, const float* gradients) {
  const auto chunks = static_cast<std::int64_t>(chunks_.size());
  parallel_rows(chunks, kMinChunksPerThread, [=, this](std::int64_t first, std::int64_t count) {
    for (std::int64_t i = first; i < first + count; ++i) {
      const Chunk& chunk = chunks_[static_cast<std::size_t>(i)];
      const float *dw = gradients + chunk.offset, *w = parameters + chunk.offset;
      partials_[static_cast<std::size_t>(i)] =
          chunk.l2 == 0 ? kernels::sum_of_squares(dw, chunk.count)
                        : kernels::sum_of_squares(dw, 2 * chunk.l2, w, chunk.count);
    }
  });
  double all = 0;
  for (const double partial : partials_) all += partial;
  return std::sqrt(all);
}

void Optimizer::update(const Chunk& chunk, float* parameters, const float* gradients, double scale,
                       double learning_rate) {
  const kernels::GradientTransform transform = {scale, chunk.l2, options_.clip_value};
  float* w = parameters + chunk.offset;
  const float* dw = gradients + chunk.offset;
  const auto slot = [&](std::size_t i) -> float* {
    return i < slot_values_.size() ? floats(slot_values_[i]) + chunk.offset : nullptr;
  };
  switch (kind_) {
    case Kind::sgd:
      kernels::sgd_update(w, dw, slot(0), chunk.count, transform,
                          {learning_rate, options_.momentum, options_.nesterov});
      break;
    case Kind::adam:
      kernels::adam_update(w, dw, slot(0), slot(1), chunk.count, transform,
                           {learning_rate, options_.beta1, options_.beta2, options_.epsilon,
                            options_.weight_decay, steps_});
      break;
    case Kind::rmsprop:
      kernels::rmsprop_update(w, dw, slot(0), slot(1), chunk.count, transform,
                              {learning_rate, options_.rho, options_.momentum, options_.epsilon});
      break;
  }
}

}  // namespace selfnorm
