// SPDX-License-Identifier: Apache-2.0
#include "engine/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/memory_limit.h"
#include "base/text.h"
#include "engine/memory_plan.h"
#include "kernels/simd/reduce.h"
#include "kernels/unsupported_configuration.h"
#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

Step lower(const Graph& graph, const Node& node, Mode mode, std::uint64_t seed) {
  const OpRow& row = row_of(node);
  const auto lowering = std::ranges::find_if(*row.lowerings, [](const Lowering& l) {
    return l.backend == Backend::cpu && l.dtype == DType::f32;
  });
  if (lowering == row.lowerings->end()) {
    throw Error(ErrorKind::config,
                fmt::format("node '{}' ({}): cannot run on this backend", node.name, node.op));
  }
  LoweringContext context{node, {}, {}, mode, seed};
  for (const ValueId input : node.inputs) context.inputs.push_back(graph.value(input).shape);
  for (const ValueId output : node.outputs) context.outputs.push_back(graph.value(output).shape);
  try {
    return lowering->lower(context);
  } catch (const UnsupportedConfiguration& refusal) {
    std::vector<std::string> shapes;
    for (const Shape& shape : context.inputs) shapes.push_back(to_string(shape));
    throw Error(ErrorKind::config,
                fmt::format("node '{}' ({}): cannot run on inputs of shape {} (try other extents "
                            "or attributes): {}",
                            node.name, node.op, join(shapes, ", "), refusal.what()));
  }
}

}  // namespace

Program::Program(Graph graph, Mode mode, std::uint64_t seed, const Bindings& bindings,
                 const std::vector<ValueId>& retained)
    : graph_(std::move(graph)) {
  bind_memory(bindings, retained);
  std::size_t scratch = 0;
  for (const Node& node : graph_.nodes) {
    require_memory_for_libraries();
    const ValueId worked_on = node.inputs.empty() ? node.outputs[0] : node.inputs[0];
    BoundStep bound{lower(graph_, node, mode, seed),
                    {},
                    {},
                    graph_.value(worked_on).shape.at(0),
                    starts_of(node)};
    scratch = std::max(scratch, bound.step.scratch_bytes);
    for (const ValueId input : node.inputs) bound.inputs.push_back(data(input));
    for (const ValueId output : node.outputs) bound.outputs.push_back(data(output));
    steps_.push_back(std::move(bound));
  }
  scratch_ = AlignedBuffer(scratch);
}

void Program::bind_memory(const Bindings& bindings, const std::vector<ValueId>& retained) {
  pointers_.assign(graph_.values.size(), nullptr);
  std::vector<char> is_external(graph_.values.size(), 0);
  for (const auto& [value, memory] : bindings) {
    pointers_[static_cast<std::size_t>(value)] = memory;
    is_external[static_cast<std::size_t>(value)] = 1;
  }
  std::size_t input_bytes = 0;
  const auto bytes = [&](ValueId id) {
    return align_up(static_cast<std::size_t>(elements(graph_.value(id).shape)) * sizeof(float));
  };
  for (const ValueId input : graph_.inputs) input_bytes += bytes(input);
  inputs_ = AlignedBuffer(input_bytes);
  std::byte* next = inputs_.data();
  for (const ValueId input : graph_.inputs) {
    pointers_[static_cast<std::size_t>(input)] = reinterpret_cast<float*>(next);
    is_external[static_cast<std::size_t>(input)] = 1;
    next += bytes(input);
  }
  std::vector<ValueId> alive = retained;
  alive.insert(alive.end(), graph_.outputs.begin(), graph_.outputs.end());
  for (const Value& value : graph_.values) {
    if (value.starts != kNoValue) alive.push_back(value.starts);
  }
  const MemoryPlan plan = plan_memory(graph_, is_external, alive);
  arena_ = AlignedBuffer(plan.arena_bytes);
  for (std::size_t i = 0; i < plan.offset.size(); ++i) {
    if (plan.offset[i] != MemoryPlan::kNotInArena) {
      pointers_[i] = reinterpret_cast<float*>(arena_.data() + plan.offset[i]);
    }
  }
  // Nodes are in topological order, so the memory of the viewed value is known.
  for (const Node& node : graph_.nodes) {
    const auto out = static_cast<std::size_t>(node.outputs[0]);
    if (plan.view_of[out] != kNoValue) pointers_[out] = data(plan.view_of[out]);
  }
}

// Returns the starts of the packed rows that a step reads or, if it does not read any, of those
// that it writes. The packing itself has none, because it computes the starts.
ValueId Program::starts_of(const Node& node) const {
  if (node.inputs.empty()) return kNoValue;
  const ValueId read = graph_.value(node.inputs[0]).starts;
  const ValueId made = graph_.value(node.outputs[0]).starts;
  const bool is_packing = std::ranges::find(node.outputs, made) != node.outputs.end();
  return read != kNoValue || is_packing ? read : made;
}

std::int64_t Program::elements_in_use(ValueId id) const {
  const Value& value = graph_.value(id);
  if (value.starts == kNoValue) return elements(value.shape);
  const std::int64_t samples = graph_.value(value.starts).shape[0] - 1;
  const auto rows = static_cast<std::int64_t>(data(value.starts)[samples]);
  return rows * (elements(value.shape) / value.shape[0]);
}

void Program::run_step(const BoundStep& bound, std::uint64_t step, std::uint64_t first_row) {
  StepArguments arguments{
      bound.inputs.data(), bound.outputs.data(), scratch_.data(), step, first_row, bound.rows};
  if (bound.starts != kNoValue) {
    arguments.starts = data(bound.starts);
    arguments.samples = graph_.value(bound.starts).shape[0] - 1;
    arguments.rows = static_cast<std::int64_t>(arguments.starts[arguments.samples]);
  }
  bound.step.run(arguments);
}

void Program::run(std::uint64_t step, std::uint64_t first_row) {
  require_memory_for_libraries();
  for (const BoundStep& bound : steps_) run_step(bound, step, first_row);
}

std::optional<std::string> Program::find_non_finite(std::uint64_t step, std::uint64_t first_row) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    run_step(steps_[i], step, first_row);
    // Hidden outputs may hold bytes that are not floats.
    const ValueId output = graph_.nodes[i].outputs[0];
    if (!kernels::all_finite(data(output), elements_in_use(output))) {
      return graph_.value(output).name;
    }
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, double>> Program::profile(std::uint64_t step) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::pair<std::string, double>> seconds;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto start = Clock::now();
    run_step(steps_[i], step, 0);
    seconds.emplace_back(graph_.value(graph_.nodes[i].outputs[0]).name,
                         std::chrono::duration<double>(Clock::now() - start).count());
  }
  return seconds;
}

}  // namespace selfnorm
