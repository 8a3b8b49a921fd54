// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "base/random.h"
#include "kernels/dnnl/gemm.h"
#include "kernels/simd/pointwise.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

struct Attributes {
  std::int64_t units = 0;
  std::int64_t groups = 1;
  bool bias = true;
  InitAttributes init;
  Options options() {
    Options list = {{"units", &units, "number of outputs; required", range::kExtent},
                    {"groups", &groups,
                     "number of independent groups of features; each group of outputs reads one "
                     "group of inputs",
                     range::kExtent},
                    {"bias", &bias, "whether to add a learned bias vector"}};
    add_init_options(list, init);
    return list;
  }
};

Inferred infer(const InferContext& context) {
  const auto a = attributes_of<Attributes>(context.attributes);
  if (a.units < 1) fail_shape(context, "needs `units`, the number of outputs");
  check_rank(context, 0, 2, 3);
  Shape y = context.inputs[0];
  if (y.back() % a.groups != 0 || a.units % a.groups != 0) {
    fail_shape(
        context,
        fmt::format("{} groups must divide both the {} features of input {} and the {} units",
                    a.groups, y.back(), batch_text(y), a.units));
  }
  const std::int64_t features = y.back() / a.groups, fed = a.units / a.groups;  // of one group
  y.back() = a.units;
  const auto fan_in = static_cast<double>(features), fan_out = static_cast<double>(fed);
  Inferred inferred{{y}, {{"weight", {a.units, features}, "", fan_in, fan_out}}};
  if (a.bias) inferred.parameters.push_back(bias_spec(a.units, fan_in, fan_out));
  return inferred;
}

// Returns the number of features per group. For the input's shape, it is what an output sums. For
// the output's shape, it is what an input feeds.
double features_of_group(const SignalContext& c, const Shape& shape) {
  const auto groups = attributes_of<Attributes>(c.node.attributes).groups;
  return static_cast<double>(shape.back()) / static_cast<double>(groups);
}

// Sums the features of each position of a sequence. Positions stay independent.
Signal forward_signal(const SignalContext& c) {
  const MomentField& x = c.inputs[0]->field();
  return {contract(x, x.extent, {}, c.weights, features_of_group(c, c.shapes[0]))};
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  const WeightMoments weights{c.weights.mean, c.weights.variance};
  return {{contract(dy.field(), dy.field().extent, {}, weights, features_of_group(c, c.output))}};
}

// The number of rows that one thread multiplies and then activates while they are in its cache.
constexpr std::int64_t kBlockRows = 64;
// With more inputs than this, the epilogue takes little time compared to the product, and oneDNN is
// faster on the whole matrix.
constexpr std::int64_t kBlockedFeatures = 1024;

// The matrix products of a dense layer: one for each group. `features` and `units` count those of
// all groups.
struct GroupedProduct {
  GroupedProduct(const Node& node, const Shape& x, const Shape& y)
      : groups(attributes_of<Attributes>(without_shape(node).attributes).groups),
        features(x.back()),
        units(y.back()) {}

  void output(std::int64_t rows, const float* x, const float* w, float* y) const {
    for_each_group([&](std::int64_t at, std::int64_t in, std::int64_t out) {
      gemm(rows, out, in, {x + at * in, features}, {w + at * out * in, in, true}, y + at * out,
           units);
    });
  }
  void input_gradient(std::int64_t rows, const float* dy, const float* w, float* dx) const {
    for_each_group([&](std::int64_t at, std::int64_t in, std::int64_t out) {
      gemm(rows, in, out, {dy + at * out, units}, {w + at * out * in, in}, dx + at * in, features);
    });
  }
  void weight_gradient(std::int64_t rows, const float* dy, const float* x, float* dw) const {
    for_each_group([&](std::int64_t at, std::int64_t in, std::int64_t out) {
      gemm(out, in, rows, {dy + at * out, units, true}, {x + at * in, features}, dw + at * out * in,
           in);
    });
  }

  std::int64_t groups, features, units;

 private:
  // Calls f(group, features of a group, units of a group).
  template <class F>
  void for_each_group(F f) const {
    const std::int64_t in = features / groups, out = units / groups;
    if (groups == 1) return f(0, in, out);
    parallel_rows(groups, 1, [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t group = first; group < first + count; ++group) f(group, in, out);
    });
  }
};

Step lower(const LoweringContext& context) {
  const GroupedProduct product(context.node, context.inputs[0], context.outputs[0]);
  const std::int64_t features = product.features, units = product.units;
  // A mask counts the rows of the batch and, within a row, steps and units.
  const std::int64_t columns = row_elements(context.outputs[0]), steps = columns / units;
  const bool has_bias = context.inputs.size() > 2;
  const Pointwise pass = pointwise_pass(context.node, context.mode);
  const RandomKey key = random_key(context.seed, "mask", mask_name(context.node));
  const bool masks = draws_masks(pass.dropout);
  const auto finish = [=](const StepArguments& a, std::int64_t at, std::int64_t rows,
                          std::int64_t width, std::int64_t row) {
    float* y = a.outputs[0] + at;
    const float* bias = has_bias ? a.inputs[2] : nullptr;
    const MaskStream mask{key, a.step, a.first_row + static_cast<std::uint64_t>(row)};
    if (bias != nullptr && width != units) {  // the bias is the same at every step
      if (!masks) {
        pointwise_forward(y, bias, y, rows * width / units, units, pass.activation, pass.dropout,
                          mask);
        return;
      }
      pointwise_forward(y, bias, y, rows * width / units, units, Activation{}, Dropout{}, mask);
      bias = nullptr;
    }
    pointwise_forward(y, bias, y, rows, width, pass.activation, pass.dropout, mask);
  };
  return {[=](const StepArguments& a) {
    const float* in = a.inputs[0];
    const float* w = a.inputs[1];
    const std::int64_t rows = a.rows * steps;
    const bool is_whole = features > kBlockedFeatures || rows <= kBlockRows || steps > 1 ||
                          (a.starts != nullptr && masks);
    if (is_whole) {
      product.output(rows, in, w, a.outputs[0]);
      for_each_masked(a, columns, masks, [&](auto... piece) { finish(a, piece...); });
      return;
    }
    const std::int64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
    parallel_rows(blocks, 1, [&](std::int64_t first_block, std::int64_t count) {
      for (std::int64_t block = first_block; block < first_block + count; ++block) {
        const std::int64_t first = block * kBlockRows, size = std::min(kBlockRows, rows - first);
        product.output(size, in + first * features, w, a.outputs[0] + first * units);
        finish(a, first * units, size, units, first);
      }
    });
  }};
}

struct DenseReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Array<T>&x = a.inputs[0], &w = a.inputs[1];
    const std::int64_t features = x.shape.back(), units = w.shape[0];
    const std::int64_t rows = elements(x.shape) / features;
    const std::int64_t groups = attributes_of<Attributes>(a.node.attributes).groups;
    const std::int64_t in = features / groups, out = units / groups;  // of one group
    for (std::int64_t row = 0; row < rows; ++row) {
      for (std::int64_t unit = 0; unit < units; ++unit) {
        T sum = a.inputs.size() > 2 ? a.inputs[2].data[static_cast<std::size_t>(unit)] : T(0);
        const std::int64_t first = row * features + unit / out * in;
        for (std::int64_t k = 0; k < in; ++k) {
          sum += x.data[static_cast<std::size_t>(first + k)] *
                 w.data[static_cast<std::size_t>(unit * in + k)];
        }
        a.outputs[0].data[static_cast<std::size_t>(row * units + unit)] = sum;
      }
    }
  }
};

void gradient(GradientContext& c) {
  const Node& node = c.node();
  const ValueId dy = c.output_gradient(), x = node.inputs[0], w = node.inputs[1];
  const auto emit = [&](const char* op, ValueId other, ValueId made) {
    return c.emit(op, {dy, other}, with_shape(node.attributes, c.shape(made)))[0];
  };
  if (c.wanted(0)) c.contribute(0, emit("dense_gradient_input", w, x));
  if (c.wanted(1)) c.contribute(1, emit("dense_gradient_weight", x, w));
  if (node.inputs.size() > 2) c.contribute(2, c.emit("bias_gradient", {dy})[0]);
}

// ---- gradients --------------------------------------------------------------------------------

Step lower_gradient_input(const LoweringContext& context) {
  const GroupedProduct product(context.node, context.outputs[0], context.inputs[0]);
  const std::int64_t steps = row_elements(context.inputs[0]) / product.units;
  return {[=](const StepArguments& a) {
    product.input_gradient(a.rows * steps, a.inputs[0], a.inputs[1], a.outputs[0]);
  }};
}

Step lower_gradient_weight(const LoweringContext& context) {
  const GroupedProduct product(context.node, context.inputs[1], context.inputs[0]);
  const std::int64_t steps = row_elements(context.inputs[0]) / product.units;
  return {[=](const StepArguments& a) {
    product.weight_gradient(a.rows * steps, a.inputs[0], a.inputs[1], a.outputs[0]);
  }};
}

}  // namespace

OpRows dense_rows() {
  const auto grouped = [](std::int64_t units, std::int64_t groups) {
    return Settings{{"units", units}, {"groups", groups}};
  };
  return {
      {
          .name = "dense",
          .category = Category::layer,
          .doc = "fully connected layer, y = x·wᵀ + b, over the last axis",
          .arity = Arity{1, 1},
          .attributes = schema<Attributes>(),
          .infer = infer,
          .gradient = gradient,
          .pointwise = Gap{"mixes features"},
          .moments = Gap{"not an activation"},
          .signal = SignalRule{forward_signal, backward_signal},
          .rescale = rescale_weights,
          .fit = Gap{"has no states"},
          .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
          .reference = reference(DenseReference{}),
          .tests =
              TestDomain{.cases = {{{{5, 7}}, {{"units", std::int64_t{6}}}},
                                   {{{130, 33}}, {{"units", std::int64_t{17}}, {"bias", false}}},
                                   {{{3, 4, 5}}, {{"units", std::int64_t{2}}}},
                                   {{{2, 1100}}, {{"units", std::int64_t{3}}}},
                                   {{{5, 6}}, grouped(4, 2)},
                                   {{{130, 9}}, grouped(12, 3)},
                                   {{{3, 4, 6}}, grouped(4, 2)}},
                         .invalid_cases = {{{{2, 3, 4, 5}}, {{"units", std::int64_t{6}}}},
                                           {{{5, 6}}, grouped(5, 2)},
                                           {{{5, 7}}, grouped(4, 2)}}},
          .traits = {.takes_epilogue = true,
                     .accepts_any_feature_order = true,
                     .is_stepwise = true},
      },
      internal_row("dense_gradient_input", "dx = dy·w", infer_shape_attribute,
                   lower_gradient_input),
      internal_row("dense_gradient_weight", "dw = dyᵀ·x", infer_shape_attribute,
                   lower_gradient_weight)};
}

}  // namespace selfnorm
