// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernels/parallel.h"
#include "kernels/simd/arithmetic.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "ops/signal_rules.h"
#include "theory/moment_window.h"

namespace selfnorm {
namespace {

struct Attributes {
  std::int64_t members = 1;
  Options options() {
    return {{"members", &members, "number of members, each with the same number of outputs",
             range::kExtent}};
  }
};

std::int64_t members_of(const Node& node) {
  return attributes_of<Attributes>(without_shape(node).attributes).members;
}

Inferred infer(const InferContext& context) {
  check_rank(context, 0, 2, 2);
  const auto members = attributes_of<Attributes>(context.attributes).members;
  Shape y = context.inputs[0];
  if (y[1] % members != 0) {
    fail_shape(context, fmt::format("{} members must divide the {} features of input {}", members,
                                    y[1], batch_text(y)));
  }
  y[1] /= members;
  return {{y}};
}

Step lower(const LoweringContext& context) {
  const std::int64_t members = members_of(context.node), width = context.outputs[0][1];
  const float share = 1 / static_cast<float>(members);
  return {[=](const StepArguments& a) {
    const auto average = [&](std::int64_t row) {
      const float* x = a.inputs[0] + row * members * width;
      float* y = a.outputs[0] + row * width;
      kernels::scale(share, x, y, width);
      for (std::int64_t member = 1; member < members; ++member)
        kernels::accumulate_scaled(share, x + member * width, y, width);
    };
    parallel_rows(a.rows, row_grain(members * width), [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t row = first; row < first + count; ++row) average(row);
    });
  }};
}

void gradient(GradientContext& c) {
  const Shape& x = c.shape(c.node().inputs[0]);
  c.contribute(0, c.emit("average_members_gradient", {c.output_gradient()},
                         with_shape(c.node().attributes, x))[0]);
}

Step lower_gradient(const LoweringContext& context) {
  const std::int64_t members = members_of(context.node), width = context.inputs[0][1];
  const float share = 1 / static_cast<float>(members);
  return {[=](const StepArguments& a) {
    parallel_rows(a.rows, row_grain(members * width), [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t at = first * members; at < (first + count) * members; ++at)
        kernels::scale(share, a.inputs[0] + at / members * width, a.outputs[0] + at * width, width);
    });
  }};
}

struct AverageReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Shape& shape = a.outputs[0].shape;
    const std::int64_t width = shape[1], members = a.inputs[0].shape[1] / width;
    for (std::int64_t row = 0; row < shape[0]; ++row) {
      for (std::int64_t i = 0; i < width; ++i) {
        T sum(0);
        for (std::int64_t member = 0; member < members; ++member)
          sum += a.inputs[0].data[static_cast<std::size_t>((row * members + member) * width + i)];
        a.outputs[0].data[static_cast<std::size_t>(row * width + i)] =
            sum / static_cast<double>(members);
      }
    }
  }
};

// The members have different weights, so their outputs are independent except for their means.
Signal forward_signal(const SignalContext& c) {
  const MomentField& x = c.inputs[0]->field();
  const auto members = static_cast<double>(members_of(c.node));
  return {contract(x, x.extent, {}, {.mean = 1 / members, .variance = 0}, members)};
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  return {{affine(dy.field(), 1 / static_cast<double>(members_of(c.node)), 0)}};
}

}  // namespace

OpRows average_members_rows() {
  const auto members = [](std::int64_t count) { return Settings{{"members", count}}; };
  return {
      {
          .name = "average_members",
          .category = Category::layer,
          .doc = "mean of the outputs of an ensemble's members: (N, members·outputs) to (N, "
                 "outputs); as a network's last layer, training adds the losses of the members",
          .arity = Arity{1, 1},
          .attributes = schema<Attributes>(),
          .infer = infer,
          .gradient = gradient,
          .pointwise = Gap{"a mean over features"},
          .moments = Gap{"not an activation"},
          .signal = SignalRule{forward_signal, backward_signal},
          .rescale = Gap{"has no factor"},
          .fit = Gap{"has no states"},
          .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
          .reference = reference(AverageReference{}),
          .tests =
              TestDomain{
                  .cases = {{{{4, 6}}, members(2)}, {{{3, 5}}, members(5)}, {{{3, 5}}, members(1)}},
                  .invalid_cases = {{{{4, 6}}, members(4)}, {{{4, 2, 3}}, members(3)}}},
          .traits = {.averages_members = true},
      },
      internal_row("average_members_gradient", "dx of average_members", infer_shape_attribute,
                   lower_gradient)};
}

}  // namespace selfnorm
