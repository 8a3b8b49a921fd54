#include "doctor/layer_moments.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "base/random.h"
#include "engine/program.h"
#include "kernels/simd/reduce.h"
#include "passes/autodiff.h"
#include "passes/views.h"
#include "train/weights.h"

namespace selfnorm {
namespace {

SignalMoments moments_of(const MomentField& x, std::int64_t batch) {
  const FieldAverage all = average_of(x);
  const double n = static_cast<double>(batch);
  const double square_of_means = (all.square + (n - 1) * all.between_samples) / n;
  return {all.mean, all.square - all.mean * all.mean,
          std::sqrt(std::max(0.0, square_of_means - all.mean * all.mean)),
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
  const auto all = kernels::moments(values.data(), static_cast<std::int64_t>(values.size()));
  return all.variance + all.mean * all.mean;
}

// The network with a gradient for every layer's output, ready to run again and again.
class Probe {
 public:
  Probe(const Network& network, std::int64_t batch) : batch_(batch) {
    Graph graph = build_engine_graph(network, batch);
    graph_ = graph;
    weights_ = Weights(graph);
    std::vector<ValueId> kept;
    for (const Node& node : graph.nodes) kept.push_back(node.outputs[0]);
    const ValueId output = graph.outputs[0];
    cotangent_ =
        add_value(graph, {"cotangent", graph.value(output).shape, DType::f32, Role::input});
    graph.inputs.push_back(cotangent_);
    gradients_ = differentiate(graph, output, kept, cotangent_);
    for (const ValueId gradient : gradients_) {
      if (gradient != kNoValue) kept.push_back(gradient);
    }
    const Bindings bindings = weights_.bindings(graph);
    program_.emplace(std::move(graph), Mode::training, 0, bindings, kept);
  }

  void feed(const InputRows& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::ranges::copy(rows[i], program_->data(graph_.inputs[i]));
    }
  }

  std::vector<NamedMoments> run(std::uint64_t seed) {
    weights_.initialize(graph_, seed);
    const std::span<float> cotangent = values(cotangent_);
    std::ranges::copy(unit_normals(random_key(seed, "doctor", "cotangent"), cotangent.size()),
                      cotangent.begin());
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

  std::int64_t batch_;
  Graph graph_;
  Weights weights_;
  ValueId cotangent_ = kNoValue;
  std::vector<ValueId> gradients_;
  std::optional<Program> program_;
};

}  // namespace

std::vector<NamedMoments> summarize(const Graph& graph, const PredictedSignals& signals,
                                    std::int64_t batch) {
  std::vector<NamedMoments> layers;
  for (const Node& node : graph.nodes) {
    const auto output = static_cast<std::size_t>(node.outputs[0]);
    NamedMoments& layer = layers.emplace_back(
        NamedMoments{node.name, node.op, moments_of(signals.forward[output]->field(), batch)});
    const auto& gradient = signals.gradients[output];
    if (gradient) layer.moments.gradient_second_moment = average_of(gradient->field).square;
  }
  return layers;
}

std::vector<std::vector<NamedMoments>> measure(const Network& network, const InputRows& rows,
                                               std::int64_t batch,
                                               const std::vector<std::uint64_t>& seeds) {
  Probe probe(network, batch);
  probe.feed(rows);
  std::vector<std::vector<NamedMoments>> draws;
  for (const std::uint64_t seed : seeds) draws.push_back(probe.run(seed));
  return draws;
}

}  // namespace selfnorm
