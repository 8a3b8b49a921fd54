// SPDX-License-Identifier: Apache-2.0
#include "passes/fluctuations.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <list>
#include <memory>
#include <optional>

#include "base/index.h"
#include "ops/table.h"
#include "passes/duplicate_values.h"
#include "passes/gradient_fluctuations.h"
#include "passes/width_fluctuation.h"

namespace selfnorm {
namespace {

/// The decrease of correlation for which the responses of layers are computed.
constexpr double kCorrelationStep = 0.1;

// Returns the signal with less correlation. If it is f(z), the correlation of z is reduced.
Signal reduce_correlation(const Signal& x) {
  Signal y = x;
  if (x.pre_activation != nullptr) {
    y.pre_activation =
        std::make_shared<MomentField>(add_correlation(*x.pre_activation, -kCorrelationStep));
    static_cast<Flow&>(y) = Flow(x.activation->forward(*y.pre_activation));
  } else {
    static_cast<Flow&>(y) = Flow(add_correlation(x.field(), -kCorrelationStep));
  }
  return y;
}

class Fluctuations {
 public:
  Fluctuations(const Graph& graph, const std::map<ValueId, MomentField>& known,
               const PredictedSignals& signals, const PredictedSignals& subset,
               std::int64_t samples)
      : graph_(graph),
        known_(known),
        signals_(signals),
        subset_(subset),
        samples_(samples),
        parameter_moments_(initial_parameter_moments(graph)),
        duplicates_(graph),
        uses_(count_uses(graph)),
        width_fluctuations_(graph.values.size()),
        gradient_responses_(graph.nodes.size()) {
    for (const Node& node : graph.nodes) {
      if (is_duplicate(node)) ++uses_[as_index(duplicates_.first(node.outputs[0]))];
    }
  }

  std::vector<Fluctuation> run() {
    for (const ValueId input : graph_.inputs) initialize_random_input(input);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      propagate_node(graph_.nodes[i]);
      gradient_responses_[i] = compute_gradient_response(graph_.nodes[i]);
      forget_inputs(graph_.nodes[i]);
    }
    std::vector<Fluctuation> list(graph_.values.size());
    for (const Node& node : graph_.nodes) {
      list[as_index(node.outputs[0])] = fluctuation_of(width_fluctuation(node.outputs[0]));
    }
    std::vector<NoiseSum> noise;
    for (WidthFluctuation& each : width_fluctuations_) noise.push_back(std::move(each.noise));
    const auto gradients =
        gradient_fluctuations({graph_, signals_, samples_, noise, gradient_responses_});
    for (std::size_t i = 0; i < list.size(); ++i) list[i].log_gradient = gradients[i];
    return list;
  }

 private:
  WidthFluctuation& width_fluctuation(ValueId id) { return width_fluctuations_[as_index(id)]; }
  const MomentField& field(ValueId id) const { return signals_.forward[as_index(id)]->field(); }
  const Signal& subset(ValueId id) const { return *subset_.forward[as_index(id)]; }
  bool is_duplicate(const Node& node) const {
    return duplicates_.first(node.outputs[0]) != node.outputs[0];
  }
  bool has_signal(ValueId id) const { return signals_.forward[as_index(id)].has_value(); }

  // An input with a distribution instead of data has new rows for each draw of the weights.
  void initialize_random_input(ValueId id) {
    if (!has_signal(id) || field(id).extent.samples == samples_) return;
    WidthFluctuation& x = width_fluctuation(id);
    x.units = channels_of(graph_, id, field(id));
    scale_up_and_down(x, subset(id));
    compute_responses(x, subset(id).field(), field(id));
    compute_own_noise(x, field(id), samples_);
  }

  static void scale_up_and_down(WidthFluctuation& x, const Signal& plain) {
    x.up = Signal(affine(plain.field(), std::exp(0.5 * kLogStep), 0));
    x.down = Signal(affine(plain.field(), std::exp(-0.5 * kLogStep), 0));
    x.up->channel_variance_spread = x.down->channel_variance_spread = plain.channel_variance_spread;
  }

  SignalContext context_of(const Node& node, std::optional<Signal> WidthFluctuation::*side) {
    return signal_context(
        graph_, node, weight_moments(graph_, parameter_moments_, node),
        [&](ValueId id) { return has_signal(id) ? signal_at(id, side) : nullptr; });
  }

  const Signal* signal_at(ValueId id, std::optional<Signal> WidthFluctuation::*side) {
    if (side == nullptr) return &subset(id);
    const auto& changed = width_fluctuation(id).*side;
    return changed ? &*changed : &subset(id);
  }

  void propagate_node(const Node& node) {
    const WeightMoments weights = weight_moments(graph_, parameter_moments_, node);
    const ValueId output = node.outputs[0];
    if (known_.contains(output)) return;
    WidthFluctuation& y = width_fluctuation(output);
    if (is_duplicate(node)) {
      y = width_fluctuation(duplicates_.first(output));
      return forget(duplicates_.first(output));
    }
    std::vector<ValueId> inputs;
    std::ranges::copy_if(node.inputs, std::back_inserter(inputs), [&](ValueId id) {
      return has_signal(id) && width_fluctuation(id).varies_over_draws();
    });
    std::vector<double> fractions;
    if (has_drawn_weights(graph_, node, weights)) {
      propagate_through_weights(node, weights);
    } else {
      if (inputs.empty()) return;
      fractions = input_fractions(node, inputs);
      respond(node, inputs, fractions);
    }
    compute_responses(y, subset(output).field(), field(output));
    if (!y.inherits_noise) return compute_own_noise(y, field(output), samples_);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      inherit_noise(width_fluctuation(inputs[i]), field(inputs[i]), fractions[i], y, field(output));
    }
  }

  // Computes the gradients of a node's inputs, and the slopes of their logarithms in δ.
  GradientResponse compute_gradient_response(const Node& node) {
    GradientResponse back;
    if (!signals_.gradients[as_index(node.outputs[0])]) return back;
    back.has_drawn_weights =
        has_drawn_weights(graph_, node, weight_moments(graph_, parameter_moments_, node));
    SignalGradient dy = *subset_.gradients[as_index(node.outputs[0])];
    if (back.has_drawn_weights) {
      back.squares = second_moments_of(backward_gradients(node, nullptr, dy));
      back.slopes.assign(back.squares.size(), 0);
      back.correlation_factors = back.slopes;
      back.preserved = preserved_fractions(graph_, parameter_moments_, node).backward;
      return back;
    }
    const auto plain = backward_gradients(node, nullptr, dy);
    SignalGradient apart = dy;
    static_cast<Flow&>(apart) = Flow(add_correlation(dy.field(), -kCorrelationStep));
    const auto less = backward_gradients(node, nullptr, apart);
    dy.selected_slopes.clear();  // they belong to the unchanged signal
    const std::vector<double> as_it_is = second_moments_of(backward_gradients(node, nullptr, dy)),
                              up = second_moments_of(
                                  backward_gradients(node, &WidthFluctuation::up, dy)),
                              down = second_moments_of(
                                  backward_gradients(node, &WidthFluctuation::down, dy));
    back.squares = second_moments_of(plain);
    const double taken = correlation_gain(apart.field(), dy.field());
    for (std::size_t i = 0; i < plain.size(); ++i) {
      back.correlation_factors.push_back(
          ratio_or_zero(correlation_gain(less[i].field(), plain[i].field()), taken));
      back.slopes.push_back(
          ratio_or_zero(fit_response(as_it_is[i], up[i], down[i]).slope, as_it_is[i]));
    }
    return back;
  }

  // For units with random weights. Their distribution depends only on the inputs' mean square.
  void propagate_through_weights(const Node& node, const WeightMoments& weights) {
    const ValueId output = node.outputs[0];
    const Signal& z = subset(output);
    WidthFluctuation& y = width_fluctuation(output);
    const double group = channels_per_group(graph_, node);
    const double weighed = 1 - weights.bias_variance / mean_second_moment(z.field());
    for (const ValueId input : node.inputs) {
      if (!has_signal(input)) continue;
      const WidthFluctuation& x = width_fluctuation(input);
      const double square = mean_second_moment(field(input));
      if (square <= 0) continue;
      const double slope = weighed * x.square.slope / square;
      const double preserved =
          weighed * std::sqrt(pairs_preserved_by_windows(graph_, node, subset(input).field()));
      y.noise.add(x.noise, slope);
      if (group > 0) y.unit_spread += x.own_square * x.units / group;
      else y.noise.add_source(duplicates_.first(input), weighed * std::sqrt(x.own_square));
      y.element.add(x.element, slope);
      y.element.add_source(duplicates_.first(input), weighed * std::sqrt(x.own_element));
      y.pairs.add(x.pairs, preserved);
      y.pairs.add_source(duplicates_.first(input), preserved * std::sqrt(x.own_pairs));
      y.shift +=
          slope * x.shift + weighed * x.square.half_curvature / square * x.element.variance();
    }
    scale_up_and_down(y, z);
    y.units = channels_of(graph_, output, z.field());
    compute_own_noise(y, field(output), samples_);  // as if weights were independent
    const double preserved = preserved_fractions(graph_, parameter_moments_, node).forward;
    y.preserved = {preserved * y.own_square, preserved * y.own_element, preserved};
    y.unit_scale = (1 - preserved) * y.own_square;
  }

  // For all other nodes. They respond to the scale of those inputs that differ between draws.
  void respond(const Node& node, const std::vector<ValueId>& inputs,
               const std::vector<double>& fractions) {
    const SignalRule& rule = signal_rule(node);
    const ValueId output = node.outputs[0];
    WidthFluctuation& y = width_fluctuation(output);
    y.up = rule.forward(context_of(node, &WidthFluctuation::up));
    y.down = rule.forward(context_of(node, &WidthFluctuation::down));
    const double correlation_factor = preserved_correlation(node, inputs);
    y.units = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      add_input(width_fluctuation(inputs[i]), fractions[i], correlation_factor, y);
    const double channels = channels_of(graph_, output, field(output));
    if (channels > y.units) y.inherits_noise = true;  // positions or fixed values become features
    y.units = std::min(y.units, channels);
    y.distribution = unit_distribution_of(node);
  }

  static void add_input(const WidthFluctuation& x, double fraction, double correlation_factor,
                        WidthFluctuation& y) {
    y.noise.add(x.noise, fraction);
    y.element.add(x.element, fraction);
    y.pairs.add(x.pairs, correlation_factor * fraction);
    y.shift += fraction * x.shift;
    y.units += x.units;
    y.unit_spread = std::max(y.unit_spread, x.unit_spread);
    y.unit_scale += fraction * fraction * x.unit_scale;
    y.preserved.square += fraction * fraction * x.preserved.square;
    y.preserved.element += fraction * fraction * x.preserved.element;
    y.preserved.pairs += std::pow(correlation_factor * fraction, 2) * x.preserved.pairs;
    y.inherits_noise = y.inherits_noise || x.inherits_noise;
  }

  // Returns the fraction of a change in the correlation of these inputs that a node keeps.
  double preserved_correlation(const Node& node, const std::vector<ValueId>& inputs) {
    std::list<Signal> changed;
    double taken = 0;
    const auto signal_of = [&](ValueId id) -> const Signal* {
      if (!has_signal(id)) return nullptr;
      if (std::ranges::find(inputs, id) == inputs.end()) return &subset(id);
      changed.push_back(reduce_correlation(subset(id)));
      taken += correlation_gain(changed.back().field(), subset(id).field()) /
               static_cast<double>(inputs.size());
      return &changed.back();
    };
    const SignalContext context =
        signal_context(graph_, node, weight_moments(graph_, parameter_moments_, node), signal_of);
    const MomentField less = signal_rule(node).forward(context).field();
    return ratio_or_zero(correlation_gain(less, subset(node.outputs[0]).field()), taken);
  }

  // Returns the fraction of the response of a node's output that is due to each input.
  std::vector<double> input_fractions(const Node& node, const std::vector<ValueId>& inputs) {
    if (inputs.size() < 2) return std::vector<double>(inputs.size(), 1.0);
    const double plain = mean_second_moment(subset(node.outputs[0]).field());
    std::vector<double> fractions;
    double sum = 0;
    for (const ValueId input : inputs) {
      const auto square = [&](std::optional<Signal> WidthFluctuation::*side) {
        const auto signal_of = [&](ValueId id) {
          return has_signal(id) ? signal_at(id, id == input ? side : nullptr) : nullptr;
        };
        const SignalContext context = signal_context(
            graph_, node, weight_moments(graph_, parameter_moments_, node), signal_of);
        return mean_second_moment(signal_rule(node).forward(context).field());
      };
      fractions.push_back(
          fit_response(plain, square(&WidthFluctuation::up), square(&WidthFluctuation::down))
              .slope);
      sum += fractions.back();
    }
    for (double& fraction : fractions) fraction = sum > 0 ? fraction / sum : 0;
    return fractions;
  }

  std::optional<UnitDistribution> unit_distribution_of(const Node& node) {
    const Category category = *row_of(node).category;
    if (category == Category::activation) {
      const Signal& y = *signals_.forward[as_index(node.outputs[0])];
      if (y.pre_activation != nullptr) return UnitDistribution{y.pre_activation, y.activation};
    }
    const auto& distribution = width_fluctuation(node.inputs[0]).distribution;
    const bool masks_elements = rule_of(row_of(node).pointwise) != nullptr;
    if (category != Category::dropout || !masks_elements || !distribution) return std::nullopt;
    const Dropout dropout = pointwise_pass(node, Mode::training).dropout;
    const double other = dropout.kind == DropoutKind::alpha ? dropout.alpha_prime : 0;
    return apply_mask(*distribution, keep_probability(dropout), dropout.a, dropout.b, other);
  }

  // Returns the gradients of a node's inputs.
  std::vector<SignalGradient> backward_gradients(const Node& node,
                                                 std::optional<Signal> WidthFluctuation::*side,
                                                 const SignalGradient& dy) {
    return signal_rule(node).backward(context_of(node, side), dy);
  }

  static std::vector<double> second_moments_of(const std::vector<SignalGradient>& gradients) {
    std::vector<double> squares;
    for (const SignalGradient& dx : gradients) squares.push_back(mean_second_moment(dx.field()));
    return squares;
  }

  void forget_inputs(const Node& node) {
    for (const ValueId input : node.inputs) forget(input);
  }

  void forget(ValueId id) {
    if (--uses_[as_index(id)] > 0 || !has_signal(id)) return;
    width_fluctuation(id).up.reset();
    width_fluctuation(id).down.reset();
    width_fluctuation(id).distribution.reset();
  }

  const Graph& graph_;
  const std::map<ValueId, MomentField>& known_;
  const PredictedSignals& signals_;
  const PredictedSignals& subset_;  ///< for few samples, to compute responses
  std::int64_t samples_;
  std::vector<InitializerMoments> parameter_moments_;
  DuplicateValues duplicates_;
  std::vector<int> uses_;
  std::vector<WidthFluctuation> width_fluctuations_;
  std::vector<GradientResponse> gradient_responses_;  ///< by node
};

}  // namespace

std::vector<Fluctuation> predict_fluctuations(const Graph& graph,
                                              const std::map<ValueId, MomentField>& known,
                                              const PredictedSignals& signals,
                                              std::int64_t samples) {
  constexpr std::int64_t kSubsetSamples = 4;
  std::map<ValueId, MomentField> first;
  for (const auto& [value, field] : known) first[value] = first_samples(field, kSubsetSamples);
  return Fluctuations(graph, known, signals, predict_signals(graph, first), samples).run();
}

}  // namespace selfnorm
