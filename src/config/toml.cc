// SPDX-License-Identifier: Apache-2.0
#include "config/toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

std::string location(const toml::node& node, const std::string& where) {
  return fmt::format("{}:{}", where, node.source().begin.line);
}

[[noreturn]] void fail(const std::string& location, const std::string& message) {
  throw Error(ErrorKind::config, location + ": " + message);
}

// Collects the elements of a list of numbers or texts. Nested lists are flattened, so that a
// padding may be [[1, 1], [2, 2]].
void collect(const toml::array& array, const std::string& where, std::vector<double>& numbers,
             std::vector<std::string>& texts, bool& whole) {
  for (const toml::node& element : array) {
    if (const auto* inner = element.as_array()) {
      collect(*inner, where, numbers, texts, whole);
    } else if (const auto* text = element.as_string()) {
      texts.push_back(text->get());
    } else if (const auto number = element.value<double>();
               number.has_value() && !element.is_boolean()) {
      whole = whole && element.is_integer();
      numbers.push_back(*number);
    } else {
      fail(location(element, where), "a list must contain numbers or strings");
    }
  }
}

Setting list_setting(const toml::array& array, const std::string& where) {
  std::vector<double> numbers;
  std::vector<std::string> texts;
  bool whole = true;
  collect(array, where, numbers, texts, whole);
  if (!texts.empty() && !numbers.empty()) {
    fail(location(array, where), "a list must contain either numbers or strings, not both");
  }
  if (!texts.empty()) return texts;
  if (!whole) return numbers;
  return std::vector<std::int64_t>(numbers.begin(), numbers.end());
}

Setting scalar_setting(const toml::node& node, const std::string& where) {
  if (const auto* value = node.as_boolean()) return value->get();
  if (const auto* value = node.as_integer()) return std::int64_t{value->get()};
  if (const auto* value = node.as_floating_point()) return value->get();
  if (const auto* value = node.as_string()) return value->get();
  fail(location(node, where), "dates and times are not supported");
}

void flatten(const toml::table& table, const std::string& prefix, const std::string& where,
             const std::vector<std::string>& free_keys, TomlSection& section) {
  const bool has_name = !prefix.empty() && std::ranges::count(free_keys, prefix) == 0;
  std::vector<std::pair<toml::source_position, std::string>> order;
  for (const auto& [key, node] : table) {
    // `optimizer = { name = "adam" }` and `optimizer = "adam"` are equivalent.
    const bool is_name = has_name && key.str() == "name";
    const std::string name = is_name          ? prefix
                             : prefix.empty() ? std::string(key.str())
                                              : prefix + "." + std::string(key.str());
    order.emplace_back(key.source().begin, name);
    if (const auto* inner = node.as_table()) {
      flatten(*inner, name, where, free_keys, section);
    } else if (const auto* array = node.as_array();
               array != nullptr && !array->empty() && array->is_homogeneous<toml::table>()) {
      auto& list = section.lists[name];
      for (const toml::node& element : *array) {
        TomlSection entry;
        flatten(*element.as_table(), "", where, free_keys, entry);
        if (!entry.lists.empty()) fail(location(element, where), "a layer cannot contain layers");
        list.emplace_back(std::move(entry.settings), location(element, where));
      }
    } else {
      section.settings[name] =
          array != nullptr ? list_setting(*array, where) : scalar_setting(node, where);
    }
  }
  std::ranges::sort(order, [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& entry : order) section.order.push_back(std::move(entry.second));
}

std::string toml_key(const std::string& name) {
  const bool bare = !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
  return bare ? name : to_string(Setting(name));
}

// Groups "a", "a.b" and "a.c" into one entry: a = { name = …, b = …, c = … }.
std::vector<std::pair<std::string, std::string>> group_by_prefix(const Settings& settings) {
  std::map<std::string, Settings> groups;
  for (const auto& [name, value] : settings) {
    const std::size_t dot = name.find('.');
    groups[name.substr(0, dot)][dot == std::string::npos ? "name" : name.substr(dot + 1)] = value;
  }
  std::vector<std::pair<std::string, std::string>> entries;
  for (const auto& [name, group] : groups) {
    const bool single = group.size() == 1 && settings.contains(name);
    entries.emplace_back(toml_key(name),
                         single ? to_string(group.begin()->second) : toml_inline(group));
  }
  return entries;
}

// Returns the byte offset of a line and column. Both count from 1, and columns count code points.
std::size_t offset_of(std::string_view text, const toml::source_position& position) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::size_t at = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  for (std::uint32_t line = 1; line < position.line; ++line) at = text.find('\n', at) + 1;
  const auto continues = [&] {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80;
  };
  for (std::uint32_t column = 1; column < position.column; ++column) {
    ++at;
    while (continues()) ++at;
  }
  return at;
}

TextRange range_of(std::string_view text, const toml::node& node) {
  return {offset_of(text, node.source().begin), offset_of(text, node.source().end)};
}

}  // namespace

namespace {

// Throws for keys such as a.b.c with very many parts, since the library and this file visit the
// tables of a key in nested calls.
void check_depth_of_keys(std::string_view text, const std::string& where) {
  constexpr int kMostDots = 1000;
  int line = 1, dots = 0;
  char quote = 0;  // that of the part of a key or the text in which this place is
  bool is_comment = false;
  for (const char c : text) {
    if (c == '\n') {
      ++line;
      quote = 0;
      is_comment = false;
    }
    if (c == quote) quote = 0;
    else if (quote == 0 && (c == '"' || c == '\'')) quote = c;
    if (quote != 0) continue;
    is_comment = is_comment || c == '#';
    const bool ends_key = std::string_view("=[]{},\n").find(c) != std::string_view::npos;
    dots = ends_key || is_comment ? 0 : dots + (c == '.');
    if (dots > kMostDots) {
      fail(fmt::format("{}:{}", where, line),
           fmt::format("a key has more than {} dots", kMostDots));
    }
  }
}

// Rewrites the library's text of a syntax error, which does not name the usual cause.
std::string syntax_error(std::string_view description) {
  constexpr std::string_view kPrefix = "Error while parsing ";
  std::string text(description);
  if (text.starts_with(kPrefix)) text.replace(0, kPrefix.size(), "invalid TOML in the ");
  if (text.find("control characters") != text.npos) text += " (is the closing quote missing?)";
  return text;
}

}  // namespace

TomlFile parse_toml(std::string_view text, const std::string& where,
                    const std::vector<std::string>& free_keys) {
  check_depth_of_keys(text, where);
  toml::table root;
  try {
    root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    fail(fmt::format("{}:{}:{}", where, at.line, at.column), syntax_error(error.description()));
  }
  TomlFile file;
  for (const auto& [key, node] : root) {
    const auto* table = node.as_table();
    if (table == nullptr) {
      fail(location(node, where),
           fmt::format("'{}' must be in a table such as [model]", std::string(key.str())));
    }
    flatten(*table, "", where, free_keys, file[std::string(key.str())]);
  }
  return file;
}

std::string toml_lines(const Settings& settings) {
  std::string lines;
  for (const auto& [name, value] : group_by_prefix(settings)) {
    lines += fmt::format("{} = {}\n", name, value);
  }
  return lines;
}

std::string toml_inline(const Settings& settings, const std::vector<std::string>& first) {
  auto entries = group_by_prefix(settings);
  std::ranges::stable_sort(entries, {}, [&](const auto& entry) {
    return std::ranges::find(first, entry.first) - first.begin();
  });
  std::string text = "{";
  for (const auto& [name, value] : entries) {
    text += fmt::format("{} {} = {}", text == "{" ? "" : ",", name, value);
  }
  return text + " }";
}

std::vector<TextRange> toml_list_ranges(std::string_view text, std::string_view table,
                                        std::string_view list) {
  const toml::table root = toml::parse(text);
  const auto* array = root[table][list].as_array();
  std::vector<TextRange> ranges;
  if (array == nullptr) return ranges;
  for (const toml::node& element : *array) {
    const auto* inner = element.as_table();
    if (inner == nullptr || !inner->is_inline()) return {};
    ranges.push_back(range_of(text, element));
  }
  return ranges;
}

std::optional<TextRange> toml_value_range(std::string_view text, std::string_view table,
                                          std::string_view key) {
  const toml::table root = toml::parse(text);
  const auto* node = root[table][key].node();
  if (node == nullptr) return std::nullopt;
  return range_of(text, *node);
}

}  // namespace selfnorm
