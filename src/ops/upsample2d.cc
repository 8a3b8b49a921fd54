// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernels/simd/resample.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/window.h"

namespace selfnorm {
namespace {

using kernels::AxisTaps;

constexpr const char* kBilinear = "bilinear";

struct Attributes {
  std::vector<std::int64_t> factor = {};
  std::string mode = "nearest";
  Options options() {
    return {{"factor", &factor, "factor by which height and width grow; required", range::kExtent},
            {"mode",
             &mode,
             "nearest repeats the pixels, bilinear interpolates linearly between their centers",
             range::kAny,
             {"nearest", kBilinear}}};
  }
};

struct Factors {
  std::int64_t factors[2];
  bool bilinear;
};

Factors factors(const InferContext& context) {
  const auto a = attributes_of<Attributes>(context.attributes);
  Factors f{{0, 0}, a.mode == kBilinear};
  check_rank(context, 0, 4, 4);
  read_pair(context, "factor", a.factor, f.factors);
  return f;
}

Factors factors(const Node& node, const Shape& x) {
  return factors({node.name, node.op, node.attributes, {x}});
}

Inferred infer(const InferContext& context) {
  const Factors f = factors(context);
  const Shape& x = context.inputs[0];
  return {{{x[0], x[1], x[2] * f.factors[0], x[3] * f.factors[1]}}};
}

AxisTaps taps(const Factors& f, std::int64_t extent, int axis) {
  return f.bilinear ? kernels::linear_taps(extent, f.factors[axis])
                    : kernels::nearest_taps(extent, f.factors[axis]);
}

template <class Body>
void for_each_tap(const AxisTaps& taps, std::int64_t output, Body body) {
  const auto o = static_cast<std::size_t>(output);
  for (std::int64_t k = taps.begin[o]; k < taps.begin[o + 1]; ++k) {
    body(taps.first[o] + k - taps.begin[o], taps.weights[static_cast<std::size_t>(k)]);
  }
}

MomentField resampled(const MomentField& x, const Extent& out, const AxisTaps& rows,
                      const AxisTaps& columns) {
  return resample_positions(x, out, [&](std::int64_t i, std::int64_t j) {
    std::vector<WeightedPosition> list;
    for_each_tap(rows, i, [&](std::int64_t row, double row_weight) {
      for_each_tap(columns, j, [&](std::int64_t column, double weight) {
        list.push_back({row * x.extent.width + column, row_weight * weight});
      });
    });
    return list;
  });
}

Signal forward_signal(const SignalContext& c) {
  const MomentField& x = c.inputs[0]->field();
  const Factors f = factors(c.node, c.shapes[0]);
  return {resampled(x, extent_of(c.output, x.extent), taps(f, x.extent.height, 0),
                    taps(f, x.extent.width, 1))};
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  const Extent& x = c.inputs[0]->field().extent;
  const Factors f = factors(c.node, c.shapes[0]);
  return {{resampled(dy.field(), x, transposed(taps(f, x.height, 0)),
                     transposed(taps(f, x.width, 1)))}};
}

Step lower(const LoweringContext& context) {
  const Shape& x = context.inputs[0];
  const Factors f = factors(context.node, x);
  return {[batch = x[0], channels = x[1], rows = taps(f, x[2], 0),
           columns = taps(f, x[3], 1)](const StepArguments& a) {
    kernels::resample(a.inputs[0], a.outputs[0], batch, channels, rows, columns);
  }};
}

Step lower_gradient(const LoweringContext& context) {
  const Shape& x = context.outputs[0];
  const Factors f = factors(without_shape(context.node), x);
  return {[batch = x[0], channels = x[1], rows = transposed(taps(f, x[2], 0)),
           columns = transposed(taps(f, x[3], 1))](const StepArguments& a) {
    kernels::resample(a.inputs[0], a.outputs[0], batch, channels, rows, columns);
  }};
}

void gradient(GradientContext& c) {
  const Node& node = c.node();
  const Settings attributes = with_shape(node.attributes, c.shape(node.inputs[0]));
  c.contribute(0, c.emit("upsample2d_gradient", {c.output_gradient()}, attributes)[0]);
}

struct UpsampleReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Array<T>& x = a.inputs[0];
    Array<T>& y = a.outputs[0];
    const Factors f = factors(a.node, x.shape);
    for (std::int64_t n = 0; n < y.shape[0]; ++n) {
      for (std::int64_t c = 0; c < y.shape[1]; ++c) {
        for (std::int64_t i = 0; i < y.shape[2]; ++i) {
          for (std::int64_t j = 0; j < y.shape[3]; ++j) {
            at(y, n, c, i, j) = f.bilinear ? interpolate(x, f, n, c, i, j)
                                           : at(x, n, c, i / f.factors[0], j / f.factors[1]);
          }
        }
      }
    }
  }

  // The two input pixels around an output pixel along one axis, and the weight of the higher one.
  struct InterpolatedPosition {
    InterpolatedPosition(std::int64_t output, std::int64_t factor, std::int64_t extent) {
      const double at = (static_cast<double>(output) + 0.5) / static_cast<double>(factor) - 0.5;
      const double clamped = std::min(std::max(at, 0.0), static_cast<double>(extent - 1));
      low = static_cast<std::int64_t>(clamped);
      high = std::min(low + 1, extent - 1);
      fraction = clamped - static_cast<double>(low);
    }
    std::int64_t low, high;
    double fraction;
  };

  template <class T>
  static T interpolate(const Array<T>& x, const Factors& f, std::int64_t n, std::int64_t c,
                       std::int64_t i, std::int64_t j) {
    const InterpolatedPosition h(i, f.factors[0], x.shape[2]), w(j, f.factors[1], x.shape[3]);
    const auto row = [&](std::int64_t k) {
      return (1 - w.fraction) * at(x, n, c, k, w.low) + w.fraction * at(x, n, c, k, w.high);
    };
    return (1 - h.fraction) * row(h.low) + h.fraction * row(h.high);
  }
};

using Ints = std::vector<std::int64_t>;

TestDomain tests() {
  return {.cases = {{{{2, 3, 4, 5}}, {{"factor", Ints{2, 2}}}},
                    {{{3, 17, 3, 2}}, {{"factor", Ints{1, 3}}}},
                    {{{2, 3, 4, 5}}, {{"factor", Ints{2, 2}}, {"mode", kBilinear}}},
                    {{{2, 1, 5, 1}}, {{"factor", Ints{3}}, {"mode", kBilinear}}},
                    {{{2, 18, 2, 3}}, {{"factor", Ints{4, 1}}, {"mode", kBilinear}}}},
          .invalid_cases = {{{{2, 36}}, {{"factor", Ints{2, 2}}}},
                            {{{2, 3, 4}}, {{"factor", Ints{2, 2}}}}}};
}

}  // namespace

OpRows upsample2d_rows() {
  return {{
              .name = "upsample2d",
              .category = Category::layer,
              .doc = "enlarges images by repeating or interpolating pixels (as ONNX Resize with "
                     "half_pixel)",
              .arity = Arity{1, 1},
              .attributes = schema<Attributes>(),
              .infer = infer,
              .gradient = gradient,
              .pointwise = Gap{"changes the number of elements"},
              .moments = Gap{"not an activation"},
              .signal = SignalRule{forward_signal, backward_signal},
              .rescale = Gap{"has no factor"},
              .fit = Gap{"has no states"},
              .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
              .reference = reference(UpsampleReference{}),
              .tests = tests(),
          },
          internal_row("upsample2d_gradient", "dx of upsample2d", infer_shape_attribute,
                       lower_gradient)};
}

}  // namespace selfnorm
