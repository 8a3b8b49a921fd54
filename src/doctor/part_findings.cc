// SPDX-License-Identifier: Apache-2.0
// Findings about the kinds of layers: dropout, normalization and activations.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/text.h"
#include "doctor/findings.h"
#include "ops/table.h"
#include "passes/initializers.h"
#include "theory/gain.h"

namespace selfnorm {
namespace {

// A dropout layer before a layer with weights.
struct Dropper {
  const Node& node;
  double rate;
  bool keeps_unit;  ///< whether it keeps N(0, 1) at mean 0 and variance 1, as alpha dropout does
};

template <class Look>
void for_each_dropout(const NetworkAnalysis& chart, Look look) {
  for (const Node& node : chart.graph().nodes) {
    if (*row_of(node).category != Category::dropout || !chart.feeds_weights(node)) continue;
    const double rate = std::get<double>(node.attributes.at("rate"));
    if (rate == 0) continue;
    const double square = mean_second_moment(response_to_unit_normals(chart.graph(), node));
    look(Dropper{node, rate, std::abs(square - 1) < 1e-3 * rate});
  }
}

Edit exchanged(const Node& node, const std::string& op, double rate) {
  return {node.name, [=](Layer& layer) {
            layer.op = op;
            layer.attributes = {{"rate", rate}};
          }};
}

// Returns whether any of the activations is self-normalizing, or is not if `self_normalizing` is
// false.
bool any_is(const NetworkAnalysis& chart, const std::vector<const Node*>& activations,
            bool self_normalizing) {
  return std::ranges::any_of(activations, [&](const Node* node) {
    return chart.is_self_normalizing(*node) == self_normalizing;
  });
}

bool is_plain(const Node& node) {
  return rule_of(row_of(node).pointwise) != nullptr &&
         pointwise_pass(node, Mode::training).dropout.kind == DropoutKind::plain;
}

// Returns whether an activation is a gate, as in squeeze and excitation. A gate multiplies another
// signal, so it is not part of the chain of activations.
bool is_gate(const NetworkAnalysis& chart, const Node& node) {
  return std::ranges::any_of(chart.readers(node),
                             [](const Node* reader) { return row_of(*reader).traits.multiplies; });
}

bool is_hidden_activation(const NetworkAnalysis& chart, const Node& node) {
  return rule_of(row_of(node).moments) != nullptr && chart.feeds_weights(node);
}

// Returns the self-normalizing activations without `shape = "depth"`, in the order of computation.
std::vector<const Node*> unshaped(const NetworkAnalysis& chart) {
  std::vector<const Node*> nodes;
  for (const Node& node : chart.graph().nodes) {
    const bool is_hidden = is_hidden_activation(chart, node) && chart.is_self_normalizing(node);
    if (is_hidden && !is_shaped_for_depth(node)) nodes.push_back(&node);
  }
  return nodes;
}

// Returns the growth of the gradient by the slopes of these activations, along the path where it is
// largest.
double slope_growth(const NetworkAnalysis& chart, const std::vector<const Node*>& nodes) {
  std::vector<double> logs(chart.graph().values.size(), 0);
  double most = 0;
  const auto at = [&](ValueId value) -> double& { return logs[static_cast<std::size_t>(value)]; };
  auto next = nodes.begin();
  for (const Node& node : chart.graph().nodes) {
    double longest = 0;
    for (const ValueId input : chart.signal_inputs(node)) longest = std::max(longest, at(input));
    if (next != nodes.end() && *next == &node) {
      longest += std::log(layer_map(moment_rule(node), {0, 1}).gradient_growth);
      ++next;
    }
    at(node.outputs[0]) = longest;
    most = std::max(most, longest);
  }
  return std::exp(most);
}

}  // namespace

// Finds plain dropout after SELU, or between weights and SELU.
std::vector<Symptom> look_at_plain_dropout(const NetworkAnalysis& chart) {
  std::vector<Symptom> symptoms;
  for_each_dropout(chart, [&](const Dropper& dropper) {
    if (!is_plain(dropper.node)) return;
    std::vector<const Node*> around = chart.activations_before(dropper.node.inputs[0]);
    const Node* behind = chart.activation_behind(dropper.node);
    if (behind != nullptr) around.push_back(behind);
    if (!any_is(chart, around, true)) return;
    constexpr double kSevere = 1.25;
    const double rate = rounded(equivalent_alpha_rate(dropper.rate), 2);
    const double deviation =
        stationary_standard_deviation(moment_rule(*chart.any_self_normalizing()), 1 - dropper.rate);
    symptoms.push_back({dropper.node.name,
                        deviation,
                        deviation < kSevere ? Severity::warning : Severity::error,
                        fmt::format("{:.4g}", dropper.rate),
                        {exchanged(dropper.node, "alpha_dropout", rate)},
                        fmt::format("{}", rate)});
  });
  return symptoms;
}

// Finds alpha dropout after an activation that is not self-normalizing. If the network has SELU
// elsewhere, the activation is replaced (by look_at_activations), else the dropout.
std::vector<Symptom> look_at_alpha_dropout(const NetworkAnalysis& chart) {
  std::vector<Symptom> symptoms;
  for_each_dropout(chart, [&](const Dropper& dropper) {
    const ValueId input = dropper.node.inputs[0];
    const std::vector<const Node*> before = chart.activations_before(input);
    if (!dropper.keeps_unit || !any_is(chart, before, false)) return;
    Symptom symptom{dropper.node.name, chart.average(input).square, Severity::error,
                    before.front()->op};
    if (chart.any_self_normalizing() == nullptr) {
      symptom.fixes = {exchanged(dropper.node, "dropout", dropper.rate)};
      symptom.remedy = fmt::format("replace it with dropout at rate {:.4g}", dropper.rate);
    } else {
      symptom.remedy =
          fmt::format("use {} instead of {}", chart.any_self_normalizing()->op, before.front()->op);
    }
    symptoms.push_back(std::move(symptom));
  });
  return symptoms;
}

std::vector<Symptom> look_at_normalization(const NetworkAnalysis& chart) {
  std::vector<Symptom> symptoms;
  if (chart.any_self_normalizing() == nullptr) return symptoms;
  for (const Node& node : chart.graph().nodes) {
    if (!row_of(node).traits.normalizes) continue;
    const FieldAverage& x = chart.average(node.inputs[0]);
    symptoms.push_back(
        {node.name, x.square - x.mean * x.mean, Severity::warning, "", {{node.name}}});
  }
  return symptoms;
}

std::vector<Symptom> look_at_activations(const NetworkAnalysis& chart) {
  std::vector<Symptom> symptoms;
  const Node* model = chart.any_self_normalizing();
  if (model == nullptr) return symptoms;
  for (const Node& node : chart.graph().nodes) {
    if (!is_hidden_activation(chart, node) || chart.is_self_normalizing(node)) continue;
    if (is_gate(chart, node)) continue;
    const auto exchange = [op = model->op](Layer& layer) {
      layer.op = op;
      layer.attributes.clear();
    };
    const Moments out = layer_map(moment_rule(node), {0, 1}).outputs;
    symptoms.push_back({node.name,
                        out.variance + out.mean * out.mean,
                        Severity::warning,
                        node.op,
                        {{node.name, exchange}},
                        model->op});
  }
  return symptoms;
}

// Removes the initializer of normal weights before a depth-tuned SELU, so that orthogonal weights
// of the same variance are chosen. A product of many matrices of normal weights is close to low
// rank.
std::vector<Edit> free_weights(const NetworkAnalysis& chart, const Node& selu) {
  const Node* layer = chart.maker(selu.inputs[0]);
  const Parameter* weights = layer == nullptr ? nullptr : chart.weights(*layer);
  if (weights == nullptr || !weights->init.starts_with("lecun")) return {};
  return {{weights->owner, [](Layer& owner) { owner.attributes.erase("init"); }}};
}

std::vector<Symptom> look_at_gradients(const NetworkAnalysis& chart) {
  constexpr double kCalm = 2.718281828459045, kSevere = 1e3;
  std::vector<Symptom> symptoms;
  const std::vector<const Node*> nodes = unshaped(chart);
  if (nodes.empty()) return symptoms;
  // Compares sums of squares, since these do not depend on the widths of the layers.
  const auto sum = [&](const Node* node) {
    const ValueId value = node->outputs[0];
    return chart.gradient(value) * static_cast<double>(elements(chart.graph().value(value).shape));
  };
  const double growth = sum(nodes.front()) / sum(nodes.back());
  if (!(growth > kCalm) || slope_growth(chart, nodes) < kCalm) return symptoms;
  const auto shape = [](Layer& layer) {
    layer.attributes.clear();
    layer.attributes["shape"] = std::string("depth");
  };
  for (const Node* node : nodes) {
    std::vector<Edit> fixes = free_weights(chart, *node);
    fixes.push_back({node->name, shape});
    const Severity severity = growth < kSevere ? Severity::warning : Severity::error;
    symptoms.push_back({node->name, growth, severity, "", std::move(fixes)});
  }
  return symptoms;
}

}  // namespace selfnorm
