// SPDX-License-Identifier: Apache-2.0
// What several rows share: shape helpers, and rows for ops that are one pointwise pass.
#pragma once

#include <string>
#include <vector>

#include "kernels/parallel.h"
#include "ops/row.h"

namespace selfnorm {

/// Throws Error(shape): "node 'fc2' (dense): " + what.
[[noreturn]] void fail_shape(const InferContext& context, const std::string& what);

/// The shape with its batch written as N: "(N, 63)".
std::string batch_text(const Shape& shape);

/// Elements of one row of the batch.
std::int64_t row_elements(const Shape& shape);

/// Elements of elementwise work below which a second thread costs more than it brings.
inline constexpr std::int64_t kElementGrain = 16384;

/// The same in rows of so many elements.
constexpr std::int64_t row_grain(std::int64_t columns) { return 1 + kElementGrain / columns; }

/// Calls f(first element, rows, columns, number of the first row's mask) for pieces of what a step
/// works on. A sample's mask counts its elements: of packed rows all that are of it make one row.
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

/// How a value lies in memory to kernels that work on features: features fastest. The features of
/// an image are its channels.
struct Block {
  std::int64_t rows;
  std::int64_t features;
};
Block block_of(const Shape& shape);

/// Whether memory order differs from API order: an image of several channels and positions.
bool stored_features_last(const Shape& shape);

/// One output of the shape of the first input.
Inferred infer_same(const InferContext& context);

/// The same, and all inputs must be of that shape.
Inferred infer_equal(const InferContext& context);

/// Checks that there are at least `rank` axes, the batch among them.
void check_rank(const InferContext& context, std::size_t input, std::size_t least,
                std::size_t most);

/// The node itself as a stage, followed by what is fused to it; only the latter when the node's own
/// op is not pointwise.
std::vector<Stage> pointwise_stages(const Node& node);

/// A row for an op that is one pointwise pass, of category activation or dropout. `variant` are
/// attributes that the tests try besides the defaults.
OpRow activation_row(std::string_view name, std::string_view doc, AttributeSchema attributes,
                     PointwiseRule pointwise, MomentColumn moments, const Settings& variant = {});
OpRow dropout_row(std::string_view name, std::string_view doc, AttributeSchema attributes,
                  PointwiseRule pointwise, const Settings& variant);

/// The moments of what `fill` says, by quadrature, for an activation without a closed form.
MomentRule moments_by_quadrature(const Activation& f);
template <PointwiseRule kFill>
MomentRule moments_by_quadrature(const Settings& attributes) {
  Pointwise pass;
  kFill(attributes, pass);
  return moments_by_quadrature(pass.activation);
}

/// For internal nodes: they are made by passes, whose attributes need no checking.
AttributeSchema unchecked_attributes();

/// The bias of a layer's outputs: zeros, not decayed.
ParameterSpec bias_spec(std::int64_t outputs, double fan_in, double fan_out);

/// The rescale rule of layers whose weights `init` describes.
void rescale_weights(Settings& attributes, std::size_t inputs, double factor);

/// A row for an op that only passes add to a graph: a part of a gradient, or a measurement.
OpRow internal_row(std::string_view name, std::string_view doc, InferRule infer,
                   Step (*lower)(const LoweringContext&), Traits traits = {});

/// Attributes for a gradient that makes a value of this shape: an internal node cannot tell it from
/// its inputs. `infer_shape_attribute` reads it, and `without_shape` is the node with the
/// attributes that the op itself has.
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
