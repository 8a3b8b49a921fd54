// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/pointwise.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

// The inputs are the gradient of the pass's output and the value that the pass saved. This is its
// output or, if the derivative of the activation does not follow from the output, its input. The
// epilogue contains the stages.
Step lower(const LoweringContext& context) {
  const std::int64_t columns = row_elements(context.outputs[0]);
  const Pointwise pass = pointwise_pass(context.node, context.mode);
  const RandomKey key = random_key(context.seed, "mask", mask_name(context.node));
  return {[=](const StepArguments& a) {
    for_each_masked(
        a, columns, draws_masks(pass.dropout),
        [&](std::int64_t at, std::int64_t rows, std::int64_t width, std::int64_t row) {
          const MaskStream mask{key, a.step, a.first_row + static_cast<std::uint64_t>(row)};
          pointwise_backward(a.inputs[0] + at, a.inputs[1] + at, a.outputs[0] + at, rows, width,
                             pass.activation, pass.dropout, mask);
        });
  }};
}

}  // namespace

OpRows pointwise_gradient_rows() {
  return {internal_row("pointwise_gradient",
                       "gradient of an activation and a dropout in one pass; draws the masks again",
                       infer_same, lower, {.can_run_in_place = true})};
}

}  // namespace selfnorm
