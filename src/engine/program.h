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

/// External memory for values of the graph, such as parameters, states and gradients.
using Bindings = std::map<ValueId, float*>;

/// A graph that is ready to run, as ordered steps over one planned arena. Running it allocates no
/// memory, except in libraries. Values are in memory order (features last).
class Program {
 public:
  /// Lowers the graph for `mode`, with masks drawn from `seed`. Graph inputs have their own memory.
  /// After a run, `retained` values and the outputs of the graph can be read.
  Program(Graph graph, Mode mode, std::uint64_t seed, const Bindings& bindings,
          const std::vector<ValueId>& retained = {});
  Program(Program&&) = default;

  /// Runs all steps. Masks depend on the index of the training step and the global index of the
  /// batch's first row.
  void run(std::uint64_t step = 0, std::uint64_t first_row = 0);

  /// Runs all steps and returns the name of the first node whose output holds NaN or infinity.
  std::optional<std::string> find_non_finite(std::uint64_t step, std::uint64_t first_row);

  /// Runs all steps and returns the seconds of each, by node.
  std::vector<std::pair<std::string, double>> profile(std::uint64_t step = 0);

  /// Returns the memory of an input, output, kept or bound value.
  float* data(ValueId value) { return pointers_[static_cast<std::size_t>(value)]; }
  const float* data(ValueId value) const { return pointers_[static_cast<std::size_t>(value)]; }

  const Graph& graph() const { return graph_; }
  std::size_t arena_bytes() const { return arena_.size(); }

 private:
  struct BoundStep {
    Step step;
    std::vector<float*> inputs;
    std::vector<float*> outputs;
    std::int64_t rows;  // number of rows, if they are not packed
    ValueId starts;     // Value::starts of the packed rows, or kNoValue
  };
  void bind_memory(const Bindings& bindings, const std::vector<ValueId>& retained);
  ValueId starts_of(const Node& node) const;
  std::int64_t elements_in_use(ValueId value) const;
  void run_step(const BoundStep& bound, std::uint64_t step, std::uint64_t first_row);

  Graph graph_;
  AlignedBuffer inputs_, arena_, scratch_;
  std::vector<float*> pointers_;  // by value
  std::vector<BoundStep> steps_;
};

}  // namespace selfnorm
