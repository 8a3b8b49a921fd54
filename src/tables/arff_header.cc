// SPDX-License-Identifier: Apache-2.0
#include "tables/arff_header.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "files/byte_reader.h"
#include "tables/cell.h"

namespace selfnorm {
namespace {

// The default format of dates, and how the letters of Java's SimpleDateFormat are those of
// strptime.
constexpr const char* kDefaultDateFormat = "yyyy-MM-dd'T'HH:mm:ss";
constexpr std::pair<std::string_view, const char*> kDateParts[] = {
    {"yyyy", "%Y"}, {"MM", "%m"}, {"dd", "%d"}, {"HH", "%H"},
    {"mm", "%M"},   {"ss", "%S"}, {"M", "%m"},  {"d", "%d"}};

char unescaped(char c) {
  switch (c) {
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
  }
}

bool is_date_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Returns the format for strptime, or "" if it has other parts.
std::string to_strptime(std::string_view format) {
  std::string out;
  bool is_literal = false;
  while (!format.empty()) {
    if (format[0] == '\'' || is_literal || !is_date_letter(format[0])) {
      if (format[0] == '\'') is_literal = !is_literal;
      else out += format[0] == '%' ? std::string("%%") : std::string(1, format[0]);
      format.remove_prefix(1);
      continue;
    }
    const auto part = std::ranges::find_if(
        kDateParts, [&](const auto& each) { return format.starts_with(each.first); });
    if (part == std::end(kDateParts)) return "";
    out += part->second;
    format.remove_prefix(part->first.size());
  }
  return out;
}

void parse_nominal(ArffText& text, ArffAttribute& attribute, const std::string& place) {
  attribute.kind = ArffKind::nominal;
  while (!text.take('}')) {
    const auto value = text.value(",}");
    if (!value || text.at_end()) {
      throw_data_error(
          fmt::format("{}: expected {{value, value, …}} for the attribute {}, but it "
                      "does not end",
                      place, quote_for_message(attribute.name)));
    }
    text.take(',');
    if (attribute.known.insert(value->text).second) attribute.values.push_back(value->text);
  }
}

void parse_date_format(ArffText& text, ArffAttribute& attribute, const std::string& place) {
  attribute.kind = ArffKind::date;
  const std::string given =
      text.at_end() ? kDefaultDateFormat : text.value("").value_or(ArffValue{"'"}).text;
  attribute.date_format = to_strptime(given);
  if (!attribute.date_format.empty()) return;
  throw_data_error(
      fmt::format("{}: the format {} of the date {} is not known (its parts may be "
                  "yyyy, MM, dd, HH, mm and ss; or declare it as a string)",
                  place, quote_for_message(given), quote_for_message(attribute.name)));
}

}  // namespace

bool ArffText::at_end() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  return rest_.empty() || rest_.starts_with('%');
}

bool ArffText::take(char c) {
  if (at_end() || rest_[0] != c) return false;
  rest_.remove_prefix(1);
  return true;
}

std::optional<ArffValue> ArffText::quoted() {
  ArffValue value{"", true};
  for (std::size_t i = 1; i < rest_.size(); ++i) {
    if (rest_[i] == rest_[0]) {
      rest_.remove_prefix(i + 1);
      return value;
    }
    if (rest_[i] == '\\' && i + 1 < rest_.size()) value.text += unescaped(rest_[++i]);
    else value.text += rest_[i];
  }
  return std::nullopt;
}

std::optional<ArffValue> ArffText::value(std::string_view ends) {
  if (at_end()) return ArffValue{};
  if (rest_[0] == '\'' || rest_[0] == '"') return quoted();
  std::size_t end = std::min(rest_.find_first_of(ends), rest_.size());
  for (const std::string_view comment : {" %", "\t%"}) end = std::min(end, rest_.find(comment));
  ArffValue value{std::string(trimmed(rest_.substr(0, end)))};
  rest_.remove_prefix(end);
  return value;
}

ArffAttribute parse_arff_attribute(std::string_view line, const std::string& place) {
  ArffText text(line);
  const auto name = text.value(" \t{");
  if (!name || name->text.empty() || text.at_end()) {
    throw_data_error(
        fmt::format("{}: expected @attribute NAME TYPE, got {}", place, quote_for_message(line)));
  }
  ArffAttribute attribute{name->text};
  if (text.take('{')) return parse_nominal(text, attribute, place), attribute;
  const std::string type = to_lower(text.value(" \t").value_or(ArffValue{"'"}).text);
  if (type == "date") return parse_date_format(text, attribute, place), attribute;
  if (type == "string") attribute.kind = ArffKind::text;
  else if (type != "numeric" && type != "real" && type != "integer") {
    throw_data_error(fmt::format(
        "{}: the attribute {} has the type {} (expected numeric, real, integer, string, date or "
        "{{value, …}})",
        place, quote_for_message(attribute.name), quote_for_message(type)));
  }
  return attribute;
}

std::optional<std::string> parse_arff_date(const std::string& value, const std::string& format) {
  tm time{};
  const char* end = strptime(value.c_str(), format.c_str(), &time);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", 1900 + time.tm_year, 1 + time.tm_mon,
                     time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec);
}

}  // namespace selfnorm
