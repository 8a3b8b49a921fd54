// SPDX-License-Identifier: Apache-2.0
#include "doctor/layer_moments.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <optional>
#include <span>

#include "base/random.h"
#include "engine/program.h"
#include "kernels/simd/reduce.h"
#include "passes/autodiff.h"
#include "passes/emit.h"
#include "passes/views.h"
#include "passes/width_fluctuation.h"
#include "train/weights.h"

namespace selfnorm {
namespace {

// The elements of a channel have a random part in common. With few channels, the mean of one draw
// contains some of it, so the variance of one draw is smaller by that amount.
SignalMoments moments_of(const MomentField& x, std::int64_t batch, double channels) {
  const FieldAverage all = field_average(x);
  const double common = std::max(0.0, all.any_pair_product - all.mean * all.mean) / channels;
  const double n = static_cast<double>(batch);
  const double square_of_means = (all.square + (n - 1) * all.sample_pair_product) / n;
  return {all.mean, all.square - all.mean * all.mean - common,
          std::sqrt(std::max(0.0, square_of_means - all.mean * all.mean - common)),
          std::numeric_limits<double>::quiet_NaN()};
}

SignalMoments moments_of(std::span<const float> values, std::int64_t batch) {
  const std::size_t units = values.size() / static_cast<std::size_t>(batch);
  std::vector<double> means(units, 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    means[i % units] += values[i] / static_cast<double>(batch);
  }
  const auto all = kernels::moments(values.data(), static_cast<std::int64_t>(values.size()));
  double spread = 0;
  for (const double unit : means) spread += (unit - all.mean) * (unit - all.mean);
  return {all.mean, all.variance, std::sqrt(spread / static_cast<double>(units)),
          std::numeric_limits<double>::quiet_NaN()};
}

double mean_square(std::span<const float> values) {
  return kernels::sum_of_squares(values.data(), std::ssize(values)) /
         static_cast<double>(values.size());
}

// Runs a network repeatedly and computes the gradient with respect to every layer's output.
class Probe {
 public:
  Probe(const Network& network, std::int64_t batch, const std::vector<PretrainedTable>& tables)
      : batch_(batch), tables_(tables) {
    Graph graph = build_engine_graph(network, batch);
    graph_ = graph;
    weights_ = Weights(graph);
    std::vector<ValueId> layers, kept;
    for (const Node& node : graph.nodes) layers.push_back(node.outputs[0]);
    gradients_.assign(layers.size(), kNoValue);
    for (const ValueId output : std::vector(graph.outputs)) {
      const std::string name = "cotangent:" + graph.value(output).name;
      cotangents_.push_back(
          add_value(graph, {name, graph.value(output).shape, DType::f32, Role::input}));
      graph.inputs.push_back(cotangents_.back());
      add_gradients(graph, differentiate(graph, output, layers, cotangents_.back()));
    }
    kept = layers;
    std::ranges::copy_if(gradients_, std::back_inserter(kept),
                         [](ValueId gradient) { return gradient != kNoValue; });
    const Bindings bindings = weights_.bindings(graph);
    program_.emplace(std::move(graph), Mode::training, 0, bindings, kept);
  }

  void feed(const InputRows& rows) {
    rows_ = rows;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::ranges::copy(rows[i], program_->data(graph_.inputs[i]));
    }
  }

  std::vector<NamedMoments> run(std::uint64_t seed) {
    weights_.initialize(graph_, seed);
    assign_pretrained_tables(tables_, weights_);
    fit_states(graph_, weights_, rows_);
    for (const ValueId cotangent : cotangents_) {
      const std::span<float> to = values(cotangent);
      const RandomKey key = random_key(seed, "doctor", program_->graph().value(cotangent).name);
      std::ranges::copy(standard_normals(key, to.size()), to.begin());
    }
    program_->run(seed);
    std::vector<NamedMoments> layers;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      NamedMoments& layer = layers.emplace_back(
          NamedMoments{node.name, node.op, moments_of(values(node.outputs[0]), batch_)});
      if (gradients_[i] == kNoValue) continue;
      layer.moments.gradient_second_moment = mean_square(values(gradients_[i]));
    }
    return layers;
  }

 private:
  std::span<float> values(ValueId id) {
    return {program_->data(id),
            static_cast<std::size_t>(elements(program_->graph().value(id).shape))};
  }

  // Adds gradients to those of earlier outputs, for layers that several outputs depend on.
  void add_gradients(Graph& graph, const std::vector<ValueId>& more) {
    for (std::size_t i = 0; i < more.size(); ++i) {
      ValueId& sum = gradients_[i];
      if (more[i] == kNoValue) continue;
      if (sum != kNoValue) {
        const std::string name = "gradient:" + std::to_string(graph.nodes.size());
        sum = emit_node(graph, name, "add", {sum, more[i]})[0];
      } else {
        sum = more[i];
      }
    }
  }

  std::int64_t batch_;
  const std::vector<PretrainedTable>& tables_;
  Graph graph_;
  Weights weights_;
  InputRows rows_;
  std::vector<ValueId> cotangents_;  ///< one for each output
  std::vector<ValueId> gradients_;   ///< one for each layer
  std::optional<Program> program_;
};

}  // namespace

std::vector<NamedMoments> predicted_layer_moments(const Graph& graph,
                                                  const PredictedSignals& signals,
                                                  std::int64_t batch) {
  std::vector<NamedMoments> layers;
  std::vector<bool> is_drawn(graph.values.size(), false);  // whether it depends on drawn weights
  for (std::size_t i = 0; i < is_drawn.size(); ++i) {
    is_drawn[i] = graph.values[i].role == Role::parameter;
  }
  for (const Node& node : graph.nodes) {
    const auto output = static_cast<std::size_t>(node.outputs[0]);
    const MomentField& field = signals.forward[output]->field();
    is_drawn[output] = std::ranges::any_of(
        node.inputs, [&](ValueId input) { return is_drawn[static_cast<std::size_t>(input)]; });
    const double channels = is_drawn[output] ? channels_of(graph, node.outputs[0], field)
                                             : std::numeric_limits<double>::infinity();
    NamedMoments& layer =
        layers.emplace_back(NamedMoments{node.name, node.op, moments_of(field, batch, channels)});
    const auto& gradient = signals.gradients[output];
    if (gradient) layer.moments.gradient_second_moment = mean_second_moment(gradient->field());
  }
  return layers;
}

std::vector<std::vector<NamedMoments>> measure_layer_moments(
    const Network& network, const std::function<InputRows(std::uint64_t seed)>& rows,
    std::int64_t batch, const std::vector<PretrainedTable>& tables,
    const std::vector<std::uint64_t>& seeds) {
  Probe probe(network, batch, tables);
  std::vector<std::vector<NamedMoments>> draws;
  for (const std::uint64_t seed : seeds) {
    probe.feed(rows(seed));
    draws.push_back(probe.run(seed));
  }
  return draws;
}

}  // namespace selfnorm
