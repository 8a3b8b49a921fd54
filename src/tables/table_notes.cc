// SPDX-License-Identifier: Apache-2.0
#include "tables/table_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "base/text.h"
#include "files/byte_reader.h"
#include "tables/cell.h"
#include "tables/column_encoding.h"
#include "tables/row_order.h"
#include "tables/table_columns.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMaxListed = 3;  // words in a note

std::optional<std::string> note_on_days(const ReadColumn& read) {
  if (read.column.kind != "time" || !has_ambiguous_days(read.cells)) return std::nullopt;
  const bool is_day_first = read.column.format == format_name(CellFormat::day_month);
  const char* other = format_name(is_day_first ? CellFormat::month_day : CellFormat::day_month);
  return fmt::format(
      "the dates of {} are read as {}, but {} is possible, too; --date {} reads them so",
      quote_for_message(read.column.name), read.column.format, other,
      quote_for_shell(read.column.name + "=" + other));
}

std::optional<std::string> note_on_rare_categories(const TableColumn& column) {
  if (!is_embedded(column) || !column.categories.empty() || !column.has_other) return std::nullopt;
  return fmt::format(
      "column {}: no category has {} training rows, so all categories share one vector; "
      "--categorical {} gives the most frequent ones a number each",
      quote_for_message(column.name), kMinEmbeddedCount, quote_for_shell(column.name));
}

// Numbers such as 20220204 may be dates.
std::optional<std::string> note_on_compact_dates(const ReadColumn& read) {
  constexpr double kFirst = 19000101, kLast = 21001231;
  const auto is_date = [](double number) {
    return std::isnan(number) || (number >= kFirst && number <= kLast &&
                                  parse_cell(fmt::format("{}", number), CellFormat::compact_date));
  };
  if (read.cells.has_words() || read.column.kind != "number" ||
      read.cells.missing() == read.cells.size() ||
      !std::ranges::all_of(read.cells.numbers(), is_date)) {
    return std::nullopt;
  }
  return fmt::format("the numbers of {} look like dates; --date {} reads them as dates",
                     quote_for_message(read.column.name), quote_for_shell(read.column.name));
}

// A few numbers are a category if one of many cells is a word, which may be a mistake.
std::optional<std::string> note_on_rare_word(const ReadColumn& read) {
  constexpr std::int64_t kRare = 20;  // one word in at least this many cells
  if (read.column.kind != "category" || !read.cells.has_words() || is_boolean(read.column))
    return std::nullopt;
  const CellFormat format =
      likely_number_format(read.cells, read.decimal_sign == DecimalSign::comma);
  const std::int64_t present = read.cells.size() - read.cells.missing();
  const std::int64_t words = present - read.cells.count_in(format);
  if (words == 0 || kRare * words > present) return std::nullopt;
  std::size_t word = 0;
  const auto is_other = [&](std::size_t i) {
    return read.cells.counts()[i] > 0 && !parse_cell(read.cells.words()[i], format);
  };
  while (!is_other(word)) ++word;
  return fmt::format(
      "column {} is a category because of {}: its other cells are a few different numbers; "
      "--numeric {} reports cells that are not numbers",
      quote_for_message(read.column.name), quote_for_message(read.cells.words()[word]),
      quote_for_shell(read.column.name));
}

std::optional<std::string> note_on_minus(const ReadColumn& read) {
  if (!read.is_minus_missing || !is_listed(read.cells.words(), "+")) return std::nullopt;
  return fmt::format(
      "column {}: '-' counts as missing, although '+' occurs; --not-missing '-' makes it a word",
      quote_for_message(read.column.name));
}

// Returns the currency sign of a cell, or "".
std::string_view currency_of(std::string_view cell) {
  for (const std::string_view sign : kCurrencySigns)
    if (cell.find(sign) != cell.npos) return sign;
  return "";
}

// Dates with years of two digits may be something else.
std::optional<std::string> note_on_short_years(const ReadColumn& read) {
  constexpr std::size_t kYear = 6, kLength = 8;  // in "23.03.19"
  const auto has_short_year = [](const std::string& word) {
    const std::string_view date = std::string_view(word).substr(0, word.find(' '));
    return date.size() <= kLength && date.size() >= kYear &&
           std::ranges::count_if(date, [](char c) { return c == '.' || c == '/'; }) == 2 &&
           date.substr(date.find_last_of("./") + 1).size() == 2;
  };
  const bool is_local = read.column.format == format_name(CellFormat::day_month) ||
                        read.column.format == format_name(CellFormat::month_day);
  if (!is_local || !std::ranges::any_of(read.cells.words(), has_short_year)) return std::nullopt;
  return fmt::format(
      "the dates of {} have years of two digits, which are 1969 to 2068, and are read as {}; "
      "--categorical {} leaves them as words",
      quote_for_message(read.column.name), read.column.format, quote_for_shell(read.column.name));
}

// Blanks between digits may also divide the parts of a telephone number.
std::optional<std::string> note_on_blanks(const ReadColumn& read) {
  const auto blank = std::ranges::find_if(read.cells.words(), [](const std::string& word) {
    const std::size_t at = word.find(' ');
    return at != word.npos && at > 0 && at + 1 < word.size() &&
           std::isdigit(static_cast<unsigned char>(word[at - 1])) != 0 &&
           std::isdigit(static_cast<unsigned char>(word[at + 1])) != 0;
  });
  const auto format = format_named(read.column.format);
  if (read.column.kind != "number" || blank == read.cells.words().end() || !format)
    return std::nullopt;
  const auto number = parse_cell(*blank, *format);
  if (!number) return std::nullopt;
  return fmt::format("column {}: {} is read as {}; --categorical {} leaves such cells as words",
                     quote_for_message(read.column.name), quote_for_message(*blank), *number,
                     quote_for_shell(read.column.name));
}

}  // namespace

std::optional<std::string> note_possible_header(const std::vector<NamedCells>& columns) {
  const auto has_own_name = [](const NamedCells& column) {
    return is_listed(column.cells.words(), column.name);
  };
  if (columns.empty() || !std::ranges::all_of(columns, has_own_name)) return std::nullopt;
  std::vector<std::string> names;
  for (const NamedCells& column : columns) names.push_back(column.name);
  return fmt::format(
      "the first row ({}) counts as the names of the columns, but its words also occur below it; "
      "--header no reads it as data",
      list_for_message(names, kMaxListed));
}

std::optional<std::string> note_on_separators(const std::string& name, const ColumnCells& cells,
                                              CellFormat format, DecimalSign sign) {
  const auto text = [&](const std::string& cell, double read, double possible, CellFormat other) {
    return fmt::format("{}: {} is read as {}, but {} is possible, too; --numeric {} reads it so",
                       quote_for_message(name), quote_for_message(cell), read, possible,
                       quote_for_shell(name + "=" + format_name(other)));
  };
  if (!cells.has_words() && format == CellFormat::plain) {
    if (sign != DecimalSign::comma || !cells.may_have_grouping_points()) return std::nullopt;
    const auto has_decimals = [](double x) { return !std::isnan(x) && x != std::round(x); };
    const auto first = std::ranges::find_if(cells.numbers(), has_decimals);
    if (first == cells.numbers().end()) return std::nullopt;
    return text(fmt::format("{:.3f}", *first), *first, std::round(1000 * *first),
                CellFormat::decimal_comma);
  }
  if (format != CellFormat::thousands && format != CellFormat::decimal_comma) return std::nullopt;
  if (format == CellFormat::thousands && sign == DecimalSign::point) return std::nullopt;
  const auto other =
      format == CellFormat::thousands ? CellFormat::decimal_comma : CellFormat::thousands;
  if (!have_format(cells, other)) return std::nullopt;
  for (const std::string& word : cells.words()) {
    const double read = parse_cell(word, format).value_or(NAN);
    const double possible = *parse_cell(word, other);
    if (!std::isnan(read) && read != possible) return text(word, read, possible, other);
  }
  return std::nullopt;
}

std::optional<std::string> note_on_signs(const std::string& name, const ColumnCells& cells) {
  std::size_t percents = 0;
  std::vector<std::string_view> currencies;
  for (const std::string& word : cells.words()) {
    percents += word.ends_with('%');
    const std::string_view currency = currency_of(word);
    if (std::ranges::count(currencies, currency) == 0) currencies.push_back(currency);
  }
  if (percents > 0 && percents < cells.words().size()) {
    return fmt::format(
        "{}: some cells have a percent sign, which does not change the number: 50 % is 50",
        quote_for_message(name));
  }
  if (currencies.size() < 2) return std::nullopt;
  return fmt::format(
      "{}: the cells do not all have the same currency sign, which does not change "
      "the number",
      quote_for_message(name));
}

std::vector<std::string> notes_on_column(const ReadColumn& read, const ColumnChoice& choice) {
  std::vector<std::string> notes;
  const auto add = [&](std::optional<std::string> note, const char* prefix = "") {
    if (note) notes.push_back(prefix + *note);
  };
  const auto format = format_named(read.column.format);
  add(note_on_minus(read));
  if (read.column.kind == "number" && format) {
    add(note_on_signs(read.column.name, read.cells), "column ");
    if (choice.format.empty())
      add(note_on_separators(read.column.name, read.cells, *format, read.decimal_sign), "column ");
  }
  if (choice.format.empty()) add(note_on_days(read));
  add(note_on_rare_categories(read.column));
  if (!choice.kind.empty()) return notes;
  add(note_on_compact_dates(read));
  add(note_on_short_years(read));
  add(note_on_blanks(read));
  add(note_on_rare_word(read));
  return notes;
}

std::vector<std::string> notes_on_new_column(const ReadColumn& read,
                                             const std::vector<std::string>& unknown) {
  const std::string name = quote_for_message(read.column.name);
  if (!unknown.empty() && !read.column.has_other) {
    return {fmt::format("column {}: {} did not occur in training, so {} as no category", name,
                        list_for_message(unknown, kMaxListed),
                        unknown.size() == 1 ? "it counts" : "they count")};
  }
  const auto format = format_named(read.column.format);
  const bool has_commas = format == CellFormat::decimal_comma;
  const bool may_be_thousands =
      format == CellFormat::thousands && have_format(read.cells, CellFormat::decimal_comma);
  if (!has_commas && !may_be_thousands) return {};
  const auto first_with = [&](char sign) {
    return std::ranges::find_if(read.cells.words(), [sign](const std::string& word) {
      return word.find(sign) != word.npos;
    });
  };
  const auto end = read.cells.words().end(), point = first_with('.');
  if (first_with(',') != end || point == end) return {};
  return {fmt::format("column {}: {} is read as {}, since training had decimal {}", name,
                      quote_for_message(*point), parse_cell(*point, *format).value_or(NAN),
                      has_commas ? "commas" : "points")};
}

}  // namespace selfnorm
