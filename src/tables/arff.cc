// SPDX-License-Identifier: Apache-2.0
#include "tables/arff.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "files/byte_reader.h"
#include "files/lines.h"
#include "tables/arff_header.h"
#include "tables/cell.h"
#include "tables/csv.h"

namespace selfnorm {
namespace {

// Returns a number as `parse_number` reads it, without leading zeros, or "" if it is none.
std::string_view plain_number(std::string_view text) {
  if (parse_number(text)) return text;
  const std::string_view without_zeros =
      text.substr(std::min(text.find_first_not_of('0'), text.size()));
  return without_zeros.size() < text.size() && parse_number(without_zeros) ? without_zeros : "";
}

// Reads an ARFF file line by line, first the attributes, then the rows.
class ArffReader {
 public:
  ArffReader(std::string file, const CsvRowCallback& callback)
      : file_(std::move(file)), callback_(callback) {}

  // Returns false to stop.
  bool line(std::string_view line, std::int64_t number) {
    number_ = number;
    line = trimmed(line);
    if (line.empty() || line.starts_with('%')) return true;
    if (!is_in_data_) return header_line(line), true;
    row_.clear();
    if (line.starts_with('{')) sparse_row(line);
    else dense_row(line);
    return callback_(row_, number);
  }
  void finish() const {
    if (!is_in_data_) throw_data_error(file_ + ": there is no line @data after the attributes");
  }
  const std::vector<ArffAttribute>& attributes() const { return attributes_; }

 private:
  std::string place() const { return fmt::format("{}:{}", file_, number_); }

  void header_line(std::string_view line) {
    const std::string keyword = to_lower(line.substr(0, line.find_first_of(" \t")));
    const std::string_view rest = trimmed(line.substr(keyword.size()));
    if (keyword == "@attribute") attributes_.push_back(parse_arff_attribute(rest, place()));
    else if (keyword == "@data") is_in_data_ = true;
    else if (keyword != "@relation") {
      throw_data_error(fmt::format("{}: expected @relation, @attribute or @data, got {}", place(),
                                   quote_for_message(line)));
    }
    if (is_in_data_ && attributes_.empty()) throw_data_error(place() + ": there is no @attribute");
  }

  [[noreturn]] void reject(const ArffAttribute& attribute, const std::string& expected,
                           const std::string& got, const std::string& hint = "") const {
    throw_data_error(fmt::format("{}, column {}: expected {}, got {}{}", place(),
                                 quote_for_message(attribute.name), expected,
                                 quote_for_message(got), hint));
  }

  // Adds a value to the row as a cell, which is empty if the value is missing.
  void push(const ArffAttribute& attribute, const ArffValue& value) {
    const std::string& text = value.text;
    if (text.empty() || (text == "?" && !value.is_quoted)) return row_.push("");
    switch (attribute.kind) {
      case ArffKind::text: return row_.push(text);
      case ArffKind::nominal:
        if (!attribute.known.contains(text))
          reject(attribute, "one of the declared values", text, suggestion(text, attribute.values));
        return row_.push(text);
      case ArffKind::numeric: {
        const std::string_view number = plain_number(text);
        if (number.empty() && to_lower(text) != "nan")
          reject(attribute, "a number", text, " (a missing value is ?)");
        return row_.push(number);
      }
      case ArffKind::date: {
        const auto date = parse_arff_date(text, attribute.date_format);
        if (!date) reject(attribute, "a date of the declared format", text);
        return row_.push(*date);
      }
    }
  }

  ArffValue take_value(ArffText& text, std::string_view ends) const {
    auto value = text.value(ends);
    if (!value) throw_data_error(place() + ": a quote is not closed");
    return *value;
  }

  // Splits at commas, or at blanks in a line without commas.
  void dense_row(std::string_view line) {
    const std::string_view ends =
        line.find(',') == line.npos && attributes_.size() > 1 ? " \t" : ",";
    ArffText text(line);
    std::size_t i = 0;
    for (bool more = true; more; ++i) {
      const ArffValue value = take_value(text, ends);
      if (i < attributes_.size()) push(attributes_[i], value);
      else if (value.text.starts_with('{') && !value.is_quoted)
        throw_data_error(place() + ": the row has a weight, which is not supported (remove it)");
      const bool at_end = text.at_end();
      more = ends == "," ? text.take(',') : !at_end;
      if (!more && !at_end) {
        throw_data_error(fmt::format("{}: expected a comma after a value in quotes, got {}",
                                     place(), quote_for_message(text.rest())));
      }
    }
    if (i != attributes_.size()) {
      throw_data_error(fmt::format("{}: expected {} values, one for each attribute, got {}",
                                   place(), attributes_.size(), i));
    }
  }

  void sparse_row(std::string_view line) {
    ArffText text(line);
    text.take('{');
    std::vector<const ArffValue*> given(attributes_.size(), nullptr);
    std::vector<std::pair<std::size_t, ArffValue>> values;
    while (!text.take('}')) {
      const ArffValue index_text = take_value(text, " \t,}");
      std::size_t index = 0;
      const std::string& digits = index_text.text;
      const auto [end, fault] =
          std::from_chars(digits.data(), digits.data() + digits.size(), index);
      const bool is_index = fault == std::errc() && end == digits.data() + digits.size() &&
                            index < attributes_.size();
      if (!is_index || text.at_end()) {
        throw_data_error(fmt::format(
            "{}: expected {{index value, …}} with indices from 0 to {}, got {}", place(),
            attributes_.size() - 1, quote_for_message(digits.empty() ? line : digits)));
      }
      values.emplace_back(index, take_value(text, ",}"));
      text.take(',');
    }
    for (const auto& [index, value] : values) {
      if (given[index] != nullptr)
        throw_data_error(fmt::format("{}: the index {} occurs twice", place(), index));
      given[index] = &value;
    }
    if (!text.at_end())
      throw_data_error(place() + ": expected the end of the row after }, got more");
    for (std::size_t i = 0; i < attributes_.size(); ++i)
      push(attributes_[i], given[i] != nullptr ? *given[i] : absent_value(attributes_[i]));
  }

  ArffValue absent_value(const ArffAttribute& attribute) const {
    if (attribute.kind == ArffKind::numeric) return {"0"};
    if (attribute.kind == ArffKind::nominal && !attribute.values.empty())
      return {attribute.values[0], true};
    throw_data_error(fmt::format("{}, column {}: a sparse row must contain a text or a date",
                                 place(), quote_for_message(attribute.name)));
  }

  std::string file_;
  const CsvRowCallback& callback_;
  std::vector<ArffAttribute> attributes_;
  bool is_in_data_ = false;
  std::int64_t number_ = 0;
  CsvRow row_;
};

std::vector<DeclaredColumn> declared_columns(const std::filesystem::path& path) {
  const CsvRowCallback stop = [](const CsvRow&, std::int64_t) { return false; };
  ArffReader reader(path.string(), stop);
  read_utf8_lines(
      path, [&](std::string_view line, std::int64_t number) { return reader.line(line, number); });
  reader.finish();
  std::vector<DeclaredColumn> columns;
  for (const ArffAttribute& attribute : reader.attributes())
    columns.push_back({attribute.name, attribute.kind == ArffKind::nominal, attribute.values});
  return columns;
}

}  // namespace

Dataset read_arff(const std::filesystem::path& path, const DataOptions& options) {
  return collect_rows(path, options, declared_columns(path), [&](const RowSink& sink) -> CsvFormat {
    ArffReader reader(path.string(), sink.add_row);
    auto notes = read_utf8_lines(path, [&](std::string_view line, std::int64_t number) {
      return reader.line(line, number);
    });
    return {"comma", "yes", std::move(notes)};
  });
}

}  // namespace selfnorm
