#include "passes/initializers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/initialize.h"
#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr const char* kAuto = "auto";

bool has_parameters(const Graph& graph, const Node& node) {
  return std::ranges::any_of(
      node.inputs, [&](ValueId input) { return graph.value(input).role == Role::parameter; });
}

const Node* first_reader(const Graph& graph, ValueId value) {
  for (const Node& node : graph.nodes) {
    if (std::ranges::count(node.inputs, value) > 0) return &node;
  }
  return nullptr;
}

// The variance gain of the first activation behind the node, looking through ops that only move or
// mask elements; another layer with weights ends the search.
double gain_behind(const Graph& graph, const Node& node) {
  for (const Node* next = first_reader(graph, node.outputs[0]); next != nullptr;
       next = first_reader(graph, next->outputs[0])) {
    if (has_parameters(graph, *next)) return 1;
    const OpRow& row = row_of(*next);
    if (const GainRule* gain = rule_of(row.gain)) return (*gain)(next->attributes);
    if (*row.category == Category::activation) return 1;
  }
  return 1;
}

void check_gain(const Layer& owner, const std::string& init, double gain) {
  if (gain > 0 || takes_any_gain(init)) return;
  throw Error(ErrorKind::config,
              fmt::format("layer '{}' ({}): 'init.gain' expects a number above 0 for {}, got {} "
                          "(only constant takes any)",
                          owner.name, owner.op, init, to_string(Setting(gain))));
}

}  // namespace

Parameter start_of(const Layer& owner, const Settings& attributes, const ParameterSpec& spec,
                   ValueId value) {
  const auto init = attributes.find("init");
  const std::string asked = init == attributes.end() ? kAuto : std::get<std::string>(init->second);
  Parameter parameter{
      value, owner.name, spec.init, 1, spec.fan_in, spec.fan_out, spec.decays ? owner.l2 : 0};
  // PyTorch draws biases like weights.
  const bool draws_bias = asked == "pytorch_default" && spec.role == Role::parameter;
  if (spec.init.empty() || draws_bias) {
    parameter.init = asked;
    const auto gain = attributes.find("init.gain");
    if (gain != attributes.end()) parameter.gain = std::get<double>(gain->second);
    check_gain(owner, parameter.init, parameter.gain);
  }
  return parameter;
}

void resolve_auto(Graph& graph) {
  for (Parameter& parameter : graph.parameters) {
    if (parameter.init != kAuto) continue;
    const Node& owner = *std::ranges::find(graph.nodes, parameter.owner, &Node::name);
    parameter.init = "lecun_normal";
    parameter.gain *= std::sqrt(gain_behind(graph, owner));
  }
}

}  // namespace selfnorm
