// SPDX-License-Identifier: Apache-2.0
#include "engine/program.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "passes/autodiff.h"
#include "passes/build.h"
#include "passes/emit.h"
#include "passes/fuse.h"
#include "selfnorm/error.h"
#include "train/weights.h"

// Replaces every operator new of the process. The address of the caller shows whose allocation it
// is.
namespace {

std::atomic<bool> g_counting{false};
std::atomic<int> g_ours{0};
std::atomic<int> g_onednn{0};

void count(const void* caller) {
  Dl_info info{};
  const bool known = dladdr(caller, &info) != 0 && info.dli_fname != nullptr;
  ++(known && std::strstr(info.dli_fname, "libdnnl") != nullptr ? g_onednn : g_ours);
}

}  // namespace

#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  if (g_counting) count(__builtin_return_address(0));
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (g_counting) count(__builtin_return_address(0));
  return std::malloc(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace selfnorm {
namespace {

using Ints = std::vector<std::int64_t>;

Network image_network() {
  return {{{"x", {2, 8, 8}}},
          {{"conv2d", {{"channels", 4}, {"kernel", Ints{3, 3}}, {"padding", "same"}}},
           {"selu"},
           {"alpha_dropout", {{"rate", 0.2}}},
           {"max_pool2d", {{"kernel", Ints{2, 2}}}},
           {"batch_norm"},
           {"flatten"},
           {"dense", {{"units", 32}}},
           {"gelu"},
           {"dropout", {{"rate", 0.1}}},
           {"dense", {{"units", 5}}}},
          {}};
}

struct TrainingStep {
  Graph graph;
  std::vector<ValueId> gradients;
  Weights weights;
  std::unique_ptr<Program> program;

  explicit TrainingStep(std::int64_t batch) : graph(build_graph(image_network(), batch)) {
    weights = Weights(graph);
    weights.initialize(graph, 1);
    const Bindings bindings = weights.bindings(graph);
    fuse(graph, Mode::training);
    std::vector<ValueId> parameters;
    for (const Parameter& parameter : graph.parameters) {
      if (graph.value(parameter.value).role == Role::parameter)
        parameters.push_back(parameter.value);
    }
    gradients = differentiate(graph, graph.outputs[0], parameters);
    program = std::make_unique<Program>(graph, Mode::training, 2, bindings, gradients);
    float* x = program->data(graph.inputs[0]);
    for (std::int64_t i = 0; i < elements(graph.value(graph.inputs[0]).shape); ++i) {
      x[i] = static_cast<float>(normal(random_key(1, "x", ""), static_cast<std::uint64_t>(i)));
    }
  }

  std::vector<float> values() const {
    std::vector<float> all;
    for (const ValueId id : gradients) {
      const float* data = program->data(id);
      all.insert(all.end(), data, data + elements(graph.value(id).shape));
    }
    return all;
  }
};

TEST(Program, AllocatesNothingInASteadyTrainingStep) {
  TrainingStep step(16);
  step.program->run(0);
  g_counting = true;
  step.program->run(1);
  g_counting = false;
  EXPECT_EQ(g_ours, 0);
  // oneDNN allocates a map of its arguments at every call. We cannot change this, so it is only
  // reported.
  RecordProperty("onednn_allocations", g_onednn);
  std::printf("allocations of oneDNN in a step: %d\n", g_onednn.load());

  g_counting = true;
  const std::vector<float> seen(16);  // checks that the counter works
  g_counting = false;
  EXPECT_EQ(g_ours, 1);
}

TEST(Program, GivesTheSameBitsForTheSameStep) {
  TrainingStep a(16), b(16);
  a.program->run(3);
  b.program->run(3);
  EXPECT_EQ(a.values(), b.values());
  a.program->run(4);
  EXPECT_NE(a.values(), b.values()) << "another step draws other masks";
}

TEST(Program, NamesTheFirstNodeThatIsNotFinite) {
  TrainingStep step(4);
  EXPECT_EQ(step.program->find_non_finite(0, 0), std::nullopt);
  const WeightEntry* entry = step.weights.find("dense_1.weight");
  ASSERT_NE(entry, nullptr);
  step.weights.data()[entry->offset] = std::nanf("");
  EXPECT_EQ(step.program->find_non_finite(0, 0).value_or(""), "dense_1");
}

// The gradient of a convolution of 6×7 images, with an output gradient of larger images.
TEST(Program, NamesTheNodeThatOneDnnRejects) {
  Graph graph;
  for (const auto& [name, shape] : {std::pair("dy", Shape{2, 3, 9, 9}), {"w", {3, 1, 3, 3}}}) {
    graph.inputs.push_back(add_value(graph, {name, shape, DType::f32, Role::input}));
  }
  const Settings attributes = {
      {"channels", 3}, {"kernel", Ints{3, 3}}, {"shape", Shape{2, 1, 6, 7}}};
  graph.outputs = emit_node(graph, "dx", "conv2d_gradient_input", graph.inputs, attributes);
  try {
    const Program program(graph, Mode::training, 1, {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    const std::string message = error.what();
    for (const char* part : {"'dx'", "(conv2d_gradient_input)", "(2, 3, 9, 9), (3, 1, 3, 3)"}) {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
  }
}

TEST(Weights, CopyDeeplyAndPadWithZeros) {
  const Graph graph = build_graph(image_network(), 1);
  Weights weights(graph);
  weights.initialize(graph, 1);
  const Weights copy = weights;
  weights.data()[0] += 1;
  EXPECT_NE(weights.data()[0], copy.data()[0]);
  std::int64_t covered = 0;
  for (const WeightEntry& entry : copy.entries()) {
    EXPECT_EQ(entry.offset % 16, 0);
    EXPECT_GE(entry.offset, covered);
    for (std::int64_t i = covered; i < entry.offset; ++i) EXPECT_EQ(copy.data()[i], 0);
    covered = entry.offset + entry.count;
  }
}

}  // namespace
}  // namespace selfnorm
