#include "kernels/simd/softmax.h"

#include <cmath>

#include "kernels/parallel.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

Step lower(const LoweringContext& context) {
  const Block block = block_of(context.outputs[0]);
  return {[=](const StepArguments& a) {
    parallel_rows(
        block.rows, row_grain(block.features), [&](std::int64_t first, std::int64_t count) {
          const std::int64_t offset = first * block.features;
          kernels::softmax(a.inputs[0] + offset, a.outputs[0] + offset, count, block.features);
        });
  }};
}

Step lower_gradient(const LoweringContext& context) {
  const Block block = block_of(context.outputs[0]);
  return {[=](const StepArguments& a) {
    parallel_rows(block.rows, row_grain(block.features),
                  [&](std::int64_t first, std::int64_t count) {
                    const std::int64_t offset = first * block.features;
                    kernels::softmax_gradient(a.inputs[1] + offset, a.inputs[0] + offset,
                                              a.outputs[0] + offset, count, block.features);
                  });
  }};
}

void gradient(GradientContext& c) {
  c.contribute(0, c.emit("softmax_gradient", {c.output_gradient(), c.node().outputs[0]})[0]);
}

struct SoftmaxReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const FeatureAxis axis = feature_axis(a.inputs[0].shape);
    for (std::int64_t o = 0; o < axis.outer; ++o) {
      for (std::int64_t i = 0; i < axis.inner; ++i) {
        T sum(0);
        for (std::int64_t f = 0; f < axis.features; ++f) {
          sum += std::exp(a.inputs[0].data[axis.index(o, f, i)]);
        }
        for (std::int64_t f = 0; f < axis.features; ++f) {
          const std::size_t at = axis.index(o, f, i);
          a.outputs[0].data[at] = std::exp(a.inputs[0].data[at]) / sum;
        }
      }
    }
  }
};

}  // namespace

OpRows softmax_rows() {
  return {{
              .name = "softmax",
              .category = Category::activation,
              .doc = "probabilities over the features: eˣ over its sum",
              .arity = Arity{1, 1},
              .attributes = schema<NoAttributes>(),
              .infer = infer_same,
              .gradient = gradient,
              .pointwise = Gap{"sums over the features"},
              .moments = Gap{"mixes features"},
              .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
              .reference = reference(SoftmaxReference{}),
              .tests = TestDomain{{{{{4, 7}}}, {{{2, 3, 4, 2}}}}, -5, 5},
              .traits = {.in_place = true},
          },
          internal_row("softmax_gradient", "dx of softmax from its output", infer_same,
                       lower_gradient, {.in_place = true})};
}

}  // namespace selfnorm
