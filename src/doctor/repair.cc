// SPDX-License-Identifier: Apache-2.0
#include "doctor/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "base/text.h"
#include "passes/build.h"

namespace selfnorm {
namespace {

// Edits a network in which all names and inputs are written out, and remembers which of them the
// user had omitted.
class Editor {
 public:
  explicit Editor(const Network& given)
      : network_(complete_names(given)), has_outputs_(!given.outputs.empty()) {
    for (std::size_t i = 0; i < given.layers.size(); ++i) {
      const Layer& layer = given.layers[i];
      omitted_parts_.push_back(
          {layer.name.empty(), layer.inputs.empty(), static_cast<std::int64_t>(i)});
    }
  }

  void make(const Edit& edit) {
    const std::size_t at = index_of(edit.layer);
    const bool is_layer = at < network_.layers.size();
    if (!is_layer && edit.inserted.op.empty()) return;  // another edit removed it
    if (edit.change) edit.change(network_.layers[at]);
    else if (edit.inserted.op.empty()) remove_layer(at);
    else insert(edit, at);
  }

  EditedNetwork take() {
    omit_default_inputs();
    omit_default_names();
    if (!has_outputs_ && network_.outputs == std::vector{last_name_}) network_.outputs.clear();
    EditedNetwork edited{std::move(network_), {}};
    for (const OmittedParts& parts : omitted_parts_) edited.origins.push_back(parts.origin);
    return edited;
  }

 private:
  struct OmittedParts {
    bool omits_name, omits_inputs;
    std::int64_t origin;
  };

  std::size_t index_of(const std::string& name) const {
    const auto layer = std::ranges::find(network_.layers, name, &Layer::name);
    return static_cast<std::size_t>(layer - network_.layers.begin());
  }

  // Makes the readers of `from` read `to`; with `only`, makes that layer alone do so.
  void redirect(const std::string& from, const std::string& to, const std::string& only = "") {
    for (Layer& layer : network_.layers) {
      if (layer.name == to || (!only.empty() && layer.name != only)) continue;
      std::ranges::replace(layer.inputs, from, to);
    }
    if (only.empty()) std::ranges::replace(network_.outputs, from, to);
  }

  void remove_layer(std::size_t at) {
    const Layer layer = network_.layers[at];
    redirect(layer.name, layer.inputs[0]);
    network_.layers.erase(network_.layers.begin() + static_cast<std::ptrdiff_t>(at));
    omitted_parts_.erase(omitted_parts_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void insert(const Edit& edit, std::size_t at) {
    Layer layer = edit.inserted;
    layer.inputs = {edit.layer};
    layer.name = make_unused_name(edit.layer + "_" + layer.op);
    redirect(edit.layer, layer.name, edit.reader);
    // Its place is before its one reader if it has one, else after the layer. It comes first after
    // an input of the network.
    const std::size_t place = !edit.reader.empty()           ? index_of(edit.reader)
                              : at == network_.layers.size() ? 0
                                                             : at + 1;
    const auto offset = static_cast<std::ptrdiff_t>(place);
    network_.layers.insert(network_.layers.begin() + offset, layer);
    omitted_parts_.insert(omitted_parts_.begin() + offset, {true, true, -1});
  }

  std::string make_unused_name(std::string name) const {
    const auto is_used = [&](const std::string& candidate) {
      return index_of(candidate) < network_.layers.size() ||
             std::ranges::any_of(network_.inputs,
                                 [&](const auto& input) { return input.first == candidate; });
    };
    return unused_name(std::move(name), is_used);
  }

  void omit_default_inputs() {
    std::string before = network_.inputs.empty() ? "" : network_.inputs.front().first;
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      Layer& layer = network_.layers[i];
      if (omitted_parts_[i].omits_inputs && layer.inputs == std::vector{before})
        layer.inputs.clear();
      before = layer.name;
    }
    last_name_ = before;
  }

  // Clears the names that the user had omitted, if no other layer uses them or the new default
  // name is the same. A name stays if another layer has the new default name.
  void omit_default_names() {
    std::set<std::string> referenced_names(network_.outputs.begin(), network_.outputs.end());
    if (!has_outputs_) referenced_names.erase(last_name_);
    for (const Layer& layer : network_.layers) {
      referenced_names.insert(layer.inputs.begin(), layer.inputs.end());
      referenced_names.insert(layer.share);
    }
    std::map<std::string, int> count;
    std::vector<std::string> default_names;
    for (const Layer& layer : network_.layers) {
      default_names.push_back(fmt::format("{}_{}", layer.op, ++count[layer.op]));
    }
    const auto can_omit_name = [&](std::size_t i) {
      const std::string& name = network_.layers[i].name;
      return omitted_parts_[i].omits_name &&
             (name == default_names[i] || !referenced_names.contains(name));
    };
    std::set<std::string> kept;
    for (const auto& input : network_.inputs) kept.insert(input.first);
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      if (!can_omit_name(i)) kept.insert(network_.layers[i].name);
    }
    for (std::size_t i = 0; i < network_.layers.size(); ++i) {
      if (can_omit_name(i) && !kept.contains(default_names[i])) network_.layers[i].name.clear();
    }
  }

  Network network_;
  bool has_outputs_;
  std::vector<OmittedParts> omitted_parts_;
  std::string last_name_;
};

}  // namespace

EditedNetwork apply_edits(const Network& network, const std::vector<Edit>& edits) {
  Editor editor(network);
  for (const Edit& edit : edits) {
    if (!edit.layer.empty()) editor.make(edit);
  }
  return editor.take();
}

}  // namespace selfnorm
