// SPDX-License-Identifier: Apache-2.0
#include "tables/table_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "files/byte_reader.h"
#include "tables/cell.h"
#include "tables/column_encoding.h"
#include "tables/row_order.h"
#include "tables/table_columns.h"

namespace selfnorm {
namespace {

std::optional<std::string> note_on_days(const ReadColumn& read) {
  if (read.column.kind != "time" || !has_ambiguous_days(read.cells)) return std::nullopt;
  const bool is_day_first = read.column.format == format_name(CellFormat::day_month);
  const char* other = format_name(is_day_first ? CellFormat::month_day : CellFormat::day_month);
  return fmt::format("the dates of {} are read as {}, but {} is possible, too; --date {}",
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
  if (read.column.kind != "category" || !read.cells.has_words()) return std::nullopt;
  const std::int64_t present = read.cells.size() - read.cells.missing();
  const std::int64_t words = present - read.cells.count_numbers();
  if (words == 0 || kRare * words > present) return std::nullopt;
  const auto& all = read.cells.words();
  const auto word = std::ranges::find_if_not(
      all, [](const std::string& each) { return parse_number(each).has_value(); });
  return fmt::format(
      "column {} is a category because of {}: its other cells are a few different numbers; "
      "--numeric {} reports cells that are not numbers",
      quote_for_message(read.column.name), quote_for_message(*word),
      quote_for_shell(read.column.name));
}

std::optional<std::string> note_on_minus(const ReadColumn& read) {
  const bool is_sign = read.missing_word == "-" || read.missing_word == ".";
  if (!is_sign || !is_listed(read.cells.words(), "+")) return std::nullopt;
  return fmt::format("column {}: {} counts as missing, although '+' occurs; --not-missing {}",
                     quote_for_message(read.column.name), quote_for_message(read.missing_word),
                     quote_for_shell(read.missing_word));
}

// Returns the first number with decimals if these may be digits after a thousands separator: all
// numbers have at most three decimals, nearly all have three, and the digits before are 1 to 999.
std::optional<double> first_grouped(const std::vector<double>& numbers) {
  constexpr double kThousand = 1000, kHundred = 100, kNearly = 0.8;
  const auto is_whole = [](double x) { return std::abs(x - std::round(x)) < 1e-6; };
  std::optional<double> first;
  double fractions = 0, with_three = 0;
  for (const double x : numbers) {
    if (std::isnan(x) || x == std::round(x)) continue;
    if (std::abs(x) < 1 || std::abs(x) >= kThousand || !is_whole(kThousand * x))
      return std::nullopt;
    if (!first) first = x;
    ++fractions;
    with_three += is_whole(kHundred * x) ? 0 : 1;
  }
  return with_three > kNearly * fractions ? first : std::nullopt;
}

// Returns the currency sign of a cell, or "".
std::string_view currency_of(std::string_view cell) {
  constexpr std::string_view kSigns[] = {"$", "€", "£", "¥", "EUR", "USD", "GBP", "CHF"};
  for (const std::string_view sign : kSigns)
    if (cell.find(sign) != cell.npos) return sign;
  return "";
}

// Returns the first words in quotes, and how many more there are.
std::string list_words(const std::vector<std::string>& words) {
  constexpr std::size_t kMaxListed = 3;
  std::vector<std::string> listed;
  for (std::size_t i = 0; i < std::min(words.size(), kMaxListed); ++i)
    listed.push_back(quote_for_message(words[i]));
  std::string text = join(listed, ", ");
  if (words.size() > kMaxListed) text += fmt::format(" and {} more", words.size() - kMaxListed);
  return text;
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
      list_words(names));
}

bool have_format(const ColumnCells& cells, CellFormat format) {
  return std::ranges::all_of(
      cells.words(), [&](const std::string& word) { return parse_cell(word, format).has_value(); });
}

bool has_clear_decimal_commas(const ColumnCells& cells) {
  return cells.has_words() && !cells.words().empty() &&
         have_format(cells, CellFormat::decimal_comma) &&
         !have_format(cells, CellFormat::thousands);
}

std::optional<std::string> note_on_separators(const std::string& name, const ColumnCells& cells,
                                              CellFormat format, bool has_decimal_commas) {
  const auto text = [&](const std::string& cell, double read, double possible, CellFormat other) {
    return fmt::format("{}: {} is read as {}, but {} is possible, too; --numeric {}",
                       quote_for_message(name), quote_for_message(cell), read, possible,
                       quote_for_shell(name + "=" + format_name(other)));
  };
  if (!cells.has_words() && format == CellFormat::plain) {
    const auto grouped = has_decimal_commas ? first_grouped(cells.numbers()) : std::nullopt;
    if (!grouped) return std::nullopt;
    return text(fmt::format("{:.3f}", *grouped), *grouped, std::round(1000 * *grouped),
                CellFormat::decimal_comma);
  }
  if (format != CellFormat::thousands && format != CellFormat::decimal_comma) return std::nullopt;
  const auto other =
      format == CellFormat::thousands ? CellFormat::decimal_comma : CellFormat::thousands;
  if (!have_format(cells, other)) return std::nullopt;
  for (const std::string& word : cells.words()) {
    const double read = *parse_cell(word, format), possible = *parse_cell(word, other);
    if (read != possible) return text(word, read, possible, other);
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

std::optional<std::string> note_on_column(const ReadColumn& read, const ColumnChoice& choice) {
  if (auto note = note_on_minus(read)) return note;
  if (read.column.kind == "number") {
    if (auto note = note_on_signs(read.column.name, read.cells)) return "column " + *note;
    const CellFormat format = *format_named(read.column.format);
    auto note = note_on_separators(read.column.name, read.cells, format, read.has_decimal_commas);
    if (note && choice.format.empty()) return "column " + *note;
  }
  if (auto note = note_on_days(read); note && choice.format.empty()) return note;
  if (auto note = note_on_rare_categories(read.column)) return note;
  if (!choice.kind.empty()) return std::nullopt;
  if (auto note = note_on_compact_dates(read)) return note;
  return note_on_rare_word(read);
}

std::optional<std::string> note_on_new_column(const ReadColumn& read,
                                              const std::vector<std::string>& unknown) {
  const std::string name = quote_for_message(read.column.name);
  if (!unknown.empty() && !read.column.has_other) {
    return fmt::format("column {}: {} did not occur in training, so {} as no category", name,
                       list_words(unknown), unknown.size() == 1 ? "it counts" : "they count");
  }
  if (read.column.format != format_name(CellFormat::decimal_comma)) return std::nullopt;
  const auto has = [&](char sign) {
    return std::ranges::find_if(read.cells.words(), [sign](const std::string& word) {
      return word.find(sign) != word.npos;
    });
  };
  if (has(',') != read.cells.words().end() || has('.') == read.cells.words().end())
    return std::nullopt;
  return fmt::format("column {}: {} is read as {}, since training had decimal commas", name,
                     quote_for_message(*has('.')),
                     parse_cell(*has('.'), CellFormat::decimal_comma).value_or(NAN));
}

}  // namespace selfnorm
