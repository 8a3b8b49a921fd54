// SPDX-License-Identifier: Apache-2.0
#include "passes/pack.h"

#include <algorithm>
#include <optional>
#include <set>

#include "kernels/sequence.h"
#include "ops/table.h"
#include "passes/emit.h"

namespace selfnorm {
namespace {

// The values that are computed step by step from an embedding, up to the poolings.
struct Region {
  std::size_t source = 0;  ///< index of the embedding's node
  ValueId ids = kNoValue;
  std::set<ValueId> values;
  std::vector<std::size_t> poolings;
  bool has_masks = false;      ///< whether a mask is drawn for each step
  bool pools_padding = false;  ///< whether padding is pooled too
};

bool reads(const Node& node, const std::set<ValueId>& values) {
  return std::ranges::any_of(node.inputs, [&](ValueId id) { return values.contains(id); });
}

bool is_stepwise_in_region(const Graph& graph, const Node& node, const Region& region) {
  return row_of(node).traits.is_stepwise && std::ranges::all_of(node.inputs, [&](ValueId id) {
           return region.values.contains(id) || is_learned(graph, id);
         });
}

bool pools(const Node& node, const Region& region) {
  return row_of(node).traits.id_input == 1 && node.inputs.size() == 2 &&
         region.values.contains(node.inputs[0]) && node.inputs[1] == region.ids;
}

bool sums_padding(const Node& pooling) {
  return std::get<bool>(pooling.attributes.at("padded_sum"));
}

// Returns the region of an embedding. Returns nothing if its steps are needed other than for
// pooling, or if it has masks and its padding is pooled too.
std::optional<Region> region_of(const Graph& graph, std::size_t source, Mode mode) {
  const Node& embedding = graph.nodes[source];
  Region region{source, embedding.inputs[0], {embedding.outputs[0]}, {}};
  for (std::size_t i = source + 1; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (!reads(node, region.values)) continue;
    if (pools(node, region)) {
      region.poolings.push_back(i);
      region.pools_padding = region.pools_padding || sums_padding(node);
    } else if (is_stepwise_in_region(graph, node, region)) {
      region.values.insert(node.outputs[0]);
      region.has_masks = region.has_masks || draws_masks(pointwise_pass(node, mode).dropout);
    } else {
      return std::nullopt;
    }
  }
  const bool leaves = std::ranges::any_of(
      graph.outputs, [&](ValueId output) { return region.values.contains(output); });
  const bool is_packable =
      !leaves && !region.poolings.empty() && !(region.has_masks && region.pools_padding);
  return is_packable ? std::optional(region) : std::nullopt;
}

// Gives a value of a region the shape for up to `rows` packed rows.
void mark_packed(Graph& graph, ValueId id, std::int64_t rows, ValueId starts) {
  Value& value = graph.value(id);
  value.shape = {rows, value.shape.back()};
  value.starts = starts;
}

void pack(Graph& graph, const Region& region) {
  const Node& embedding = graph.nodes[region.source];
  const std::int64_t rows = elements(graph.value(region.ids).shape);
  const std::int64_t table_rows = graph.value(embedding.inputs[1]).shape[0];
  const std::string name = "rows of " + embedding.name;
  const auto made =
      region.has_masks ? emit_node(graph, name, "pack_steps", {region.ids})
                       : emit_node(graph, name, "pack_words", {region.ids},
                                   {{"table_rows", table_rows}, {"padding", region.pools_padding}});
  const ValueId token_ids = made[0], step_rows = made[1], starts = made[2];
  graph.value(token_ids).starts = starts;
  for (const ValueId value : region.values) mark_packed(graph, value, rows, starts);
  for (const std::size_t pooling : region.poolings)
    graph.nodes[pooling].inputs.push_back(step_rows);
  graph.nodes[region.source].inputs[0] = token_ids;
  const auto at = graph.nodes.begin() + static_cast<std::ptrdiff_t>(region.source);
  std::rotate(at, graph.nodes.end() - 1, graph.nodes.end());
}

}  // namespace

void pack_sequences(Graph& graph, Mode mode) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (row_of(graph.nodes[i]).traits.id_input != 0) continue;
    const std::optional<Region> region = region_of(graph, i, mode);
    if (!region || elements(graph.value(region->ids).shape) >= kMaxTokenIds) continue;
    pack(graph, *region);
    ++i;  // the packing node was inserted before the embedding
  }
}

}  // namespace selfnorm
