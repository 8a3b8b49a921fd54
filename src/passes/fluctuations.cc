#include "passes/fluctuations.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <memory>
#include <optional>

#include "ops/table.h"
#include "passes/gradient_fluctuations.h"
#include "passes/scale.h"

namespace selfnorm {
namespace {

std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }

constexpr double kMoreAlike = 0.1;    ///< correlation that is added, to see what layers make of it
constexpr double kAlikeUnits = 0.05;  ///< a scale_spread that makes no difference

class Fluctuations {
 public:
  Fluctuations(const Graph& graph, const PredictedSignals& signals, std::int64_t samples)
      : graph_(graph),
        signals_(signals),
        samples_(samples),
        laws_(initial_laws(graph)),
        uses_(count_uses(graph)),
        scales_(graph.values.size()),
        back_(graph.nodes.size()) {}

  std::vector<Fluctuation> run() {
    for (const ValueId input : graph_.inputs) see_input(input);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      go_through(graph_.nodes[i]);
      back_[i] = look_back(graph_.nodes[i]);
      forget_inputs(graph_.nodes[i]);
    }
    std::vector<Fluctuation> list(graph_.values.size());
    for (const Node& node : graph_.nodes) {
      list[index(node.outputs[0])] = fluctuation_of(scale(node.outputs[0]));
    }
    std::vector<NoiseSum> noise;
    for (Scale& each : scales_) noise.push_back(std::move(each.noise));
    const auto gradients = gradient_fluctuations({graph_, signals_, samples_, noise, back_});
    for (std::size_t i = 0; i < list.size(); ++i) list[i].log_gradient = gradients[i];
    return list;
  }

 private:
  Scale& scale(ValueId id) { return scales_[index(id)]; }
  const MomentField& field(ValueId id) const { return signals_.forward[index(id)]->field(); }
  bool flows(ValueId id) const { return signals_.forward[index(id)].has_value(); }

  // A law in place of data: rows are drawn from it, anew for each draw of the weights.
  void see_input(ValueId id) {
    if (!flows(id) || field(id).extent.samples == samples_) return;
    scale(id).units = channels_of(graph_, id, field(id));
    see_own_noise(scale(id), field(id), samples_);
  }

  SignalContext context_of(const Node& node, std::optional<Signal> Scale::*side) {
    return signal_context(graph_, node, weight_law(graph_, laws_, node),
                          [&](ValueId id) { return flows(id) ? signal_at(id, side) : nullptr; });
  }

  const Signal* signal_at(ValueId id, std::optional<Signal> Scale::*side) {
    if (side == nullptr) return &*signals_.forward[index(id)];
    const auto& changed = scale(id).*side;
    return changed ? &*changed : &*signals_.forward[index(id)];
  }

  void go_through(const Node& node) {
    const WeightLaw weights = weight_law(graph_, laws_, node);
    const ValueId output = node.outputs[0];
    const bool is_known = std::ranges::none_of(node.inputs, [&](ValueId id) {
      return flows(id) && (scale(id).is_drawn() || scale(id).own_square > 0);
    });
    if (has_drawn_weights(graph_, node, weights)) weigh(node, weights);
    else if (is_known) return;
    else respond(node);
    Scale& y = scale(output);
    see_responses(y, field(output));
    if (!y.follows) return see_own_noise(y, field(output), samples_);
    for (const ValueId input : node.inputs) {
      if (flows(input) && scale(input).is_drawn())
        follow(scale(input), field(input), y, field(output));
    }
  }

  // The gradients that a node gives its inputs, and how their logarithms grow with δ.
  GradientResponse look_back(const Node& node) {
    GradientResponse back;
    if (!signals_.gradients[index(node.outputs[0])]) return back;
    back.weighs = has_drawn_weights(graph_, node, weight_law(graph_, laws_, node));
    back.squares = squares_back(node, nullptr);
    back.slopes.assign(back.squares.size(), 0);
    back.alike = back.slopes;
    if (back.weighs) {
      const bool is_matrix = taps_of(graph_, node) == 1;  // else windows overlap
      back.kept = is_matrix ? drawn_law(graph_, laws_, node).kept_back : 0;
      return back;
    }
    const SignalGradient& dy = *signals_.gradients[index(node.outputs[0])];
    SignalGradient alike = dy;
    static_cast<Flow&>(alike) = Flow(more_alike(dy.field(), kMoreAlike));
    const SignalContext context = context_of(node, nullptr);
    const auto more = signal_rule(node).backward(context, alike),
               less = signal_rule(node).backward(context, dy);
    for (std::size_t i = 0; i < more.size(); ++i) {
      back.alike[i] = likeness_gained(more[i].field(), less[i].field()) / kMoreAlike;
    }
    const auto up = squares_back(node, &Scale::up), down = squares_back(node, &Scale::down);
    for (std::size_t i = 0; i < up.size(); ++i) {
      const double square = back.squares[i];
      if (square > 0) back.slopes[i] = response_of(square, up[i], down[i]).slope / square;
    }
    return back;
  }

  // Units of weights drawn for them: their law depends on the inputs' mean square alone.
  void weigh(const Node& node, const WeightLaw& weights) {
    const ValueId output = node.outputs[0];
    const Signal& z = *signals_.forward[index(output)];
    Scale& y = scale(output);
    y.unit_spread = z.scale_spread < kAlikeUnits ? 0 : z.scale_spread;
    for (const ValueId input : node.inputs) {
      if (!flows(input)) continue;
      const Scale& x = scale(input);
      const double square = statistics_of(field(input)).square;
      if (square <= 0) continue;
      const double weighed = 1 - weights.bias_variance / statistics_of(z.field()).square;
      const double slope = weighed * x.square.slope / square;
      y.noise.add(x.noise, slope);
      y.pairs +=
          weighed * weighed * (x.pairs + x.own_pairs) * kept_by_windows(graph_, node, field(input));
      if (y.unit_spread == 0) y.noise.add_source(input, weighed * std::sqrt(x.own_square));
      y.element_variance += slope * slope * x.element_variance + weighed * weighed * x.own_element;
      y.shift += slope * x.shift + weighed * x.square.half_curvature / square * x.element_variance;
    }
    y.up = Signal(affine(z.field(), std::exp(0.5 * kLogStep), 0));
    y.down = Signal(affine(z.field(), std::exp(-0.5 * kLogStep), 0));
    y.up->scale_spread = y.down->scale_spread = z.scale_spread;
    y.units = channels_of(graph_, output, z.field());
    see_own_noise(y, z.field(), samples_);  // as of independent weights
    const double kept = drawn_law(graph_, laws_, node).kept;
    y.kept = {kept * y.own_square, kept * y.own_element, kept};
    y.unit_scale = (1 - kept) * y.own_square;
  }

  // Everything else responds to the scale of its inputs.
  void respond(const Node& node) {
    const SignalRule& rule = signal_rule(node);
    const ValueId output = node.outputs[0];
    Scale& y = scale(output);
    y.up = rule.forward(context_of(node, &Scale::up));
    y.down = rule.forward(context_of(node, &Scale::down));
    std::vector<ValueId> inputs;
    std::ranges::copy_if(node.inputs, std::back_inserter(inputs),
                         [&](ValueId id) { return flows(id) && scale(id).is_drawn(); });
    const std::vector<double> shares = shares_of(node, inputs);
    const double alike = likeness_kept(node, inputs);
    double units = 0;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Scale& x = scale(inputs[i]);
      y.noise.add(x.noise, shares[i]);
      y.shift += shares[i] * x.shift;
      y.pairs += std::pow(alike * shares[i], 2) * x.pairs;
      y.element_variance += shares[i] * shares[i] * x.element_variance;
      y.unit_spread = std::max(y.unit_spread, x.unit_spread);
      y.unit_scale += shares[i] * shares[i] * x.unit_scale;
      y.kept.square += shares[i] * shares[i] * x.kept.square;
      y.kept.element += shares[i] * shares[i] * x.kept.element;
      y.kept.pairs += std::pow(alike * shares[i], 2) * x.kept.pairs;
      y.follows = y.follows || x.follows;
      units += x.units;
    }
    const double channels = channels_of(graph_, output, field(output));
    if (channels > units && !inputs.empty()) y.follows = true;  // positions become features
    y.units = inputs.empty() ? channels : std::min(units, channels);
    y.law = law_of(node);
  }

  // How much of a correlation of its inputs a node keeps.
  double likeness_kept(const Node& node, const std::vector<ValueId>& inputs) {
    std::list<Signal> alike;
    const auto signal_of = [&](ValueId id) -> const Signal* {
      if (!flows(id)) return nullptr;
      const Signal& x = *signals_.forward[index(id)];
      if (std::ranges::find(inputs, id) == inputs.end()) return &x;
      alike.push_back(x);
      static_cast<Flow&>(alike.back()) = Flow(more_alike(x.field(), kMoreAlike));
      return &alike.back();
    };
    const SignalContext context =
        signal_context(graph_, node, weight_law(graph_, laws_, node), signal_of);
    const MomentField more = signal_rule(node).forward(context).field();
    return likeness_gained(more, field(node.outputs[0])) / kMoreAlike;
  }

  // Of the response of a node's output to all its inputs, how much is due to each.
  std::vector<double> shares_of(const Node& node, const std::vector<ValueId>& inputs) {
    if (inputs.size() < 2) return std::vector<double>(inputs.size(), 1.0);
    const double plain = statistics_of(field(node.outputs[0])).square;
    std::vector<double> shares;
    double sum = 0;
    for (const ValueId input : inputs) {
      const auto square = [&](std::optional<Signal> Scale::*side) {
        const auto signal_of = [&](ValueId id) {
          return flows(id) ? signal_at(id, id == input ? side : nullptr) : nullptr;
        };
        const SignalContext context =
            signal_context(graph_, node, weight_law(graph_, laws_, node), signal_of);
        return statistics_of(signal_rule(node).forward(context).field()).square;
      };
      shares.push_back(response_of(plain, square(&Scale::up), square(&Scale::down)).slope);
      sum += shares.back();
    }
    for (double& share : shares) share = sum > 0 ? share / sum : 0;
    return shares;
  }

  std::optional<UnitLaw> law_of(const Node& node) {
    const Category category = *row_of(node).category;
    if (category == Category::activation) {
      const Signal& y = *signals_.forward[index(node.outputs[0])];
      if (y.latent != nullptr) return UnitLaw{y.latent, y.activation};
    }
    const auto& law = scale(node.inputs[0]).law;
    if (category != Category::dropout || !law) return std::nullopt;
    const Dropout dropout = pointwise_pass(node, Mode::training).dropout;
    const double other = dropout.kind == DropoutKind::alpha ? dropout.alpha_prime : 0;
    return masked_law(*law, keep_rate(dropout), dropout.a, dropout.b, other);
  }

  // Mean squares of the gradients that a node gives its inputs.
  std::vector<double> squares_back(const Node& node, std::optional<Signal> Scale::*side) {
    const ValueId output = node.outputs[0];
    std::vector<double> squares;
    for (const SignalGradient& dx :
         signal_rule(node).backward(context_of(node, side), *signals_.gradients[index(output)])) {
      squares.push_back(average_of(dx.field()).square);
    }
    return squares;
  }

  void forget_inputs(const Node& node) {
    for (const ValueId input : node.inputs) {
      if (--uses_[index(input)] > 0 || !flows(input)) continue;
      scale(input).up.reset();
      scale(input).down.reset();
      scale(input).law.reset();
    }
  }

  const Graph& graph_;
  const PredictedSignals& signals_;
  std::int64_t samples_;
  std::vector<InitialLaw> laws_;
  std::vector<int> uses_;
  std::vector<Scale> scales_;
  std::vector<GradientResponse> back_;  ///< by node
};

}  // namespace

std::vector<Fluctuation> predict_fluctuations(const Graph& graph, const PredictedSignals& signals,
                                              std::int64_t samples) {
  return Fluctuations(graph, signals, samples).run();
}

}  // namespace selfnorm
