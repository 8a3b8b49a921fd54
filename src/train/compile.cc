#include "train/compile.h"

#include <fmt/format.h>

#include "passes/autodiff.h"
#include "passes/fuse.h"
#include "passes/pack.h"
#include "passes/views.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

ValueId only_output(const Graph& graph) {
  if (graph.outputs.size() == 1) return graph.outputs[0];
  throw Error(
      ErrorKind::config,
      fmt::format("training needs a network of one output, this one has {}", graph.outputs.size()));
}

}  // namespace

LossValues add_loss(Graph& graph, const Objective& objective) {
  const ValueId output = only_output(graph);
  const Shape& shape = graph.value(output).shape;
  const bool labels = is_labels(objective.targets);
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

CompiledNetwork compile_training(TrainedModel& model, std::int64_t batch, std::uint64_t seed,
                                 float* gradients) {
  Graph graph = build_engine_graph(model.network, batch);
  const LossValues loss = add_loss(graph, model.objective);
  pack_sequences(graph, Mode::training);
  fuse(graph, Mode::training);
  std::vector<ValueId> parameters;
  for (const Parameter& parameter : graph.parameters) {
    if (graph.value(parameter.value).role == Role::parameter) {
      parameters.push_back(parameter.value);
    }
  }
  const std::vector<ValueId> made = differentiate(graph, loss.loss, parameters);
  Bindings bindings = model.weights.bindings(graph);
  std::vector<ValueId> wanted = graph.outputs;
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (made[i] == kNoValue) continue;
    const WeightEntry& entry = *model.weights.find(graph.value(parameters[i]).name);
    bindings[made[i]] = gradients + entry.offset;
    wanted.push_back(made[i]);
  }
  remove_dead_nodes(graph, wanted);
  return {Program(std::move(graph), Mode::training, seed, bindings), loss.output, loss.target,
          loss.loss, loss.weight};
}

CompiledNetwork compile_inference(TrainedModel& model, std::int64_t batch,
                                  const InferenceParts& parts) {
  Graph graph = build_engine_graph(model.network, batch);
  drop_identities(graph);
  ValueId output = graph.outputs[0];
  LossValues loss;
  if (parts.loss) loss = add_loss(graph, model.objective);
  if (parts.prediction && !model.objective.prediction.empty()) {
    output = emit_node(graph, "prediction", model.objective.prediction, {output})[0];
    graph.outputs[0] = output;
  }
  const bool watches = parts.moments || parts.histograms;
  if (!watches) pack_sequences(graph, Mode::inference);  // those count every step
  fuse(graph, Mode::inference);
  std::vector<Watched> watched;
  if (parts.moments) watched = watch_layers(graph, "moments");
  if (const auto& range = parts.histograms) {
    watched = watch_layers(graph, "histogram",
                           {{"low", range->low}, {"high", range->high}, {"bins", range->bins}});
  }
  for (const Watched& layer : watched) graph.outputs.push_back(layer.measured);
  const Bindings bindings = model.weights.bindings(graph);
  return {Program(std::move(graph), Mode::inference, 0, bindings),
          output,
          loss.target,
          loss.loss,
          loss.weight,
          watched};
}

}  // namespace selfnorm
