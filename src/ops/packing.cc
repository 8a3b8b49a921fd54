// SPDX-License-Identifier: Apache-2.0
#include "kernels/sequence.h"
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

std::int64_t table_rows(const Settings& attributes) {
  return std::get<std::int64_t>(attributes.at("table_rows"));
}

// The outputs are the token ids of packed rows, the rows of steps, and the first rows of samples.
Inferred infer(const InferContext& context) {
  const Shape& ids = context.inputs[0];
  return {{{ids[0] * ids[1]}, ids, {ids[0] + 1}}};
}

SequenceShape steps_of(const LoweringContext& context) {
  return {context.inputs[0][0], context.inputs[0][1], 1};
}

PackedRows packed_of(const StepArguments& a) { return {a.outputs[0], a.outputs[1], a.outputs[2]}; }

Step lower_words(const LoweringContext& context) {
  const SequenceShape shape = steps_of(context);
  const Settings& attributes = context.node.attributes;
  const std::int64_t rows = table_rows(attributes);
  const bool padding = std::get<bool>(attributes.at("padding"));
  return {[=](const StepArguments& a) {
            pack_unique_tokens(a.inputs[0], shape, rows, padding,
                               reinterpret_cast<std::int32_t*>(a.scratch), packed_of(a));
          },
          static_cast<std::size_t>(rows) * sizeof(std::int32_t)};
}

Step lower_steps(const LoweringContext& context) {
  const SequenceShape shape = steps_of(context);
  return {[=](const StepArguments& a) { pack_unpadded_steps(a.inputs[0], shape, packed_of(a)); }};
}

}  // namespace

OpRows packing_rows() {
  return {
      internal_row("pack_words", "one row for each distinct token of a batch", infer, lower_words),
      internal_row("pack_steps", "one row for each step up to the last token of a sample", infer,
                   lower_steps)};
}

}  // namespace selfnorm
