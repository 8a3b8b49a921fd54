// SPDX-License-Identifier: Apache-2.0
// Findings about layers that join values of different scales, or change the scale.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "base/text.h"
#include "doctor/findings.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

// Returns whether the network relies on normalization layers, such as batch norm, which correct
// scales themselves.
bool normalizes(const NetworkAnalysis& analysis) {
  return analysis.first_self_normalizing() == nullptr &&
         std::ranges::any_of(analysis.graph().nodes,
                             [](const Node& node) { return row_of(node).traits.normalizes; });
}

Layer scale_layer(double factor, double shift) {
  constexpr double kNone = 0.01;
  Layer layer{"scale", {{"factor", round_to_digits(factor)}}};
  if (std::abs(shift) > kNone) layer.attributes["shift"] = round_to_digits(shift);
  return layer;
}

// Returns the scale layer after a node if it is the only reader of the node, else nullptr. The user
// or the doctor may have inserted it.
const Node* next_scale(const NetworkAnalysis& analysis, const Node& node) {
  const auto& readers = analysis.readers(node);
  if (readers.size() != 1) return nullptr;
  const Node* reader = readers[0];
  const bool is_scale = rule_of(row_of(*reader).rescale) != nullptr &&
                        analysis.weights(*reader) == nullptr && row_of(*reader).arity->max == 1;
  return is_scale ? reader : nullptr;
}

double number_or(const Settings& attributes, const char* name, double default_value) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? default_value : std::get<double>(found->second);
}

// Changes a scale layer so that its output y becomes factor·y + shift.
void compose_scale(Layer& scale, double factor, double shift) {
  const double given = number_or(scale.attributes, "factor", 1);
  const Layer made =
      scale_layer(factor * given, factor * number_or(scale.attributes, "shift", 0) + shift);
  scale.attributes = made.attributes;
}

// Inserts a scale layer after a node, or changes the one that is already there.
Edit make_rescale_edit(const Node& node, const Node* scale, double factor, double shift) {
  if (scale == nullptr) return {node.name, {}, scale_layer(factor, shift)};
  return {scale->name, [=](Layer& layer) { compose_scale(layer, factor, shift); }};
}

// Averages over all elements that are not padding. Padded steps are 0.
struct InputMoments {
  double mean = 0, square = 0;
};
InputMoments input_moments(const std::vector<const MomentField*>& fields) {
  InputMoments sum;
  double count = 0;
  for (const MomentField* x : fields) {
    for (std::size_t e = 0; e < x->square.size(); ++e) {
      if (x->square[e] == 0) continue;
      sum.mean += x->mean[e];
      sum.square += x->square[e];
      count += 1;
    }
  }
  return count > 0 ? InputMoments{sum.mean / count, sum.square / count} : sum;
}

// Returns the moments of all lookups in the table of this embedding. They share one fix.
InputMoments table_moments(const NetworkAnalysis& analysis, const Node& embedding) {
  std::vector<const MomentField*> fields;
  for (const Node& node : analysis.graph().nodes) {
    if (row_of(node).traits.id_input != 0 || node.inputs[1] != embedding.inputs[1]) continue;
    fields.push_back(&analysis.field(node.outputs[0]));
  }
  return input_moments(fields);
}

// Returns whether an embedding reads word vectors from a text file without standardizing them.
bool reads_vectors_from_file(const Node& embedding) {
  const auto& path = std::get<std::string>(embedding.attributes.at("weights"));
  const bool is_array = path.ends_with(".npy") || path.ends_with(".npy.gz");
  return !path.empty() && !is_array && !std::get<bool>(embedding.attributes.at("standardize"));
}

// Sets `standardize` at the owner of the table.
Edit make_standardize_edit(const Graph& graph, const Node& embedding) {
  const auto table = std::ranges::find(graph.parameters, embedding.inputs[1], &Parameter::value);
  return {table->owner, [](Layer& layer) { layer.attributes["standardize"] = true; }};
}

// Describes the edit that `make_rescale_edit` makes, with the numbers that it writes.
std::string scale_remedy(const Node* scale, double factor, double shift) {
  Layer layer = scale_layer(factor, shift);
  if (scale != nullptr) {
    layer.attributes = scale->attributes;
    compose_scale(layer, factor, shift);
  }
  const std::string numbers =
      fmt::format("factor {:.4g} and shift {:.4g}", number_or(layer.attributes, "factor", 1),
                  number_or(layer.attributes, "shift", 0));
  return scale == nullptr ? fmt::format("insert a scale layer with {} after it", numbers)
                          : fmt::format("set {} in layer '{}'", numbers, scale->name);
}

bool sums_steps(const Node& node) {
  const auto mode = node.attributes.find("mode");
  return row_of(node).traits.pools && mode != node.attributes.end() &&
         mode->second == Setting("sum");
}

// Returns whether an op moves the mean: a maximum, an average or a distance does, but a sum does
// not.
bool moves_mean(const Node& node) {
  const Traits& traits = row_of(node).traits;
  return traits.pools || (traits.depends_on_correlation && !traits.sums);
}

// Returns the fields to compare the output with: those of all inputs if the op compares them, else
// that of the first input.
std::vector<const MomentField*> compared_fields(const NetworkAnalysis& analysis, const Node& node) {
  std::vector<const MomentField*> fields;
  for (const ValueId input : node.inputs) {
    if (fields.empty() || row_of(node).traits.depends_on_correlation)
      fields.push_back(&analysis.field(input));
  }
  return fields;
}

}  // namespace

std::vector<LayerFinding> find_unscaled_sums(const NetworkAnalysis& analysis) {
  std::vector<LayerFinding> layer_findings;
  if (normalizes(analysis)) return layer_findings;
  for (const Node& node : analysis.graph().nodes) {
    if (!row_of(node).traits.sums || node.inputs.size() < 2 || !analysis.feeds_weights(node))
      continue;
    double square = 0;  // mean over the inputs
    for (const ValueId input : node.inputs) {
      square += analysis.average(input).square / static_cast<double>(node.inputs.size());
    }
    const double ratio = analysis.average(node.outputs[0]).square / square;
    if (!is_off_target(ratio) || !is_off_target(analysis.average(node.outputs[0]).square)) continue;
    if (ratio == 0) {
      layer_findings.push_back(
          {node.name,
           ratio,
           Severity::error,
           "",
           {},
           "no factor does this, because its inputs cancel; remove it or change its `weights`"});
      continue;
    }
    const auto rescale = [factor = 1 / std::sqrt(ratio), rule = *rule_of(row_of(node).rescale),
                          inputs = node.inputs.size()](Layer& layer) {
      rule(layer.attributes, inputs, factor);
      for (double& weight : std::get<std::vector<double>>(layer.attributes.at("weights"))) {
        weight = round_to_digits(weight);
      }
    };
    layer_findings.push_back(
        {node.name,
         ratio,
         severity_of(ratio),
         "",
         {{node.name, rescale}},
         fmt::format("multiply its `weights` by {:.4g}", 1 / std::sqrt(ratio))});
  }
  return layer_findings;
}

std::vector<LayerFinding> find_unlike_concatenations(const NetworkAnalysis& analysis) {
  constexpr double kUnlike = 1.25, kSevere = 4;
  std::vector<LayerFinding> layer_findings;
  if (normalizes(analysis)) return layer_findings;
  for (const Node& node : analysis.graph().nodes) {
    if (!row_of(node).traits.concatenates || node.inputs.size() < 2 ||
        !analysis.feeds_weights(node))
      continue;
    const auto square = [&](ValueId input) { return analysis.average(input).square; };
    const auto [min, max] = std::ranges::minmax(node.inputs, {}, square);
    const double ratio = square(max) / square(min);
    if (!(ratio >= kUnlike)) continue;  // NaN if all are 0
    LayerFinding layer_finding{node.name, ratio,
                               ratio < kSevere ? Severity::warning : Severity::error};
    const std::set<ValueId> inputs(node.inputs.begin(), node.inputs.end());
    for (const ValueId input : inputs) {
      if (!is_off_target(square(input)) || square(input) == 0) continue;
      const double factor = 1 / std::sqrt(square(input));
      layer_finding.fixes.push_back(
          {analysis.graph().value(input).name, {}, scale_layer(factor, 0), node.name});
      layer_finding.remedy += fmt::format("{} a scale layer with factor {:.4g} after '{}'",
                                          layer_finding.remedy.empty() ? "insert" : ",", factor,
                                          analysis.graph().value(input).name);
    }
    if (layer_finding.remedy.empty()) layer_finding.remedy = "insert a scale layer before it";
    layer_findings.push_back(std::move(layer_finding));
  }
  return layer_findings;
}

// A scale layer after the embedding counts as part of it.
std::vector<LayerFinding> find_unstandardized_embeddings(const NetworkAnalysis& analysis) {
  constexpr double kFar = 0.1;
  std::vector<LayerFinding> layer_findings;
  if (analysis.first_self_normalizing() == nullptr) return layer_findings;
  for (const Node& node : analysis.graph().nodes) {
    if (row_of(node).traits.id_input != 0 || !analysis.feeds_weights(node)) continue;
    const Node* scale = next_scale(analysis, node);
    const InputMoments x = table_moments(analysis, node);
    const double f = scale == nullptr ? 1 : number_or(scale->attributes, "factor", 1);
    const double shift = scale == nullptr ? 0 : number_or(scale->attributes, "shift", 0);
    const double mean = f * x.mean + shift;
    const double square = f * f * x.square + 2 * f * shift * x.mean + shift * shift;
    if (std::abs(mean) < kFar && !is_off_target(square)) continue;
    const double factor = 1 / std::sqrt(square - mean * mean);
    if (!std::isfinite(factor)) continue;  // only padding and zeros
    layer_findings.push_back(
        {node.name,
         square,
         severity_of(square),
         fmt::format("mean {:.4g} and variance {:.4g}", mean, square - mean * mean),
         {reads_vectors_from_file(node) ? make_standardize_edit(analysis.graph(), node)
                                        : make_rescale_edit(node, scale, factor, -factor * mean)},
         reads_vectors_from_file(node) ? "set standardize = true in the embedding"
                                       : scale_remedy(scale, factor, -factor * mean)});
  }
  return layer_findings;
}

std::vector<LayerFinding> find_summed_steps(const NetworkAnalysis& analysis) {
  std::vector<LayerFinding> layer_findings;
  if (normalizes(analysis) || analysis.first_self_normalizing() == nullptr) return layer_findings;
  for (const Node& node : analysis.graph().nodes) {
    if (!sums_steps(node) || !analysis.feeds_weights(node)) continue;
    const double step = input_moments({&analysis.field(node.inputs[0])}).square;
    const double ratio = analysis.average(node.outputs[0]).square / step;
    if (step == 0 || !is_off_target(ratio)) continue;
    const auto divide = [](Layer& layer) {
      layer.attributes["mode"] = std::string("sqrt");
      layer.attributes.erase("padded_sum");  // only mode "sum" has it
    };
    layer_findings.push_back({node.name, ratio, severity_of(ratio), "", {{node.name, divide}}});
  }
  return layer_findings;
}

// A scale layer after the pooling counts as part of it.
std::vector<LayerFinding> find_pooling_shifts(const NetworkAnalysis& analysis) {
  constexpr double kFar = 0.1;
  std::vector<LayerFinding> layer_findings;
  if (analysis.first_self_normalizing() == nullptr) return layer_findings;
  for (const Node& node : analysis.graph().nodes) {
    if (!moves_mean(node) || !analysis.feeds_weights(node)) continue;
    const Node* scale = next_scale(analysis, node);
    if (sums_steps(node)) continue;
    const InputMoments x = input_moments(compared_fields(analysis, node));
    const FieldAverage& y = analysis.average((scale != nullptr ? *scale : node).outputs[0]);
    const double shift = (y.mean - x.mean) / std::sqrt(x.square),
                 ratio = x.square > 0 ? y.square / x.square : 0;
    const bool keeps = std::abs(shift) < kFar && !is_off_target(ratio);
    const bool is_normal = std::abs(y.mean) < kFar && !is_off_target(y.square);
    if (keeps || is_normal) continue;
    const double variance = y.square - y.mean * y.mean, factor = 1 / std::sqrt(variance);
    if (!std::isfinite(factor)) {
      layer_findings.push_back(
          {node.name,
           ratio,
           Severity::error,
           "no variance",
           {},
           "no scale layer does this, because its output is constant; use another pooling"});
      continue;
    }
    layer_findings.push_back({node.name,
                              ratio,
                              severity_of(ratio),
                              fmt::format("mean {:.4g} and variance {:.4g}", y.mean, variance),
                              {make_rescale_edit(node, scale, factor, -factor * y.mean)},
                              scale_remedy(scale, factor, -factor * y.mean)});
  }
  return layer_findings;
}

}  // namespace selfnorm
