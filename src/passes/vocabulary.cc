// SPDX-License-Identifier: Apache-2.0
#include "passes/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

[[noreturn]] void fail(const Node& node, const std::string& what) {
  throw Error(ErrorKind::config, fmt::format("node '{}' ({}): {}", node.name, node.op, what));
}

}  // namespace

std::map<ValueId, std::int64_t> vocabulary_sizes(const Graph& graph) {
  std::map<ValueId, std::int64_t> sizes;
  const auto id_input = [](const Node& node) {
    return static_cast<std::size_t>(row_of(node).traits.id_input);
  };
  for (const Node& node : graph.nodes) {
    if (id_input(node) >= node.inputs.size()) continue;
    const ValueId ids = node.inputs[id_input(node)];
    if (graph.value(ids).role != Role::input) {
      fail(node,
           fmt::format("token ids must come directly from an input, but '{}' is a layer's output",
                       graph.value(ids).name));
    }
    const auto vocabulary_attribute = node.attributes.find("vocabulary");
    const std::int64_t size = vocabulary_attribute == node.attributes.end()
                                  ? kMaxTokenIds
                                  : std::get<std::int64_t>(vocabulary_attribute->second);
    const auto known = sizes.try_emplace(ids, kMaxTokenIds).first;
    known->second = std::min(size, known->second);
  }
  for (const Node& node : graph.nodes) {
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (i == id_input(node) || !sizes.contains(node.inputs[i])) continue;
      fail(node, fmt::format("reads '{}' as plain numbers, but another layer reads it as token ids "
                             "(use a separate input)",
                             graph.value(node.inputs[i]).name));
    }
  }
  return sizes;
}

}  // namespace selfnorm
