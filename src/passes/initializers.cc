#include "passes/initializers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kernels/initialize.h"
#include "ops/table.h"
#include "selfnorm/error.h"
#include "theory/gain.h"

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

// The first activation behind the node, looking through ops that only move or mask elements;
// another layer with weights ends the search.
const Node* activation_behind(const Graph& graph, const Node& node) {
  for (const Node* next = first_reader(graph, node.outputs[0]); next != nullptr;
       next = first_reader(graph, next->outputs[0])) {
    if (has_parameters(graph, *next)) return nullptr;
    if (rule_of(row_of(*next).moments) != nullptr) return next;
  }
  return nullptr;
}

// The variance, times 1/fan_in, of weights that keep the second moment at 1 through the activation;
// 1 where none do.
double gain_before(const Node& activation) {
  const MomentRule rule = (*rule_of(row_of(activation).moments))(activation.attributes);
  const double gain = second_moment_gain(rule);
  // Rounded far above the last bits of a libm, so that weights start the same everywhere.
  return std::isfinite(gain) ? std::round(gain * 0x1p40) / 0x1p40 : 1;
}

// Such a shape counts on orthogonal weights: theory.h, DepthShapeRequest.
bool is_shaped_for_depth(const Node& activation) {
  const auto shape = activation.attributes.find("shape");
  return shape != activation.attributes.end() && shape->second == Setting("depth");
}

// Orthonormal along the shorter side, a weight's mean square is 1/(the longer side); 1/fan_in is
// wanted. Differs from 1 with more outputs than inputs, and where the rows are not what is summed.
double orthogonal_gain(const Shape& weight, double fan_in) {
  const auto rows = static_cast<double>(weight[0]);
  const double columns = static_cast<double>(elements(weight)) / rows;
  return std::sqrt(std::max(rows, columns) / fan_in);
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
    const Node* activation = activation_behind(graph, owner);
    const bool orthogonal = activation != nullptr && is_shaped_for_depth(*activation);
    parameter.init = orthogonal ? "orthogonal" : "lecun_normal";
    if (activation != nullptr) parameter.gain *= std::sqrt(gain_before(*activation));
    if (orthogonal) {
      parameter.gain *= orthogonal_gain(graph.value(parameter.value).shape, parameter.fan_in);
    }
  }
}

}  // namespace selfnorm
