// SPDX-License-Identifier: Apache-2.0
#include "engine/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "base/aligned_buffer.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

// A range of memory, and the first and last node that use it.
struct Buffer {
  std::size_t bytes = 0;
  int first = 0;
  int last = 0;
  std::size_t offset = 0;
};

std::size_t bytes_of(const Value& value) {
  return align_up(static_cast<std::size_t>(elements(value.shape)) * sizeof(float));
}

// Returns the index of the last node that reads each value, or the number of nodes for kept values.
std::vector<int> last_reads(const Graph& graph, const std::vector<ValueId>& retained) {
  std::vector<int> last(graph.values.size(), -1);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId input : graph.nodes[i].inputs) {
      last[static_cast<std::size_t>(input)] = static_cast<int>(i);
    }
  }
  for (const ValueId value : retained) {
    last[static_cast<std::size_t>(value)] = static_cast<int>(graph.nodes.size());
  }
  return last;
}

// Places buffers, large ones first, each at the lowest offset that is free during its whole life.
// Returns the size of the arena.
std::size_t place_buffers(std::vector<Buffer>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  std::vector<const Buffer*> placed;  // by offset
  std::size_t arena = 0;
  for (const std::size_t index : order) {
    Buffer& buffer = buffers[index];
    std::size_t offset = 0;
    for (const Buffer* other : placed) {
      if (other->last < buffer.first || buffer.last < other->first) continue;
      if (offset + buffer.bytes <= other->offset) break;
      offset = std::max(offset, other->offset + other->bytes);
    }
    buffer.offset = offset;
    arena = std::max(arena, offset + buffer.bytes);
    placed.insert(std::ranges::upper_bound(placed, offset, {}, &Buffer::offset), &buffer);
  }
  return arena;
}

class Planner {
 public:
  Planner(const Graph& graph, const std::vector<char>& is_external,
          const std::vector<ValueId>& retained)
      : graph_(graph),
        is_external_(is_external),
        last_(last_reads(graph, retained)),
        buffer_of_(graph.values.size(), kNone) {
    plan_.view_of.assign(graph.values.size(), kNoValue);
  }

  MemoryPlan plan() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      for (std::size_t k = 0; k < node.outputs.size(); ++k) {
        if (!is_external_[index(node.outputs[k])]) assign(node, k, static_cast<int>(i));
      }
    }
    plan_.arena_bytes = place_buffers(buffers_);
    plan_.offset.assign(graph_.values.size(), MemoryPlan::kNotInArena);
    for (std::size_t i = 0; i < buffer_of_.size(); ++i) {
      if (buffer_of_[i] != kNone) plan_.offset[i] = buffers_[index(buffer_of_[i])].offset;
    }
    return std::move(plan_);
  }

 private:
  static constexpr int kNone = -1;
  static std::size_t index(int i) { return static_cast<std::size_t>(i); }

  void assign(const Node& node, std::size_t k, int node_index) {
    const ValueId out = node.outputs[k];
    int buffer = kNone;
    if (k == 0 && row_of(node).traits.is_view) {
      plan_.view_of[index(out)] = node.inputs[0];
      buffer = buffer_of_[index(node.inputs[0])];
      if (buffer == kNone) return;  // a view of a value outside the arena
    } else if (k == 0 && row_of(node).traits.can_run_in_place && can_overwrite(node, node_index)) {
      buffer = buffer_of_[index(node.inputs[0])];
    } else {
      buffer = static_cast<int>(buffers_.size());
      buffers_.push_back({bytes_of(graph_.value(out)), node_index, node_index, 0});
    }
    Buffer& b = buffers_[index(buffer)];
    b.last = std::max({b.last, last_[index(out)], node_index});
    buffer_of_[index(out)] = buffer;
  }

  // Whether this node is the last to read the buffer of its first input, reads it only once, and
  // has an output of the same size.
  bool can_overwrite(const Node& node, int node_index) const {
    if (node.inputs.empty()) return false;
    const int candidate = buffer_of_[index(node.inputs[0])];
    if (candidate == kNone || buffers_[index(candidate)].last != node_index) return false;
    const auto same = std::ranges::count_if(
        node.inputs, [&](ValueId input) { return buffer_of_[index(input)] == candidate; });
    return same == 1 && buffers_[index(candidate)].bytes == bytes_of(graph_.value(node.outputs[0]));
  }

  const Graph& graph_;
  const std::vector<char>& is_external_;
  std::vector<int> last_;
  std::vector<int> buffer_of_;
  std::vector<Buffer> buffers_;
  MemoryPlan plan_;
};

}  // namespace

MemoryPlan plan_memory(const Graph& graph, const std::vector<char>& is_external,
                       const std::vector<ValueId>& retained) {
  return Planner(graph, is_external, retained).plan();
}

}  // namespace selfnorm
