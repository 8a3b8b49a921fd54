// SPDX-License-Identifier: Apache-2.0
// Internal ops that create a constant or measure a value.
#include "kernels/histogram.h"
#include "kernels/simd/arithmetic.h"
#include "kernels/simd/reduce.h"
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

Inferred infer_fill(const InferContext& context) {
  return {{std::get<Shape>(context.attributes.at("shape"))}};
}

Step lower_fill(const LoweringContext& context) {
  const std::int64_t n = elements(context.outputs[0]);
  const auto value = static_cast<float>(std::get<double>(context.node.attributes.at("value")));
  return {[=](const StepArguments& a) { kernels::fill(value, a.outputs[0], n); }};
}

Inferred infer_moments(const InferContext&) { return {{{2}}}; }

Step lower_moments(const LoweringContext& context) {
  const std::int64_t n = elements(context.inputs[0]);
  return {[=](const StepArguments& a) {
    const kernels::Moments moments = kernels::moments(a.inputs[0], n);
    a.outputs[0][0] = static_cast<float>(moments.mean);
    a.outputs[0][1] = static_cast<float>(moments.variance);
  }};
}

Inferred infer_histogram(const InferContext& context) {
  return {{{std::get<std::int64_t>(context.attributes.at("bins"))}}};
}

Step lower_histogram(const LoweringContext& context) {
  const std::int64_t n = elements(context.inputs[0]), bins = context.outputs[0][0];
  const auto end = [&](const char* name) {
    return static_cast<float>(std::get<double>(context.node.attributes.at(name)));
  };
  return {[=, low = end("low"), high = end("high")](const StepArguments& a) {
    kernels::histogram(a.inputs[0], n, low, high, bins, a.outputs[0]);
  }};
}

}  // namespace

OpRows measure_rows() {
  return {
      internal_row("fill", "a constant", infer_fill, lower_fill),
      internal_row("moments", "mean and variance over all elements", infer_moments, lower_moments),
      internal_row("histogram", "number of elements in each of `bins` bins from `low` to `high`",
                   infer_histogram, lower_histogram)};
}

}  // namespace selfnorm
