// SPDX-License-Identifier: Apache-2.0
#include "passes/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

#include "base/text.h"
#include "ops/rules.h"
#include "ops/table.h"
#include "passes/initializers.h"
#include "passes/layer_order.h"
#include "passes/network_context.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorKind::config, message); }

const OpRow& layer_row(const Layer& layer) {
  const OpRow* row = find_op(layer.op);
  if (row == nullptr || !is_layer(*row)) {
    fail(fmt::format("layer '{}': unknown op '{}'{}", layer.name, layer.op,
                     suggestion(layer.op, layer_names())));
  }
  return *row;
}

std::string where_of(const Layer& layer) {
  return fmt::format("layer '{}' ({})", layer.name, layer.op);
}

Settings complete_attributes(const Layer& layer) {
  return layer_row(layer).attributes->complete(layer.attributes, where_of(layer));
}

std::vector<std::string> all_names(const Network& network) {
  std::vector<std::string> names;
  for (const auto& input : network.inputs) names.push_back(input.first);
  for (const Layer& layer : network.layers) names.push_back(layer.name);
  return names;
}

void check_names(const Network& network) {
  std::set<std::string> seen;
  for (const std::string& name : all_names(network)) {
    if (!seen.insert(name).second)
      fail(fmt::format(
          "two layers or inputs are named '{}', but names must be unique (rename one of them)",
          name));
  }
  const auto known = [&](const std::string& name, const std::string& where) {
    if (!seen.contains(name)) {
      fail(fmt::format("{}: there is no layer or input '{}'{}", where, name,
                       suggestion(name, all_names(network))));
    }
  };
  for (const Layer& layer : network.layers) {
    for (const std::string& input : layer.inputs) known(input, "layer '" + layer.name + "'");
    if (!layer.share.empty()) known(layer.share, "layer '" + layer.name + "': share");
  }
  for (const std::string& output : network.outputs) known(output, "outputs");
}

using LayersByName = std::unordered_map<std::string_view, const Layer*>;

LayersByName by_name(const Network& network) {
  LayersByName layers;
  for (const Layer& layer : network.layers) layers[layer.name] = &layer;
  return layers;
}

class Builder {
 public:
  Builder(const Network& network, const LayersByName& layers, std::int64_t batch)
      : network_(network), layers_(layers) {
    for (const auto& [name, sample] : network.inputs) {
      Shape shape = sample;
      shape.insert(shape.begin(), batch);
      if (sample.empty() || !is_plausible(shape)) {
        throw Error(ErrorKind::shape,
                    fmt::format("input '{}': extents must be at least 1 and fit in memory, got {}",
                                name, to_string(sample)));
      }
      graph_.inputs.push_back(add_value(graph_, {name, shape, DType::f32, Role::input}));
      ids_[name] = graph_.inputs.back();
    }
  }

  Graph build() {
    for (const Layer* layer : order_layers(network_)) add(*layer);
    for (const std::string& output : network_.outputs) graph_.outputs.push_back(ids_.at(output));
    check_used();
    resolve_attributes(graph_);
    resolve_auto(graph_);
    return std::move(graph_);
  }

 private:
  void add(const Layer& layer) {
    const OpRow& row = layer_row(layer);
    const std::string where = where_of(layer);
    const auto given = static_cast<int>(layer.inputs.size());
    if (given < row.arity->min || (row.arity->max >= 0 && given > row.arity->max)) {
      fail(fmt::format("{}: the number of inputs must be {}{}, got {}", where,
                       row.arity->max < 0 ? "at least " : "", row.arity->min, given));
    }
    Node node{layer.name, layer.op, complete_attributes(with_owner_attributes(layer)), {}, {}, {}};
    std::vector<Shape> shapes;
    for (const std::string& input : layer.inputs) node.inputs.push_back(ids_.at(input));
    const ValueId token_ids = token_ids_of(row, node);
    const bool lacks_token_ids = row.traits.id_input == static_cast<int>(node.inputs.size());
    if (lacks_token_ids && token_ids == kSeveralSequences) {
      fail(where +
           ": its steps come from several sequences, so it needs the token ids that mark the "
           "padding as its second input");
    }
    if (lacks_token_ids && token_ids != kNoValue) node.inputs.push_back(token_ids);
    for (const ValueId input : node.inputs) shapes.push_back(graph_.value(input).shape);
    const Inferred inferred = (*row.infer)({node.name, node.op, node.attributes, shapes});
    for (const Shape& shape : inferred.outputs) check_size(where, shape);
    for (const ParameterSpec& spec : inferred.parameters) {
      check_size(where, spec.shape);
      node.inputs.push_back(parameter(layer, node.attributes, spec));
    }
    if (!layer.share.empty() && inferred.parameters.empty()) {
      fail(fmt::format("{}: has no parameters to share with '{}'", where, layer.share));
    }
    if (!(layer.l2 >= 0 && std::isfinite(layer.l2)))
      fail(fmt::format("{}: l2 is {}, expected a finite number of at least 0", where, layer.l2));
    if (layer.l2 > 0 && std::ranges::none_of(inferred.parameters, &ParameterSpec::has_l2)) {
      fail(fmt::format("{}: has no weights to which l2 = {} applies", where, layer.l2));
    }
    for (std::size_t i = 0; i < inferred.outputs.size(); ++i) {
      const std::string name = i == 0 ? layer.name : fmt::format("{}:{}", layer.name, i);
      node.outputs.push_back(add_value(graph_, {name, inferred.outputs[i]}));
    }
    if (has_steps_of(token_ids, inferred.outputs[0])) token_ids_[node.outputs[0]] = token_ids;
    ids_[layer.name] = node.outputs[0];
    graph_.nodes.push_back(std::move(node));
  }

  // Returns the token ids that show which steps of a node's inputs are padding, or
  // kSeveralSequences if the inputs have different ones. Values computed from the output of an
  // embedding remember its token ids, and nodes that need them get them as an input.
  ValueId token_ids_of(const OpRow& row, const Node& node) const {
    if (row.traits.id_input == 0) return node.inputs[0];
    ValueId token_ids = kNoValue;
    for (const ValueId input : node.inputs) {
      const auto found = token_ids_.find(input);
      if (found == token_ids_.end() || found->second == token_ids) continue;
      token_ids = token_ids == kNoValue ? found->second : kSeveralSequences;
    }
    return token_ids;
  }

  // Whether a value still has one step per token.
  bool has_steps_of(ValueId token_ids, const Shape& shape) const {
    if (shape.size() != 3 || token_ids == kNoValue) return false;
    return token_ids == kSeveralSequences || graph_.value(token_ids).shape[1] == shape[1];
  }

  static void check_size(const std::string& where, const Shape& shape) {
    if (is_plausible(shape)) return;
    throw Error(ErrorKind::shape, fmt::format("{}: an array of shape {} does not fit in memory",
                                              where, to_string(shape)));
  }

  // A layer without attributes takes those of the layer with which it shares parameters.
  Layer with_owner_attributes(Layer layer) const {
    if (layer.share.empty() || !layer.attributes.empty()) return layer;
    const Layer& owner = *layers_.at(layer.share);
    for (const auto& [name, value] : owner.attributes) {
      if (!is_initializer_attribute(name)) layer.attributes.try_emplace(name, value);
    }
    return layer;
  }

  // Returns the parameter, which belongs to the layer itself or to the one it shares with. The
  // latter may come later, so the first of them creates the parameter, by the owner's attributes.
  ValueId parameter(const Layer& layer, const Settings& attributes, const ParameterSpec& spec) {
    const Layer& owner = layer.share.empty() ? layer : *layers_.at(layer.share);
    const std::string name = owner.name + "." + spec.suffix;
    if (const ValueId known = find_parameter(name); known != kNoValue) {
      const Shape& shape = graph_.value(known).shape;
      if (shape != spec.shape) {
        throw Error(
            ErrorKind::shape,
            fmt::format("layer '{}' ({}): shares '{}' of shape {}, but needs shape {}", layer.name,
                        layer.op, name, to_string(shape), to_string(spec.shape)));
      }
      if (graph_.value(known).role != spec.role) {
        fail(fmt::format("{}: shares '{}' with a layer whose `trainable` is different",
                         where_of(layer), name));
      }
      return known;
    }
    const ValueId id = add_value(graph_, {name, spec.shape, DType::f32, spec.role});
    parameters_[name] = id;
    graph_.parameters.push_back(make_parameter(
        owner, &owner == &layer ? attributes : complete_attributes(owner), spec, id));
    return id;
  }

  ValueId find_parameter(const std::string& name) const {
    const auto found = parameters_.find(name);
    return found == parameters_.end() ? kNoValue : found->second;
  }

  void check_used() const {
    const std::vector<int> uses = count_uses(graph_);
    const auto check = [&](ValueId id, const char* what) {
      if (uses[static_cast<std::size_t>(id)] > 0) return;
      fail(fmt::format(
          "{} '{}' is not used (remove it, or name it in the `inputs` of a layer or in `outputs`)",
          what, graph_.value(id).name));
    };
    for (const ValueId input : graph_.inputs) check(input, "input");
    for (const Node& node : graph_.nodes) check(node.outputs[0], "layer");
  }

  static constexpr ValueId kSeveralSequences = kNoValue - 1;  ///< token ids of more than one input

  const Network& network_;
  const LayersByName& layers_;
  Graph graph_;
  std::map<std::string, ValueId> ids_;
  std::map<std::string, ValueId> parameters_;
  std::map<ValueId, ValueId> token_ids_;  ///< the token ids of each sequence
};

// Throws unless only the owner of shared parameters sets their initializer and l2.
void check_sharing_layer(const Layer& layer) {
  const auto refuse = [&](const char* key) {
    fail(fmt::format("{}: `{}` belongs to the shared parameters (set it in layer '{}' instead)",
                     where_of(layer), key, layer.share));
  };
  const auto starts = [](const auto& attribute) {
    return is_initializer_attribute(attribute.first);
  };
  if (std::ranges::any_of(layer.attributes, starts)) refuse("init");
  if (layer.l2 != 0) refuse("l2");
}

void check_parameter_sharing(const Network& network, const LayersByName& layers) {
  for (const Layer& layer : network.layers) {
    if (layer.share.empty()) continue;
    const auto found = layers.find(layer.share);
    const std::string where = fmt::format("layer '{}': share = '{}'", layer.name, layer.share);
    if (found == layers.end()) fail(where + " names an input, not a layer");
    const Layer* owner = found->second;
    if (owner->op != layer.op) {
      fail(fmt::format("{} names a {} layer, expected {}", where, owner->op, layer.op));
    }
    if (!owner->share.empty())
      fail(fmt::format("{} names a layer that itself shares the parameters of '{}'", where,
                       owner->share));
    check_sharing_layer(layer);
  }
}

}  // namespace

Network complete_names(const Network& network) {
  Network complete = network;
  std::map<std::string, int> count;
  std::set<std::string> inputs;  // columns of a table may have any name
  for (const auto& input : network.inputs) inputs.insert(input.first);
  const auto is_input = [&](const std::string& name) { return inputs.contains(name); };
  std::string before = network.inputs.empty() ? "" : network.inputs.front().first;
  for (Layer& layer : complete.layers) {
    const int number = ++count[layer.op];
    if (layer.name.empty())
      layer.name = unused_name(fmt::format("{}_{}", layer.op, number), is_input);
    if (layer.inputs.empty()) layer.inputs = {before};
    before = layer.name;
  }
  if (complete.outputs.empty()) complete.outputs = {before};
  return complete;
}

Graph build_graph(const Network& network, std::int64_t batch) {
  if (network.inputs.empty()) fail("the network has no inputs");
  if (network.layers.empty()) fail("the network has no layers");
  const Network complete = complete_names(network);
  check_names(complete);
  const LayersByName layers = by_name(complete);
  check_parameter_sharing(complete, layers);
  return Builder(complete, layers, batch).build();
}

}  // namespace selfnorm
