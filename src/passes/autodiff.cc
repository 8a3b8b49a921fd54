// SPDX-License-Identifier: Apache-2.0
#include "passes/autodiff.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "kernels/pointwise.h"
#include "ops/rules.h"
#include "ops/table.h"
#include "passes/emit.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

class ReversePass final : public GradientContext {
 public:
  ReversePass(Graph& graph, ValueId output, ValueId seed, const std::vector<ValueId>& wanted)
      : graph_(graph), needed_(graph.values.size(), 0), contributions_(graph.values.size()) {
    mark_needed(wanted);
    if (!is_needed(output)) return;
    if (seed == kNoValue) {
      seed = emit_node(graph_, "ones", "fill", {},
                       {{"value", 1.0}, {"shape", graph_.value(output).shape}})[0];
    }
    contributions_[static_cast<std::size_t>(output)] = {seed};
  }

  void run(std::size_t forward_nodes) {
    for (std::size_t i = forward_nodes; i-- > 0;) {
      node_ = graph_.nodes[i];  // a copy, because emitting may move the nodes
      output_gradient_ = sum_contributions(node_.outputs[0]);
      if (output_gradient_ != kNoValue) differentiate_node();
    }
  }

  // Returns the sum of the contributions to a value's gradient, or kNoValue if there are none.
  ValueId sum_contributions(ValueId value) {
    auto& contributions = contributions_[static_cast<std::size_t>(value)];
    if (contributions.empty()) return kNoValue;
    if (contributions.size() > 1) {
      const std::string name = fmt::format("gradient of {}", graph_.value(value).name);
      contributions = {emit_node(graph_, name, "add", contributions)[0]};
      copy_packing(contributions[0], value);
    }
    return contributions[0];
  }

  const Node& node() const override { return node_; }
  const Shape& shape(ValueId value) const override { return graph_.value(value).shape; }
  ValueId output_gradient() const override { return output_gradient_; }
  bool wanted(std::size_t input) const override { return is_needed(node_.inputs[input]); }

  std::vector<ValueId> emit(const std::string& op, const std::vector<ValueId>& inputs,
                            const Settings& attributes,
                            const std::vector<Stage>& epilogue) override {
    return emit_node(graph_, fmt::format("{} of {}", op, node_.name), op, inputs, attributes,
                     epilogue);
  }

  void contribute(std::size_t input, ValueId gradient) override {
    const ValueId value = node_.inputs[input];
    if (!is_needed(value)) return;
    copy_packing(gradient, value);
    contributions_[static_cast<std::size_t>(value)].push_back(gradient);
  }

 private:
  bool is_needed(ValueId value) const { return needed_[static_cast<std::size_t>(value)] != 0; }

  // The gradient of packed rows is packed in the same way.
  void copy_packing(ValueId gradient, ValueId value) {
    graph_.value(gradient).starts = graph_.value(value).starts;
  }

  // Marks the values that are wanted or depend on a wanted value.
  void mark_needed(const std::vector<ValueId>& wanted) {
    for (const ValueId value : wanted) needed_[static_cast<std::size_t>(value)] = 1;
    for (const Node& node : graph_.nodes) {
      const bool reaches =
          std::ranges::any_of(node.inputs, [&](ValueId input) { return is_needed(input); });
      if (!reaches) continue;
      for (const ValueId output : node.outputs) needed_[static_cast<std::size_t>(output)] = 1;
    }
  }

  void differentiate_node() {
    const OpRow& row = row_of(node_);
    const bool is_pointwise = rule_of(row.pointwise) != nullptr;
    if (is_pointwise || !node_.epilogue.empty()) {
      output_gradient_ = emit("pointwise_gradient", {output_gradient_, saved_value(is_pointwise)},
                              {}, pointwise_stages(node_))[0];
      copy_packing(output_gradient_, node_.outputs[0]);
    }
    if (is_pointwise) {
      contribute(0, output_gradient_);
      return;
    }
    const GradientRule* rule = rule_of(row.gradient);
    if (rule == nullptr) {
      throw Error(ErrorKind::config, fmt::format("node '{}' ({}): has no gradient: {}", node_.name,
                                                 node_.op, std::get<Gap>(*row.gradient).reason));
    }
    (*rule)(*this);
  }

  // Returns the value from which the derivative of the pass is computed, its output or its input.
  ValueId saved_value(bool is_pointwise) const {
    const Pointwise pass = pointwise_pass(node_, Mode::training);
    const bool from_input = is_pointwise && !can_differentiate_from_output(pass.activation);
    return from_input ? node_.inputs[0] : node_.outputs[0];
  }

  Graph& graph_;
  std::vector<char> needed_;
  std::vector<std::vector<ValueId>> contributions_;
  Node node_;
  ValueId output_gradient_ = kNoValue;
};

}  // namespace

std::vector<ValueId> differentiate(Graph& graph, ValueId output, const std::vector<ValueId>& wanted,
                                   ValueId seed) {
  const std::size_t forward_nodes = graph.nodes.size();
  ReversePass pass(graph, output, seed, wanted);
  pass.run(forward_nodes);
  std::vector<ValueId> gradients;
  for (const ValueId value : wanted) gradients.push_back(pass.sum_contributions(value));
  return gradients;
}

}  // namespace selfnorm
