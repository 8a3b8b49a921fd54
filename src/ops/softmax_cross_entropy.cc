// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "ops/loss.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using kernels::CrossEntropyOptions;

struct SoftmaxAttributes {
  double label_smoothing = 0;
  std::vector<double> class_weights = {};
  Options options() {
    return {{"label_smoothing", &label_smoothing,
             "fraction of the target that is spread evenly over all classes", range::kRate},
            {"class_weights", &class_weights, "weight of each class; empty: all 1",
             range::kNonNegative}};
  }
};

Inferred infer_softmax(const InferContext& context) {
  const Shape& x = context.inputs[0];
  check_class_targets(context);
  const auto weights = attributes_of<SoftmaxAttributes>(context.attributes).class_weights;
  if (!weights.empty() && static_cast<std::int64_t>(weights.size()) != x[1]) {
    fail_shape(context, fmt::format("has {} `class_weights` for {} classes", weights.size(), x[1]));
  }
  if (!weights.empty() && std::ranges::none_of(weights, [](double w) { return w > 0; })) {
    throw Error(ErrorKind::config,
                context.op + ": class_weights are all 0 (at least one must be positive)");
  }
  return loss_outputs();
}

struct SoftmaxLoss {
  SoftmaxLoss(const Node& node, const Shape& x, const Shape& targets)
      : rows(feature_matrix_shape(x).rows), integer(holds_labels(x, targets)) {
    const auto a = attributes_of<SoftmaxAttributes>(node.attributes);
    weights = std::make_shared<std::vector<float>>(a.class_weights.begin(), a.class_weights.end());
    options = {x[1], a.label_smoothing, weights->empty() ? nullptr : weights->data()};
  }
  std::int64_t rows;
  bool integer;
  std::shared_ptr<std::vector<float>> weights;
  CrossEntropyOptions options;
};

Step lower_softmax(const LoweringContext& context) {
  const SoftmaxLoss loss(context.node, context.inputs[0], context.inputs[1]);
  const LossBlocks blocks(loss.rows, loss.options.classes);
  return {[=](const StepArguments& a) {
            const auto all = blocks.sum(a.scratch, [&](std::int64_t first, std::int64_t count) {
              const float* x = a.inputs[0] + first * loss.options.classes;
              if (loss.integer) {
                return kernels::softmax_cross_entropy(x, labels_in(a.inputs[1]) + first, nullptr,
                                                      count, loss.options);
              }
              const float* t = a.inputs[1] + first * loss.options.classes;
              return kernels::softmax_cross_entropy(x, t, nullptr, count, loss.options);
            });
            write_loss(all, a);
          },
          blocks.scratch_bytes()};
}

Step lower_softmax_gradient(const LoweringContext& context) {
  const SoftmaxLoss loss(context.node, context.inputs[1], context.inputs[2]);
  const LossBlocks blocks(loss.rows, loss.options.classes);
  return {[=](const StepArguments& a) {
    const float* t = a.inputs[2];
    const double weight = loss.integer
                              ? kernels::cross_entropy_weight(labels_in(t), loss.rows, loss.options)
                              : kernels::cross_entropy_weight(t, loss.rows, loss.options);
    const double scale = loss_factor(a, weight);
    blocks.for_each([&](std::int64_t, std::int64_t first, std::int64_t count) {
      const std::int64_t place = first * loss.options.classes;
      const float* x = a.inputs[1] + place;
      float* dx = a.outputs[0] + place;
      if (loss.integer) {
        kernels::softmax_cross_entropy_gradient(x, labels_in(t) + first, dx, count, loss.options,
                                                scale);
      } else {
        kernels::softmax_cross_entropy_gradient(x, t + place, dx, count, loss.options, scale);
      }
    });
  }};
}

struct SoftmaxLossReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Array<T>&x = a.inputs[0], &targets = a.inputs[1];
    const auto options = attributes_of<SoftmaxAttributes>(a.node.attributes);
    const FeatureAxis axis = feature_axis(x.shape);
    const bool labels = holds_labels(x.shape, targets.shape);
    const auto k = static_cast<double>(axis.features);
    T sum(0), weight(0);
    for (std::int64_t o = 0; o < axis.outer; ++o) {
      for (std::int64_t i = 0; i < axis.inner; ++i) {
        T total(0);
        for (std::int64_t c = 0; c < axis.features; ++c) {
          total += std::exp(x.data[axis.index(o, c, i)]);
        }
        for (std::int64_t c = 0; c < axis.features; ++c) {
          const auto label = static_cast<std::size_t>(o * axis.inner + i);
          const T t = labels ? T(real_part(targets.data[label]) == static_cast<double>(c))
                             : targets.data[axis.index(o, c, i)];
          const bool weighted = !options.class_weights.empty();
          const double w = weighted ? options.class_weights[static_cast<std::size_t>(c)] : 1;
          const T q = (1 - options.label_smoothing) * t + options.label_smoothing / k;
          sum -= w * q * (x.data[axis.index(o, c, i)] - std::log(total));
          weight += weighted ? w * t : T(1 / k);
        }
      }
    }
    a.outputs[0].data[0] = sum / weight;
    a.outputs[1].data[0] = weight;
  }
};

}  // namespace

OpRows softmax_cross_entropy_rows() {
  const Settings weighted = {{"label_smoothing", 0.1},
                             {"class_weights", std::vector<double>{1, 2, 0.5}}};
  return {loss_row("softmax_cross_entropy",
                   "cross-entropy of the softmax, for each row or pixel; targets are class indices "
                   "or probabilities",
                   schema<SoftmaxAttributes>(), infer_softmax, lower_softmax,
                   reference(SoftmaxLossReference{}),
                   {.cases = {{{{4, 5}, {4, 5}}},
                              {{{4, 3}, {4, 3}}, weighted},
                              {{{4, 5}, {4}}},
                              {{{4, 3}, {4}}, weighted},
                              {{{2, 5, 4, 3}, {2, 5, 4, 3}}},
                              {{{2, 5, 4, 3}, {2, 4, 3}}},
                              {{{2, 3, 4, 2}, {2, 4, 2}}, weighted},
                              // More than one block of rows.
                              {{{2, 3, 64, 64}, {2, 64, 64}}, weighted},
                              {{{2, 3, 64, 64}, {2, 3, 64, 64}}}},
                    .invalid_cases = {{{{4, 5}, {4, 6}}},
                                      {{{4, 5}, {3}}},
                                      {{{4, 5, 2}, {4}}},
                                      {{{2, 5, 4, 3}, {2, 3, 4}}},
                                      {{{2, 5, 4, 3}, {2}}}}}),
          loss_gradient_row("softmax_cross_entropy_gradient", lower_softmax_gradient)};
}

}  // namespace selfnorm
