// Findings about what a network is made of, and what it is fed.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "doctor/findings.h"
#include "ops/table.h"
#include "passes/initializers.h"
#include "theory/gain.h"

namespace selfnorm {
namespace {

// Dropout in front of weights, with what it makes of N(0, 1).
struct Dropper {
  const Node& node;
  double rate;
  bool keeps_unit;  ///< keeps mean 0 and variance 1, as alpha dropout does
};

template <class Look>
void for_each_dropout(const Chart& chart, Look look) {
  for (const Node& node : chart.graph().nodes) {
    if (*row_of(node).category != Category::dropout || !chart.feeds_weights(node)) continue;
    const double rate = std::get<double>(node.attributes.at("rate"));
    if (rate == 0) continue;
    const double square = average_of(response_to_unit_normals(chart.graph(), node)).square;
    look(Dropper{node, rate, std::abs(square - 1) < 1e-3 * rate});
  }
}

Edit exchanged(const Node& node, const std::string& op, double rate) {
  return {node.name, [=](Layer& layer) {
            layer.op = op;
            layer.attributes = {{"rate", rate}};
          }};
}

double two_digits(double value) { return std::stod(fmt::format("{:.2g}", value)); }

bool is_hidden_activation(const Chart& chart, const Node& node) {
  return rule_of(row_of(node).moments) != nullptr && chart.feeds_weights(node);
}

}  // namespace

std::vector<Symptom> look_at_inputs(const Chart& chart) {
  if (!chart.has_raw_inputs()) return {};
  constexpr double kFar = 0.1, kVeryFar = 0.5;  // of a mean
  for (const ValueId input : chart.graph().inputs) {
    const FieldAverage& x = chart.average(input);
    const double variance = x.square - x.mean * x.mean;
    const bool is_normal = std::abs(x.mean) < kFar && !is_off(x.square);
    if (is_normal) continue;
    const bool is_severe = std::abs(x.mean) > kVeryFar || severity_of(x.square) == Severity::error;
    return {{"",
             x.square,
             is_severe ? Severity::error : Severity::warning,
             fmt::format("mean is {:.4g} and its variance {:.4g}", x.mean, variance),
             {{}}}};
  }
  return {};
}

std::vector<Symptom> look_at_plain_dropout(const Chart& chart) {
  std::vector<Symptom> symptoms;
  for_each_dropout(chart, [&](const Dropper& dropper) {
    const Node* activation = chart.activation_before(dropper.node.inputs[0]);
    if (dropper.keeps_unit || activation == nullptr || !chart.is_self_normalizing(*activation)) {
      return;
    }
    constexpr double kSevere = 1.25;
    const double deviation = settled_deviation(moment_rule(*activation), 1 - dropper.rate);
    symptoms.push_back(
        {dropper.node.name,
         deviation,
         deviation < kSevere ? Severity::warning : Severity::error,
         fmt::format("{:.4g}", dropper.rate),
         {exchanged(dropper.node, "alpha_dropout", two_digits(alpha_rate_like(dropper.rate)))}});
  });
  return symptoms;
}

std::vector<Symptom> look_at_alpha_dropout(const Chart& chart) {
  std::vector<Symptom> symptoms;
  for_each_dropout(chart, [&](const Dropper& dropper) {
    const ValueId input = dropper.node.inputs[0];
    const Node* activation = chart.activation_before(input);
    if (!dropper.keeps_unit || activation == nullptr || chart.is_self_normalizing(*activation)) {
      return;
    }
    symptoms.push_back({dropper.node.name,
                        chart.average(input).square,
                        Severity::error,
                        activation->op,
                        {exchanged(dropper.node, "dropout", dropper.rate)}});
  });
  return symptoms;
}

std::vector<Symptom> look_at_normalization(const Chart& chart) {
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

std::vector<Symptom> look_at_activations(const Chart& chart) {
  std::vector<Symptom> symptoms;
  const Node* model = chart.any_self_normalizing();
  if (model == nullptr) return symptoms;
  for (const Node& node : chart.graph().nodes) {
    if (!is_hidden_activation(chart, node) || chart.is_self_normalizing(node)) continue;
    const auto exchange = [op = model->op](Layer& layer) {
      layer.op = op;
      layer.attributes.clear();
    };
    const Moments out = layer_map(moment_rule(node), {0, 1}).outputs;
    symptoms.push_back({node.name,
                        out.variance + out.mean * out.mean,
                        Severity::warning,
                        node.op,
                        {{node.name, exchange}}});
  }
  return symptoms;
}

std::vector<Symptom> look_at_gradients(const Chart& chart) {
  constexpr double kCalm = 2.718281828459045, kSevere = 1e3;
  std::vector<Symptom> symptoms;
  const Node *first = nullptr, *last = nullptr;
  for (const Node& node : chart.graph().nodes) {
    if (!is_hidden_activation(chart, node) || !chart.is_self_normalizing(node)) continue;
    if (is_shaped_for_depth(node)) return {};  // as calm as depth and width allow
    if (first == nullptr) first = &node;
    last = &node;
  }
  if (first == nullptr) return symptoms;
  const double growth = chart.gradient(first->outputs[0]) / chart.gradient(last->outputs[0]);
  if (!(growth > kCalm)) return symptoms;
  const auto shape = [](Layer& layer) {
    layer.attributes.clear();
    layer.attributes["shape"] = std::string("depth");
  };
  for (const Node& node : chart.graph().nodes) {
    if (!is_hidden_activation(chart, node) || !chart.is_self_normalizing(node)) continue;
    symptoms.push_back({node.name,
                        growth,
                        growth < kSevere ? Severity::warning : Severity::error,
                        "",
                        {{node.name, shape}}});
  }
  return symptoms;
}

}  // namespace selfnorm
