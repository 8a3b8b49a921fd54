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
struct Back {
  std::vector<const Node*> readers;  ///< nodes that have contributed; nullptr for a graph output
  double square = 0;                 ///< mean square of the contributions
  NoiseSum noise;                    ///< its relative change in a single draw
  NoiseSum pairs;                    ///< as Scale::pairs, for the gradient
  double kept = 0;                   ///< as Kept::square
  double kept_share = 0;             ///< fraction due to orthogonal weights, not yet in `kept`
  double kept_pairs = 0;             ///< as Kept::pairs
};

class GradientFluctuations {
 public:
  explicit GradientFluctuations(const GradientInputs& inputs)
      : in_(inputs), back_(inputs.graph.values.size()) {}

  std::vector<double> run() {
    std::vector<double> spreads(back_.size(), std::numeric_limits<double>::quiet_NaN());
    for (const ValueId output : in_.graph.outputs) {
      back(output).square = 1;
      back(output).readers.push_back(nullptr);
    }
    for (std::size_t i = in_.graph.nodes.size(); i-- > 0;) {
      const Node& node = in_.graph.nodes[i];
      const ValueId output = node.outputs[0];
      if (!in_.signals.gradients[as_index(output)]) continue;
      const double own = own_noise(output);
      spreads[as_index(output)] = std::sqrt(back(output).noise.variance() + own);
      const GradientResponse& response = in_.responses[i];
      std::size_t place = 0;
      for (const ValueId input : node.inputs) {
        if (!in_.signals.forward[as_index(input)]) continue;
        if (response.squares[place] > 0) {
          Back given = part(node, response, place, own);
          given.noise.add(in_.noise[as_index(input)], response.slopes[place]);
          send_back(node, input, std::move(given));
        }
        ++place;
      }
    }
    return spreads;
  }

 private:
  Back& back(ValueId id) { return back_[as_index(id)]; }
  const MomentField& gradient(ValueId id) const {
    return in_.signals.gradients[as_index(id)]->field();
  }
  double units_of(ValueId id) const { return channels_of(in_.graph, id, gradient(id)); }

  // Returns the relative variance of a gradient's mean square that is due to its own units.
  double own_noise(ValueId id) {
    const MomentField squares = squares_of_units(id);
    const double square = field_average(squares).mean;
    if (square <= 0) return 0;
    const double all = (variance_of_batch_mean(squares, in_.samples) / (square * square) +
                        2 * back(id).pairs.variance()) /
                       units_of(id);
    back(id).kept += back(id).kept_share * all;
    return std::max(0.0, all - back(id).kept);
  }

  MomentField squares_of_units(ValueId id) {
    const auto& readers = back(id).readers;
    if (readers.size() == 1 && readers[0] != nullptr) {
      const ValueId behind = readers[0]->outputs[0];
      const Signal& y = *in_.signals.forward[as_index(behind)];
      const bool is_activated = *row_of(*readers[0]).category == Category::activation;
      if (is_activated && y.latent != nullptr) {
        return moments_of_gradient_square(gradient(behind), *y.latent, *y.activation);
      }
    }
    return moments_of_square(gradient(id), 0);
  }

  // Returns the contribution of a node to the gradient of one of its inputs.
  Back part(const Node& node, const GradientResponse& response, std::size_t place, double own) {
    const ValueId output = node.outputs[0];
    const Back& dy = back(output);
    Back dx;
    dx.square = response.squares[place];
    dx.noise = dy.noise;
    if (response.weighs) {
      const double kept = std::sqrt(kept_by_windows(in_.graph, node, gradient(output)));
      dx.noise.add_source(source_of(output), std::sqrt(own));
      dx.pairs.add(dy.pairs, kept);
      dx.pairs.add_source(source_of(output),
                          kept * std::sqrt(std::max(0.0, 1 - dy.kept_pairs) / units_of(output)));
      dx.kept_share = dx.kept_pairs = response.kept;
    } else {
      const double alike = response.alike[place];
      dx.pairs.add(dy.pairs, alike);
      dx.kept = dy.kept;
      dx.kept_pairs = alike * alike * dy.kept_pairs;
    }
    return dx;
  }

  void send_back(const Node& node, ValueId input, Back given) {
    Back& sum = back(input);
    const double all = sum.square + given.square;
    const double before = sum.square / all, share = given.square / all;
    const auto mix = [&](double& to, double from) {
      to = before * before * to + share * share * from;
    };
    const auto add = [&](NoiseSum& to, const NoiseSum& from) {
      NoiseSum both;
      both.add(to, before);
      both.add(from, share);
      to = std::move(both);
    };
    add(sum.noise, given.noise);
    add(sum.pairs, given.pairs);
    mix(sum.kept, given.kept);
    mix(sum.kept_share, given.kept_share);
    mix(sum.kept_pairs, given.kept_pairs);
    sum.square = all;
    sum.readers.push_back(&node);
  }

  // Forward sources have the ids of their values, so those of gradients have larger numbers.
  std::int64_t source_of(ValueId gradient) const {
    return 2 * std::ssize(in_.graph.values) - gradient;
  }

  const GradientInputs& in_;
  std::vector<Back> back_;  ///< by value
};

}  // namespace

std::vector<double> gradient_fluctuations(const GradientInputs& inputs) {
  return GradientFluctuations(inputs).run();
}

}  // namespace selfnorm
