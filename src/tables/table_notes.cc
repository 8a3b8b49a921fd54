// SPDX-License-Identifier: Apache-2.0
#include "tables/table_notes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "files/byte_reader.h"
#include "tables/column_encoding.h"
#include "tables/row_order.h"
#include "tables/table_columns.h"

namespace selfnorm {
namespace {

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

std::optional<std::string> note_ambiguous_days(const NamedCells& column,
                                               const std::string& format) {
  if (!has_ambiguous_days(column.cells)) return std::nullopt;
  const bool is_day_first = format == format_name(CellFormat::day_month);
  const char* other = format_name(is_day_first ? CellFormat::month_day : CellFormat::day_month);
  return fmt::format("the dates of {} are read as {}, but {} is possible, too; --date {}",
                     quote_for_message(column.name), format, other,
                     quote_for_shell(column.name + "=" + other));
}

std::optional<std::string> note_rare_categories(const TableColumn& column) {
  if (!is_embedded(column) || !column.categories.empty() || !column.has_other) return std::nullopt;
  return fmt::format(
      "column {}: no category has {} training rows, so all categories share one vector; "
      "--categorical {} gives the most frequent ones a number each",
      quote_for_message(column.name), kMinEmbeddedCount, quote_for_shell(column.name));
}

std::optional<std::string> note_unknown_categories(const std::string& column,
                                                   const std::vector<std::string>& unknown) {
  if (unknown.empty()) return std::nullopt;
  return fmt::format("column {}: {} did not occur in training, so {} as no category",
                     quote_for_message(column), list_words(unknown),
                     unknown.size() == 1 ? "it counts" : "they count");
}

}  // namespace selfnorm
