// SPDX-License-Identifier: Apache-2.0
#include "passes/initializers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

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

// Returns the gain with which an orthogonal weight has the mean square 1/fan_in. A weight that is
// orthonormal along its shorter side has the mean square 1/(longer side). The gain differs from 1
// if there are more outputs than inputs, or if a unit does not sum over a row.
double orthogonal_gain(const Shape& weight, double fan_in) {
  const auto rows = static_cast<double>(weight[0]);
  const double columns = static_cast<double>(elements(weight)) / rows;
  return std::sqrt(std::max(rows, columns) / fan_in);
}

void check_gain(const Layer& owner, const std::string& init, double gain) {
  if (gain > 0 || gain_is_value(init)) return;
  throw Error(ErrorKind::config,
              fmt::format("layer '{}' ({}): 'init.gain' expects a number above 0 for {}, got {} "
                          "(only constant accepts any number)",
                          owner.name, owner.op, init, to_string(Setting(gain))));
}

}  // namespace

bool is_initializer_attribute(const std::string& attribute) {
  return attribute == "init" || attribute.starts_with("init.");
}

std::vector<const Node*> first_readers(const Graph& graph) {
  std::vector<const Node*> readers(graph.values.size(), nullptr);
  for (const Node& node : graph.nodes) {
    for (const ValueId input : node.inputs) {
      const Node*& first = readers[static_cast<std::size_t>(input)];
      if (first == nullptr) first = &node;
    }
  }
  return readers;
}

const Node* next_activation(const Graph& graph, const std::vector<const Node*>& first_readers,
                            const Node& node) {
  const auto reader = [&](const Node& of) {
    return first_readers[static_cast<std::size_t>(of.outputs[0])];
  };
  for (const Node* next = reader(node); next != nullptr; next = reader(*next)) {
    if (has_parameters(graph, *next)) return nullptr;
    if (rule_of(row_of(*next).moments) != nullptr) return next;
  }
  return nullptr;
}

bool is_shaped_for_depth(const Node& activation) {
  const auto shape = activation.attributes.find("shape");
  return shape != activation.attributes.end() && shape->second == Setting("depth");
}

double ActivationGains::before(const Node* activation) {
  if (activation == nullptr) return 1;
  const auto [known, is_new] = known_.try_emplace({activation->op, activation->attributes}, 1.0);
  if (!is_new) return known->second;
  const MomentRule rule = (*rule_of(row_of(*activation).moments))(activation->attributes);
  const double gain = second_moment_gain(rule);
  // Rounded far above the last bits of a libm, so that initial weights are equal on all platforms.
  if (std::isfinite(gain)) known->second = std::round(gain * 0x1p40) / 0x1p40;
  return known->second;
}

Parameter make_parameter(const Layer& owner, const Settings& attributes, const ParameterSpec& spec,
                         ValueId value) {
  const auto init = attributes.find("init");
  const std::string asked = init == attributes.end() ? kAuto : std::get<std::string>(init->second);
  Parameter parameter{value,
                      owner.name,
                      spec.init,
                      spec.gain,
                      spec.fan_in,
                      spec.fan_out,
                      spec.has_l2 ? owner.l2 : 0,
                      spec.unit_axis};
  // PyTorch draws biases like weights.
  const bool draws_bias = asked == "pytorch_default" && spec.role == Role::parameter;
  if (spec.init.empty() || draws_bias) {
    parameter.init = asked;
    const auto gain = attributes.find("init.gain");
    if (gain != attributes.end()) parameter.gain = std::get<double>(gain->second);
    check_gain(owner, parameter.init, parameter.gain);
    const auto calibration = attributes.find("init.calibration");
    if (calibration != attributes.end()) {
      parameter.calibration = std::get<double>(calibration->second);
    }
  }
  return parameter;
}

void resolve_auto(Graph& graph) {
  const std::vector<const Node*> readers = first_readers(graph);
  std::map<std::string, const Node*> nodes;
  ActivationGains gains;
  for (const Node& node : graph.nodes) nodes[node.name] = &node;
  for (Parameter& parameter : graph.parameters) {
    if (parameter.init != kAuto) continue;
    const Node* activation = next_activation(graph, readers, *nodes.at(parameter.owner));
    // A depth-tuned SELU assumes orthogonal weights (theory.h, DepthTunedSeluOptions).
    const bool orthogonal = activation != nullptr && is_shaped_for_depth(*activation);
    parameter.init = orthogonal ? "orthogonal" : "lecun_normal";
    parameter.gain *= std::sqrt(gains.before(activation));
    if (orthogonal) {
      parameter.gain *= orthogonal_gain(graph.value(parameter.value).shape, parameter.fan_in);
    }
  }
}

}  // namespace selfnorm
