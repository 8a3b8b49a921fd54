// SPDX-License-Identifier: Apache-2.0
#include "kernels/dice.h"

#include <fmt/format.h>

#include <cmath>

#include "ops/loss.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

using kernels::DiceShape;
using kernels::DiceTargets;

struct Attributes {
  double smooth = 1;
  Options options() {
    return {{"smooth", &smooth,
             "added to numerator and denominator, so that a class that does not occur is not 0/0",
             range::kNonNegative}};
  }
};

Inferred infer(const InferContext& context) {
  const Shape& x = context.inputs[0];
  check_class_targets(context);
  if (x[1] == 1 && context.inputs[1] != x) {
    fail_shape(context, fmt::format("output {} with one channel expects targets {} of numbers from "
                                    "0 to 1, got {} of class indices",
                                    batch_text(x), batch_text(x), batch_text(context.inputs[1])));
  }
  return loss_outputs();
}

DiceShape dice_shape(const Node& node, const Shape& x) {
  const FeatureAxis axis = feature_axis(x);
  return {axis.outer, axis.inner, axis.features, attributes_of<Attributes>(node.attributes).smooth};
}

DiceTargets dice_targets(const float* targets, bool labels) {
  return labels ? DiceTargets{labels_in(targets), nullptr} : DiceTargets{nullptr, targets};
}

Step lower(const LoweringContext& context) {
  const DiceShape shape = dice_shape(context.node, context.inputs[0]);
  const bool labels = holds_labels(context.inputs[0], context.inputs[1]);
  return {[=](const StepArguments& a) {
            const DiceTargets targets = dice_targets(a.inputs[1], labels);
            write_loss(kernels::dice(a.inputs[0], targets, shape, a.scratch), a);
          },
          kernels::dice_scratch_bytes(shape)};
}

Step lower_gradient(const LoweringContext& context) {
  const DiceShape shape = dice_shape(context.node, context.inputs[1]);
  const bool labels = holds_labels(context.inputs[1], context.inputs[2]);
  return {[=](const StepArguments& a) {
            const double weight = static_cast<double>(shape.samples * shape.channels);
            kernels::dice_gradient(a.inputs[1], dice_targets(a.inputs[2], labels), a.outputs[0],
                                   shape, loss_factor(a, weight), a.scratch);
          },
          kernels::dice_scratch_bytes(shape)};
}

struct DiceReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Array<T>&x = a.inputs[0], &targets = a.inputs[1];
    const double smooth = attributes_of<Attributes>(a.node.attributes).smooth;
    const FeatureAxis axis = feature_axis(x.shape);
    const bool labels = holds_labels(x.shape, targets.shape);
    T sum(0);
    for (std::int64_t o = 0; o < axis.outer; ++o) {
      for (std::int64_t c = 0; c < axis.features; ++c) {
        T intersection(0), total(0);
        for (std::int64_t i = 0; i < axis.inner; ++i) {
          const T p = probability(x, axis, o, c, i);
          const auto label = static_cast<std::size_t>(o * axis.inner + i);
          const T y = labels ? T(real_part(targets.data[label]) == static_cast<double>(c))
                             : targets.data[axis.index(o, c, i)];
          intersection += p * y;
          total += p + y;
        }
        sum += 1.0 - (2.0 * intersection + smooth) / (total + smooth);
      }
    }
    const auto weight = static_cast<double>(axis.outer * axis.features);
    a.outputs[0].data[0] = sum / weight;
    a.outputs[1].data[0] = weight;
  }

  template <class T>
  static T probability(const Array<T>& x, const FeatureAxis& axis, std::int64_t o, std::int64_t c,
                       std::int64_t i) {
    const T mine = x.data[axis.index(o, c, i)];
    if (axis.features == 1) return 1.0 / (1.0 + std::exp(-mine));
    T total(0);
    for (std::int64_t k = 0; k < axis.features; ++k) total += std::exp(x.data[axis.index(o, k, i)]);
    return std::exp(mine) / total;
  }
};

}  // namespace

OpRows dice_rows() {
  const Settings sharp = {{"smooth", 0.25}};
  OpRow row = loss_row(
      "dice",
      "1 − (2·Σpy + smooth)/(Σp + Σy + smooth), averaged over samples and channels; p "
      "is the sigmoid of one channel or the softmax of several; targets y are "
      "probabilities or class indices, and missing pixels do not count",
      schema<Attributes>(), infer, lower, reference(DiceReference{}),
      {.cases = {{{{3, 1, 4, 5}, {3, 1, 4, 5}}},
                 {{{2, 4, 3, 5}, {2, 4, 3, 5}}, sharp},
                 {{{2, 4, 3, 5}, {2, 3, 5}}},
                 {{{3, 5, 1, 1}, {3, 1, 1}}, sharp},
                 {{{4, 3}, {4}}}},
       .invalid_cases = {
           {{{4, 3, 2}, {4, 3, 2}}}, {{{2, 1, 4, 5}, {2, 4, 5}}}, {{{2, 3, 4, 5}, {2, 2, 4, 5}}}}});
  row.traits.counts_missing_targets = true;
  return {row, loss_gradient_row("dice_gradient", lower_gradient)};
}

}  // namespace selfnorm
