// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>

#include "kernels/dnnl/gemm.h"
#include "kernels/simd/arithmetic.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "ops/signal_rules.h"

namespace selfnorm {
namespace {

struct Attributes {
  std::int64_t units = 0;
  bool bias = true;
  double gain = 1;
  Options options() {
    return {{"units", &units, "number of outputs; required", range::kExtent},
            {"bias", &bias, "whether to add a learned bias vector"},
            {"gain", &gain,
             "length of each unit's weights before training: 1 keeps the second moment, "
             "1.4142 also with ReLU",
             range::kPositive}};
  }
};

Inferred infer(const InferContext& context) {
  const auto a = attributes_of<Attributes>(context.attributes);
  if (a.units < 1) fail_shape(context, "needs `units`, the number of outputs");
  check_rank(context, 0, 2, 3);
  Shape y = context.inputs[0];
  const std::int64_t features = y.back();
  y.back() = a.units;
  const auto fan_in = static_cast<double>(features), fan_out = static_cast<double>(a.units);
  ParameterSpec direction{"direction", {a.units, features}, "lecun_normal", fan_in, fan_out};
  direction.has_l2 = false;  // its length has no effect on the output
  direction.unit_axis = kNoUnits;
  ParameterSpec length{"length", {a.units}, "ones", fan_in, fan_out};
  length.gain = a.gain;
  Inferred inferred{{y}, {direction, length}};
  if (a.bias) inferred.parameters.push_back(bias_spec(a.units, fan_in, fan_out));
  return inferred;
}

/// The weights of a layer: one row of `features` numbers for each unit.
struct WeightExtent {
  std::int64_t units, features;
  std::int64_t count() const { return units * features; }
  std::size_t bytes() const { return static_cast<std::size_t>(count()) * sizeof(float); }
};

WeightExtent extent_of_weights(const Shape& direction) { return {direction[0], direction[1]}; }

double dot(const float* x, const float* y, std::int64_t n) {
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(y[i]);
  return sum;
}

// Calls f(unit, its first weight, the inverse length of its direction). A direction of length 0 has
// the inverse 0, so that its weights and gradients are 0 instead of NaN.
template <class F>
void for_each_unit(const WeightExtent& extent, const float* direction, F f) {
  parallel_rows(extent.units, row_grain(extent.features),
                [&](std::int64_t first, std::int64_t count) {
                  for (std::int64_t unit = first; unit < first + count; ++unit) {
                    const float* v = direction + unit * extent.features;
                    const double length = std::sqrt(dot(v, v, extent.features));
                    f(unit, unit * extent.features, length > 0 ? 1 / length : 0);
                  }
                });
}

// Writes w = length·direction/‖direction‖.
void write_weights(const WeightExtent& extent, const float* direction, const float* length,
                   float* w) {
  for_each_unit(extent, direction, [&](std::int64_t unit, std::int64_t at, double inverse) {
    const auto factor = static_cast<float>(static_cast<double>(length[unit]) * inverse);
    kernels::scale(factor, direction + at, w + at, extent.features);
  });
}

Step lower(const LoweringContext& context) {
  const WeightExtent extent = extent_of_weights(context.inputs[1]);
  const std::int64_t steps = row_elements(context.outputs[0]) / extent.units;
  const bool has_bias = context.inputs.size() > 3;
  return {[=](const StepArguments& a) {
            auto* w = reinterpret_cast<float*>(a.scratch);
            write_weights(extent, a.inputs[1], a.inputs[2], w);
            const std::int64_t rows = a.rows * steps;
            float* y = a.outputs[0];
            gemm(rows, extent.units, extent.features, {a.inputs[0], extent.features},
                 {w, extent.features, true}, y, extent.units);
            if (!has_bias) return;
            parallel_rows(
                rows, row_grain(extent.units), [&](std::int64_t first, std::int64_t count) {
                  for (std::int64_t row = first; row < first + count; ++row)
                    kernels::accumulate(a.inputs[3], y + row * extent.units, extent.units);
                });
          },
          extent.bytes()};
}

void gradient(GradientContext& c) {
  const Node& node = c.node();
  const ValueId dy = c.output_gradient(), x = node.inputs[0], v = node.inputs[1];
  const ValueId length = node.inputs[2];
  if (c.wanted(0)) {
    c.contribute(0, c.emit("weight_norm_dense_gradient_input", {dy, v, length},
                           with_shape(node.attributes, c.shape(x)))[0]);
  }
  if (c.wanted(1) || c.wanted(2)) {
    const auto made = c.emit("weight_norm_dense_gradient_weights", {dy, x, v, length});
    c.contribute(1, made[0]);
    c.contribute(2, made[1]);
  }
  if (node.inputs.size() > 3) c.contribute(3, c.emit("bias_gradient", {dy})[0]);
}

Step lower_gradient_input(const LoweringContext& context) {
  const WeightExtent extent = extent_of_weights(context.inputs[1]);
  const std::int64_t steps = row_elements(context.inputs[0]) / extent.units;
  return {[=](const StepArguments& a) {
            auto* w = reinterpret_cast<float*>(a.scratch);
            write_weights(extent, a.inputs[1], a.inputs[2], w);
            gemm(a.rows * steps, extent.features, extent.units, {a.inputs[0], extent.units},
                 {w, extent.features}, a.outputs[0], extent.features);
          },
          extent.bytes()};
}

// With u = direction/‖direction‖ and the gradient dw of the weights, the length has the gradient
// dw·u, and the direction (dw − (dw·u) u)·length/‖direction‖ (Salimans and Kingma 2016, equation
// 3).
Step lower_gradient_weights(const LoweringContext& context) {
  const WeightExtent extent = extent_of_weights(context.inputs[2]);
  const std::int64_t steps = row_elements(context.inputs[0]) / extent.units;
  return {[=](const StepArguments& a) {
    const float *v = a.inputs[2], *length = a.inputs[3];
    float *dw = a.outputs[0], *dlength = a.outputs[1];
    gemm(extent.units, extent.features, a.rows * steps, {a.inputs[0], extent.units, true},
         {a.inputs[1], extent.features}, dw, extent.features);
    for_each_unit(extent, v, [&](std::int64_t unit, std::int64_t at, double inverse) {
      const double along = dot(dw + at, v + at, extent.features) * inverse;
      const double factor = static_cast<double>(length[unit]) * inverse;
      dlength[unit] = static_cast<float>(along);
      kernels::scale_add(static_cast<float>(factor), dw + at,
                         static_cast<float>(-along * inverse * factor), v + at, dw + at,
                         extent.features);
    });
  }};
}

struct WeightNormReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Array<T>&x = a.inputs[0], &v = a.inputs[1];
    const std::int64_t features = x.shape.back(), units = v.shape[0];
    const std::int64_t rows = elements(x.shape) / features;
    for (std::int64_t unit = 0; unit < units; ++unit) {
      const auto weight = [&](std::int64_t k) {
        return v.data[static_cast<std::size_t>(unit * features + k)];
      };
      T square(0);
      for (std::int64_t k = 0; k < features; ++k) square += weight(k) * weight(k);
      const auto u = static_cast<std::size_t>(unit);
      const T factor = a.inputs[2].data[u] / std::sqrt(square);
      for (std::int64_t row = 0; row < rows; ++row) {
        T sum(0);
        for (std::int64_t k = 0; k < features; ++k)
          sum += x.data[static_cast<std::size_t>(row * features + k)] * weight(k);
        const T bias = a.inputs.size() > 3 ? a.inputs[3].data[u] : T(0);
        a.outputs[0].data[static_cast<std::size_t>(row * units + unit)] = sum * factor + bias;
      }
    }
  }
};

// The squares of a unit's weights add to length², so they do not vary between units.
WeightMoments initial_weights(const SignalContext& c, std::int64_t features) {
  const double gain = attributes_of<Attributes>(c.node.attributes).gain;
  WeightMoments weights{.mean = 0, .variance = gain * gain / static_cast<double>(features)};
  weights.square_variance = 0;
  return weights;
}

Signal forward_signal(const SignalContext& c) {
  const MomentField& x = c.inputs[0]->field();
  const std::int64_t features = c.shapes[0].back();
  return {contract(x, x.extent, {}, initial_weights(c, features), static_cast<double>(features))};
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  return {{contract(dy.field(), dy.field().extent, {}, initial_weights(c, c.shapes[0].back()),
                    static_cast<double>(c.output.back()))}};
}

void rescale(Settings& attributes, std::size_t, double factor) {
  attributes["gain"] = attributes_of<Attributes>(attributes).gain * factor;
}

}  // namespace

OpRows weight_norm_dense_rows() {
  const auto units = [](std::int64_t count) { return Settings{{"units", count}}; };
  return {
      {
          .name = "weight_norm_dense",
          .category = Category::layer,
          .doc = "fully connected layer with weight normalization, y = x·wᵀ + b with "
                 "w = length·direction/‖direction‖ for each unit (Salimans and Kingma 2016)",
          .arity = Arity{1, 1},
          .attributes = schema<Attributes>(),
          .infer = infer,
          .gradient = gradient,
          .pointwise = Gap{"mixes features"},
          .moments = Gap{"not an activation"},
          .signal = SignalRule{forward_signal, backward_signal},
          .rescale = rescale,
          .fit = Gap{"has no states"},
          .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
          .reference = reference(WeightNormReference{}),
          .tests =
              TestDomain{.cases = {{{{5, 7}}, units(6)},
                                   {{{130, 33}}, {{"units", std::int64_t{17}}, {"bias", false}}},
                                   {{{3, 4, 5}}, units(2)}},
                         .invalid_cases = {{{{2, 3, 4, 5}}, units(6)}}},
          .traits = {.is_stepwise = true},
      },
      internal_row("weight_norm_dense_gradient_input", "dx of weight_norm_dense",
                   infer_shape_attribute, lower_gradient_input),
      internal_row(
          "weight_norm_dense_gradient_weights", "ddirection and dlength of weight_norm_dense",
          [](const InferContext& c) -> Inferred {
            return {{c.inputs[2], c.inputs[3]}};
          },
          lower_gradient_weights)};
}

}  // namespace selfnorm
