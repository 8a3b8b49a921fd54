// SPDX-License-Identifier: Apache-2.0
// Common parts of several rows: helpers for shapes, and rows for ops that are one pointwise pass.
#pragma once

#include <string>
#include <vector>

#include "kernels/parallel.h"
#include "ops/row.h"

namespace selfnorm {

/// Throws Error(shape) with the message "node 'fc2' (dense): " + what.
[[noreturn]] void fail_shape(const InferContext& context, const std::string& what);

/// Returns the shape as text with N for the batch, such as "(N, 63)".
std::string batch_text(const Shape& shape);

/// Returns the number of elements in one row of the batch.
std::int64_t row_elements(const Shape& shape);

/// The number of elements below which a second thread costs more than it saves in elementwise work.
inline constexpr std::int64_t kElementGrain = 16384;

/// Returns this number in rows of `columns` elements.
constexpr std::int64_t row_grain(std::int64_t columns) { return 1 + kElementGrain / columns; }

/// Calls f(first element, rows, columns, index of the first row's mask) for parts of the data of a
/// step. A mask counts the elements of a sample, so the packed rows of a sample form one row.
template <class F>
void for_each_masked(const StepArguments& a, std::int64_t columns, bool masks, F f) {
  if (a.starts == nullptr || !masks) {
    parallel_rows(a.rows, row_grain(columns), [&](std::int64_t first, std::int64_t count) {
      f(first * columns, count, columns, first);
    });
    return;
  }
  parallel_rows(a.samples, row_grain(a.rows / a.samples * columns + 1),
                [&](std::int64_t first, std::int64_t count) {
                  for (std::int64_t n = first; n < first + count; ++n) {
                    const auto start = static_cast<std::int64_t>(a.starts[n]);
                    const auto length = static_cast<std::int64_t>(a.starts[n + 1]) - start;
                    f(start * columns, std::int64_t{1}, length * columns, n);
                  }
                });
}

/// The memory of a value as rows of features, for kernels that work on features. The features of an
/// image are its channels.
struct FeatureMatrixShape {
  std::int64_t rows;
  std::int64_t features;
};
FeatureMatrixShape feature_matrix_shape(const Shape& shape);

/// Whether memory order differs from API order, as in images with several channels and positions.
bool stored_features_last(const Shape& shape);

/// Infers one output with the shape of the first input.
Inferred infer_same(const InferContext& context);

/// As above. Throws Error(shape) unless all inputs have this shape.
Inferred infer_equal(const InferContext& context);

/// Throws Error(shape) unless the input has `min_rank` to `max_rank` axes, including the batch.
void check_rank(const InferContext& context, std::size_t input, std::size_t min_rank,
                std::size_t max_rank);

/// Returns the node as a stage, followed by the stages that are fused to it. If the op of the node
/// is not pointwise, returns only the latter.
std::vector<Stage> pointwise_stages(const Node& node);

/// Return the row of an activation or dropout that is one pointwise pass. `variant` contains
/// attributes that the tests use in addition to the defaults.
OpRow activation_row(std::string_view name, std::string_view doc, AttributeSchema attributes,
                     PointwiseRule pointwise, MomentRuleFactory moments,
                     const Settings& variant = {});
OpRow dropout_row(std::string_view name, std::string_view doc, AttributeSchema attributes,
                  PointwiseRule pointwise, const Settings& variant);

/// Returns the moments of an activation without a closed form, by quadrature. `kFill` is its
/// pointwise rule.
MomentRule moments_by_quadrature(const Activation& f);
template <PointwiseRule kFill>
MomentRule moments_by_quadrature(const Settings& attributes) {
  Pointwise pass;
  kFill(attributes, pass);
  return moments_by_quadrature(pass.activation);
}

/// The attributes of internal nodes, which passes create, so that they need no checks.
AttributeSchema unchecked_attributes();

/// Returns the bias of a layer with this number of outputs. It starts at 0, and l2 does not apply.
ParameterSpec bias_spec(std::int64_t outputs, double fan_in, double fan_out);

/// The rescale rule of layers with an `init` attribute. Multiplies the gain.
void rescale_weights(Settings& attributes, std::size_t inputs, double factor);

/// Returns the row of an op that only passes add to a graph, such as a gradient or a measurement.
OpRow internal_row(std::string_view name, std::string_view doc, InferRule infer,
                   Step (*lower)(const LoweringContext&), Traits traits = {});

/// Returns the attributes of a gradient with this output shape, which does not follow from the
/// inputs of the gradient. `infer_shape_attribute` reads the shape, and `without_shape` returns the
/// node with only the attributes of its op.
Settings with_shape(const Settings& attributes, const Shape& shape);
Inferred infer_shape_attribute(const InferContext& context);
Node without_shape(const Node& node);

/// The initializer attributes of ops with weights.
struct InitAttributes {
  std::string init = "auto";
  double gain = 1;
  double calibration = 1;
};
void add_init_options(Options& options, InitAttributes& attributes);

}  // namespace selfnorm
