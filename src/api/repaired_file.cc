#include <algorithm>
#include <string>
#include <vector>

#include "api/run_config.h"
#include "config/toml.h"
#include "selfnorm/doctor.h"

namespace selfnorm {
namespace {

// A range of a text with what it is to be.
struct Replacement {
  TextRange range;
  std::string text;
};

std::string replaced(std::string text, std::vector<Replacement> replacements) {
  std::ranges::sort(replacements, std::ranges::greater{},
                    [](const Replacement& r) { return r.range.begin; });
  for (const auto& [range, made] : replacements) {
    text.replace(range.begin, range.end - range.begin, made);
  }
  return text;
}

// What stands between two layers of a list, for one that is put in.
std::string separator(const std::string& text, std::size_t layer) {
  const std::size_t line = text.rfind('\n', layer);
  const std::string before = text.substr(line + 1, layer - line - 1);
  const bool is_alone = before.find_first_not_of(" \t") == std::string::npos;
  return is_alone && line != std::string::npos ? ",\n" + before : ", ";
}

// A layer with its comma and, where nothing else stands there, its line.
TextRange with_its_line(const std::string& text, TextRange layer) {
  const std::size_t comma = text.find_first_not_of(" \t", layer.end);
  if (comma != std::string::npos && text[comma] == ',') layer.end = comma + 1;
  const std::size_t line = text.rfind('\n', layer.begin);
  const std::size_t next = text.find_first_not_of(" \t\r", layer.end);
  const bool is_alone = line != std::string::npos &&
                        text.find_first_not_of(" \t", line + 1) == layer.begin &&
                        next != std::string::npos && text[next] == '\n';
  return is_alone ? TextRange{line + 1, next + 1} : layer;
}

// `standardize = true` in [data], or nothing where that table is not to be found.
std::vector<Replacement> standardized(const std::string& text) {
  if (const auto value = toml_value_range(text, "data", "standardize")) return {{*value, "true"}};
  const std::size_t header = text.find("[data]");
  const std::size_t line = header == std::string::npos ? header : text.find('\n', header);
  if (line == std::string::npos) return {};
  return {{{line + 1, line + 1}, "standardize = true\n"}};
}

}  // namespace

std::string repaired_file(const std::string& text, const RunConfig& before, const Repair& repair) {
  const std::vector<TextRange> places = toml_list_ranges(text, "model", "layers");
  const std::vector<Layer>& layers = repair.config.network.layers;
  if (places.empty() || places.size() != before.network.layers.size()) {
    return to_toml(repair.config);
  }
  std::vector<Replacement> replacements;
  std::vector<bool> stays(places.size(), false);
  std::vector<std::string> behind(places.size());  // what is put in there
  std::size_t last = places.size();
  std::string first;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string made = layer_toml(layers[i]);
    if (repair.origins[i] < 0) {
      if (last < places.size()) behind[last] += separator(text, places[last].begin) + made;
      else first += made + separator(text, places[0].begin);
      continue;
    }
    last = static_cast<std::size_t>(repair.origins[i]);
    stays[last] = true;
    const bool is_new = made != layer_toml(before.network.layers[last]);
    if (is_new) replacements.push_back({places[last], made});
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!behind[i].empty()) replacements.push_back({{places[i].end, places[i].end}, behind[i]});
    if (!stays[i]) replacements.push_back({with_its_line(text, places[i]), ""});
  }
  if (!first.empty()) replacements.push_back({{places[0].begin, places[0].begin}, first});
  if (repair.config.data.standardize != before.data.standardize) {
    const auto more = standardized(text);
    replacements.insert(replacements.end(), more.begin(), more.end());
  }
  return replaced(text, std::move(replacements));
}

}  // namespace selfnorm
