// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/setting.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace selfnorm {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == '\x7f') {  // TOML allows no others
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

// Returns the shortest text that parses to the same double and cannot be taken for an integer.
std::string number(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".en") == std::string::npos) text += ".0";
  return text;
}

template <class T, class Write>
std::string list(const std::vector<T>& values, Write write) {
  std::vector<std::string> words;
  words.reserve(values.size());
  for (const T& value : values) words.push_back(write(value));
  return fmt::format("[{}]", fmt::join(words, ", "));
}

struct Write {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return number(value); }
  std::string operator()(const std::string& value) const { return quoted(value); }
  std::string operator()(const std::vector<std::int64_t>& v) const { return list(v, *this); }
  std::string operator()(const std::vector<double>& v) const { return list(v, *this); }
  std::string operator()(const std::vector<std::string>& v) const { return list(v, *this); }
};

}  // namespace

std::string to_string(const Setting& setting) { return std::visit(Write{}, setting); }

}  // namespace selfnorm
