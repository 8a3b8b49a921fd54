// SPDX-License-Identifier: Apache-2.0
#include "train/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "passes/autodiff.h"
#include "passes/fuse.h"
#include "passes/inference_mode.h"
#include "passes/members.h"
#include "passes/pack.h"
#include "passes/views.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// Returns the outputs of the members of an ensemble as rows, or the output of another network.
ValueId member_outputs(Graph& graph) {
  const Members members = find_members(graph);
  return members.count == 1 ? only_output(graph) : view_members_as_rows(graph, members);
}

// Returns at most 48 layers, evenly spaced.
std::vector<Watched> evenly_spaced_layers(const std::vector<Watched>& all) {
  constexpr std::size_t kMaxHistograms = 48;
  const std::size_t step =
      std::max<std::size_t>(1, (all.size() + kMaxHistograms - 1) / kMaxHistograms);
  std::vector<Watched> some;
  for (std::size_t i = 0; i < all.size(); i += step) some.push_back(all[i]);
  return some;
}

}  // namespace

ValueId only_output(const Graph& graph) {
  if (graph.outputs.size() == 1) return graph.outputs[0];
  throw Error(ErrorKind::config,
              fmt::format("training needs a network with one output, but this one has {}",
                          graph.outputs.size()));
}

LossValues add_loss(Graph& graph, const Objective& objective, ValueId output) {
  const Shape& shape = graph.value(output).shape;
  const bool labels = uses_class_indices(objective.targets);
  Value target{"target", shape, labels ? DType::i32 : DType::f32, Role::input};
  if (objective.targets == TargetKind::classes) target.shape = {shape[0]};
  if (objective.targets == TargetKind::class_maps) target.shape.erase(target.shape.begin() + 1);
  const ValueId id = add_value(graph, target);
  graph.inputs.push_back(id);
  const auto made = emit_node(graph, "loss", objective.loss, {output, id}, objective.attributes);
  graph.outputs.push_back(made[0]);
  graph.outputs.push_back(made[1]);
  return {output, id, made[0], made[1]};
}

namespace {

// Returns the value that training minimizes: the mean loss, added over the members of an ensemble,
// so that each of them trains as it would alone.
ValueId sum_over_members(Graph& graph, const LossValues& loss) {
  const auto members = static_cast<double>(graph.value(loss.output).shape[0]) /
                       static_cast<double>(graph.value(graph.outputs[0]).shape[0]);
  if (members == 1) return loss.loss;
  return emit_node(graph, "loss_of_members", "scale", {loss.loss}, {{"factor", members}})[0];
}

}  // namespace

CompiledNetwork compile_training(TrainedModel& model, std::int64_t batch, std::uint64_t seed,
                                 float* gradients) {
  Graph graph = build_engine_graph(model.network, batch);
  const ValueId output = only_output(graph);
  const LossValues loss = add_loss(graph, model.objective, member_outputs(graph));
  pack_sequences(graph, Mode::training);
  fuse(graph, Mode::training);
  std::vector<ValueId> parameters;
  for (const Parameter& parameter : graph.parameters) {
    if (graph.value(parameter.value).role == Role::parameter) {
      parameters.push_back(parameter.value);
    }
  }
  const std::vector<ValueId> made = differentiate(graph, sum_over_members(graph, loss), parameters);
  Bindings bindings = model.weights.bindings(graph);
  std::vector<ValueId> wanted = graph.outputs;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (made[i] == kNoValue) continue;
    const WeightEntry& entry = *model.weights.find(graph.value(parameters[i]).name);
    bindings[made[i]] = gradients + entry.offset;
    wanted.push_back(made[i]);
  }
  remove_dead_nodes(graph, wanted);
  return {Program(std::move(graph), Mode::training, seed, bindings), output, loss.target, loss.loss,
          loss.weight};
}

CompiledNetwork compile_inference(TrainedModel& model, std::int64_t batch,
                                  const InferenceOutputs& requested) {
  Graph graph = build_engine_graph(model.network, batch);
  apply_inference_mode(graph);
  ValueId output = requested.members ? member_outputs(graph) : graph.outputs[0];
  graph.outputs[0] = output;
  LossValues loss;
  if (requested.loss) loss = add_loss(graph, model.objective, only_output(graph));
  if (requested.prediction && !model.objective.prediction.empty()) {
    output = emit_node(graph, "prediction", model.objective.prediction, {output})[0];
    graph.outputs[0] = output;
  }
  if (!requested.watched) pack_sequences(graph, Mode::inference);  // statistics count every step
  fuse(graph, Mode::inference, !requested.watched);  // the output of an activation is watched
  std::vector<Watched> moments, histograms;
  if (requested.watched) {
    moments = watch_layers(graph, "moments");
    histograms = evenly_spaced_layers(
        watch_layers(graph, "histogram",
                     {{"low", kHistogramLow}, {"high", kHistogramHigh}, {"bins", kHistogramBins}}));
  }
  for (const auto* list : {&moments, &histograms}) {
    for (const Watched& layer : *list) graph.outputs.push_back(layer.measured);
  }
  remove_dead_nodes(graph, graph.outputs);
  const Bindings bindings = model.weights.bindings(graph);
  return {Program(std::move(graph), Mode::inference, 0, bindings),
          output,
          loss.target,
          loss.loss,
          loss.weight,
          moments,
          histograms};
}

}  // namespace selfnorm
