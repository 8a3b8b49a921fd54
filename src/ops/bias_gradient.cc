// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/reduce.h"
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

Inferred infer(const InferContext& context) {
  return {{{feature_matrix_shape(context.inputs[0]).features}}};
}

Step lower(const LoweringContext& context) {
  const FeatureMatrixShape block = feature_matrix_shape(context.inputs[0]);
  const auto scratch =
      static_cast<std::size_t>(kernels::column_sum_scratch_doubles(block.rows, block.features));
  const std::int64_t rows = block.rows / context.inputs[0][0];
  return {[=](const StepArguments& a) {
            kernels::column_sum(a.inputs[0], a.outputs[0], a.rows * rows, block.features,
                                reinterpret_cast<double*>(a.scratch));
          },
          scratch * sizeof(double)};
}

}  // namespace

OpRows bias_gradient_rows() {
  return {internal_row("bias_gradient", "db: dy summed over all but the features", infer, lower)};
}

}  // namespace selfnorm
