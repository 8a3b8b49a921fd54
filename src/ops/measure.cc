// Internal ops that make a constant, and that measure a value.
#include <algorithm>
#include <cmath>
#include <vector>

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

// What lies beyond either end counts into the bin there; what is no number, nowhere.
Step lower_histogram(const LoweringContext& context) {
  const std::int64_t n = elements(context.inputs[0]), bins = context.outputs[0][0];
  const auto end = [&](const char* name) {
    return static_cast<float>(std::get<double>(context.node.attributes.at(name)));
  };
  const float low = end("low"), scale = static_cast<float>(bins) / (end("high") - low);
  return {[=](const StepArguments& a) {
    std::vector<std::int64_t> counts(static_cast<std::size_t>(bins));
    for (std::int64_t i = 0; i < n; ++i) {
      const float at = (a.inputs[0][i] - low) * scale;
      if (std::isnan(at)) continue;
      const float bin = std::clamp(at, 0.0f, static_cast<float>(bins - 1));
      ++counts[static_cast<std::size_t>(bin)];
    }
    std::ranges::transform(counts, a.outputs[0],
                           [](std::int64_t count) { return static_cast<float>(count); });
  }};
}

}  // namespace

OpRows measure_rows() {
  return {
      internal_row("fill", "a constant", infer_fill, lower_fill),
      internal_row("moments", "mean and variance over all elements", infer_moments, lower_moments),
      internal_row("histogram", "how many elements lie in each of `bins` from `low` to `high`",
                   infer_histogram, lower_histogram)};
}

}  // namespace selfnorm
