// SPDX-License-Identifier: Apache-2.0
#include "passes/signals.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <utility>

#include "base/index.h"
#include "ops/table.h"
#include "passes/duplicate_values.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

void add_gradient(std::optional<SignalGradient>& sum, SignalGradient gradient) {
  if (!sum) {
    sum = std::move(gradient);
    return;
  }
  sum = weighted_sum({{*sum, 1}, {gradient, 1}});
}

// Returns the factor if a flow is a multiple of the other, else 0.
double common_factor(const Flow& flow, const Flow& of) {
  if (flow.terms.size() != of.terms.size()) return 0;
  const double factor = flow.terms[0].second / of.terms[0].second;
  const auto is_same = [&](const auto& one, const auto& other) {
    return one.first == other.first && one.second == factor * other.second;
  };
  return std::ranges::equal(flow.terms, of.terms, is_same) ? factor : 0;
}

std::vector<SignalGradient> scaled(const std::vector<SignalGradient>& gradients, double factor) {
  std::vector<SignalGradient> all;
  for (const SignalGradient& gradient : gradients) {
    SignalGradient& made = all.emplace_back(weighted_sum({{gradient, factor}}));
    made.selected_slopes = gradient.selected_slopes;
    made.gradient_weighted_variance = gradient.gradient_weighted_variance;
  }
  return all;
}

class Predictor {
 public:
  explicit Predictor(const Graph& graph, const std::vector<bool>& at_inference = {})
      : graph_(graph),
        at_inference_(at_inference),
        parameter_moments_(initial_parameter_moments(graph)),
        duplicates_(graph) {
    known_.forward.resize(graph.values.size());
    known_.gradients.resize(graph.values.size());
  }

  void propagate_forward(const std::map<ValueId, MomentField>& known) {
    for (const auto& [value, field] : known) forward(value) = Signal(field);
    for (const Node& node : graph_.nodes) {
      auto& output = forward(node.outputs[0]);
      if (!output) output = forward(duplicates_.first(node.outputs[0]));
      if (!output) output = signal_rule(node).forward(context_of(node));
    }
  }

  void propagate_backward() {
    for (const ValueId output : graph_.outputs) {
      const Extent extent = forward(output)->field().extent;
      add_gradient(gradient(output), uniform_field(extent, 0, 1));
    }
    for (auto node = graph_.nodes.rbegin(); node != graph_.nodes.rend(); ++node) {
      const auto& dy = gradient(node->outputs[0]);
      if (!dy) continue;
      auto made = backward_with_cache(*node, *dy);
      auto next = made.begin();
      for (const ValueId input : node->inputs) {
        if (forward(input)) add_gradient(gradient(input), std::move(*next++));
      }
    }
  }

  PredictedSignals take() { return std::move(known_); }

 private:
  std::optional<Signal>& forward(ValueId id) { return known_.forward[as_index(id)]; }
  std::optional<SignalGradient>& gradient(ValueId id) { return known_.gradients[as_index(id)]; }

  SignalContext context_of(const Node& node) {
    SignalContext context = signal_context(
        graph_, node, weight_moments(graph_, parameter_moments_, node), [&](ValueId input) {
          const auto& signal = forward(input);
          return signal ? &*signal : nullptr;
        });
    context.at_inference = at_inference_;
    return context;
  }

  // Nodes that compute the same values return the same flow for the same gradient.
  std::vector<SignalGradient> backward_with_cache(const Node& node, const SignalGradient& dy) {
    const ValueId output = node.outputs[0];
    if (!duplicates_.has_duplicate(output)) return signal_rule(node).backward(context_of(node), dy);
    auto& cached = cached_gradients_[duplicates_.first(output)];
    for (const CachedGradients& other : cached) {
      if (const double factor = common_factor(dy, other.dy); factor != 0)
        return scaled(other.made, factor);
    }
    cached.push_back({dy, signal_rule(node).backward(context_of(node), dy)});
    return cached.back().made;
  }

  struct CachedGradients {
    SignalGradient dy;
    std::vector<SignalGradient> made;
  };

  const Graph& graph_;
  std::vector<bool> at_inference_;
  std::vector<InitializerMoments> parameter_moments_;
  DuplicateValues duplicates_;
  // By the first of equal values.
  std::map<ValueId, std::vector<CachedGradients>> cached_gradients_;
  PredictedSignals known_;
};

}  // namespace

bool depends_on_correlation(const Node& node) {
  return row_of(node).traits.depends_on_correlation && node.inputs.size() == 2;
}

bool share_weights(const Graph& graph, ValueId x, ValueId y) {
  std::map<std::pair<ValueId, ValueId>, bool> known;
  const auto producer_of = [&](ValueId id) {
    return std::ranges::find(graph.nodes, id, [](const Node& node) { return node.outputs[0]; });
  };
  const std::function<bool(ValueId, ValueId)> is_same_computation = [&](ValueId one,
                                                                        ValueId other) {
    const Role role = graph.value(one).role;
    if (role != graph.value(other).role) return false;
    if (role == Role::input) return one != other;
    if (role != Role::intermediate) return one == other;
    if (one == other) return false;  // computed from the same inputs
    const auto [place, is_new] = known.try_emplace({one, other}, false);
    if (!is_new) return place->second;
    const auto a = producer_of(one), b = producer_of(other);
    if (a == graph.nodes.end() || b == graph.nodes.end()) return false;
    const bool same = a->op == b->op && a->attributes == b->attributes &&
                      std::ranges::equal(a->inputs, b->inputs, is_same_computation);
    return known[{one, other}] = same;
  };
  return is_same_computation(x, y);
}

std::vector<InitializerMoments> initial_parameter_moments(const Graph& graph) {
  std::vector<InitializerMoments> parameter_moments(graph.values.size());
  for (const Parameter& p : graph.parameters) {
    const Shape& shape = graph.value(p.value).shape;
    parameter_moments[as_index(p.value)] =
        initializer_moments(p.init, p.gain, {elements(shape), shape[0], p.fan_in, p.fan_out});
  }
  return parameter_moments;
}

const SignalRule& signal_rule(const Node& node) {
  const SignalRule* rule = rule_of(row_of(node).signal);
  if (rule != nullptr) return *rule;
  const std::string reason(std::get<Gap>(*row_of(node).signal).reason);
  throw Error(ErrorKind::config, fmt::format("node '{}' ({}): its signal cannot be predicted: {}",
                                             node.name, node.op, reason));
}

WeightMoments weight_moments(const Graph& graph,
                             const std::vector<InitializerMoments>& parameter_moments,
                             const Node& node) {
  WeightMoments weights{0, 0};
  for (const ValueId input : node.inputs) {
    const Value& value = graph.value(input);
    if (value.role != Role::parameter) continue;
    const InitializerMoments& moments = parameter_moments[as_index(input)];
    if (value.shape.size() > 1) {
      weights.mean = moments.mean;
      weights.variance = moments.variance;
      weights.square_variance = moments.square_variance;
    } else {
      weights.bias_mean = moments.mean;
      weights.bias_variance = moments.variance;
    }
  }
  return weights;
}

MomentField response_to_unit_normals(const Graph& graph, const Node& node,
                                     const WeightMoments& weights) {
  std::list<Signal> signals;
  const auto signal_of = [&](ValueId input) -> const Signal* {
    const Value& value = graph.value(input);
    if (value.role == Role::parameter || value.role == Role::state) return nullptr;
    return &signals.emplace_back(uniform_field(extent_of(value.shape, 1), 0, 1));
  };
  return signal_rule(node).forward(signal_context(graph, node, weights, signal_of)).field();
}

double padding_variance_fraction(const Graph& graph, const Node& node, double fan_in) {
  return field_average(response_to_unit_normals(graph, node, {0, 1 / fan_in})).square;
}

PredictedSignals predict_signals(const Graph& graph, const std::map<ValueId, MomentField>& known) {
  Predictor predictor(graph);
  predictor.propagate_forward(known);
  predictor.propagate_backward();
  return predictor.take();
}

std::vector<std::optional<Signal>> predict_forward_signals(
    const Graph& graph, const std::map<ValueId, MomentField>& known,
    const std::vector<bool>& at_inference) {
  Predictor predictor(graph, at_inference);
  predictor.propagate_forward(known);
  return std::move(predictor.take().forward);
}

}  // namespace selfnorm
