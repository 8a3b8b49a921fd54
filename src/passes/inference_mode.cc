// SPDX-License-Identifier: Apache-2.0
#include "passes/inference_mode.h"

#include <algorithm>

#include "kernels/pointwise.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

// Whether the node has an effect at inference. Dropouts may have none.
bool changes_at_inference(const Node& node) {
  if (rule_of(row_of(node).pointwise) == nullptr) return true;
  const Pointwise pass = pointwise_pass(node, Mode::inference);
  return pass.activation.kind != ActivationKind::identity || changes_values(pass.dropout);
}

// Returns the row of the layer's op if it has the attribute `inference`, or null.
const OpRow* row_with_inference(const Layer& layer) {
  const OpRow* row = find_op(layer.op);
  if (row == nullptr) return nullptr;
  const auto options = row->attributes->describe();
  return std::ranges::count(options, kDropoutInference, &Option::name) > 0 ? row : nullptr;
}

}  // namespace

void apply_inference_mode(Graph& graph) {
  std::vector<ValueId> replacement(graph.values.size());
  for (std::size_t i = 0; i < replacement.size(); ++i) replacement[i] = static_cast<ValueId>(i);
  const auto replace = [&](std::vector<ValueId>& ids) {
    for (ValueId& id : ids) id = replacement[static_cast<std::size_t>(id)];
  };
  std::erase_if(graph.nodes, [&](Node& node) {
    replace(node.inputs);
    const std::string_view op = row_of(node).traits.op_at_inference;
    if (!op.empty()) node.op = op;
    if (changes_at_inference(node)) return false;
    replacement[static_cast<std::size_t>(node.outputs[0])] = node.inputs[0];
    return true;
  });
  replace(graph.outputs);
}

bool set_dropout_inference(Network& network, const std::string& inference) {
  find_op("alpha_dropout")->attributes->complete({{kDropoutInference, inference}}, "alpha dropout");
  bool changes = false;
  for (Layer& layer : network.layers) {
    const OpRow* row = row_with_inference(layer);
    if (row == nullptr) continue;
    const Settings before = row->attributes->complete(layer.attributes, layer.op);
    changes = changes || before.at(kDropoutInference) != Setting(inference);
    layer.attributes[kDropoutInference] = inference;
  }
  return changes;
}

}  // namespace selfnorm
