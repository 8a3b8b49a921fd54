// SPDX-License-Identifier: Apache-2.0
// Measures the elements per second of activations and dropout, in cache (2^14 elements) and in
// memory (2^24). The goal of selfnorm is that SELU with alpha dropout takes no longer than ReLU
// alone when the elements are in memory.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "kernels/dropout.h"
#include "kernels/simd/pointwise.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kColumns = 1024;
constexpr MaskStream kMask{{42}, 1, 0};

std::vector<float> ramp(std::int64_t count) {
  std::vector<float> x(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    x[static_cast<std::size_t>(i)] = static_cast<float>(i % 601 - 300) * 0.01f;
  }
  return x;
}

void finish(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * state.range(0) * 8);
}

void forward(benchmark::State& state, ActivationKind kind, DropoutKind dropout_kind) {
  const auto x = ramp(state.range(0));
  std::vector<float> y(x.size());
  const Dropout dropout = make_dropout(dropout_kind, 0.1);
  for (auto _ : state) {
    pointwise_forward(x.data(), nullptr, y.data(), state.range(0) / kColumns, kColumns, {kind},
                      dropout, kMask);
    benchmark::ClobberMemory();
  }
  finish(state);
}

void backward(benchmark::State& state, ActivationKind kind, DropoutKind dropout_kind) {
  const auto saved = ramp(state.range(0));
  const std::vector<float> dy(saved.size(), 1.0f);
  std::vector<float> dx(saved.size());
  const Dropout dropout = make_dropout(dropout_kind, 0.1);
  for (auto _ : state) {
    pointwise_backward(dy.data(), saved.data(), dx.data(), state.range(0) / kColumns, kColumns,
                       {kind}, dropout, kMask);
    benchmark::ClobberMemory();
  }
  finish(state);
}

void copy(benchmark::State& state) {
  const auto x = ramp(state.range(0));
  std::vector<float> y(x.size());
  for (auto _ : state) {
    std::memcpy(y.data(), x.data(), x.size() * sizeof(float));
    benchmark::ClobberMemory();
  }
  finish(state);
}

using Kind = ActivationKind;
#define SELFNORM_SIZES Arg(1 << 14)->Arg(1 << 24)
BENCHMARK(copy)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(forward, relu, Kind::relu, DropoutKind::none)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(forward, dropout, Kind::identity, DropoutKind::plain)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(forward, selu, Kind::selu, DropoutKind::none)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(forward, selu_alpha_dropout, Kind::selu, DropoutKind::alpha)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(forward, tanh, Kind::tanh, DropoutKind::none)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(forward, sigmoid, Kind::sigmoid, DropoutKind::none)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(forward, softplus, Kind::softplus, DropoutKind::none)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(forward, gelu, Kind::gelu, DropoutKind::none)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(forward, silu, Kind::silu, DropoutKind::none)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(backward, relu, Kind::relu, DropoutKind::none)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(backward, selu, Kind::selu, DropoutKind::none)->SELFNORM_SIZES;
BENCHMARK_CAPTURE(backward, selu_alpha_dropout, Kind::selu, DropoutKind::alpha)->SELFNORM_SIZES;

}  // namespace
}  // namespace selfnorm
