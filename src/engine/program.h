// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "graph/graph.h"
#include "ops/row.h"

namespace selfnorm {

/// Memory of others that values of the graph live in: parameters, states, gradients.
using Bindings = std::map<ValueId, float*>;

/// A graph made ready to run: ordered steps over one planned arena. Running allocates nothing of
/// ours. Values are in memory order (features last).
class Program {
 public:
  /// Lowers the graph for `mode` with masks drawn from `seed`. Graph inputs get memory of their
  /// own; `kept` values can be read after a run, besides the graph's outputs.
  Program(Graph graph, Mode mode, std::uint64_t seed, const Bindings& bindings,
          const std::vector<ValueId>& kept = {});
  Program(Program&&) = default;

  /// Runs all steps; `step` numbers the training step, `first_row` the batch's first row, for
  /// masks.
  void run(std::uint64_t step = 0, std::uint64_t first_row = 0);

  /// Runs all steps and returns the name of the first node whose output holds NaN or infinity.
  std::optional<std::string> find_non_finite(std::uint64_t step, std::uint64_t first_row);

  /// Runs all steps and returns the seconds of each, by node.
  std::vector<std::pair<std::string, double>> profile(std::uint64_t step = 0);

  /// The memory of an input, output, kept or bound value.
  float* data(ValueId value) { return pointer_[static_cast<std::size_t>(value)]; }
  const float* data(ValueId value) const { return pointer_[static_cast<std::size_t>(value)]; }

  const Graph& graph() const { return graph_; }
  std::size_t arena_bytes() const { return arena_.size(); }

 private:
  struct BoundStep {
    Step step;
    std::vector<float*> inputs;
    std::vector<float*> outputs;
    std::int64_t rows;  // of the batch, where they are not packed
    ValueId starts;     // of the packed rows that it works on
  };
  void bind_memory(const Bindings& bindings, const std::vector<ValueId>& kept);
  ValueId starts_of(const Node& node) const;
  std::int64_t elements_in_use(ValueId value) const;
  void run_step(const BoundStep& bound, std::uint64_t step, std::uint64_t first_row);

  Graph graph_;
  AlignedBuffer inputs_, arena_, scratch_;
  std::vector<float*> pointer_;  // by value
  std::vector<BoundStep> steps_;
};

}  // namespace selfnorm
