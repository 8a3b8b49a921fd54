// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernels/parallel.h"
#include "kernels/simd/arithmetic.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "ops/signal_rules.h"

namespace selfnorm {
namespace {

struct Attributes {
  std::int64_t axis = 1;
  Options options() {
    return {{"axis", &axis,
             "axis to concatenate along; 1 is the channels of images, -1 the last axis"}};
  }
};

std::size_t axis_of(const InferContext& context) {
  const auto rank = static_cast<std::int64_t>(context.inputs[0].size());
  const std::int64_t requested = attributes_of<Attributes>(context.attributes).axis;
  const std::int64_t axis = requested < 0 ? requested + rank : requested;
  if (axis < 1 || axis >= rank) {
    fail_shape(context, fmt::format("axis {} is not valid for input {} (axis 0 is the batch)",
                                    requested, batch_text(context.inputs[0])));
  }
  return static_cast<std::size_t>(axis);
}

Inferred infer(const InferContext& context) {
  const std::size_t axis = axis_of(context);
  Shape y = context.inputs[0];
  for (std::size_t i = 1; i < context.inputs.size(); ++i) {
    Shape other = context.inputs[i];
    const std::int64_t extent = axis < other.size() ? other[axis] : 0;
    if (axis < other.size()) other[axis] = y[axis];
    if (other != y) {
      fail_shape(context,
                 fmt::format("inputs may differ only along axis {}, got {} and {}", axis,
                             batch_text(context.inputs[0]), batch_text(context.inputs[i])));
    }
    y[axis] += extent;
  }
  return {{y}};
}

// The memory of a value as `outer` chunks. The length of a chunk is the extent along the axis times
// the inner extents.
struct Chunks {
  std::int64_t outer;
  std::int64_t length;
};

Chunks chunks(const Shape& shape, std::size_t axis) {
  // Images are stored as (N, H, W, C).
  const bool image = shape.size() == 4;
  const Shape memory = image ? Shape{shape[0], shape[2], shape[3], shape[1]} : shape;
  const std::size_t at = image ? (axis == 1 ? 3 : axis - 1) : axis;
  const Shape before(memory.begin(), memory.begin() + static_cast<std::ptrdiff_t>(at));
  const std::int64_t outer = elements(before);
  return {outer, elements(shape) / outer};
}

Step lower(const LoweringContext& context) {
  const std::size_t axis =
      axis_of({context.node.name, context.node.op, context.node.attributes, context.inputs});
  const Chunks out = chunks(context.outputs[0], axis);
  std::vector<std::int64_t> lengths;
  for (const Shape& input : context.inputs) lengths.push_back(chunks(input, axis).length);
  return {[=](const StepArguments& a) {
    parallel_rows(out.outer, row_grain(out.length), [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t row = first; row < first + count; ++row) {
        float* y = a.outputs[0] + row * out.length;
        for (std::size_t i = 0; i < lengths.size(); ++i) {
          kernels::copy(a.inputs[i] + row * lengths[i], y, lengths[i]);
          y += lengths[i];
        }
      }
    });
  }};
}

void gradient(GradientContext& c) {
  const Node& node = c.node();
  std::vector<Shape> inputs;
  for (const ValueId input : node.inputs) inputs.push_back(c.shape(input));
  const std::size_t axis = axis_of({node.name, node.op, node.attributes, inputs});
  std::int64_t start = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (c.wanted(i)) {
      c.contribute(i, c.emit("slice", {c.output_gradient()},
                             {{"axis", static_cast<std::int64_t>(axis)},
                              {"start", start},
                              {"shape", inputs[i]}})[0]);
    }
    start += inputs[i][axis];
  }
}

struct ConcatReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    std::vector<Shape> shapes;
    for (const Array<T>& input : a.inputs) shapes.push_back(input.shape);
    const std::size_t axis = axis_of({a.node.name, a.node.op, a.node.attributes, shapes});
    std::size_t outer = 1, position = 0;
    for (std::size_t i = 0; i < axis; ++i) outer *= static_cast<std::size_t>(shapes[0][i]);
    for (std::size_t row = 0; row < outer; ++row) {
      for (const Array<T>& input : a.inputs) {
        const std::size_t length = input.data.size() / outer;
        for (std::size_t i = 0; i < length; ++i) {
          a.outputs[0].data[position++] = input.data[row * length + i];
        }
      }
    }
  }
};

// Averages the inputs, weighted by their number of elements. If positions are concatenated, those
// of each input are merged first.
Signal forward_signal(const SignalContext& c) {
  MomentField y = zero_field(extent_of(c.output, c.inputs[0]->field().extent));
  const double all = static_cast<double>(elements(c.output));
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    const MomentField part =
        c.inputs[i]->field().extent == y.extent
            ? c.inputs[i]->field()
            : broadcast_positions(flatten_positions(c.inputs[i]->field()), y.extent, 1, false);
    const double fraction = static_cast<double>(elements(c.shapes[i])) / all;
    accumulate_mixture(y, part, fraction);
  }
  return y;
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  std::vector<SignalGradient> gradients;
  for (const Signal* input : c.inputs) {
    const Extent& extent = input->field().extent;
    gradients.push_back(
        {extent == dy.field().extent
             ? dy.field()
             : broadcast_positions(flatten_positions(dy.field()), extent, 1, false)});
  }
  return gradients;
}

// ---- slice: the gradient ----------------------------------------------------------------------

Step lower_slice(const LoweringContext& context) {
  const Settings& attributes = context.node.attributes;
  const auto axis = static_cast<std::size_t>(std::get<std::int64_t>(attributes.at("axis")));
  const std::int64_t start = std::get<std::int64_t>(attributes.at("start"));
  const Shape& part = context.outputs[0];
  const Chunks in = chunks(context.inputs[0], axis), out = chunks(part, axis);
  const std::int64_t offset = start * (out.length / part[axis]);
  return {[=](const StepArguments& a) {
    parallel_rows(out.outer, row_grain(out.length), [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t row = first; row < first + count; ++row) {
        kernels::copy(a.inputs[0] + row * in.length + offset, a.outputs[0] + row * out.length,
                      out.length);
      }
    });
  }};
}

}  // namespace

OpRows concat_rows() {
  return {
      {
          .name = "concat",
          .category = Category::layer,
          .doc = "concatenates its inputs along an axis",
          .arity = Arity{1, -1},
          .attributes = schema<Attributes>(),
          .infer = infer,
          .gradient = gradient,
          .pointwise = Gap{"moves elements"},
          .moments = Gap{"not an activation"},
          .signal = SignalRule{forward_signal, backward_signal},
          .rescale = Gap{"its inputs have scales of their own"},
          .fit = Gap{"has no states"},
          .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
          .reference = reference(ConcatReference{}),
          .tests =
              TestDomain{.cases = {{{{3, 4}, {3, 2}, {3, 1}}},
                                   {{{2, 3, 4, 5}, {2, 1, 4, 5}}},
                                   {{{2, 3, 4, 5}, {2, 3, 1, 5}}, {{"axis", std::int64_t{2}}}},
                                   {{{2, 3, 4, 5}, {2, 3, 4, 2}}, {{"axis", std::int64_t{-1}}}}},
                         .invalid_cases = {{{{3, 4, 5}, {3, 2, 6}}},
                                           {{{3, 4}, {3, 2, 5}}},
                                           {{{3, 4}, {3, 2}}, {{"axis", std::int64_t{2}}}}}},
          .traits = {.concatenates = true},
      },
      internal_row("slice", "a part along an axis: the gradient of concat", infer_shape_attribute,
                   lower_slice)};
}

}  // namespace selfnorm
