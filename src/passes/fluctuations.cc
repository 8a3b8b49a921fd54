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
#include "passes/gradient_fluctuations.h"
#include "passes/repeats.h"
#include "passes/width_fluctuation.h"

namespace selfnorm {
namespace {

/// The decrease of correlation for which the responses of layers are computed.
constexpr double kLessAlike = 0.1;

// Returns the signal with less correlation. If it is f(z), the correlation of z is reduced.
Signal less_alike(const Signal& x) {
  Signal y = x;
  if (x.latent != nullptr) {
    y.latent = std::make_shared<MomentField>(add_correlation(*x.latent, -kLessAlike));
    static_cast<Flow&>(y) = Flow(x.activation->forward(*y.latent));
  } else {
    static_cast<Flow&>(y) = Flow(add_correlation(x.field(), -kLessAlike));
  }
  return y;
}

class Fluctuations {
 public:
  Fluctuations(const Graph& graph, const std::map<ValueId, MomentField>& known,
               const PredictedSignals& signals, const PredictedSignals& few, std::int64_t samples)
      : graph_(graph),
        known_(known),
        signals_(signals),
        few_(few),
        samples_(samples),
        laws_(initial_laws(graph)),
        repeats_(graph),
        uses_(count_uses(graph)),
        scales_(graph.values.size()),
        back_(graph.nodes.size()) {
    for (const Node& node : graph.nodes) {
      if (is_repeat(node)) ++uses_[as_index(repeats_.first(node.outputs[0]))];
    }
  }

  std::vector<Fluctuation> run() {
    for (const ValueId input : graph_.inputs) see_input(input);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      go_through(graph_.nodes[i]);
      back_[i] = look_back(graph_.nodes[i]);
      forget_inputs(graph_.nodes[i]);
    }
    std::vector<Fluctuation> list(graph_.values.size());
    for (const Node& node : graph_.nodes) {
      list[as_index(node.outputs[0])] = fluctuation_of(scale(node.outputs[0]));
    }
    std::vector<NoiseSum> noise;
    for (Scale& each : scales_) noise.push_back(std::move(each.noise));
    const auto gradients = gradient_fluctuations({graph_, signals_, samples_, noise, back_});
    for (std::size_t i = 0; i < list.size(); ++i) list[i].log_gradient = gradients[i];
    return list;
  }

 private:
  Scale& scale(ValueId id) { return scales_[as_index(id)]; }
  const MomentField& field(ValueId id) const { return signals_.forward[as_index(id)]->field(); }
  const Signal& few(ValueId id) const { return *few_.forward[as_index(id)]; }
  bool is_repeat(const Node& node) const {
    return repeats_.first(node.outputs[0]) != node.outputs[0];
  }
  bool flows(ValueId id) const { return signals_.forward[as_index(id)].has_value(); }

  // An input with a distribution instead of data has new rows for each draw of the weights.
  void see_input(ValueId id) {
    if (!flows(id) || field(id).extent.samples == samples_) return;
    Scale& x = scale(id);
    x.units = channels_of(graph_, id, field(id));
    scale_up_and_down(x, few(id));
    compute_responses(x, few(id).field(), field(id));
    see_own_noise(x, field(id), samples_);
  }

  static void scale_up_and_down(Scale& x, const Signal& plain) {
    x.up = Signal(affine(plain.field(), std::exp(0.5 * kLogStep), 0));
    x.down = Signal(affine(plain.field(), std::exp(-0.5 * kLogStep), 0));
    x.up->scale_spread = x.down->scale_spread = plain.scale_spread;
  }

  SignalContext context_of(const Node& node, std::optional<Signal> Scale::*side) {
    return signal_context(graph_, node, weight_law(graph_, laws_, node),
                          [&](ValueId id) { return flows(id) ? signal_at(id, side) : nullptr; });
  }

  const Signal* signal_at(ValueId id, std::optional<Signal> Scale::*side) {
    if (side == nullptr) return &few(id);
    const auto& changed = scale(id).*side;
    return changed ? &*changed : &few(id);
  }

  void go_through(const Node& node) {
    const WeightMoments weights = weight_law(graph_, laws_, node);
    const ValueId output = node.outputs[0];
    if (known_.contains(output)) return;
    Scale& y = scale(output);
    if (is_repeat(node)) {
      y = scale(repeats_.first(output));
      return forget(repeats_.first(output));
    }
    std::vector<ValueId> inputs;
    std::ranges::copy_if(node.inputs, std::back_inserter(inputs),
                         [&](ValueId id) { return flows(id) && scale(id).is_drawn(); });
    std::vector<double> shares;
    if (has_drawn_weights(graph_, node, weights)) {
      weigh(node, weights);
    } else {
      if (inputs.empty()) return;
      shares = shares_of(node, inputs);
      respond(node, inputs, shares);
    }
    compute_responses(y, few(output).field(), field(output));
    if (!y.follows) return see_own_noise(y, field(output), samples_);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      follow(scale(inputs[i]), field(inputs[i]), shares[i], y, field(output));
    }
  }

  // Computes the gradients of a node's inputs, and the slopes of their logarithms in δ.
  GradientResponse look_back(const Node& node) {
    GradientResponse back;
    if (!signals_.gradients[as_index(node.outputs[0])]) return back;
    back.weighs = has_drawn_weights(graph_, node, weight_law(graph_, laws_, node));
    SignalGradient dy = *few_.gradients[as_index(node.outputs[0])];
    if (back.weighs) {
      back.squares = squares_of_fields(gradients_back(node, nullptr, dy));
      back.slopes.assign(back.squares.size(), 0);
      back.alike = back.slopes;
      back.kept = lengths_kept(graph_, laws_, node).back;
      return back;
    }
    const auto plain = gradients_back(node, nullptr, dy);
    SignalGradient apart = dy;
    static_cast<Flow&>(apart) = Flow(add_correlation(dy.field(), -kLessAlike));
    const auto less = gradients_back(node, nullptr, apart);
    dy.selected_slopes.clear();  // they belong to the unchanged signal
    const std::vector<double> as_it_is = squares_of_fields(gradients_back(node, nullptr, dy)),
                              up = squares_of_fields(gradients_back(node, &Scale::up, dy)),
                              down = squares_of_fields(gradients_back(node, &Scale::down, dy));
    back.squares = squares_of_fields(plain);
    const double taken = correlation_gain(apart.field(), dy.field());
    for (std::size_t i = 0; i < plain.size(); ++i) {
      back.alike.push_back(ratio(correlation_gain(less[i].field(), plain[i].field()), taken));
      back.slopes.push_back(ratio(response_of(as_it_is[i], up[i], down[i]).slope, as_it_is[i]));
    }
    return back;
  }

  // For units with random weights. Their distribution depends only on the inputs' mean square.
  void weigh(const Node& node, const WeightMoments& weights) {
    const ValueId output = node.outputs[0];
    const Signal& z = few(output);
    Scale& y = scale(output);
    const double group = channels_of_group(graph_, node);
    const double weighed = 1 - weights.bias_variance / mean_second_moment(z.field());
    for (const ValueId input : node.inputs) {
      if (!flows(input)) continue;
      const Scale& x = scale(input);
      const double square = mean_second_moment(field(input));
      if (square <= 0) continue;
      const double slope = weighed * x.square.slope / square;
      const double kept = weighed * std::sqrt(kept_by_windows(graph_, node, few(input).field()));
      y.noise.add(x.noise, slope);
      if (group > 0) y.unit_spread += x.own_square * x.units / group;
      else y.noise.add_source(repeats_.first(input), weighed * std::sqrt(x.own_square));
      y.element.add(x.element, slope);
      y.element.add_source(repeats_.first(input), weighed * std::sqrt(x.own_element));
      y.pairs.add(x.pairs, kept);
      y.pairs.add_source(repeats_.first(input), kept * std::sqrt(x.own_pairs));
      y.shift +=
          slope * x.shift + weighed * x.square.half_curvature / square * x.element.variance();
    }
    scale_up_and_down(y, z);
    y.units = channels_of(graph_, output, z.field());
    see_own_noise(y, field(output), samples_);  // as if weights were independent
    const double kept = lengths_kept(graph_, laws_, node).forth;
    y.kept = {kept * y.own_square, kept * y.own_element, kept};
    y.unit_scale = (1 - kept) * y.own_square;
  }

  // For all other nodes. They respond to the scale of those inputs that differ between draws.
  void respond(const Node& node, const std::vector<ValueId>& inputs,
               const std::vector<double>& shares) {
    const SignalRule& rule = signal_rule(node);
    const ValueId output = node.outputs[0];
    Scale& y = scale(output);
    y.up = rule.forward(context_of(node, &Scale::up));
    y.down = rule.forward(context_of(node, &Scale::down));
    const double alike = likeness_kept(node, inputs);
    y.units = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      add_input(scale(inputs[i]), shares[i], alike, y);
    const double channels = channels_of(graph_, output, field(output));
    if (channels > y.units) y.follows = true;  // positions or fixed values become features
    y.units = std::min(y.units, channels);
    y.law = law_of(node);
  }

  static void add_input(const Scale& x, double share, double alike, Scale& y) {
    y.noise.add(x.noise, share);
    y.element.add(x.element, share);
    y.pairs.add(x.pairs, alike * share);
    y.shift += share * x.shift;
    y.units += x.units;
    y.unit_spread = std::max(y.unit_spread, x.unit_spread);
    y.unit_scale += share * share * x.unit_scale;
    y.kept.square += share * share * x.kept.square;
    y.kept.element += share * share * x.kept.element;
    y.kept.pairs += std::pow(alike * share, 2) * x.kept.pairs;
    y.follows = y.follows || x.follows;
  }

  // Returns the fraction of a change in the correlation of these inputs that a node keeps.
  double likeness_kept(const Node& node, const std::vector<ValueId>& inputs) {
    std::list<Signal> changed;
    double taken = 0;
    const auto signal_of = [&](ValueId id) -> const Signal* {
      if (!flows(id)) return nullptr;
      if (std::ranges::find(inputs, id) == inputs.end()) return &few(id);
      changed.push_back(less_alike(few(id)));
      taken += correlation_gain(changed.back().field(), few(id).field()) /
               static_cast<double>(inputs.size());
      return &changed.back();
    };
    const SignalContext context =
        signal_context(graph_, node, weight_law(graph_, laws_, node), signal_of);
    const MomentField less = signal_rule(node).forward(context).field();
    return ratio(correlation_gain(less, few(node.outputs[0]).field()), taken);
  }

  // Returns the fraction of the response of a node's output that is due to each input.
  std::vector<double> shares_of(const Node& node, const std::vector<ValueId>& inputs) {
    if (inputs.size() < 2) return std::vector<double>(inputs.size(), 1.0);
    const double plain = mean_second_moment(few(node.outputs[0]).field());
    std::vector<double> shares;
    double sum = 0;
    for (const ValueId input : inputs) {
      const auto square = [&](std::optional<Signal> Scale::*side) {
        const auto signal_of = [&](ValueId id) {
          return flows(id) ? signal_at(id, id == input ? side : nullptr) : nullptr;
        };
        const SignalContext context =
            signal_context(graph_, node, weight_law(graph_, laws_, node), signal_of);
        return mean_second_moment(signal_rule(node).forward(context).field());
      };
      shares.push_back(response_of(plain, square(&Scale::up), square(&Scale::down)).slope);
      sum += shares.back();
    }
    for (double& share : shares) share = sum > 0 ? share / sum : 0;
    return shares;
  }

  std::optional<UnitDistribution> law_of(const Node& node) {
    const Category category = *row_of(node).category;
    if (category == Category::activation) {
      const Signal& y = *signals_.forward[as_index(node.outputs[0])];
      if (y.latent != nullptr) return UnitDistribution{y.latent, y.activation};
    }
    const auto& law = scale(node.inputs[0]).law;
    const bool masks_elements = rule_of(row_of(node).pointwise) != nullptr;
    if (category != Category::dropout || !masks_elements || !law) return std::nullopt;
    const Dropout dropout = pointwise_pass(node, Mode::training).dropout;
    const double other = dropout.kind == DropoutKind::alpha ? dropout.alpha_prime : 0;
    return apply_mask(*law, keep_rate(dropout), dropout.a, dropout.b, other);
  }

  // Returns the gradients of a node's inputs.
  std::vector<SignalGradient> gradients_back(const Node& node, std::optional<Signal> Scale::*side,
                                             const SignalGradient& dy) {
    return signal_rule(node).backward(context_of(node, side), dy);
  }

  static std::vector<double> squares_of_fields(const std::vector<SignalGradient>& gradients) {
    std::vector<double> squares;
    for (const SignalGradient& dx : gradients) squares.push_back(mean_second_moment(dx.field()));
    return squares;
  }

  void forget_inputs(const Node& node) {
    for (const ValueId input : node.inputs) forget(input);
  }

  void forget(ValueId id) {
    if (--uses_[as_index(id)] > 0 || !flows(id)) return;
    scale(id).up.reset();
    scale(id).down.reset();
    scale(id).law.reset();
  }

  const Graph& graph_;
  const std::map<ValueId, MomentField>& known_;
  const PredictedSignals& signals_;
  const PredictedSignals& few_;  ///< for few samples, to compute responses
  std::int64_t samples_;
  std::vector<InitializerMoments> laws_;
  Repeats repeats_;
  std::vector<int> uses_;
  std::vector<Scale> scales_;
  std::vector<GradientResponse> back_;  ///< by node
};

}  // namespace

std::vector<Fluctuation> predict_fluctuations(const Graph& graph,
                                              const std::map<ValueId, MomentField>& known,
                                              const PredictedSignals& signals,
                                              std::int64_t samples) {
  constexpr std::int64_t kFew = 4;
  std::map<ValueId, MomentField> first;
  for (const auto& [value, field] : known) first[value] = first_samples(field, kFew);
  return Fluctuations(graph, known, signals, predict_signals(graph, first), samples).run();
}

}  // namespace selfnorm
