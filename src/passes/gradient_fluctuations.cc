// SPDX-License-Identifier: Apache-2.0
#include "passes/gradient_fluctuations.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/index.h"
#include "ops/table.h"
#include "passes/width_fluctuation.h"

namespace selfnorm {
namespace {

// The state of a value's gradient in addition to its field.
struct GradientNoise {
  std::vector<const Node*> readers;  ///< nodes that have contributed; nullptr for a graph output
  double square = 0;                 ///< mean square of the contributions
  NoiseSum noise;                    ///< its relative change in a single draw
  NoiseSum pairs;                    ///< as WidthFluctuation::pairs, for the gradient
  double preserved = 0;              ///< as NormPreservation::square
  double preserved_fraction = 0;     ///< fraction due to orthogonal weights, not yet in `preserved`
  double preserved_pairs = 0;        ///< as NormPreservation::pairs
};

class GradientFluctuations {
 public:
  explicit GradientFluctuations(const GradientInputs& inputs)
      : inputs_(inputs), gradient_noise_(inputs.graph.values.size()) {}

  std::vector<double> run() {
    std::vector<double> spreads(gradient_noise_.size(), std::numeric_limits<double>::quiet_NaN());
    for (const ValueId output : inputs_.graph.outputs) {
      gradient_noise(output).square = 1;
      gradient_noise(output).readers.push_back(nullptr);
    }
    for (std::size_t i = inputs_.graph.nodes.size(); i-- > 0;) {
      const Node& node = inputs_.graph.nodes[i];
      const ValueId output = node.outputs[0];
      if (!inputs_.signals.gradients[as_index(output)]) continue;
      const double own = own_noise(output);
      spreads[as_index(output)] = std::sqrt(gradient_noise(output).noise.variance() + own);
      const GradientResponse& response = inputs_.responses[i];
      std::size_t input_index = 0;
      for (const ValueId input : node.inputs) {
        if (!inputs_.signals.forward[as_index(input)]) continue;
        if (response.squares[input_index] > 0) {
          GradientNoise contribution = noise_for_input(node, response, input_index, own);
          contribution.noise.add(inputs_.noise[as_index(input)], response.slopes[input_index]);
          accumulate_gradient_noise(node, input, contribution);
        }
        ++input_index;
      }
    }
    return spreads;
  }

 private:
  GradientNoise& gradient_noise(ValueId id) { return gradient_noise_[as_index(id)]; }
  const MomentField& gradient(ValueId id) const {
    return inputs_.signals.gradients[as_index(id)]->field();
  }
  double units_of(ValueId id) const { return channels_of(inputs_.graph, id, gradient(id)); }

  // Returns the relative variance of a gradient's mean square that is due to its own units.
  double own_noise(ValueId id) {
    const MomentField squares = squares_of_units(id);
    const double square = field_average(squares).mean;
    if (square <= 0) return 0;
    const double all = (variance_of_batch_mean(squares, inputs_.samples) / (square * square) +
                        2 * gradient_noise(id).pairs.variance()) /
                       units_of(id);
    gradient_noise(id).preserved += gradient_noise(id).preserved_fraction * all;
    return std::max(0.0, all - gradient_noise(id).preserved);
  }

  MomentField squares_of_units(ValueId id) {
    const auto& readers = gradient_noise(id).readers;
    if (readers.size() == 1 && readers[0] != nullptr) {
      const ValueId activated = readers[0]->outputs[0];
      const Signal& y = *inputs_.signals.forward[as_index(activated)];
      const bool is_activated = *row_of(*readers[0]).category == Category::activation;
      if (is_activated && y.pre_activation != nullptr) {
        return moments_of_gradient_square(gradient(activated), *y.pre_activation, *y.activation);
      }
    }
    return moments_of_square(gradient(id), 0);
  }

  // Returns the contribution of a node to the gradient of one of its inputs.
  GradientNoise noise_for_input(const Node& node, const GradientResponse& response,
                                std::size_t input_index, double own) {
    const ValueId output = node.outputs[0];
    const GradientNoise& dy = gradient_noise(output);
    GradientNoise dx;
    dx.square = response.squares[input_index];
    dx.noise = dy.noise;
    if (response.has_drawn_weights) {
      const double preserved =
          std::sqrt(pairs_preserved_by_windows(inputs_.graph, node, gradient(output)));
      dx.noise.add_source(source_of(output), std::sqrt(own));
      dx.pairs.add(dy.pairs, preserved);
      dx.pairs.add_source(
          source_of(output),
          preserved * std::sqrt(std::max(0.0, 1 - dy.preserved_pairs) / units_of(output)));
      dx.preserved_fraction = dx.preserved_pairs = response.preserved;
    } else {
      const double correlation_factor = response.correlation_factors[input_index];
      dx.pairs.add(dy.pairs, correlation_factor);
      dx.preserved = dy.preserved;
      dx.preserved_pairs = correlation_factor * correlation_factor * dy.preserved_pairs;
    }
    return dx;
  }

  void accumulate_gradient_noise(const Node& node, ValueId input,
                                 const GradientNoise& contribution) {
    GradientNoise& sum = gradient_noise(input);
    const double all = sum.square + contribution.square;
    const double before = sum.square / all, fraction = contribution.square / all;
    const auto mix = [&](double& to, double from) {
      to = before * before * to + fraction * fraction * from;
    };
    const auto add = [&](NoiseSum& to, const NoiseSum& from) {
      NoiseSum both;
      both.add(to, before);
      both.add(from, fraction);
      to = std::move(both);
    };
    add(sum.noise, contribution.noise);
    add(sum.pairs, contribution.pairs);
    mix(sum.preserved, contribution.preserved);
    mix(sum.preserved_fraction, contribution.preserved_fraction);
    mix(sum.preserved_pairs, contribution.preserved_pairs);
    sum.square = all;
    sum.readers.push_back(&node);
  }

  // Forward sources have the ids of their values, so those of gradients have larger numbers.
  std::int64_t source_of(ValueId gradient) const {
    return 2 * std::ssize(inputs_.graph.values) - gradient;
  }

  const GradientInputs& inputs_;
  std::vector<GradientNoise> gradient_noise_;  ///< by value
};

}  // namespace

std::vector<double> gradient_fluctuations(const GradientInputs& inputs) {
  return GradientFluctuations(inputs).run();
}

}  // namespace selfnorm
