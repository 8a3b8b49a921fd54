// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <vector>

#include "kernels/parallel.h"
#include "kernels/simd/arithmetic.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "ops/signal_rules.h"

namespace selfnorm {
namespace {

using Doubles = std::vector<double>;

struct Attributes {
  Doubles factors, shifts;
  Options options() {
    return {{"factors", &factors, "factor of each feature; required"},
            {"shifts", &shifts, "offset of each feature; empty: 0"}};
  }
};

Attributes attributes_with_shifts(const Settings& settings) {
  auto a = attributes_of<Attributes>(settings);
  if (a.shifts.empty()) a.shifts.assign(a.factors.size(), 0);
  return a;
}

Inferred infer(const InferContext& context) {
  const Attributes a = attributes_with_shifts(context.attributes);
  const std::int64_t features = feature_matrix_shape(context.inputs[0]).features;
  if (std::ssize(a.factors) != features || std::ssize(a.shifts) != features) {
    fail_shape(context, fmt::format("`factors` and `shifts` need one number for each of the {} "
                                    "features of input {}, got {} and {}",
                                    features, batch_text(context.inputs[0]), a.factors.size(),
                                    a.shifts.size()));
  }
  return infer_same(context);
}

Step lower(const LoweringContext& context) {
  const Attributes a = attributes_with_shifts(context.node.attributes);
  const std::vector<float> factors(a.factors.begin(), a.factors.end());
  const std::vector<float> shifts(a.shifts.begin(), a.shifts.end());
  const std::int64_t features = std::ssize(factors);
  const std::int64_t rows_per_sample = row_elements(context.outputs[0]) / features;
  return {[=](const StepArguments& step) {
    parallel_rows(step.rows * rows_per_sample, row_grain(features),
                  [&](std::int64_t first, std::int64_t count) {
                    kernels::scale_shift_features(
                        factors.data(), shifts.data(), step.inputs[0] + first * features,
                        step.outputs[0] + first * features, count, features);
                  });
  }};
}

void gradient(GradientContext& c) {
  const auto a = attributes_of<Attributes>(c.node().attributes);
  c.contribute(0, c.emit("scale_features", {c.output_gradient()}, {{"factors", a.factors}})[0]);
}

struct ScaleReference {
  template <class T>
  void operator()(ReferenceArguments<T>& arguments) const {
    const Attributes a = attributes_with_shifts(arguments.node.attributes);
    const FeatureAxis axis = feature_axis(arguments.inputs[0].shape);
    for (std::int64_t o = 0; o < axis.outer; ++o) {
      for (std::int64_t f = 0; f < axis.features; ++f) {
        for (std::int64_t i = 0; i < axis.inner; ++i) {
          const std::size_t at = axis.index(o, f, i), feature = static_cast<std::size_t>(f);
          arguments.outputs[0].data[at] =
              a.factors[feature] * arguments.inputs[0].data[at] + a.shifts[feature];
        }
      }
    }
  }
};

// The moments are averages over features.
MomentField averaged(const MomentField& x, const Doubles& factors, const Doubles& shifts) {
  MomentField y = zero_field(x.extent);
  const double fraction = 1 / static_cast<double>(factors.size());
  for (std::size_t f = 0; f < factors.size(); ++f)
    accumulate_mixture(y, affine(x, factors[f], shifts[f]), fraction);
  return y;
}

Signal forward(const SignalContext& c) {
  const Attributes a = attributes_with_shifts(c.node.attributes);
  return {averaged(c.inputs[0]->field(), a.factors, a.shifts)};
}

std::vector<SignalGradient> backward(const SignalContext& c, const SignalGradient& dy) {
  const Attributes a = attributes_with_shifts(c.node.attributes);
  return {{averaged(dy.field(), a.factors, Doubles(a.factors.size(), 0))}};
}

void rescale(Settings& attributes, std::size_t, double factor) {
  auto a = attributes_of<Attributes>(attributes);
  for (double& each : a.factors) each *= factor;
  for (double& each : a.shifts) each *= factor;
  attributes["factors"] = a.factors;
  if (!a.shifts.empty()) attributes["shifts"] = a.shifts;
}

}  // namespace

OpRows scale_features_rows() {
  return {{
      .name = "scale_features",
      .category = Category::layer,
      .doc = "multiplies each feature by a constant of its own and adds another one",
      .arity = Arity{1, 1},
      .attributes = schema<Attributes>(),
      .infer = infer,
      .gradient = gradient,
      .pointwise = Gap{"features differ"},
      .moments = Gap{"not an activation"},
      .signal = SignalRule{forward, backward},
      .rescale = rescale,
      .fit = Gap{"has no states"},
      .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
      .reference = reference(ScaleReference{}),
      .tests =
          TestDomain{.cases = {{{{4, 3}}, {{"factors", Doubles{0.5, -2, 1}}}},
                               {{{2, 2, 3, 5}},
                                {{"factors", Doubles{3, 0.1}}, {"shifts", Doubles{1, -7}}}}},
                     .invalid_cases = {{{{4, 3}}, {{"factors", Doubles{1, 2}}}},
                                       {{{4, 3}},
                                        {{"factors", Doubles{1, 2, 3}}, {"shifts", Doubles{1}}}}}},
      .traits = {.can_run_in_place = true, .is_stepwise = true, .is_affine_by_feature = true},
  }};
}

}  // namespace selfnorm
