// SPDX-License-Identifier: Apache-2.0
#include "tables/table_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>

#include "base/index.h"
#include "base/text.h"
#include "tables/identifiers.h"

namespace selfnorm {
namespace {

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double x) { low = std::min(low, x), high = std::max(high, x); }
};

Range range_of(const std::vector<double>& numbers) {
  Range range;
  for (const double x : numbers)
    if (!std::isnan(x)) range.add(x);
  return range;
}

// Returns a whole number near all numbers, if 32 bits would lose their differences, else 0.
double origin_of(const Range& range) {
  constexpr double kLostBits = 1024;  // of the 2^24 that a 32-bit number distinguishes
  const double spread = range.high - range.low;
  const double largest = std::max(std::abs(range.low), std::abs(range.high));
  if (!(spread > 0) || !(largest > kLostBits * spread)) return 0;
  return std::floor(range.low);
}

TableColumn left_out(std::string name, std::string why) {
  TableColumn column{std::move(name), "left out"};
  column.note = std::move(why);
  return column;
}

TableColumn identifier(std::string name, std::string why) {
  TableColumn column{std::move(name), "id"};
  column.note = std::move(why);
  return column;
}

TableColumn number_column(const std::string& name, const ColumnCells& cells, const Range& range,
                          CellFormat format) {
  TableColumn column{name, "number", format_name(format), origin_of(range)};
  column.marks_missing = cells.missing() > 0;
  return column;
}

// Returns the numbers of all words in a format, or nothing if a word does not have it.
std::optional<Range> range_in(const ColumnCells& cells, CellFormat format) {
  Range range;
  for (const std::string& word : cells.words()) {
    const auto value = parse_cell(word, format);
    if (!value) return std::nullopt;
    range.add(*value);
  }
  return range;
}

// Returns the range of the words in a format, or [0, 0] if no word has it.
Range present_range(const ColumnCells& cells, CellFormat format) {
  Range range;
  for (const std::string& word : cells.words())
    if (const auto value = parse_cell(word, format)) range.add(*value);
  return range.low > range.high ? Range{0, 0} : range;
}

TableColumn time_column(const std::string& name, const ColumnCells& cells, const Range& range,
                        CellFormat format) {
  constexpr double kDaysWithMonths = 60, kDaysWithWeekdays = 7;
  TableColumn column{name, "time", format_name(format), std::floor(range.low / kSecondsPerDay)};
  const double days = (range.high - range.low) / kSecondsPerDay;
  if (days > kDaysWithMonths) column.parts.emplace_back("month");
  if (days > kDaysWithWeekdays) column.parts.emplace_back("weekday");
  const bool has_hours = std::ranges::any_of(cells.words(), [&](const std::string& word) {
    const auto seconds = parse_cell(word, format);
    return seconds && std::fmod(*seconds, kSecondsPerDay) != 0;
  });
  if (has_hours) column.parts.emplace_back("hour");
  column.marks_missing = cells.missing() > 0;
  return column;
}

// Adds the words that occur in at least `min_count` rows as categories, at most `max_count` of
// them. The most frequent are first. Equally frequent ones have the order of their first rows. If
// there are more words, only training rows count.
void add_categories(const UndecidedColumn& undecided, const ColumnCells& cells,
                    std::size_t max_count, std::int64_t min_count, TableColumn& column) {
  const bool have_all_words = min_count <= 1 && as_index(cells.distinct_words()) <= max_count;
  const std::vector<std::int64_t> counts = have_all_words || undecided.training_rows.empty()
                                               ? cells.counts()
                                               : cells.counts_in(undecided.training_rows);
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return counts[i]; });
  for (const std::size_t i : order) {
    if (column.categories.size() == max_count || counts[i] < min_count) break;
    column.categories.push_back(cells.words()[i]);
  }
  const auto occurs = [](std::int64_t count) { return count > 0; };
  column.has_other = std::ranges::count_if(counts, occurs) > std::ssize(column.categories);
}

TableColumn category_column(const UndecidedColumn& undecided, const ColumnCells& cells) {
  TableColumn column{undecided.name, "category"};
  add_categories(undecided, cells, kMaxCategories, 1, column);
  column.marks_missing = cells.missing() > 0;
  return column;
}

TableColumn embedded_column(const UndecidedColumn& undecided, const ColumnCells& cells) {
  constexpr std::size_t kMaxEmbedded = 1'000'000;
  TableColumn column{undecided.name, "embedded"};
  add_categories(undecided, cells, kMaxEmbedded, kMinEmbeddedCount, column);
  return column;
}

bool has_blanks(const ColumnCells& cells) {
  constexpr std::ptrdiff_t kBlanksOfText = 3;  // in a typical cell of text
  std::ptrdiff_t blanks = 0;
  for (const std::string& word : cells.words()) blanks += std::ranges::count(word, ' ');
  return blanks > kBlanksOfText * std::ssize(cells.words());
}

// Returns whether all words are three numbers of two digits with hyphens. They may begin with the
// year, or be codes, so only a user can say that they are dates.
bool may_be_codes(const ColumnCells& cells) {
  constexpr std::size_t kLength = 8;  // of "17-05-16"
  return std::ranges::all_of(cells.words(), [](const std::string& word) {
    return word.size() == kLength && word[2] == '-' && word[5] == '-';
  });
}

// Says what names that differ in most rows seem to be.
std::string describe_names(const ColumnCells& cells) {
  const auto is_clear_time = [](const std::string& word) {
    return std::ranges::any_of(
        kClearTimeFormats, [&](CellFormat format) { return parse_cell(word, format).has_value(); });
  };
  const auto times = std::ranges::count_if(cells.words(), is_clear_time);
  if (may_be_codes(cells)) return "dates or codes";
  if (2 * times > std::ssize(cells.words())) return "times in more than one format";
  return has_blanks(cells) ? "text" : "identifier";
}

// Returns the formats of numbers other than plain, the likelier ones first.
std::vector<CellFormat> number_formats(const UndecidedColumn& column, bool with_zeros) {
  std::vector<CellFormat> formats = {CellFormat::thousands, CellFormat::decimal_comma};
  if (column.prefers_decimal_comma) std::ranges::reverse(formats);
  if (with_zeros) formats.push_back(CellFormat::zero_padded);
  return formats;
}

// Returns whether words such as "007" may be numbers. They are codes if each occurs often, or if
// they identify the rows.
bool may_be_padded_numbers(std::int64_t distinct, std::int64_t present, bool keep) {
  return distinct > static_cast<std::int64_t>(kMaxCategories) &&
         present < kMinRowsPerCategory * distinct && (keep || 2 * distinct <= present);
}

// Returns a column of numbers or times if all words have one of their formats.
std::optional<TableColumn> decide_format(const UndecidedColumn& column, const ColumnCells& cells,
                                         bool with_zeros) {
  for (const CellFormat format : number_formats(column, with_zeros))
    if (const auto range = range_in(cells, format))
      return number_column(column.name, cells, *range, format);
  for (const CellFormat format : kClearTimeFormats)
    if (const auto range = range_in(cells, format); range && !may_be_codes(cells))
      return time_column(column.name, cells, *range, format);
  return std::nullopt;
}

// Returns whether words of one letter, if there are any, are t and f, or y and n, in any case.
bool are_letters_of_one_pair(const ColumnCells& cells) {
  std::string letters;
  for (const std::string& word : cells.words()) {
    const std::string letter = to_lower(word);
    if (letter.size() == 1 && !parse_number(letter) && letters.find(letter) == letters.npos)
      letters += letter;
  }
  std::ranges::sort(letters);
  return letters.empty() || letters == "ft" || letters == "ny";
}

// Returns a category with one word for each truth value, if all words are truth values, however
// they are written.
std::optional<TableColumn> decide_boolean(const UndecidedColumn& column, const ColumnCells& cells) {
  std::optional<std::size_t> of_value[2];  // the most frequent word of false and of true
  for (std::size_t i = 0; i < cells.words().size(); ++i) {
    if (cells.counts()[i] == 0) continue;
    const auto value = truth_value(cells.words()[i]);
    if (!value) return std::nullopt;
    auto& most = of_value[*value ? 1 : 0];
    if (!most || cells.counts()[i] > cells.counts()[*most]) most = i;
  }
  if (!of_value[0] || !of_value[1] || !are_letters_of_one_pair(cells)) return std::nullopt;
  TableColumn decided{column.name, "category"};
  for (const auto& word : of_value) decided.categories.push_back(cells.words()[*word]);
  decided.marks_missing = cells.missing() > 0;
  return decided;
}

// Returns a column of times if nearly all different words are times. The others are faults.
std::optional<TableColumn> decide_mostly_times(const UndecidedColumn& column,
                                               const ColumnCells& cells) {
  constexpr std::ptrdiff_t kTimes = 10;  // one other word in more than this many
  const CellFormat format = likely_time_format(cells);
  if (std::ranges::find(kClearTimeFormats, format) == kClearTimeFormats.end()) return std::nullopt;
  const auto others = std::ranges::count_if(cells.words(), [&](const std::string& word) {
    return !parse_cell(word, format).has_value();
  });
  if (kTimes * others >= std::ssize(cells.words()) || may_be_codes(cells)) return std::nullopt;
  return time_column(column.name, cells, present_range(cells, format), format);
}

TableColumn decide_words(const UndecidedColumn& column, const ColumnCells& cells, bool keep) {
  const std::int64_t distinct = cells.distinct_words(), present = cells.size() - cells.missing();
  if (!column.is_category) {
    const bool with_zeros = may_be_padded_numbers(distinct, present, keep);
    if (auto decided = decide_boolean(column, cells)) return *decided;
    if (auto decided = decide_format(column, cells, with_zeros)) return *decided;
    if (auto decided = decide_mostly_times(column, cells)) return *decided;
  }
  const bool are_few =
      distinct <= static_cast<std::int64_t>(kMaxCategories) && 4 * distinct <= present;
  const CellFormat format = likely_number_format(cells, column.prefers_decimal_comma);
  const bool are_mostly_numbers = 2 * cells.count_in(format) > present;
  const bool are_codes = have_format(cells, CellFormat::zero_padded);  // some with leading zeros
  if (are_mostly_numbers && !are_few && !are_codes && !column.is_category)
    return number_column(column.name, cells, present_range(cells, format), format);
  const bool are_names = distinct >= kMinDistinctToLeaveOut && 2 * distinct > present;
  if (are_names && !keep) {
    const std::string what = describe_names(cells);
    return left_out(column.name,
                    fmt::format("{}: {} different values in {} rows{}", what, distinct,
                                cells.size(), what == "text" ? "; --text reads it" : ""));
  }
  const bool are_many = distinct > static_cast<std::int64_t>(kMaxCategories);
  if (column.embed_many && are_many && present >= kMinRowsPerCategory * distinct)
    return embedded_column(column, cells);
  return category_column(column, cells);
}

// Returns a column of numbers in one of the formats. Other cells are faults.
TableColumn chosen_number(const UndecidedColumn& column, const ColumnCells& cells,
                          const ColumnChoice& choice) {
  if (!choice.format.empty()) {
    const CellFormat format = *format_named(choice.format);
    return number_column(column.name, cells, present_range(cells, format), format);
  }
  if (!cells.has_words())
    return number_column(column.name, cells, range_of(cells.numbers()), CellFormat::plain);
  for (const CellFormat format : number_formats(column, true))
    if (const auto range = range_in(cells, format))
      return number_column(column.name, cells, *range, format);
  const CellFormat format = likely_number_format(cells, column.prefers_decimal_comma);
  return number_column(column.name, cells, present_range(cells, format), format);
}

// Cells that are not times become faults.
TableColumn chosen_time(const UndecidedColumn& column, const ColumnCells& cells,
                        const ColumnChoice& choice) {
  const CellFormat format =
      choice.format.empty() ? likely_time_format(cells) : *format_named(choice.format);
  return time_column(column.name, cells, present_range(cells, format), format);
}

TableColumn chosen_column(const UndecidedColumn& column, const ColumnCells& cells,
                          const ColumnChoice& choice) {
  if (choice.kind == "number") return chosen_number(column, cells, choice);
  if (choice.kind == "time") return chosen_time(column, cells, choice);
  if (choice.kind == "category" || choice.kind == "embedded") {
    ColumnCells words = cells;
    words.use_words();
    return choice.kind == "category" ? category_column(column, words)
                                     : embedded_column(column, words);
  }
  if (choice.kind == "ordinal") {
    TableColumn ordinal{column.name, "ordinal"};
    ordinal.categories = choice.order;
    ordinal.marks_missing = cells.missing() > 0;
    return ordinal;
  }
  if (choice.kind == "id") return identifier(column.name, "--id");
  return left_out(column.name, "--" + choice.option);
}

}  // namespace

CellFormat likely_number_format(const ColumnCells& cells, bool prefers_decimal_comma) {
  std::vector<CellFormat> formats = {CellFormat::plain, CellFormat::thousands,
                                     CellFormat::decimal_comma};
  if (prefers_decimal_comma) std::swap(formats[1], formats[2]);
  return *std::ranges::max_element(formats, {},
                                   [&](CellFormat format) { return cells.count_in(format); });
}

CellFormat likely_time_format(const ColumnCells& cells) {
  const auto count = [&](CellFormat format) {
    return std::ranges::count_if(cells.words(), [&](const std::string& word) {
      return parse_cell(word, format).has_value();
    });
  };
  return *std::ranges::max_element(kTimeFormats, {}, count);
}

TableColumn decide_column(const UndecidedColumn& column, const ColumnCells& cells,
                          const ColumnChoice& choice) {
  if (!choice.kind.empty()) return chosen_column(column, cells, choice);
  // A single row shows nothing of how a column varies.
  const bool keep = column.is_used_anyway || cells.size() == 1 || choice.is_kept;
  if (cells.missing() == cells.size() && !keep)
    return left_out(column.name, "all cells are missing");
  if (cells.has_words()) {
    if (cells.distinct_words() == 1 && cells.missing() == 0 && !keep)
      return left_out(column.name, "all cells are the same");
    const bool are_many = cells.size() >= kMinDistinctToLeaveOut && !has_blanks(cells);
    const bool may_name_rows = (column.is_first && is_name_of_row_names(column.name)) ||
                               (are_many && (column.is_first || is_identifier_name(column.name)));
    constexpr std::int64_t kFewMissing = 20;  // one cell in at least this many
    const bool are_different = cells.distinct_words() == cells.size() - cells.missing() &&
                               kFewMissing * cells.missing() <= cells.size();
    const bool are_row_names =
        may_name_rows && are_different && !decide_format(column, cells, false);
    if (are_row_names && !keep) return identifier(column.name, "it names the rows");
    return decide_words(column, cells, keep);
  }
  const Range range = range_of(cells.numbers());
  if (!keep && range.low == range.high && cells.missing() == 0)
    return left_out(column.name, "all cells are the same");
  const bool may_be_row_numbers = column.is_first && is_name_of_row_names(column.name);
  if (!keep && may_be_row_numbers && cells.size() > 1 && cells.missing() == 0 &&
      (counts_rows(cells.numbers()) ||
       (column.name.empty() && are_all_different(cells.numbers())))) {
    return identifier(column.name, "it numbers the rows");
  }
  if (!keep && is_identifier_name(column.name) && number_the_rows(cells.numbers()))
    return identifier(column.name, "its name and its different numbers are those of an identifier");
  return number_column(column.name, cells, range, CellFormat::plain);
}

}  // namespace selfnorm
