// SPDX-License-Identifier: Apache-2.0
// Times an inference step of networks with alpha dropout, once as the identity and once as the mean
// over masks. The steps alternate in one run, so that the ratio of their times is meaningful.
#include <benchmark/benchmark.h>

#include "base/random.h"
#include "passes/inference_mode.h"
#include "passes/views.h"
#include "train/compile.h"

namespace selfnorm {
namespace {

const Layer kSelu{"selu"}, kDropout{"alpha_dropout", {{"rate", 0.1}}};

Layer dense(std::int64_t units) { return {"dense", {{"units", units}}}; }
Layer conv(std::int64_t channels) {
  return {"conv2d",
          {{"channels", channels},
           {"kernel", std::vector<std::int64_t>{3, 3}},
           {"padding", std::string("same")}}};
}
const Layer kPool{"max_pool2d", {{"kernel", std::vector<std::int64_t>{2, 2}}}};

Network dense_network(std::int64_t layers, std::int64_t units) {
  Network network{{{"x", {units}}}, {}, {}};
  for (std::int64_t i = 0; i < layers; ++i) {
    network.layers.insert(network.layers.end(), {dense(units), kSelu, kDropout});
  }
  network.layers.push_back(dense(10));
  return network;
}

// Dropout directly after convolutions, or after pooling, where it is a step of its own.
Network convolutions(bool after_pooling) {
  Network network{{{"x", {1, 28, 28}}}, {}, {}};
  for (const std::int64_t channels : {32, 64}) {
    network.layers.insert(network.layers.end(), {conv(channels), kSelu});
    if (after_pooling) network.layers.insert(network.layers.end(), {kPool, kDropout});
    else network.layers.insert(network.layers.end(), {kDropout, kPool});
  }
  network.layers.insert(network.layers.end(), {Layer{"flatten"}, dense(128), kSelu, dense(10)});
  return network;
}

void BM_Inference(benchmark::State& state, const Network& plain, std::int64_t batch,
                  const char* inference) {
  TrainedModel model;
  model.network = plain;
  set_dropout_inference(model.network, inference);
  model.objective = make_objective("softmax_cross_entropy", {}, {}, TargetKind::classes);
  const Graph graph = build_engine_graph(model.network, 1);
  model.weights = Weights(graph);
  model.weights.initialize(graph, 1);
  CompiledNetwork network = compile_inference(model, batch, {.prediction = true});
  const Graph& compiled = network.program.graph();
  float* x = network.program.data(compiled.inputs[0]);
  const std::int64_t count = elements(compiled.value(compiled.inputs[0]).shape);
  for (std::int64_t i = 0; i < count; ++i) {
    x[i] = static_cast<float>(normal(random_key(1, "x", ""), static_cast<std::uint64_t>(i)));
  }
  for (auto _ : state) network.program.run();
}

#define SELFNORM_INFERENCE(name, network, batch)                                     \
  BENCHMARK_CAPTURE(BM_Inference, name##_identity, network, batch, "identity")       \
      ->Unit(benchmark::kMicrosecond)                                                \
      ->UseRealTime();                                                               \
  BENCHMARK_CAPTURE(BM_Inference, name##_expectation, network, batch, "expectation") \
      ->Unit(benchmark::kMicrosecond)                                                \
      ->UseRealTime()

SELFNORM_INFERENCE(dense_4x64, dense_network(4, 64), 128);
SELFNORM_INFERENCE(dense_8x256, dense_network(8, 256), 128);
SELFNORM_INFERENCE(dense_8x256_one_row, dense_network(8, 256), 1);
SELFNORM_INFERENCE(dropout_before_pooling, convolutions(false), 64);
SELFNORM_INFERENCE(dropout_after_pooling, convolutions(true), 64);

}  // namespace
}  // namespace selfnorm
