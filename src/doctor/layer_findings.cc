// SPDX-License-Identifier: Apache-2.0
// Findings about the kinds of layers: dropout, normalization and activations.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/text.h"
#include "doctor/findings.h"
#include "ops/table.h"
#include "passes/inference_mode.h"
#include "passes/initializers.h"
#include "theory/gain.h"

namespace selfnorm {
namespace {

// A dropout layer before a layer with weights.
struct DropoutNode {
  const Node& node;
  double rate;
  bool preserves_unit_moments;  ///< whether it keeps N(0, 1) at mean 0 and variance 1, as alpha
                                ///< dropout does
};

template <class Look>
void for_each_dropout(const NetworkAnalysis& analysis, Look look) {
  for (const Node& node : analysis.graph().nodes) {
    if (*row_of(node).category != Category::dropout || !analysis.feeds_weights(node)) continue;
    const double rate = std::get<double>(node.attributes.at("rate"));
    if (rate == 0) continue;
    const double square = mean_second_moment(response_to_unit_normals(analysis.graph(), node));
    look(DropoutNode{node, rate, std::abs(square - 1) < 1e-3 * rate});
  }
}

Edit replace_op(const Node& node, const std::string& op, double rate) {
  return {node.name, [=](Layer& layer) {
            layer.op = op;
            layer.attributes = {{"rate", rate}};
          }};
}

// Returns whether any of the activations is self-normalizing, or is not if `self_normalizing` is
// false.
bool contains_self_normalizing(const NetworkAnalysis& analysis,
                               const std::vector<const Node*>& activations, bool self_normalizing) {
  return std::ranges::any_of(activations, [&](const Node* node) {
    return analysis.is_self_normalizing(*node) == self_normalizing;
  });
}

bool is_plain(const Node& node) {
  return rule_of(row_of(node).pointwise) != nullptr &&
         pointwise_pass(node, Mode::training).dropout.kind == DropoutKind::plain;
}

// Returns whether an activation is a gate, as in squeeze and excitation. A gate multiplies another
// signal, so it is not part of the chain of activations.
bool is_gate(const NetworkAnalysis& analysis, const Node& node) {
  return std::ranges::any_of(analysis.readers(node),
                             [](const Node* reader) { return row_of(*reader).traits.multiplies; });
}

bool is_hidden_activation(const NetworkAnalysis& analysis, const Node& node) {
  return rule_of(row_of(node).moments) != nullptr && analysis.feeds_weights(node);
}

// Returns the self-normalizing activations without `shape = "depth"`, in the order of computation.
std::vector<const Node*> untuned_selus(const NetworkAnalysis& analysis) {
  std::vector<const Node*> nodes;
  for (const Node& node : analysis.graph().nodes) {
    const bool is_hidden =
        is_hidden_activation(analysis, node) && analysis.is_self_normalizing(node);
    if (is_hidden && !is_shaped_for_depth(node)) nodes.push_back(&node);
  }
  return nodes;
}

// Returns the growth of the gradient by the slopes of these activations, along the path where it is
// largest.
double slope_growth(const NetworkAnalysis& analysis, const std::vector<const Node*>& nodes) {
  std::vector<double> logs(analysis.graph().values.size(), 0);
  double max_log_growth = 0;
  const auto at = [&](ValueId value) -> double& { return logs[static_cast<std::size_t>(value)]; };
  auto next = nodes.begin();
  for (const Node& node : analysis.graph().nodes) {
    double longest = 0;
    for (const ValueId input : analysis.signal_inputs(node)) longest = std::max(longest, at(input));
    if (next != nodes.end() && *next == &node) {
      longest += std::log(layer_map(moment_rule(node), {0, 1}).gradient_growth);
      ++next;
    }
    at(node.outputs[0]) = longest;
    max_log_growth = std::max(max_log_growth, longest);
  }
  return std::exp(max_log_growth);
}

}  // namespace

// Finds plain dropout after SELU, or between weights and SELU.
std::vector<LayerFinding> find_plain_dropout(const NetworkAnalysis& analysis) {
  std::vector<LayerFinding> layer_findings;
  for_each_dropout(analysis, [&](const DropoutNode& dropout) {
    if (!is_plain(dropout.node)) return;
    std::vector<const Node*> around = analysis.activations_before(dropout.node.inputs[0]);
    const Node* activation_after = analysis.next_activation(dropout.node);
    if (activation_after != nullptr) around.push_back(activation_after);
    if (!contains_self_normalizing(analysis, around, true)) return;
    constexpr double kSevere = 1.25;
    const double rate = round_to_digits(equivalent_alpha_rate(dropout.rate), 2);
    const double standard_deviation = stationary_standard_deviation(
        moment_rule(*analysis.first_self_normalizing()), 1 - dropout.rate);
    layer_findings.push_back({dropout.node.name,
                              standard_deviation,
                              standard_deviation < kSevere ? Severity::warning : Severity::error,
                              fmt::format("{:.4g}", dropout.rate),
                              {replace_op(dropout.node, "alpha_dropout", rate)},
                              fmt::format("{}", rate)});
  });
  return layer_findings;
}

// Finds alpha dropout after an activation that is not self-normalizing. If the network has SELU
// elsewhere, the activation is replaced (by find_mixed_activations), else the dropout.
std::vector<LayerFinding> find_alpha_dropout_without_selu(const NetworkAnalysis& analysis) {
  std::vector<LayerFinding> layer_findings;
  for_each_dropout(analysis, [&](const DropoutNode& dropout) {
    const ValueId input = dropout.node.inputs[0];
    const std::vector<const Node*> before = analysis.activations_before(input);
    if (!dropout.preserves_unit_moments || !contains_self_normalizing(analysis, before, false))
      return;
    LayerFinding layer_finding{dropout.node.name, analysis.average(input).square, Severity::error,
                               before.front()->op};
    if (analysis.first_self_normalizing() == nullptr) {
      layer_finding.fixes = {replace_op(dropout.node, "dropout", dropout.rate)};
      layer_finding.remedy = fmt::format("replace it with dropout at rate {:.4g}", dropout.rate);
    } else {
      layer_finding.remedy = fmt::format("use {} instead of {}",
                                         analysis.first_self_normalizing()->op, before.front()->op);
    }
    layer_findings.push_back(std::move(layer_finding));
  });
  return layer_findings;
}

// Finds alpha dropout that is the identity at inference and amplifies the output of the network.
// Without a prediction for the output, the amplification of the next layer counts.
std::vector<LayerFinding> find_dropout_inference_shift(const NetworkAnalysis& analysis) {
  constexpr double kVisible = 1.02;
  std::vector<LayerFinding> layer_findings;
  for_each_dropout(analysis, [&](const DropoutNode& dropout) {
    const Settings& attributes = dropout.node.attributes;
    const auto inference = attributes.find(kDropoutInference);
    if (inference == attributes.end() || inference->second != Setting(std::string("identity")))
      return;
    const auto set_expectation = [](Layer& layer) {
      layer.attributes[kDropoutInference] = std::string("expectation");
    };
    const auto number = [&](const char* name) { return std::get<double>(attributes.at(name)); };
    const double slope = expected_alpha_dropout(dropout.rate, number("mean"), number("variance"),
                                                number("alpha_prime"))
                             .a;
    const double amplification = analysis.output_amplification().value_or(1 / slope);
    if (!(amplification > kVisible)) return;
    layer_findings.push_back({dropout.node.name,
                              amplification,
                              severity_of(amplification),
                              fmt::format("{:.3g} at rate {:.4g}", slope, dropout.rate),
                              {{dropout.node.name, set_expectation}}});
  });
  return layer_findings;
}

std::vector<LayerFinding> find_normalization_beside_selu(const NetworkAnalysis& analysis) {
  std::vector<LayerFinding> layer_findings;
  if (analysis.first_self_normalizing() == nullptr) return layer_findings;
  for (const Node& node : analysis.graph().nodes) {
    if (!row_of(node).traits.normalizes) continue;
    const FieldAverage& x = analysis.average(node.inputs[0]);
    layer_findings.push_back(
        {node.name, x.square - x.mean * x.mean, Severity::warning, "", {{node.name}}});
  }
  return layer_findings;
}

std::vector<LayerFinding> find_mixed_activations(const NetworkAnalysis& analysis) {
  std::vector<LayerFinding> layer_findings;
  const Node* model = analysis.first_self_normalizing();
  if (model == nullptr) return layer_findings;
  for (const Node& node : analysis.graph().nodes) {
    if (!is_hidden_activation(analysis, node) || analysis.is_self_normalizing(node)) continue;
    if (is_gate(analysis, node)) continue;
    const auto exchange = [op = model->op](Layer& layer) {
      layer.op = op;
      layer.attributes.clear();
    };
    const Moments out = layer_map(moment_rule(node), {0, 1}).outputs;
    layer_findings.push_back({node.name,
                              out.variance + out.mean * out.mean,
                              Severity::warning,
                              node.op,
                              {{node.name, exchange}},
                              model->op});
  }
  return layer_findings;
}

// Removes the initializer of normal weights before a depth-tuned SELU, so that orthogonal weights
// of the same variance are chosen. A product of many matrices of normal weights is close to low
// rank.
std::vector<Edit> remove_initializer_edits(const NetworkAnalysis& analysis, const Node& selu) {
  const Node* layer = analysis.producer(selu.inputs[0]);
  const Parameter* weights = layer == nullptr ? nullptr : analysis.weights(*layer);
  if (weights == nullptr || !weights->init.starts_with("lecun")) return {};
  return {{weights->owner, [](Layer& owner) { owner.attributes.erase("init"); }}};
}

std::vector<LayerFinding> find_gradient_growth(const NetworkAnalysis& analysis) {
  constexpr double kMaxNormalGrowth = 2.718281828459045, kSevere = 1e3;
  std::vector<LayerFinding> layer_findings;
  const std::vector<const Node*> nodes = untuned_selus(analysis);
  if (nodes.empty()) return layer_findings;
  // Compares sums of squares, since these do not depend on the widths of the layers.
  const auto sum = [&](const Node* node) {
    const ValueId value = node->outputs[0];
    return analysis.gradient(value) *
           static_cast<double>(elements(analysis.graph().value(value).shape));
  };
  const double growth = sum(nodes.front()) / sum(nodes.back());
  if (!(growth > kMaxNormalGrowth) || slope_growth(analysis, nodes) < kMaxNormalGrowth)
    return layer_findings;
  const auto shape = [](Layer& layer) {
    layer.attributes.clear();
    layer.attributes["shape"] = std::string("depth");
  };
  for (const Node* node : nodes) {
    std::vector<Edit> fixes = remove_initializer_edits(analysis, *node);
    fixes.push_back({node->name, shape});
    const Severity severity = growth < kSevere ? Severity::warning : Severity::error;
    layer_findings.push_back({node->name, growth, severity, "", std::move(fixes)});
  }
  return layer_findings;
}

}  // namespace selfnorm
