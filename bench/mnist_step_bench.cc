// SPDX-License-Identifier: Apache-2.0
// Times a training step of the MNIST tutorial's network, and separately its matrix products, its
// convolutions and the optimizer. One run thus shows how much time the engine adds.
#include <benchmark/benchmark.h>

#include "base/random.h"
#include "kernels/dnnl/convolution.h"
#include "kernels/dnnl/gemm.h"
#include "optim/optimizer.h"
#include "passes/views.h"
#include "train/compile.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kBatch = 250, kFeatures = 32 * 26 * 26, kUnits = 256;

Network tutorial(const std::string& activation, const std::string& dropout) {
  return {{{"image", {1, 28, 28}}},
          {{"conv2d", {{"channels", 32}, {"kernel", std::vector<std::int64_t>{3, 3}}}},
           {activation},
           {dropout, {{"rate", 0.25}}},
           {"flatten"},
           {"dense", {{"units", kUnits}}},
           {activation},
           {"dense", {{"units", 10}}}},
          {}};
}

struct StepFixture {
  StepFixture(const std::string& activation, const std::string& dropout) {
    model.network = tutorial(activation, dropout);
    model.objective = make_objective("softmax_cross_entropy", {}, {}, TargetKind::classes);
    const Graph graph = build_engine_graph(model.network, 1);
    model.weights = Weights(graph);
    model.weights.initialize(graph, 1);
    gradients =
        AlignedBuffer(static_cast<std::size_t>(model.weights.parameters_end()) * sizeof(float));
    step.emplace(compile_training(model, kBatch, 1, reinterpret_cast<float*>(gradients.data())));
    float* x = step->program.data(find_value(step->program.graph(), "image"));
    for (std::int64_t i = 0; i < kBatch * 28 * 28; ++i) {
      x[i] = static_cast<float>(normal(random_key(1, "x", ""), static_cast<std::uint64_t>(i)));
    }
  }
  TrainedModel model;
  AlignedBuffer gradients;
  std::optional<CompiledNetwork> step;
};

void BM_TrainingStep(benchmark::State& state, const char* activation, const char* dropout) {
  StepFixture fixture(activation, dropout);
  std::uint64_t number = 0;
  for (auto _ : state) fixture.step->program.run(number++);
  for (const auto& [name, s] : fixture.step->program.profile(number)) {
    state.counters[name + " ms"] = s * 1e3;
  }
}
BENCHMARK_CAPTURE(BM_TrainingStep, selu, "selu", "alpha_dropout")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(BM_TrainingStep, relu, "relu", "dropout")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_MatmulsAlone(benchmark::State& state) {
  AlignedBuffer x(kBatch * kFeatures * 4), w(kUnits * kFeatures * 4), y(kBatch * kUnits * 4);
  auto* px = reinterpret_cast<float*>(x.data());
  auto* pw = reinterpret_cast<float*>(w.data());
  auto* py = reinterpret_cast<float*>(y.data());
  for (auto _ : state) {
    gemm(kBatch, kUnits, kFeatures, {px, kFeatures}, {pw, kFeatures, true}, py, kUnits);
    gemm(kBatch, kFeatures, kUnits, {py, kUnits}, {pw, kFeatures}, px, kFeatures);
    gemm(kUnits, kFeatures, kBatch, {py, kUnits, true}, {px, kFeatures}, pw, kFeatures);
  }
}
BENCHMARK(BM_MatmulsAlone)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_ConvolutionsAlone(benchmark::State& state) {
  const ConvolutionShape shape{kBatch, 1, 32, 1, {28, 28}, {26, 26}, {.kernel = {3, 3}}};
  const ConvolutionForward forward(shape, true);
  const ConvolutionBackwardWeights backward(shape);
  AlignedBuffer x(kBatch * 28 * 28 * 4), y(kBatch * kFeatures * 4), w(32 * 9 * 4), b(32 * 4);
  AlignedBuffer scratch(std::max(forward.scratch_bytes(), backward.scratch_bytes()));
  const auto f = [](AlignedBuffer& buffer) { return reinterpret_cast<float*>(buffer.data()); };
  for (auto _ : state) {
    forward.run(f(x), f(w), f(b), f(y), scratch.data());
    backward.run(f(y), f(x), f(w), scratch.data());
  }
}
BENCHMARK(BM_ConvolutionsAlone)->Unit(benchmark::kMillisecond)->UseRealTime();

void BM_AdamAlone(benchmark::State& state) {
  constexpr std::int64_t kParameters = 5540938;
  AlignedBuffer w(kParameters * 4), dw(kParameters * 4);
  Optimizer optimizer({}, kParameters, {{0, kParameters, 0, true}});
  for (auto _ : state) {
    optimizer.step(reinterpret_cast<float*>(w.data()), reinterpret_cast<float*>(dw.data()), 1e-3);
  }
}
BENCHMARK(BM_AdamAlone)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace selfnorm
