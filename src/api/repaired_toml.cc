// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include "api/run_config.h"
#include "config/toml.h"
#include "passes/build.h"
#include "selfnorm/doctor.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// A range of a text with its replacement.
struct Replacement {
  TextRange range;
  std::string text;
};

std::string apply_replacements(std::string text, std::vector<Replacement> replacements) {
  std::ranges::sort(replacements, std::ranges::greater{},
                    [](const Replacement& r) { return r.range.begin; });
  for (const auto& [range, made] : replacements) {
    text.replace(range.begin, range.end - range.begin, made);
  }
  return text;
}

// The end of a line, and the text before a layer on that line.
struct Line {
  std::string end, indent;
  bool starts_with_layer;  ///< whether only blanks come before the layer
};

Line line_of(const std::string& text, std::size_t layer) {
  const std::size_t feed = text.rfind('\n', layer);
  if (feed == std::string::npos) return {"\n", "", false};
  const std::string before = text.substr(feed + 1, layer - feed - 1);
  return {feed > 0 && text[feed - 1] == '\r' ? "\r\n" : "\n", before,
          before.find_first_not_of(" \t") == std::string::npos};
}

// Inserts layers after another. Each has its own line if that layer has one. A comment after that
// layer stays with it.
Replacement insert_after(const std::string& text, const TextRange& layer,
                         const std::vector<std::string>& made) {
  const Line line = line_of(text, layer.begin);
  const std::size_t comma = text.find_first_not_of(" \t", layer.end);
  const bool has_comma = comma != std::string::npos && text[comma] == ',';
  const std::size_t rest = has_comma ? text.find_first_not_of(" \t", comma + 1) : comma;
  const bool ends_line = line.starts_with_layer && has_comma && rest != std::string::npos &&
                         (text[rest] == '#' || text[rest] == '\r' || text[rest] == '\n');
  std::string added;
  if (ends_line) {
    const std::size_t feed = text.find('\n', rest);
    const std::size_t at = text[feed - 1] == '\r' ? feed - 1 : feed;
    for (const std::string& each : made) added += line.end + line.indent + each + ",";
    return {{at, at}, added};
  }
  for (const std::string& each : made) {
    added += (line.starts_with_layer ? "," + line.end + line.indent : ", ") + each;
  }
  return {{layer.end, layer.end}, added};
}

// Inserts layers before the first one.
Replacement insert_before(const std::string& text, const TextRange& layer,
                          const std::vector<std::string>& made) {
  const Line line = line_of(text, layer.begin);
  std::string added;
  for (const std::string& each : made) {
    added += each + (line.starts_with_layer ? "," + line.end + line.indent : ", ");
  }
  return {{layer.begin, layer.begin}, added};
}

// Extends the range of a layer to its comma and, if nothing else is on its line, to the whole line.
TextRange extend_to_line(const std::string& text, TextRange layer) {
  const std::size_t comma = text.find_first_not_of(" \t", layer.end);
  if (comma != std::string::npos && text[comma] == ',') layer.end = comma + 1;
  const std::size_t line = text.rfind('\n', layer.begin);
  const std::size_t next = text.find_first_not_of(" \t\r", layer.end);
  const bool is_alone = line != std::string::npos &&
                        text.find_first_not_of(" \t", line + 1) == layer.begin &&
                        next != std::string::npos && text[next] == '\n';
  return is_alone ? TextRange{line + 1, next + 1} : layer;
}

std::string outputs_text(const Network& network) { return to_string(Setting(network.outputs)); }

// Replaces `outputs` if they changed, or adds them after the layers.
std::vector<Replacement> changed_outputs(const std::string& text, const Network& before,
                                         const Network& after) {
  if (before.outputs == after.outputs) return {};
  if (const auto value = toml_value_range(text, "model", "outputs")) {
    return {{*value, outputs_text(after)}};
  }
  const auto layers = toml_value_range(text, "model", "layers");
  if (!layers) return {};
  return {{{layers->end, layers->end}, "\noutputs = " + outputs_text(after)}};
}

bool is_same(const Network& a, const Network& b) {
  const auto text = [](const Network& network) {
    RunConfig config;
    config.network = complete_names(network);
    return to_toml(config);
  };
  return text(a) == text(b);
}

// Whether a text describes the network and standardization of a configuration.
bool describes(const std::string& text, const RunConfig& config) {
  try {
    const RunConfig read = parse_run_config(text, "");
    return is_same(read.network, config.network) &&
           read.data.standardize == config.data.standardize;
  } catch (const Error&) {
    return false;
  }
}

std::string try_edit_in_place(const std::string& text, const RunConfig& before,
                              const Repair& repair) {
  const std::vector<TextRange> places = toml_list_ranges(text, "model", "layers");
  const Network& after = repair.config.network;
  std::vector<Replacement> replacements = changed_outputs(text, before.network, after);
  if (repair.config.data.standardize != before.data.standardize) {
    const auto value = toml_value_range(text, "data", "standardize");
    if (value) replacements.push_back({*value, "true"});
  }
  if (after.layers.empty()) return apply_replacements(text, std::move(replacements));
  if (places.empty() || places.size() != before.network.layers.size()) return "";
  std::vector<bool> is_kept(places.size(), false);
  std::vector<std::vector<std::string>> insertions(places.size());  // layers to insert after each
  std::size_t last = places.size();
  std::vector<std::string> first;
  for (std::size_t i = 0; i < after.layers.size(); ++i) {
    const std::string made = layer_toml(after.layers[i]);
    if (repair.origins[i] < 0) {
      if (last < places.size()) insertions[last].push_back(made);
      else first.push_back(made);
      continue;
    }
    last = static_cast<std::size_t>(repair.origins[i]);
    is_kept[last] = true;
    const bool is_new = made != layer_toml(before.network.layers[last]);
    if (is_new) replacements.push_back({places[last], made});
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!insertions[i].empty())
      replacements.push_back(insert_after(text, places[i], insertions[i]));
    if (!is_kept[i]) replacements.push_back({extend_to_line(text, places[i]), ""});
  }
  if (!first.empty()) replacements.push_back(insert_before(text, places[0], first));
  return apply_replacements(text, std::move(replacements));
}

}  // namespace

std::string repaired_toml(const std::string& text, const RunConfig& before, const Repair& repair) {
  const std::string changed = try_edit_in_place(text, before, repair);
  return describes(changed, repair.config) ? changed : to_toml(repair.config);
}

}  // namespace selfnorm
