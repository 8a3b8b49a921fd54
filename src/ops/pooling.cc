// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/index.h"
#include "kernels/dnnl/pooling.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/window.h"
#include "ops/window_maxima.h"

namespace selfnorm {
namespace {

struct Attributes : WindowAttributes {
  Options options() {
    return {
        {"kernel", &kernel, "size of the window, [height, width]; required", range::kExtent},
        {"stride", &stride, "step of the window; empty: the size of the window", range::kExtent},
        {"padding", &padding, "\"valid\", \"same\", [h, w] or [[top, bottom], [left, right]]"}};
  }
};

WindowExtents extents(const InferContext& context) {
  auto a = attributes_of<Attributes>(context.attributes);
  if (a.stride.empty()) a.stride = a.kernel;
  const WindowExtents e = resolve_window(context, a);
  const Window& w = e.window;
  for (int axis = 0; axis < 2; ++axis) {
    if (std::max(w.pad_before[axis], w.pad_after[axis]) < w.kernel[axis]) continue;
    fail_shape(
        context,
        fmt::format("`padding` must be smaller than `kernel`, or some windows would be outside "
                    "of input {}: kernel [{}, {}], padding [[{}, {}], [{}, {}]]",
                    batch_text(context.inputs[0]), w.kernel[0], w.kernel[1], w.pad_before[0],
                    w.pad_after[0], w.pad_before[1], w.pad_after[1]));
  }
  return e;
}

PoolingShape pooling_shape(const Node& node, const Settings& attributes, const Shape& x) {
  const WindowExtents e = extents({node.name, node.op, attributes, {x}});
  return {x[0], x[1], {e.in[0], e.in[1]}, {e.out[0], e.out[1]}, e.window};
}

Inferred infer_average(const InferContext& context) {
  const WindowExtents e = extents(context);
  const Shape& x = context.inputs[0];
  return {{{x[0], x[1], e.out[0], e.out[1]}}};
}

// Max pooling also has a hidden output with the position of each maximum, in 4 bytes.
Inferred infer_max(const InferContext& context) {
  Inferred inferred = infer_average(context);
  inferred.outputs.push_back(inferred.outputs[0]);
  return inferred;
}

SlidingWindow window_of(const SignalContext& c) {
  return sliding_window(extents({c.node.name, c.node.op, c.node.attributes, c.shapes}).window);
}

Signal forward_average(const SignalContext& c) {
  const MomentField& x = c.inputs[0]->field();
  return {average(x, extent_of(c.output, x.extent), window_of(c))};
}

std::vector<SignalGradient> backward_average(const SignalContext& c, const SignalGradient& dy) {
  return {{average_pool_backward(dy.field(), c.inputs[0]->field().extent, window_of(c))}};
}

Windows windows_of(const SignalContext& c) {
  const SlidingWindow window = window_of(c);
  const Extent in = c.inputs[0]->field().extent, out = extent_of(c.output, in);
  return {out,
          [in, out, positions = window_positions(in, out, window)](std::int64_t e) {
            std::vector<std::int64_t> elements = positions[as_index(e % out.positions())];
            for (std::int64_t& at : elements) at += e / out.positions() * in.positions();
            return elements;
          },
          [out, window](const MomentField& x) { return average(x, out, window); }};
}

Signal forward_max(const SignalContext& c) { return {window_maxima(*c.inputs[0], windows_of(c))}; }

// Returns the field of a gradient whose elements are multiplied by factors with these squares.
MomentField weighted(const MomentField& x, const std::vector<double>& squares) {
  MomentField y = zero_field(x.extent);
  for (std::int64_t e = 0; e < x.extent.elements(); ++e) {
    y.square[as_index(e)] = x.square[as_index(e)] * squares[as_index(e)];
    for (const Link link : kLinks) {
      const std::int64_t other = linked_element(x.extent, e, link);
      if (other < 0) continue;
      const double both = squares[as_index(e)] * squares[as_index(other)];
      y.product(link)[as_index(e)] = x.product(link)[as_index(e)] * std::sqrt(both);
    }
  }
  return y;
}

// Returns, for each element before a pooling, the mean of `factors` over the maxima that pass it a
// gradient, weighted by the squared gradients.
std::vector<double> at_selected(const std::vector<double>& factors, const MomentField& dy,
                                const MomentField& dx, const SlidingWindow& window) {
  const MomentField passed = max_pool_backward(weighted(dy, factors), dx.extent, window);
  std::vector<double> means(dx.square.size(), 1);
  for (std::size_t e = 0; e < means.size(); ++e)
    if (dx.square[e] > 0) means[e] = passed.square[e] / dx.square[e];
  return means;
}

std::vector<SignalGradient> backward_max(const SignalContext& c, const SignalGradient& dy) {
  const MaximumGradient at_maxima = gradient_at_maxima(*c.inputs[0], windows_of(c));
  const SlidingWindow window = window_of(c);
  SignalGradient dx{max_pool_backward(dy.field(), c.inputs[0]->field().extent, window)};
  dx.selected_slopes = at_selected(at_maxima.squared_slopes, dy.field(), dx.field(), window);
  if (!at_maxima.kept.empty())
    dx.selected_masks = at_selected(at_maxima.kept, dy.field(), dx.field(), window);
  return {dx};
}

template <PoolingKind kKind>
Step lower(const LoweringContext& context) {
  const PoolingForward pooling(
      kKind, pooling_shape(context.node, context.node.attributes, context.inputs[0]),
      context.mode == Mode::training);
  return {[=](const StepArguments& a) {
            void* workspace = kKind == PoolingKind::max ? a.outputs[1] : nullptr;
            pooling.run(a.inputs[0], a.outputs[0], workspace, a.scratch);
          },
          pooling.scratch_bytes()};
}

// The inputs are dy and, for max pooling, the workspace. The shape of the image is an attribute.
template <PoolingKind kKind>
Step lower_gradient(const LoweringContext& context) {
  const Node node = without_shape(context.node);
  const PoolingBackward pooling(kKind, pooling_shape(node, node.attributes, context.outputs[0]));
  return {[=](const StepArguments& a) {
            const void* workspace = kKind == PoolingKind::max ? a.inputs[1] : nullptr;
            pooling.run(a.inputs[0], workspace, a.outputs[0], a.scratch);
          },
          pooling.scratch_bytes()};
}

template <PoolingKind kKind>
void gradient(GradientContext& c) {
  const Node& node = c.node();
  const Settings attributes = with_shape(node.attributes, c.shape(node.inputs[0]));
  if constexpr (kKind == PoolingKind::max) {
    c.contribute(
        0, c.emit("max_pool2d_gradient", {c.output_gradient(), node.outputs[1]}, attributes)[0]);
  } else {
    c.contribute(0, c.emit("avg_pool2d_gradient", {c.output_gradient()}, attributes)[0]);
  }
}

template <PoolingKind kKind>
struct PoolingReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Array<T>& x = a.inputs[0];
    Array<T>& y = a.outputs[0];
    const PoolingShape s = pooling_shape(a.node, a.node.attributes, x.shape);
    for (std::int64_t n = 0; n < s.batch; ++n) {
      for (std::int64_t c = 0; c < s.channels; ++c) {
        for (std::int64_t i = 0; i < s.out[0]; ++i) {
          for (std::int64_t j = 0; j < s.out[1]; ++j) at(y, n, c, i, j) = pool(s, x, n, c, i, j);
        }
      }
    }
  }

  template <class T>
  static T pool(const PoolingShape& s, const Array<T>& x, std::int64_t n, std::int64_t c,
                std::int64_t i, std::int64_t j) {
    T best(-std::numeric_limits<double>::infinity()), sum(0);
    double count = 0;
    for (std::int64_t u = 0; u < s.window.kernel[0]; ++u) {
      for (std::int64_t v = 0; v < s.window.kernel[1]; ++v) {
        const std::int64_t h = input_position(s.window, 0, i, u);
        const std::int64_t w = input_position(s.window, 1, j, v);
        if (h < 0 || h >= s.in[0] || w < 0 || w >= s.in[1]) continue;
        const T value = at(x, n, c, h, w);
        if (real_part(value) > real_part(best)) best = value;
        sum += value;
        count += 1;
      }
    }
    return kKind == PoolingKind::max ? best : sum / count;
  }
};

using Ints = std::vector<std::int64_t>;

template <PoolingKind kKind>
OpRow row(std::string_view name, std::string_view doc, InferRule infer) {
  return {
      .name = name,
      .category = Category::layer,
      .doc = doc,
      .arity = Arity{1, 1},
      .attributes = schema<Attributes>(),
      .infer = infer,
      .gradient = gradient<kKind>,
      .pointwise = Gap{"mixes positions"},
      .moments = Gap{"not an activation"},
      .signal = kKind == PoolingKind::max ? SignalRule{forward_max, backward_max}
                                          : SignalRule{forward_average, backward_average},
      .rescale = Gap{"has no factor"},
      .fit = Gap{"has no states"},
      .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower<kKind>}},
      .reference = reference(PoolingReference<kKind>{}),
      .tests =
          TestDomain{
              .cases = {{{{2, 3, 6, 8}}, {{"kernel", Ints{2, 2}}}},
                        {{{2, 1, 7, 5}},
                         {{"kernel", Ints{3, 2}}, {"stride", Ints{2, 1}}, {"padding", "same"}}},
                        {{{3, 17, 5, 5}}, {{"kernel", Ints{3, 3}}, {"padding", Ints{1, 1}}}}},
              .invalid_cases = {{{{2, 36}}, {{"kernel", Ints{2, 2}}}},
                                {{{2, 3, 6, 2}}, {{"kernel", Ints{3, 3}}}},
                                {{{2, 3, 6, 6}},
                                 {{"kernel", Ints{2, 2}}, {"padding", Ints{3, 3}}}}}},
      .traits = {.pools = true},
  };
}

// ---- global average ---------------------------------------------------------------------------

// Returns the shape of a pooling with a window as large as the image.
PoolingShape global_shape(const Shape& x) {
  return {x[0], x[1], {x[2], x[3]}, {1, 1}, {.kernel = {x[2], x[3]}, .stride = {x[2], x[3]}}};
}

Inferred infer_global(const InferContext& context) {
  check_rank(context, 0, 4, 4);
  return {{{context.inputs[0][0], context.inputs[0][1]}}};
}

Step lower_global(const LoweringContext& context) {
  const PoolingForward pooling(PoolingKind::average, global_shape(context.inputs[0]), false);
  return {
      [=](const StepArguments& a) { pooling.run(a.inputs[0], a.outputs[0], nullptr, a.scratch); },
      pooling.scratch_bytes()};
}

Step lower_global_gradient(const LoweringContext& context) {
  const PoolingBackward pooling(PoolingKind::average, global_shape(context.outputs[0]));
  return {
      [=](const StepArguments& a) { pooling.run(a.inputs[0], nullptr, a.outputs[0], a.scratch); },
      pooling.scratch_bytes()};
}

void global_gradient(GradientContext& c) {
  const Shape& x = c.shape(c.node().inputs[0]);
  c.contribute(0, c.emit("global_avg_pool_gradient", {c.output_gradient()}, {{"shape", x}})[0]);
}

struct GlobalReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const FeatureAxis axis = feature_axis(a.inputs[0].shape);
    for (std::int64_t n = 0; n < axis.outer; ++n) {
      for (std::int64_t c = 0; c < axis.features; ++c) {
        T sum(0);
        for (std::int64_t i = 0; i < axis.inner; ++i) sum += a.inputs[0].data[axis.index(n, c, i)];
        a.outputs[0].data[static_cast<std::size_t>(n * axis.features + c)] =
            sum / static_cast<double>(axis.inner);
      }
    }
  }
};

SlidingWindow global_window(const Extent& image) {
  return {{image.height, image.width}, {image.height, image.width}, {1, 1}, {0, 0}};
}

Signal forward_global_signal(const SignalContext& c) {
  const MomentField& x = c.inputs[0]->field();
  return {average(x, {x.extent.samples, 1, 1, x.extent.copies}, global_window(x.extent))};
}

std::vector<SignalGradient> backward_global_signal(const SignalContext& c,
                                                   const SignalGradient& dy) {
  const Extent& image = c.inputs[0]->field().extent;
  return {
      {broadcast_positions(dy.field(), image, 1 / static_cast<double>(image.positions()), true)}};
}

OpRow global_row() {
  return {
      .name = "global_avg_pool",
      .category = Category::layer,
      .doc = "mean of each channel over the image: (N, C, H, W) to (N, C)",
      .arity = Arity{1, 1},
      .attributes = schema<NoAttributes>(),
      .infer = infer_global,
      .gradient = global_gradient,
      .pointwise = Gap{"mixes positions"},
      .moments = Gap{"not an activation"},
      .signal = SignalRule{forward_global_signal, backward_global_signal},
      .rescale = Gap{"has no factor"},
      .fit = Gap{"has no states"},
      .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower_global}},
      .reference = reference(GlobalReference{}),
      .tests = TestDomain{.cases = {{{{2, 3, 4, 5}}}, {{{3, 16, 2, 2}}}},
                          .invalid_cases = {{{{2, 12}}}}},
      .traits = {.pools = true},
  };
}

}  // namespace

OpRows pooling_rows() {
  return {row<PoolingKind::max>("max_pool2d", "maximum of each window", infer_max),
          row<PoolingKind::average>("avg_pool2d", "mean of each window, without the padding",
                                    infer_average),
          global_row(),
          internal_row("max_pool2d_gradient", "dx of max_pool2d", infer_shape_attribute,
                       lower_gradient<PoolingKind::max>),
          internal_row("avg_pool2d_gradient", "dx of avg_pool2d", infer_shape_attribute,
                       lower_gradient<PoolingKind::average>),
          internal_row("global_avg_pool_gradient", "dx of global_avg_pool", infer_shape_attribute,
                       lower_global_gradient)};
}

}  // namespace selfnorm
