// SPDX-License-Identifier: Apache-2.0
#include "kernels/dnnl/normalization.h"

#include <algorithm>
#include <cmath>

#include "ops/channels.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

struct BatchAttributes {
  double momentum = 0.99;
  double epsilon = 1e-3;
  Options options() {
    return {{"momentum", &momentum, "decay of the running statistics per step", range::kUnit},
            {"epsilon", &epsilon, "added to the variance", range::kPositive}};
  }
};

struct LayerAttributes {
  double epsilon = 1e-3;
  Options options() { return {{"epsilon", &epsilon, "added to the variance", range::kPositive}}; }
};

Settings gradient_attributes(bool batch, double epsilon) {
  return {{"batch", batch}, {"epsilon", epsilon}};
}

// The visible output is followed by mean and variance, one number per feature (batch norm) or per
// row (layer norm).
Inferred infer(const InferContext& context, bool batch) {
  const FeatureMatrixShape block = feature_matrix_shape(context.inputs[0]);
  const Shape statistics = {batch ? block.features : block.rows};
  const Shape features = {block.features};
  const auto parameter = [&](const char* suffix, const char* init, Role role) {
    const auto fan = static_cast<double>(block.features);
    return ParameterSpec{suffix, features, init, fan, fan, role, false};
  };
  Inferred inferred{
      {context.inputs[0], statistics, statistics},
      {parameter("weight", "ones", Role::parameter), parameter("bias", "zeros", Role::parameter)}};
  if (batch) {
    inferred.parameters.push_back(parameter("running_mean", "zeros", Role::state));
    inferred.parameters.push_back(parameter("running_variance", "ones", Role::state));
  }
  return inferred;
}

Step lower_batch(const LoweringContext& context) {
  const FeatureMatrixShape block = feature_matrix_shape(context.inputs[0]);
  const auto attributes = attributes_of<BatchAttributes>(context.node.attributes);
  const bool training = context.mode == Mode::training;
  const NormalizationForward normalization(NormalizationKind::batch, block.rows, block.features,
                                           attributes.epsilon, !training);
  const auto momentum = static_cast<float>(attributes.momentum);
  return {[=](const StepArguments& a) {
            float *mean = a.inputs[3], *variance = a.inputs[4];
            if (!training) {
              normalization.run(a.inputs[0], a.inputs[1], a.inputs[2], mean, variance, a.outputs[0],
                                a.scratch);
              return;
            }
            normalization.run(a.inputs[0], a.inputs[1], a.inputs[2], a.outputs[1], a.outputs[2],
                              a.outputs[0], a.scratch);
            for (std::int64_t i = 0; i < block.features; ++i) {
              mean[i] += (1 - momentum) * (a.outputs[1][i] - mean[i]);
              variance[i] += (1 - momentum) * (a.outputs[2][i] - variance[i]);
            }
          },
          normalization.scratch_bytes()};
}

Step lower_layer(const LoweringContext& context) {
  const FeatureMatrixShape block = feature_matrix_shape(context.inputs[0]);
  const NormalizationForward normalization(
      NormalizationKind::layer, block.rows, block.features,
      attributes_of<LayerAttributes>(context.node.attributes).epsilon, false);
  return {[=](const StepArguments& a) {
            normalization.run(a.inputs[0], a.inputs[1], a.inputs[2], a.outputs[1], a.outputs[2],
                              a.outputs[0], a.scratch);
          },
          normalization.scratch_bytes()};
}

template <class Attributes, bool kBatch>
void gradient(GradientContext& c) {
  const Node& node = c.node();
  const double epsilon = attributes_of<Attributes>(node.attributes).epsilon;
  const auto made = c.emit(
      "normalization_gradient",
      {c.output_gradient(), node.inputs[0], node.inputs[1], node.outputs[1], node.outputs[2]},
      gradient_attributes(kBatch, epsilon));
  for (std::size_t i = 0; i < 3; ++i) c.contribute(i, made[i]);
}

Inferred infer_gradient(const InferContext& context) {
  return {{context.inputs[1], context.inputs[2], context.inputs[2]}};
}

Step lower_gradient(const LoweringContext& context) {
  const FeatureMatrixShape block = feature_matrix_shape(context.inputs[0]);
  const Settings& attributes = context.node.attributes;
  const NormalizationBackward normalization(
      std::get<bool>(attributes.at("batch")) ? NormalizationKind::batch : NormalizationKind::layer,
      block.rows, block.features, std::get<double>(attributes.at("epsilon")));
  return {[=](const StepArguments& a) {
            normalization.run(a.inputs[0], a.inputs[1], a.inputs[2], a.inputs[3], a.inputs[4],
                              a.outputs[0], a.outputs[1], a.outputs[2], a.scratch);
          },
          normalization.scratch_bytes()};
}

// Computes the statistics of n elements and normalizes them. `index` maps 0, …, n − 1 to an element
// and its feature. With `use_running_statistics`, the statistics are inputs.
template <class T, class Index>
void normalize(ReferenceArguments<T>& a, std::int64_t n, double epsilon, std::int64_t group,
               bool use_running_statistics, Index index) {
  T mean(0), variance(0);
  for (std::int64_t i = 0; i < n; ++i) mean += a.inputs[0].data[index(i).first];
  mean /= static_cast<double>(n);
  for (std::int64_t i = 0; i < n; ++i) {
    const T d = a.inputs[0].data[index(i).first] - mean;
    variance += d * d;
  }
  variance /= static_cast<double>(n);
  const auto g = static_cast<std::size_t>(group);
  if (use_running_statistics) {
    mean = a.inputs[3].data[g];
    variance = a.inputs[4].data[g];
  } else {
    a.outputs[1].data[g] = mean;
    a.outputs[2].data[g] = variance;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    const auto [at, feature] = index(i);
    a.outputs[0].data[at] =
        (a.inputs[0].data[at] - mean) / std::sqrt(variance + epsilon) * a.inputs[1].data[feature] +
        a.inputs[2].data[feature];
  }
}

struct BatchReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const FeatureAxis axis = feature_axis(a.inputs[0].shape);
    const auto attributes = attributes_of<BatchAttributes>(a.node.attributes);
    for (std::int64_t f = 0; f < axis.features; ++f) {
      normalize(a, axis.outer * axis.inner, attributes.epsilon, f, a.mode == Mode::inference,
                [&](std::int64_t i) {
                  return std::pair(axis.index(i / axis.inner, f, i % axis.inner),
                                   static_cast<std::size_t>(f));
                });
    }
  }
};

struct LayerReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const FeatureAxis axis = feature_axis(a.inputs[0].shape);
    const double epsilon = attributes_of<LayerAttributes>(a.node.attributes).epsilon;
    for (std::int64_t row = 0; row < axis.outer * axis.inner; ++row) {
      normalize(a, axis.features, epsilon, row, false, [&](std::int64_t f) {
        return std::pair(axis.index(row / axis.inner, f, row % axis.inner),
                         static_cast<std::size_t>(f));
      });
    }
  }
};

// ---- signals ----------------------------------------------------------------------------------

// Returns x after each element is normalized by its mean and standard deviation over the channels.
MomentField normalize_elements(const MomentField& x, double epsilon) {
  MomentField y = x;
  const auto standard_deviation = [&](std::size_t e) {
    return std::sqrt(std::max(x.variance(e), 0.0) + epsilon);
  };
  for (std::int64_t i = 0; i < x.extent.elements(); ++i) {
    const auto e = static_cast<std::size_t>(i);
    y.mean[e] = 0;
    y.square[e] = std::max(x.variance(e), 0.0) / (standard_deviation(e) * standard_deviation(e));
    for (const Link link : kLinks) {
      const std::int64_t other = linked_element(x.extent, i, link);
      if (other < 0) continue;
      const auto to = static_cast<std::size_t>(other);
      y.product(link)[e] = (x.product(link)[e] - x.mean[e] * x.mean[to]) /
                           (standard_deviation(e) * standard_deviation(to));
    }
  }
  return y;
}

// The signal keeps the input of the normalization, because nonlinear ops after it need the
// distribution of each channel.
Signal forward_batch_signal(const SignalContext& c) {
  const double epsilon = attributes_of<BatchAttributes>(c.node.attributes).epsilon;
  MomentField y = zero_field(c.inputs[0]->field().extent);
  for_each_normalized_channel(*c.inputs[0], epsilon, [&](const ChannelDistribution& x) {
    accumulate_mixture(y, affine(x.f.forward(x.z), x.scale, x.offset), x.fraction);
  });
  Signal signal(std::move(y));
  signal.normalization_input = std::make_shared<Signal>(*c.inputs[0]);
  signal.epsilon = epsilon;
  return signal;
}

// dx = (dy − the projections of dy on the constant and on y)/σ. The projections are small and are
// left out. The smaller σ is, the fewer elements the activation before batch norm passes, so its
// squared slopes are averaged with weights 1/σ².
std::vector<SignalGradient> backward_batch_signal(const SignalContext& c,
                                                  const SignalGradient& dy) {
  const double epsilon = attributes_of<BatchAttributes>(c.node.attributes).epsilon;
  const Signal& input = *c.inputs[0];
  double inverse = 0;
  std::vector<double> slopes(dy.field().square.size(), 0);
  for_each_normalized_channel(input, epsilon, [&](const ChannelDistribution& x) {
    const double fraction = x.fraction / (x.variance + epsilon);
    inverse += fraction;
    for (std::size_t e = 0; e < slopes.size(); ++e) {
      slopes[e] += fraction * x.f.at(x.z.mean[e], x.z.variance(e)).slope_square;
    }
  });
  for (double& slope : slopes) slope /= inverse;
  SignalGradient dx{affine(dy.field(), std::sqrt(inverse), 0)};
  if (!dy.selected_slopes.empty()) slopes = dy.selected_slopes;
  if (input.pre_activation != nullptr) dx.selected_slopes = std::move(slopes);
  return {dx};
}

Signal forward_layer_signal(const SignalContext& c) {
  return {normalize_elements(c.inputs[0]->field(),
                             attributes_of<LayerAttributes>(c.node.attributes).epsilon)};
}

std::vector<SignalGradient> backward_layer_signal(const SignalContext& c,
                                                  const SignalGradient& dy) {
  const double epsilon = attributes_of<LayerAttributes>(c.node.attributes).epsilon;
  const MomentField& x = c.inputs[0]->field();
  MomentField dx = dy.field();
  const auto standard_deviation = [&](std::int64_t e) {
    return std::sqrt(std::max(x.variance(static_cast<std::size_t>(e)), 0.0) + epsilon);
  };
  for (std::int64_t i = 0; i < x.extent.elements(); ++i) {
    const auto e = static_cast<std::size_t>(i);
    dx.mean[e] /= standard_deviation(i);
    dx.square[e] /= standard_deviation(i) * standard_deviation(i);
    for (const Link link : kLinks) {
      const std::int64_t other = linked_element(x.extent, i, link);
      if (other >= 0) dx.product(link)[e] /= standard_deviation(i) * standard_deviation(other);
    }
  }
  return {{std::move(dx)}};
}

OpRow row(std::string_view name, std::string_view doc, AttributeSchema attributes, InferRule infer,
          GradientRule gradient, SignalRule signal, Step (*lower)(const LoweringContext&),
          Reference plain, const Traits& traits) {
  return {
      .name = name,
      .category = Category::layer,
      .doc = doc,
      .arity = Arity{1, 1},
      .attributes = attributes,
      .infer = infer,
      .gradient = gradient,
      .pointwise = Gap{"statistics over many elements"},
      .moments = Gap{"not an activation"},
      .signal = signal,
      .rescale = Gap{"its scale is learned"},
      .fit = Gap{"its statistics follow training"},
      .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
      .reference = plain,
      .tests = TestDomain{{{{{9, 5}}}, {{{3, 4, 5, 2}}}}, -2, 2, 64},
      .traits = traits,
  };
}

}  // namespace

OpRows normalization_rows() {
  return {
      row("batch_norm",
          "normalizes each feature to mean 0 and variance 1 over the batch, then scales and "
          "shifts; a batch needs several values of a feature, so training joins a last batch of "
          "one row to the batch before it",
          schema<BatchAttributes>(), [](const InferContext& c) { return infer(c, true); },
          gradient<BatchAttributes, true>, {forward_batch_signal, backward_batch_signal},
          lower_batch, reference(BatchReference{}),
          {.uses_batch_statistics = true, .normalizes = true}),
      row("layer_norm",
          "normalizes each row (each position of an image) to mean 0 and variance 1 over its "
          "features",
          schema<LayerAttributes>(), [](const InferContext& c) { return infer(c, false); },
          gradient<LayerAttributes, false>, {forward_layer_signal, backward_layer_signal},
          lower_layer, reference(LayerReference{}), {.normalizes = true}),
      internal_row("normalization_gradient", "dx, dscale and dshift of a normalization",
                   infer_gradient, lower_gradient)};
}

}  // namespace selfnorm
