// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "kernels/sequence.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

struct Attributes {
  std::int64_t vocabulary = 0;
  std::int64_t dimension = 0;
  bool trainable = true;
  std::string weights;
  bool standardize = false;
  InitAttributes init;
  Options options() {
    Options list = {{"vocabulary",
                     &vocabulary,
                     "number of rows of the table: token ids are below it, and 0 is padding; if "
                     "left out, the number of token ids of the texts or of the embedded column",
                     {2, kMaxTokenIds}},
                    {"dimension", &dimension, "length of a vector; required", range::kExtent},
                    {"trainable", &trainable, "whether to train the table"},
                    {"weights", &weights,
                     "file with the initial table, as .npy or word vectors (docs/text.md); empty: "
                     "drawn by `init`"},
                    {"standardize", &standardize,
                     "whether to standardize each component of the file's vectors to mean 0 and "
                     "variance 1, weighted by how often each token occurs in the texts"}};
    add_init_options(list, init);
    return list;
  }
};

Inferred infer(const InferContext& context) {
  const auto a = attributes_of<Attributes>(context.attributes);
  const Shape& ids = context.inputs[0];
  if (ids.size() != 2) {
    fail_shape(context, fmt::format("input is {}, expects token ids (N, steps)", batch_text(ids)));
  }
  if (a.standardize && a.weights.empty()) {
    fail_shape(
        context,
        fmt::format("input is {}; `standardize` requires vectors from a file (set `weights`)",
                    batch_text(ids)));
  }
  ParameterSpec table{"table", {a.vocabulary, a.dimension}, "", 1, 1};
  table.role = a.trainable ? Role::parameter : Role::state;
  table.unit_axis = kNoUnits;
  return {{{ids[0], ids[1], a.dimension}}, {table}};
}

Step lower(const LoweringContext& context) {
  const std::int64_t steps = row_elements(context.inputs[0]);
  const std::int64_t rows = context.inputs[1][0], width = context.inputs[1][1];
  return {[=](const StepArguments& a) {
    embedding_lookup(a.inputs[0], a.rows * steps, a.inputs[1], rows, width, a.outputs[0]);
  }};
}

void gradient(GradientContext& c) {
  const Node& node = c.node();
  if (!c.wanted(1)) return;
  c.contribute(1, c.emit("embedding_gradient", {c.output_gradient(), node.inputs[0]},
                         {{"shape", c.shape(node.inputs[1])}})[0]);
}

Step lower_gradient(const LoweringContext& context) {
  const std::int64_t steps = row_elements(context.inputs[1]);
  const std::int64_t rows = context.outputs[0][0], width = context.outputs[0][1];
  return {[=](const StepArguments& a) {
    embedding_lookup_gradient(a.inputs[1], a.rows * steps, a.inputs[0], rows, width, a.outputs[0]);
  }};
}

struct EmbeddingReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Array<T>&ids = a.inputs[0], &table = a.inputs[1];
    const auto width = static_cast<std::size_t>(table.shape[1]);
    for (std::size_t i = 0; i < ids.data.size(); ++i) {
      const auto row = static_cast<std::size_t>(real_part(ids.data[i]));
      for (std::size_t k = 0; k < width; ++k) {
        a.outputs[0].data[i * width + k] = row == 0 ? T(0) : table.data[row * width + k];
      }
    }
  }
};

// ---- signals ----------------------------------------------------------------------------------

// The field of the token ids holds the id of each step as its mean. One vector is drawn for each
// token, so that steps with the same token have the same vector. This rule is only for random
// tables. The values of other tables are known.
Signal forward_signal(const SignalContext& c) {
  const MomentField& ids = c.inputs[0]->field();
  const WeightMoments& table_moments = c.weights;
  const double square = table_moments.mean * table_moments.mean + table_moments.variance;
  MomentField y = zero_field(ids.extent);
  for (std::int64_t i = 0; i < ids.extent.elements(); ++i) {
    const auto e = static_cast<std::size_t>(i);
    if (ids.square[e] == 0) continue;
    y.mean[e] = table_moments.mean;
    y.square[e] = square;
    for (const Link link : kLinks) {
      const std::int64_t other = linked_element(ids.extent, i, link);
      if (other < 0) continue;
      const auto to = static_cast<std::size_t>(other);
      if (ids.square[to] == 0) continue;
      y.product(link)[e] =
          ids.mean[e] == ids.mean[to] ? square : table_moments.mean * table_moments.mean;
    }
  }
  return {y};
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient&) {
  return {zero_field(c.inputs[0]->field().extent)};
}

TestDomain tests() {
  const Settings attributes = {{"vocabulary", std::int64_t{9}}, {"dimension", std::int64_t{5}}};
  Settings frozen = attributes;
  frozen["trainable"] = false;
  Settings standardized = attributes;
  standardized["standardize"] = true;
  return {.cases = {{{{4, 6}}, attributes}, {{{130, 3}}, attributes}, {{{2, 3}}, frozen}},
          .invalid_cases = {{{{4, 6, 2}}, attributes}, {{{4, 6}}, standardized}}};
}

}  // namespace

OpRows embedding_rows() {
  return {{
              .name = "embedding",
              .category = Category::layer,
              .doc = "looks up a vector for each token id: (N, steps) to (N, steps, dimension); "
                     "token id 0 is padding and gives a vector of zeros",
              .arity = Arity{1, 1},
              .attributes = schema<Attributes>(),
              .infer = infer,
              .gradient = gradient,
              .pointwise = Gap{"looks up a table"},
              .moments = Gap{"not an activation"},
              .signal = SignalRule{forward_signal, backward_signal},
              .rescale = rescale_weights,
              .fit = Gap{"its table is drawn, or read from a file"},
              .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
              .reference = reference(EmbeddingReference{}),
              .tests = tests(),
              .traits = {.id_input = 0},
          },
          internal_row("embedding_gradient", "dtable of embedding", infer_shape_attribute,
                       lower_gradient)};
}

}  // namespace selfnorm
