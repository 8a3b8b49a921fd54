// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernels/parallel.h"
#include "kernels/simd/arithmetic.h"
#include "kernels/simd/layout.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "ops/signal_rules.h"

namespace selfnorm {
namespace {

struct Attributes {
  std::vector<std::int64_t> shape = {};
  Options options() {
    return {{"shape",
             &shape,
             "new shape of one row; required; one extent may be -1 and is then inferred",
             {-1, 1e9}}};
  }
};

Inferred infer_flatten(const InferContext& context) {
  const Shape& x = context.inputs[0];
  return {{{x[0], row_elements(x)}}};
}

Inferred infer_reshape(const InferContext& context) {
  const Shape& x = context.inputs[0];
  Shape y = attributes_of<Attributes>(context.attributes).shape;
  std::int64_t known = 1, unknown = 0;
  for (const std::int64_t extent : y) {
    if (extent == -1) ++unknown;
    else if (extent > 0 && known <= row_elements(x)) known *= extent;
    if (extent < -1 || extent == 0)
      fail_shape(context, "`shape` must contain extents above 0, or -1 once");
  }
  if (y.empty() || unknown > 1)
    fail_shape(context, "needs `shape`, the new shape of one row, with at most one -1");
  const std::int64_t all = row_elements(x);
  for (std::int64_t& extent : y) {
    if (extent == -1 && all % known == 0) extent = all / known;
  }
  y.insert(y.begin(), x[0]);
  if (row_elements(y) != all) {
    fail_shape(context, fmt::format("input {} has {} elements per row, but shape {} has {}",
                                    batch_text(x), all, batch_text(y), row_elements(y)));
  }
  return {{y}};
}

// Elements keep their API order, so images are converted from and to features-last order.
Step lower(const LoweringContext& context) {
  const Shape x = context.inputs[0], y = context.outputs[0];
  const std::int64_t rows = x[0], columns = row_elements(x);
  const bool from_image = stored_features_last(x), to_image = stored_features_last(y);
  const std::size_t scratch =
      from_image && to_image ? static_cast<std::size_t>(elements(x)) * sizeof(float) : 0;
  return {[=](const StepArguments& a) {
            parallel_rows(rows, row_grain(columns), [&](std::int64_t first, std::int64_t count) {
              for (std::int64_t row = first; row < first + count; ++row) {
                const float* in = a.inputs[0] + row * columns;
                float* out = a.outputs[0] + row * columns;
                float* flat = to_image && from_image
                                  ? reinterpret_cast<float*>(a.scratch) + row * columns
                                  : out;
                if (from_image) kernels::to_channels_first(in, flat, x[1], x[2] * x[3]);
                const float* source = from_image ? flat : in;
                if (to_image) kernels::to_channels_last(source, out, y[1], y[2] * y[3]);
                else if (!from_image) kernels::copy(in, out, columns);
              }
            });
          },
          scratch};
}

struct ReshapeReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    a.outputs[0].data = a.inputs[0].data;
  }
};

void gradient(GradientContext& c) {
  Shape row = c.shape(c.node().inputs[0]);
  row.erase(row.begin());
  c.contribute(0, c.emit("reshape", {c.output_gradient()}, {{"shape", row}})[0]);
}

// ---- view -------------------------------------------------------------------------------------

// Both values have the same memory, so there is nothing to do.
Step lower_view(const LoweringContext&) {
  return {[](const StepArguments&) {}};
}

void view_gradient(GradientContext& c) {
  const Shape& x = c.shape(c.node().inputs[0]);
  c.contribute(0, c.emit("view", {c.output_gradient()}, {{"shape", x}})[0]);
}

// Either positions become features, over which a signal is averaged, or features become positions.
Signal forward_signal(const SignalContext& c) {
  const MomentField& x = c.inputs[0]->field();
  const Extent out = extent_of(c.output, x.extent);
  if (out == x.extent) return *c.inputs[0];
  return {broadcast_positions(flatten_positions(x), out, 1, false)};
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  const Extent& in = c.inputs[0]->field().extent;
  if (in == dy.field().extent) return {dy};
  return {{broadcast_positions(flatten_positions(dy.field()), in, 1, false)}};
}

OpRow row(std::string_view name, std::string_view doc, AttributeSchema attributes, InferRule infer,
          const TestDomain& tests) {
  return {
      .name = name,
      .category = Category::layer,
      .doc = doc,
      .arity = Arity{1, 1},
      .attributes = attributes,
      .infer = infer,
      .gradient = gradient,
      .pointwise = Gap{"moves elements"},
      .moments = Gap{"not an activation"},
      .signal = SignalRule{forward_signal, backward_signal},
      .rescale = Gap{"moves elements"},
      .fit = Gap{"has no states"},
      .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
      .reference = reference(ReshapeReference{}),
      .tests = tests,
      .traits = {.reshapes = true},
  };
}

OpRow view_row() {
  return {
      .name = "view",
      .category = Category::internal,
      .doc = "the same memory under another shape",
      .arity = Arity{1, 1},
      .attributes = unchecked_attributes(),
      .infer = infer_shape_attribute,
      .gradient = view_gradient,
      .pointwise = Gap{"does nothing"},
      .moments = Gap{"not an activation"},
      .signal = Gap{"only passes create it"},
      .rescale = Gap{"moves elements"},
      .fit = Gap{"has no states"},
      .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower_view}},
      .reference = Gap{"checked through networks with views"},
      .tests = TestDomain{},
      .traits = {.is_view = true},
  };
}

}  // namespace

OpRows reshape_rows() {
  using Ints = std::vector<std::int64_t>;
  return {row("flatten", "flattens each row, channels first: (N, C, H, W) to (N, C·H·W)",
              schema<NoAttributes>(), infer_flatten, {.cases = {{{{3, 4, 5, 2}}}, {{{2, 7}}}}}),
          row("reshape", "changes the shape of each row and keeps its numbers in row-major order",
              schema<Attributes>(), infer_reshape,
              {.cases = {{{{3, 12}}, {{"shape", Ints{3, 2, -1}}}},
                         {{{2, 4, 3, 5}}, {{"shape", Ints{6, 10}}}},
                         {{{2, 4, 3, 2}}, {{"shape", Ints{2, 3, 4}}}}},
               .invalid_cases = {{{{3, 12}}, {{"shape", Ints{5}}}},
                                 {{{3, 12}}, {{"shape", Ints{5, -1}}}}}}),
          view_row()};
}

}  // namespace selfnorm
