// SPDX-License-Identifier: Apache-2.0
#include "ops/rules.h"

#include <fmt/format.h>

#include "base/random.h"
#include "kernels/initialize.h"
#include "kernels/ref/pointwise.h"
#include "kernels/simd/pointwise.h"
#include "ops/reference.h"
#include "ops/signal_rules.h"
#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm {

void fail_shape(const InferContext& context, const std::string& what) {
  throw Error(ErrorKind::shape, fmt::format("node '{}' ({}): {}", context.node, context.op, what));
}

std::string batch_text(const Shape& shape) {
  std::string text = "(N";
  for (std::size_t axis = 1; axis < shape.size(); ++axis) text += fmt::format(", {}", shape[axis]);
  return text + ")";
}

std::int64_t row_elements(const Shape& shape) {
  return elements(Shape(shape.begin() + 1, shape.end()));
}

FeatureMatrixShape feature_matrix_shape(const Shape& shape) {
  const std::int64_t features = shape.size() == 4 ? shape[1] : shape.back();
  return {elements(shape) / features, features};
}

bool stored_features_last(const Shape& shape) {
  return shape.size() == 4 && shape[1] > 1 && shape[2] * shape[3] > 1;
}

Inferred infer_same(const InferContext& context) { return {{context.inputs[0]}}; }

Inferred infer_equal(const InferContext& context) {
  for (std::size_t i = 1; i < context.inputs.size(); ++i) {
    if (context.inputs[i] != context.inputs[0]) {
      fail_shape(context,
                 fmt::format("inputs must have the same shape, got {} and {}",
                             batch_text(context.inputs[0]), batch_text(context.inputs[i])));
    }
  }
  return infer_same(context);
}

void check_rank(const InferContext& context, std::size_t input, std::size_t min_rank,
                std::size_t max_rank) {
  const Shape& shape = context.inputs[input];
  if (shape.size() >= min_rank && shape.size() <= max_rank) return;
  const char* expected = min_rank == 4 ? "images (N, channels, height, width)" : "rows of features";
  const char* fix = min_rank == 4 ? "" : " (insert a flatten layer before it)";
  fail_shape(context, fmt::format("expects {}, input is {}{}", expected, batch_text(shape), fix));
}

std::vector<Stage> pointwise_stages(const Node& node) {
  std::vector<Stage> stages;
  if (rule_of(row_of(node).pointwise) != nullptr) {
    stages.push_back({node.name, node.op, node.attributes});
  }
  stages.insert(stages.end(), node.epilogue.begin(), node.epilogue.end());
  return stages;
}

Settings with_shape(const Settings& attributes, const Shape& shape) {
  Settings all = attributes;
  all["shape"] = shape;
  return all;
}

Inferred infer_shape_attribute(const InferContext& context) {
  return {{std::get<Shape>(context.attributes.at("shape"))}};
}

Node without_shape(const Node& node) {
  Node plain = node;
  plain.attributes.erase("shape");
  return plain;
}

void add_init_options(Options& options, InitAttributes& attributes) {
  options.push_back(
      {"init", &attributes.init,
       "initializer: a name or { name, gain }; auto preserves the moments for the next activation",
       range::kAny, initializer_names()});
  options.push_back({"init.gain", &attributes.gain,
                     "factor on the initial standard deviation, above 0; for the initializer "
                     "constant, the value"});
  options.push_back({"init.calibration", &attributes.calibration,
                     "another factor on the initial standard deviation, measured by `doctor "
                     "--calibrate`; predictions of the doctor ignore it",
                     range::kPositive});
}

namespace {

Step lower_pointwise(const LoweringContext& context) {
  const std::int64_t columns = row_elements(context.outputs[0]);
  const Pointwise pass = pointwise_pass(context.node, context.mode);
  const RandomKey key = random_key(context.seed, "mask", mask_name(context.node));
  return {[=](const StepArguments& a) {
    for_each_masked(
        a, columns, draws_masks(pass.dropout),
        [&](std::int64_t at, std::int64_t rows, std::int64_t width, std::int64_t row) {
          const MaskStream mask{key, a.step, a.first_row + static_cast<std::uint64_t>(row)};
          pointwise_forward(a.inputs[0] + at, nullptr, a.outputs[0] + at, rows, width,
                            pass.activation, pass.dropout, mask);
        });
  }};
}

struct PointwiseReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Pointwise pass = pointwise_pass(a.node, a.mode);
    const MaskStream mask{random_key(a.seed, "mask", mask_name(a.node)), a.step, 0};
    const Array<T>& x = a.inputs[0];
    for_each_element(x.shape, [&](std::int64_t row, std::int64_t element, std::size_t index) {
      const T y = ref::activation(pass.activation, x.data[index]);
      a.outputs[0].data[index] =
          ref::apply_dropout(pass.dropout, ref::is_kept(pass.dropout, mask, row, element), y);
    });
  }
};

OpRow pointwise_row(std::string_view name, Category category, std::string_view doc,
                    AttributeSchema attributes, PointwiseRule pointwise,
                    RuleOrGap<MomentRuleFactory> moments, const Settings& variant) {
  std::vector<TestCase> cases = {{{{5, 7}}}, {{{3, 4, 5, 2}}}};
  if (!variant.empty()) cases.push_back({{{5, 7}}, variant});
  return {
      .name = name,
      .category = category,
      .doc = doc,
      .arity = Arity{1, 1},
      .attributes = attributes,
      .infer = infer_same,
      .gradient = Gap{"its pointwise pass has one (pointwise_gradient)"},
      .pointwise = pointwise,
      .moments = moments,
      .signal = category == Category::dropout ? kDropoutSignal : kActivationSignal,
      .rescale = Gap{"its output has a fixed scale"},
      .fit = Gap{"has no states"},
      .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower_pointwise}},
      .reference = reference(PointwiseReference{}),
      .tests = TestDomain{cases, -6, 6},
      .traits = {.can_run_in_place = true, .is_stepwise = true},
  };
}

}  // namespace

OpRow activation_row(std::string_view name, std::string_view doc, AttributeSchema attributes,
                     PointwiseRule pointwise, MomentRuleFactory moments, const Settings& variant) {
  return pointwise_row(name, Category::activation, doc, attributes, pointwise, moments, variant);
}

OpRow dropout_row(std::string_view name, std::string_view doc, AttributeSchema attributes,
                  PointwiseRule pointwise, const Settings& variant) {
  return pointwise_row(name, Category::dropout, doc, attributes, pointwise,
                       Gap{"not an activation"}, variant);
}

MomentRule moments_by_quadrature(const Activation& f) {
  return [f](const Gaussian& z) {
    return quadrature_moments([&](double x) { return ref::activation(f, x); },
                              [&](double x) { return ref::activation_derivative(f, x); }, z, {0});
  };
}

ParameterSpec bias_spec(std::int64_t outputs, double fan_in, double fan_out) {
  return {.suffix = "bias",
          .shape = {outputs},
          .init = "zeros",
          .fan_in = fan_in,
          .fan_out = fan_out,
          .has_l2 = false};
}

void rescale_weights(Settings& attributes, std::size_t, double factor) {
  const auto [gain, is_new] = attributes.try_emplace("init.gain", 1.0);
  std::get<double>(gain->second) *= factor;
}

AttributeSchema unchecked_attributes() {
  return {[](const Settings& given, const std::string&) { return given; }, [] { return Options{}; },
          [](Settings&, const NetworkContext&) {}};
}

OpRow internal_row(std::string_view name, std::string_view doc, InferRule infer,
                   Step (*lower)(const LoweringContext&), Traits traits) {
  return {
      .name = name,
      .category = Category::internal,
      .doc = doc,
      .arity = Arity{0, -1},
      .attributes = unchecked_attributes(),
      .infer = infer,
      .gradient = Gap{"internal: only first derivatives are taken"},
      .pointwise = Gap{"internal"},
      .moments = Gap{"not an activation"},
      .signal = Gap{"internal"},
      .rescale = Gap{"internal"},
      .fit = Gap{"internal"},
      .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
      .reference = Gap{"checked through the op that it belongs to"},
      .tests = TestDomain{},
      .traits = traits,
  };
}

}  // namespace selfnorm
