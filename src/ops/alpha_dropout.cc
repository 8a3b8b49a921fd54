// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"
#include "kernels/dropout.h"
#include "kernels/parallel.h"
#include "kernels/ref/pointwise.h"
#include "kernels/simd/pointwise.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "ops/signal_rules.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

constexpr const char* kExpectation = "expectation";
constexpr const char* kIdentity = "identity";

struct Attributes {
  double rate = 0.05;
  double mean = 0;
  double variance = 1;
  double alpha_prime = kAlphaPrime;
  std::string inference = kExpectation;
  Options options() {
    return {{"rate", &rate, "fraction of the elements to drop", range::kRate},
            {"mean", &mean, "mean of the input, which is preserved"},
            {"variance", &variance, "variance of the input, which is preserved", range::kPositive},
            {"alpha_prime", &alpha_prime, "value of dropped elements before the affine map"},
            {"inference",
             &inference,
             "output at inference: \"expectation\", the mean over the masks of training, or "
             "\"identity\", as published, which amplifies what follows",
             range::kAny,
             {kExpectation, kIdentity}}};
  }
};

Dropout from(const Settings& settings) {
  const auto a = attributes_of<Attributes>(settings);
  Dropout dropout = make_dropout(DropoutKind::alpha, a.rate, a.mean, a.variance, a.alpha_prime);
  if (a.inference == kExpectation) dropout.inference = DropoutInference::expectation;
  return dropout;
}

// Attributes that the tests use in addition to the defaults.
Settings other_attributes() {
  return {{"rate", 0.4}, {"mean", 0.3}, {"variance", 2.0}, {"alpha_prime", -1.0}};
}

void fill(const Settings& settings, Pointwise& pass) { pass.dropout = from(settings); }

// ---- feature_alpha_dropout --------------------------------------------------------------------

struct Extents {
  explicit Extents(const Shape& shape)
      : rows(shape[0]),
        channels(feature_matrix_shape(shape).features),
        positions(row_elements(shape) / channels) {}
  std::int64_t rows, channels, positions;
};

// Forward and backward differ only in the kernel.
template <auto kKernel>
Step lower_feature(const LoweringContext& context) {
  const Extents e(context.outputs[0]);
  const Dropout dropout =
      from(context.node.epilogue.empty() ? context.node.attributes
                                         : context.node.epilogue.front().attributes);
  const RandomKey key = random_key(context.seed, "mask", mask_name(context.node));
  const Dropout pass = context.mode == Mode::training ? dropout : inference_dropout(dropout);
  return {[=](const StepArguments& a) {
    const std::int64_t columns = e.positions * e.channels;
    parallel_rows(e.rows, row_grain(columns), [&](std::int64_t first, std::int64_t count) {
      const MaskStream mask{key, a.step, a.first_row + static_cast<std::uint64_t>(first)};
      kKernel(a.inputs[0] + first * columns, a.outputs[0] + first * columns, count, e.positions,
              e.channels, pass, mask);
    });
  }};
}

struct FeatureReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    Dropout dropout = from(a.node.attributes);
    if (a.mode == Mode::inference) dropout = inference_dropout(dropout);
    const MaskStream mask{random_key(a.seed, "mask", a.node.name), a.step, 0};
    const std::int64_t channels = Extents(a.inputs[0].shape).channels;
    for_each_element(a.inputs[0].shape, [&](std::int64_t row, std::int64_t e, std::size_t i) {
      a.outputs[0].data[i] = ref::apply_dropout(
          dropout, ref::is_kept(dropout, mask, row, e % channels), a.inputs[0].data[i]);
    });
  }
};

void feature_gradient(GradientContext& c) {
  const Node& node = c.node();
  c.contribute(0, c.emit("feature_alpha_dropout_gradient", {c.output_gradient()}, {},
                         {{node.name, node.op, node.attributes}})[0]);
}

Signal feature_signal(const SignalContext& c) {
  return dropout_signal(c, from(c.node.attributes), true);
}

std::vector<SignalGradient> feature_signal_gradient(const SignalContext& c,
                                                    const SignalGradient& dy) {
  return {dropout_signal_gradient(dy, from(c.node.attributes), true)};
}

OpRow feature_row() {
  return {
      .name = "feature_alpha_dropout",
      .category = Category::dropout,
      .doc = "alpha dropout that drops whole features (channels)",
      .arity = Arity{1, 1},
      .attributes = schema<Attributes>(),
      .infer = infer_same,
      .gradient = feature_gradient,
      .pointwise = Gap{"one draw serves all positions of a channel"},
      .moments = Gap{"not an activation"},
      .signal = SignalRule{feature_signal, feature_signal_gradient},
      .rescale = Gap{"it keeps mean and variance"},
      .fit = Gap{"has no states"},
      .lowerings =
          std::vector<Lowering>{{Backend::cpu, DType::f32, lower_feature<feature_dropout_forward>}},
      .reference = reference(FeatureReference{}),
      .tests = TestDomain{{{{{6, 9}}, {{"rate", 0.4}}},
                           {{{4, 5, 3, 2}}, {{"rate", 0.4}}},
                           {{{4, 5, 3, 2}}, other_attributes()}}},
      .traits = {.can_run_in_place = true, .op_at_inference = "alpha_dropout"},
  };
}

}  // namespace

OpRows alpha_dropout_rows() {
  return {dropout_row(
              "alpha_dropout",
              "sets dropped elements to α′, then restores the mean and variance with an affine map",
              schema<Attributes>(), fill, other_attributes()),
          feature_row(),
          internal_row("feature_alpha_dropout_gradient",
                       "gradient of feature_alpha_dropout; draws the mask again", infer_same,
                       lower_feature<feature_dropout_backward>, {.can_run_in_place = true})};
}

}  // namespace selfnorm
