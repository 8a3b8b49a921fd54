// SPDX-License-Identifier: Apache-2.0
// Periodic features of numbers (Gorishniy et al. 2022, "On Embeddings for Numerical Features in
// Tabular Deep Learning"), as cosines with a phase (Holzmüller et al. 2024, "Better by Default").
#include "kernels/simd/periodic.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/simd/reduce.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

using kernels::PeriodicShape;

struct Attributes {
  std::int64_t frequencies = 16;
  double sigma = 0.1;
  Options options() {
    return {{"frequencies", &frequencies, "outputs per feature", range::kExtent},
            {"sigma", &sigma,
             "standard deviation of the initial frequencies, in turns per unit of the input",
             range::kPositive}};
  }
};

Inferred infer(const InferContext& context) {
  check_rank(context, 0, 2, 2);
  const Shape& x = context.inputs[0];
  const auto a = attributes_of<Attributes>(context.attributes);
  const std::int64_t outputs = x[1] * a.frequencies;
  const auto fan_out = static_cast<double>(a.frequencies);
  ParameterSpec frequency{"frequency", {x[1], a.frequencies}, "normal", 1, fan_out};
  frequency.gain = a.sigma;
  ParameterSpec phase{"phase", {outputs}, "uniform", 1, fan_out};
  phase.gain = 0.5;  // a turn from −1/2 to 1/2
  for (ParameterSpec* spec : {&frequency, &phase}) {
    spec->has_l2 = false;
    spec->unit_axis = kNoUnits;
  }
  return {{{x[0], outputs}}, {frequency, phase}};
}

PeriodicShape shape_of(const Shape& frequency, std::int64_t rows) {
  return {rows, frequency[0], frequency[1]};
}

Step lower(const LoweringContext& context) {
  const Shape& frequency = context.inputs[1];
  const std::int64_t features = frequency[0], width = context.outputs[0][1];
  return {[=](const StepArguments& a) {
    parallel_rows(a.rows, row_grain(width), [&](std::int64_t first, std::int64_t count) {
      kernels::periodic(a.inputs[0] + first * features, a.inputs[1], a.inputs[2],
                        a.outputs[0] + first * width, shape_of(frequency, count));
    });
  }};
}

struct PeriodicReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Array<T>&x = a.inputs[0], &w = a.inputs[1], &b = a.inputs[2];
    const auto frequencies = static_cast<std::size_t>(w.shape[1]);
    const std::size_t width = b.data.size();
    for (std::size_t i = 0; i < a.outputs[0].data.size(); ++i) {
      const T turns = w.data[i % width] * x.data[i / frequencies] + b.data[i % width];
      a.outputs[0].data[i] = std::numbers::sqrt2 * std::cos(2 * std::numbers::pi * turns);
    }
  }
};

void gradient(GradientContext& c) {
  const Node& node = c.node();
  const ValueId x = node.inputs[0], w = node.inputs[1], b = node.inputs[2];
  const auto phase = c.emit("periodic_phase_gradient", {c.output_gradient(), x, w, b});
  if (c.wanted(0)) c.contribute(0, c.emit("periodic_input_gradient", {phase[0], w})[0]);
  if (c.wanted(1)) {
    c.contribute(1, c.emit("periodic_frequency_gradient", {phase[1]}, {{"shape", c.shape(w)}})[0]);
  }
  if (c.wanted(2)) c.contribute(2, c.emit("bias_gradient", {phase[0]})[0]);
}

// ---- gradients --------------------------------------------------------------------------------

// The gradients of the phases and the frequencies, for each row.
Inferred infer_phase_gradient(const InferContext& context) {
  return {{context.inputs[0], context.inputs[0]}};
}

Step lower_phase_gradient(const LoweringContext& context) {
  const Shape& frequency = context.inputs[2];
  const std::int64_t features = frequency[0], width = context.outputs[0][1];
  return {[=](const StepArguments& a) {
    parallel_rows(a.rows, row_grain(width), [&](std::int64_t first, std::int64_t count) {
      const std::int64_t at = first * width;
      kernels::periodic_phase_gradient(a.inputs[0] + at, a.inputs[1] + first * features,
                                       a.inputs[2], a.inputs[3], a.outputs[0] + at,
                                       a.outputs[1] + at, shape_of(frequency, count));
    });
  }};
}

Inferred infer_input_gradient(const InferContext& context) {
  return {{{context.inputs[0][0], context.inputs[1][0]}}};
}

Step lower_input_gradient(const LoweringContext& context) {
  const Shape& frequency = context.inputs[1];
  const std::int64_t features = frequency[0], width = context.inputs[0][1];
  return {[=](const StepArguments& a) {
    parallel_rows(a.rows, row_grain(width), [&](std::int64_t first, std::int64_t count) {
      kernels::periodic_input_gradient(a.inputs[0] + first * width, a.inputs[1],
                                       a.outputs[0] + first * features, shape_of(frequency, count));
    });
  }};
}

Step lower_frequency_gradient(const LoweringContext& context) {
  const std::int64_t rows = context.inputs[0][0], width = context.inputs[0][1];
  const auto scratch = static_cast<std::size_t>(kernels::column_sum_scratch_doubles(rows, width));
  return {[=](const StepArguments& a) {
            kernels::column_sum(a.inputs[0], a.outputs[0], a.rows, width,
                                reinterpret_cast<double*>(a.scratch));
          },
          scratch * sizeof(double)};
}

// ---- signals ----------------------------------------------------------------------------------

// The initial phases are uniform over a turn, so that each output has mean 0 and mean square 1 for
// any input, and E yy′ = E cos(2πwδ) with δ = x − x′. For frequencies w ~ N(0, σ²), this is
// exp(−2π²σ²δ²). For a normal δ with mean square D, its mean is s^(−1/2) with s = 1 + 4π²σ²D. This
// function returns s.
double link_scale(const MomentField& x, std::int64_t element, std::int64_t other, Link link,
                  double frequency_variance) {
  const auto e = static_cast<std::size_t>(element), to = static_cast<std::size_t>(other);
  const double difference = x.square[e] + x.square[to] - 2 * x.product(link)[e];
  const double turn = 2 * std::numbers::pi;
  return 1 + turn * turn * frequency_variance * std::max(0.0, difference);
}

Signal forward_signal(const SignalContext& c) {
  const MomentField& x = c.inputs[0]->field();
  MomentField y = uniform_field(x.extent, 0, 1);
  for (const Link link : kLinks) {
    for_each_linked(x.extent, link, [&](std::int64_t e, std::int64_t other) {
      y.product(link)[static_cast<std::size_t>(e)] =
          1 / std::sqrt(link_scale(x, e, other, link, c.weights.variance));
    });
  }
  return y;
}

// dx = Σ −2π√2·w·sin(2πt)·dy over K frequencies. For uniform phases, E 2·sin(2πt)·sin(2πt′) =
// cos(2πwδ), so that E dx·dx′ = 4π²·K·E[w²·cos(2πwδ)]·E dy·dy′. The mean of w²·cos(2πwδ) is
// σ²(1 − 4π²σ²δ²)·exp(−2π²σ²δ²), of which the mean over δ is σ²·s^(−3/2).
std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  const MomentField& x = c.inputs[0]->field();
  const double turn = 2 * std::numbers::pi;
  const auto frequencies =
      static_cast<double>(attributes_of<Attributes>(c.node.attributes).frequencies);
  const double growth = turn * turn * c.weights.variance * frequencies;
  MomentField dx = dy.field();
  for (double& mean : dx.mean) mean = 0;
  for (double& square : dx.square) square *= growth;
  for (const Link link : kLinks) {
    for_each_linked(x.extent, link, [&](std::int64_t e, std::int64_t other) {
      dx.product(link)[static_cast<std::size_t>(e)] *=
          growth * std::pow(link_scale(x, e, other, link, c.weights.variance), -1.5);
    });
  }
  return {dx};
}

TestDomain tests() {
  Settings variant = {{"frequencies", std::int64_t{5}}, {"sigma", 2.0}};
  return {
      .cases = {{{{5, 7}}}, {{{130, 3}}, variant}, {{{1, 1}}, {{"frequencies", std::int64_t{1}}}}},
      .low = -1,
      .high = 1,
      // The phase, up to 2 turns, and its product, up to 1, are rounded to floats, which the
      // slope 2π√2 multiplies: 2π√2·3/2 epsilons, and as much again relative to the gradient.
      .epsilons = 32,
      .invalid_cases = {{{{2, 3, 4}}}, {{{2, 3, 4, 5}}}}};
}

}  // namespace

OpRows periodic_rows() {
  return {
      {
          .name = "periodic",
          .category = Category::layer,
          .doc = "periodic features of numbers: √2·cos(2π(w·x + b)) with several frequencies w and "
                 "phases b for each feature: (N, F) to (N, F·frequencies)",
          .arity = Arity{1, 1},
          .attributes = schema<Attributes>(),
          .infer = infer,
          .gradient = gradient,
          .pointwise = Gap{"has several outputs per feature"},
          .moments = Gap{"not an activation"},
          .signal = SignalRule{forward_signal, backward_signal},
          .rescale = Gap{"its output has a fixed scale"},
          .fit = Gap{"has no states"},
          .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
          .reference = reference(PeriodicReference{}),
          .tests = tests(),
      },
      internal_row("periodic_phase_gradient", "gradients of the phases and frequencies, by row",
                   infer_phase_gradient, lower_phase_gradient),
      internal_row("periodic_input_gradient", "dx of periodic", infer_input_gradient,
                   lower_input_gradient),
      internal_row("periodic_frequency_gradient", "dw of periodic: a sum over rows",
                   infer_shape_attribute, lower_frequency_gradient)};
}

}  // namespace selfnorm
