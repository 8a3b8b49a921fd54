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
bool normalizes(const NetworkAnalysis& chart) {
  return chart.any_self_normalizing() == nullptr &&
         std::ranges::any_of(chart.graph().nodes,
                             [](const Node& node) { return row_of(node).traits.normalizes; });
}

Layer scale_layer(double factor, double shift) {
  constexpr double kNone = 0.01;
  Layer layer{"scale", {{"factor", rounded(factor)}}};
  if (std::abs(shift) > kNone) layer.attributes["shift"] = rounded(shift);
  return layer;
}

// Returns the scale layer after a node if it is the only reader of the node, else nullptr. The user
// or the doctor may have inserted it.
const Node* scale_behind(const NetworkAnalysis& chart, const Node& node) {
  const auto& readers = chart.readers(node);
  if (readers.size() != 1) return nullptr;
  const Node* reader = readers[0];
  const bool is_scale = rule_of(row_of(*reader).rescale) != nullptr &&
                        chart.weights(*reader) == nullptr && row_of(*reader).arity->most == 1;
  return is_scale ? reader : nullptr;
}

double number_of(const Settings& attributes, const char* name, double unless) {
  const auto found = attributes.find(name);
  return found == attributes.end() ? unless : std::get<double>(found->second);
}

// Changes a scale layer so that its output y becomes factor·y + shift.
void then(Layer& scale, double factor, double shift) {
  const double given = number_of(scale.attributes, "factor", 1);
  const Layer made =
      scale_layer(factor * given, factor * number_of(scale.attributes, "shift", 0) + shift);
  scale.attributes = made.attributes;
}

// Inserts a scale layer after a node, or changes the one that is already there.
Edit rescaled(const Node& node, const Node* scale, double factor, double shift) {
  if (scale == nullptr) return {node.name, {}, scale_layer(factor, shift)};
  return {scale->name, [=](Layer& layer) { then(layer, factor, shift); }};
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
InputMoments table_moments(const NetworkAnalysis& chart, const Node& embedding) {
  std::vector<const MomentField*> fields;
  for (const Node& node : chart.graph().nodes) {
    if (row_of(node).traits.id_input != 0 || node.inputs[1] != embedding.inputs[1]) continue;
    fields.push_back(&chart.field(node.outputs[0]));
  }
  return input_moments(fields);
}

// Returns whether an embedding reads word vectors from a text file without standardizing them.
bool from_file(const Node& embedding) {
  const auto& path = std::get<std::string>(embedding.attributes.at("weights"));
  const bool is_array = path.ends_with(".npy") || path.ends_with(".npy.gz");
  return !path.empty() && !is_array && !std::get<bool>(embedding.attributes.at("standardize"));
}

// Sets `standardize` at the owner of the table.
Edit standardized_vectors(const Graph& graph, const Node& embedding) {
  const auto table = std::ranges::find(graph.parameters, embedding.inputs[1], &Parameter::value);
  return {table->owner, [](Layer& layer) { layer.attributes["standardize"] = true; }};
}

// Describes the edit that `rescaled` makes, with the numbers that it writes.
std::string scale_remedy(const Node* scale, double factor, double shift) {
  Layer layer = scale_layer(factor, shift);
  if (scale != nullptr) {
    layer.attributes = scale->attributes;
    then(layer, factor, shift);
  }
  const std::string numbers =
      fmt::format("factor {:.4g} and shift {:.4g}", number_of(layer.attributes, "factor", 1),
                  number_of(layer.attributes, "shift", 0));
  return scale == nullptr ? fmt::format("insert scale with {} after it", numbers)
                          : fmt::format("set {} in '{}'", numbers, scale->name);
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
  return traits.pools || (traits.compares && !traits.sums);
}

// Returns the fields to compare the output with: those of all inputs if the op compares them, else
// that of the first input.
std::vector<const MomentField*> compared(const NetworkAnalysis& chart, const Node& node) {
  std::vector<const MomentField*> fields;
  for (const ValueId input : node.inputs) {
    if (fields.empty() || row_of(node).traits.compares) fields.push_back(&chart.field(input));
  }
  return fields;
}

}  // namespace

std::vector<Symptom> look_at_sums(const NetworkAnalysis& chart) {
  std::vector<Symptom> symptoms;
  if (normalizes(chart)) return symptoms;
  for (const Node& node : chart.graph().nodes) {
    if (!row_of(node).traits.sums || node.inputs.size() < 2 || !chart.feeds_weights(node)) continue;
    double square = 0;  // mean over the inputs
    for (const ValueId input : node.inputs) {
      square += chart.average(input).square / static_cast<double>(node.inputs.size());
    }
    const double ratio = chart.average(node.outputs[0]).square / square;
    if (!is_off(ratio) || !is_off(chart.average(node.outputs[0]).square)) continue;
    if (ratio == 0) {
      symptoms.push_back(
          {node.name,
           ratio,
           Severity::error,
           "",
           {},
           "no factor can, since its inputs cancel; remove it or change its `weights`"});
      continue;
    }
    const auto rescale = [factor = 1 / std::sqrt(ratio), rule = *rule_of(row_of(node).rescale),
                          inputs = node.inputs.size()](Layer& layer) {
      rule(layer.attributes, inputs, factor);
      for (double& weight : std::get<std::vector<double>>(layer.attributes.at("weights"))) {
        weight = rounded(weight);
      }
    };
    symptoms.push_back({node.name,
                        ratio,
                        severity_of(ratio),
                        "",
                        {{node.name, rescale}},
                        fmt::format("multiply its `weights` by {:.4g}", 1 / std::sqrt(ratio))});
  }
  return symptoms;
}

std::vector<Symptom> look_at_concatenations(const NetworkAnalysis& chart) {
  constexpr double kUnlike = 1.25, kSevere = 4;
  std::vector<Symptom> symptoms;
  if (normalizes(chart)) return symptoms;
  for (const Node& node : chart.graph().nodes) {
    if (!row_of(node).traits.joins || node.inputs.size() < 2 || !chart.feeds_weights(node))
      continue;
    const auto square = [&](ValueId input) { return chart.average(input).square; };
    const auto [least, most] = std::ranges::minmax(node.inputs, {}, square);
    const double ratio = square(most) / square(least);
    if (!(ratio >= kUnlike)) continue;  // NaN if all are 0
    Symptom symptom{node.name, ratio, ratio < kSevere ? Severity::warning : Severity::error};
    const std::set<ValueId> inputs(node.inputs.begin(), node.inputs.end());
    for (const ValueId input : inputs) {
      if (!is_off(square(input)) || square(input) == 0) continue;
      const double factor = 1 / std::sqrt(square(input));
      symptom.fixes.push_back(
          {chart.graph().value(input).name, {}, scale_layer(factor, 0), node.name});
      symptom.remedy += fmt::format("{} scale with factor {:.4g} after '{}'",
                                    symptom.remedy.empty() ? "insert" : ",", factor,
                                    chart.graph().value(input).name);
    }
    if (symptom.remedy.empty()) symptom.remedy = "insert scale before it";
    symptoms.push_back(std::move(symptom));
  }
  return symptoms;
}

// A scale layer after the embedding counts as part of it.
std::vector<Symptom> look_at_embeddings(const NetworkAnalysis& chart) {
  constexpr double kFar = 0.1;
  std::vector<Symptom> symptoms;
  if (chart.any_self_normalizing() == nullptr) return symptoms;
  for (const Node& node : chart.graph().nodes) {
    if (row_of(node).traits.id_input != 0 || !chart.feeds_weights(node)) continue;
    const Node* scale = scale_behind(chart, node);
    const InputMoments x = table_moments(chart, node);
    const double f = scale == nullptr ? 1 : number_of(scale->attributes, "factor", 1);
    const double shift = scale == nullptr ? 0 : number_of(scale->attributes, "shift", 0);
    const double mean = f * x.mean + shift;
    const double square = f * f * x.square + 2 * f * shift * x.mean + shift * shift;
    if (std::abs(mean) < kFar && !is_off(square)) continue;
    const double factor = 1 / std::sqrt(square - mean * mean);
    if (!std::isfinite(factor)) continue;  // only padding and zeros
    symptoms.push_back({node.name,
                        square,
                        severity_of(square),
                        fmt::format("mean {:.4g} and variance {:.4g}", mean, square - mean * mean),
                        {from_file(node) ? standardized_vectors(chart.graph(), node)
                                         : rescaled(node, scale, factor, -factor * mean)},
                        from_file(node) ? "set standardize = true in the embedding"
                                        : scale_remedy(scale, factor, -factor * mean)});
  }
  return symptoms;
}

std::vector<Symptom> look_at_summed_steps(const NetworkAnalysis& chart) {
  std::vector<Symptom> symptoms;
  if (normalizes(chart) || chart.any_self_normalizing() == nullptr) return symptoms;
  for (const Node& node : chart.graph().nodes) {
    if (!sums_steps(node) || !chart.feeds_weights(node)) continue;
    const double step = input_moments({&chart.field(node.inputs[0])}).square;
    const double ratio = chart.average(node.outputs[0]).square / step;
    if (step == 0 || !is_off(ratio)) continue;
    const auto divide = [](Layer& layer) {
      layer.attributes["mode"] = std::string("sqrt");
      layer.attributes.erase("padded_sum");  // only mode "sum" has it
    };
    symptoms.push_back({node.name, ratio, severity_of(ratio), "", {{node.name, divide}}});
  }
  return symptoms;
}

// A scale layer after the pooling counts as part of it.
std::vector<Symptom> look_at_pooling(const NetworkAnalysis& chart) {
  constexpr double kFar = 0.1;
  std::vector<Symptom> symptoms;
  if (chart.any_self_normalizing() == nullptr) return symptoms;
  for (const Node& node : chart.graph().nodes) {
    if (!moves_mean(node) || !chart.feeds_weights(node)) continue;
    const Node* scale = scale_behind(chart, node);
    if (sums_steps(node)) continue;
    const InputMoments x = input_moments(compared(chart, node));
    const FieldAverage& y = chart.average((scale != nullptr ? *scale : node).outputs[0]);
    const double shift = (y.mean - x.mean) / std::sqrt(x.square),
                 ratio = x.square > 0 ? y.square / x.square : 0;
    const bool keeps = std::abs(shift) < kFar && !is_off(ratio);
    const bool is_normal = std::abs(y.mean) < kFar && !is_off(y.square);
    if (keeps || is_normal) continue;
    const double variance = y.square - y.mean * y.mean, factor = 1 / std::sqrt(variance);
    if (!std::isfinite(factor)) {
      symptoms.push_back({node.name,
                          ratio,
                          Severity::error,
                          "no variance",
                          {},
                          "no scale can, since its output is constant; use another pooling"});
      continue;
    }
    symptoms.push_back({node.name,
                        ratio,
                        severity_of(ratio),
                        fmt::format("mean {:.4g} and variance {:.4g}", y.mean, variance),
                        {rescaled(node, scale, factor, -factor * y.mean)},
                        scale_remedy(scale, factor, -factor * y.mean)});
  }
  return symptoms;
}

}  // namespace selfnorm
