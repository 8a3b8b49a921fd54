// SPDX-License-Identifier: Apache-2.0
#include "ops/loss.h"

#include <fmt/format.h>

#include "ops/rules.h"

namespace selfnorm {
namespace {

void gradient(GradientContext& c) {
  const Node& node = c.node();
  c.contribute(0,
               c.emit(node.op + "_gradient", {c.output_gradient(), node.inputs[0], node.inputs[1]},
                      node.attributes)[0]);
}

Inferred infer_gradient(const InferContext& context) { return {{context.inputs[1]}}; }

Shape label_shape(const Shape& output) {
  Shape labels = output;
  labels.erase(labels.begin() + 1);
  return labels;
}

}  // namespace

void write_loss(const kernels::LossSum& loss, const StepArguments& a) {
  *a.outputs[0] = static_cast<float>(loss.mean());
  *a.outputs[1] = static_cast<float>(loss.weight);
}

double loss_factor(const StepArguments& a, double weight) {
  return weight > 0 ? static_cast<double>(*a.inputs[0]) / weight : 0;
}

Inferred loss_outputs() { return {{{1}, {1}}}; }

OpRow loss_row(std::string_view name, std::string_view doc, AttributeSchema attributes,
               InferRule infer, Step (*lower)(const LoweringContext&), Reference plain,
               const TestDomain& tests) {
  return {
      .name = name,
      .category = Category::loss,
      .doc = doc,
      .arity = Arity{2, 2},
      .attributes = attributes,
      .infer = infer,
      .gradient = gradient,
      .pointwise = Gap{"a mean over the batch"},
      .moments = Gap{"not an activation"},
      .signal = Gap{"ends the signal"},
      .rescale = Gap{"ends the signal"},
      .fit = Gap{"has no states"},
      .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
      .reference = plain,
      .tests = tests,
  };
}

OpRow loss_gradient_row(std::string_view name, Step (*lower)(const LoweringContext&)) {
  return internal_row(name, "gradient of the loss", infer_gradient, lower);
}

bool holds_labels(const Shape& output, const Shape& targets) {
  return targets.size() + 1 == output.size();
}

const std::int32_t* labels_in(const float* targets) {
  return reinterpret_cast<const std::int32_t*>(targets);
}

void check_class_targets(const InferContext& context) {
  const Shape &x = context.inputs[0], &t = context.inputs[1];
  if (x.size() != 4) check_rank(context, 0, 2, 2);
  if (t == label_shape(x) || t == x) return;
  fail_shape(
      context,
      fmt::format("output {} expects targets {} of class indices or {} of probabilities, got {}",
                  batch_text(x), batch_text(label_shape(x)), batch_text(x), batch_text(t)));
}

}  // namespace selfnorm
