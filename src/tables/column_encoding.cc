// SPDX-License-Identifier: Apache-2.0
#include "tables/column_encoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/index.h"
#include "base/text.h"
#include "files/byte_reader.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// The numbers of a time.
void encode_time(const TableColumn& column, double seconds, float* out) {
  const double days = seconds / kSecondsPerDay;
  *out++ = static_cast<float>(days - column.origin);
  for (const std::string& part : column.parts) {
    constexpr double kDaysPerYear = 365.2425, kDaysPerWeek = 7;
    const double period = part == "month" ? kDaysPerYear : part == "weekday" ? kDaysPerWeek : 1;
    const double angle = 2 * std::numbers::pi * std::fmod(days, period) / period;
    *out++ = static_cast<float>(std::sin(angle));
    *out++ = static_cast<float>(std::cos(angle));
  }
}

// Writes the numbers of the category with this index, or of an unknown one.
void encode_one_hot(const TableColumn& column, std::optional<double> index, float* out) {
  const std::size_t count = column.categories.size();
  std::fill_n(out, count + (column.has_other ? 1 : 0), 0.0f);
  if (index) out[static_cast<std::size_t>(*index)] = 1;
  else if (column.has_other) out[count] = 1;
}

}  // namespace

void check_table_column(const TableColumn& column) {
  static const std::vector<std::string> kinds = {"number", "category", "ordinal", "time",
                                                 "id",     "left out", "embedded"};
  static const std::vector<std::string> parts = {"month", "weekday", "hour"};
  const auto format = format_named(column.format);
  const bool are_parts_known = std::ranges::all_of(
      column.parts, [](const std::string& part) { return std::ranges::count(parts, part) > 0; });
  const bool is_known = std::ranges::count(kinds, column.kind) > 0 && format.has_value() &&
                        are_parts_known && std::isfinite(column.origin);
  // A column whose cells were all missing in training has none.
  const bool may_lack_categories =
      is_embedded(column) || (column.kind == "category" && column.marks_missing);
  const bool has_categories = is_category(column) || column.kind == "ordinal";
  const bool fits = is_known && is_time(*format) == (column.kind == "time") &&
                    (has_categories == !column.categories.empty() || may_lack_categories);
  if (fits) return;
  throw Error(ErrorKind::model_file,
              fmt::format("schema: the column {} is not one of a table: kind {}, format {}, {} "
                          "categories",
                          quote_for_message(column.name), quote_for_message(column.kind),
                          quote_for_message(column.format), column.categories.size()));
}

bool is_category(const TableColumn& column) {
  return column.kind == "category" || is_embedded(column);
}

bool is_embedded(const TableColumn& column) { return column.kind == "embedded"; }

bool is_one_number(const TableColumn& column) {
  return column.kind == "category" && column.categories.size() == 2 && !column.has_other &&
         !column.marks_missing;
}

bool is_boolean(const TableColumn& column) {
  if (column.kind != "category" || column.categories.size() != 2 || column.has_other) return false;
  return are_truth_values(column.categories[0], column.categories[1]);
}

std::int64_t category_of_token_id(float id) {
  constexpr auto kFirst = static_cast<std::int64_t>(kFirstCategory);
  return std::max<std::int64_t>(static_cast<std::int64_t>(id) - kFirst, -1);
}

std::size_t token_id_of_others(const TableColumn& column) { return column.has_other ? 1 : 0; }

bool is_feature(const TableColumn& column) {
  return column.kind != "left out" && column.kind != "id";
}

std::vector<std::string> names_of_numbers(const TableColumn& column) {
  if (!is_feature(column)) return {};
  std::vector<std::string> names;
  if (is_one_number(column)) {
    return {column.name + "=" + column.categories[1]};
  }
  if (column.kind == "category") {
    for (const std::string& category : column.categories)
      names.push_back(column.name + "=" + category);
    if (column.has_other) names.push_back(column.name + " is another");
  } else {
    names.push_back(column.name);
    for (const std::string& part : column.parts) {
      names.push_back(fmt::format("{} ({}, sine)", column.name, part));
      names.push_back(fmt::format("{} ({}, cosine)", column.name, part));
    }
  }
  if (column.marks_missing) names.push_back(column.name + " is missing");
  return names;
}

namespace {

// The places of words in a list. A word may be the same number as a listed one, as "1.0" and "1".
class WordRanks {
 public:
  explicit WordRanks(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto rank = static_cast<double>(i);
      of_word_.try_emplace(words[i], rank);
      if (const auto number = parse_number(words[i])) of_number_.try_emplace(*number, rank);
    }
  }
  std::optional<double> find(const std::string& word) const {
    if (const auto found = of_word_.find(word); found != of_word_.end()) return found->second;
    const auto number = parse_number(word);
    const auto found = number ? of_number_.find(*number) : of_number_.end();
    if (found == of_number_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::unordered_map<std::string_view, double> of_word_;
  std::unordered_map<double, double> of_number_;
};

std::size_t token_id(const TableColumn& column, std::optional<double> rank) {
  return rank ? kFirstCategory + static_cast<std::size_t>(*rank) : token_id_of_others(column);
}

// Says what a cell of the column must be. If this one is a number in another format, the text shows
// the format of the column.
std::string expected_cell(const TableColumn& column, const std::string& cell) {
  if (column.kind == "ordinal") return "one of " + join(column.categories, ", ");
  const CellFormat format = format_named(column.format).value_or(CellFormat::plain);
  const std::string example = std::string(" written as ") + format_example(format);
  if (column.kind == "time") return "a time" + example;
  const bool has_other_format =
      parse_cell(cell, CellFormat::thousands) || parse_cell(cell, CellFormat::decimal_comma);
  return "a " + column.kind + (has_other_format ? example : "");
}

}  // namespace

ColumnEncoder::Coding ColumnEncoder::coding_of(const TableColumn& column) {
  if (is_one_number(column)) return Coding::two_categories;
  if (column.kind == "category") return Coding::one_hot;
  if (is_embedded(column)) return Coding::token_id;
  return column.kind == "time" ? Coding::time : Coding::number;
}

ColumnEncoder::ColumnEncoder(const TableColumn& column, const ColumnCells& cells,
                             bool prefers_plain)
    : column_(column),
      cells_(cells),
      coding_(coding_of(column)),
      count_(names_of_numbers(column).size()) {
  if (count_ == 0 || !cells.has_words()) return;
  const CellFormat format = format_named(column.format).value_or(CellFormat::plain);
  const WordRanks ranks(column.categories);
  for (const std::string& word : cells.words()) {
    std::optional<double> value;
    if (is_category(column) || !column.categories.empty()) {
      value = ranks.find(word);
      if (const auto truth = truth_value(word); !value && truth && is_boolean(column))
        value = truth == truth_value(column.categories[0]) ? 0 : 1;
    } else {
      if (prefers_plain && !is_time(format)) value = parse_number(word);
      if (!value) value = parse_cell(word, format);
      // "1.5" does not have a decimal comma.
      const bool may_be_plain = format != CellFormat::decimal_comma || word.find('.') == word.npos;
      if (!value && !is_time(format) && may_be_plain) value = parse_number(word);
    }
    of_word_.push_back(value);
  }
}

std::vector<std::string> ColumnEncoder::unknown_categories() const {
  std::vector<std::string> unknown;
  if (!is_category(column_)) return unknown;
  for (std::size_t i = 0; i < of_word_.size(); ++i)
    if (!of_word_[i] && cells_.counts()[i] > 0) unknown.push_back(cells_.words()[i]);
  return unknown;
}

void ColumnEncoder::encode(std::int64_t begin, std::int64_t end, const NumberTable& table,
                           std::size_t max_faults, std::vector<CellFault>& faults) const {
  if (count_ == 0) return;
  for (std::int64_t row = begin; row < end; ++row) {
    float* out = table.numbers + row * table.width + table.column;
    if (column_.marks_missing) out[count_ - 1] = 0;
    auto fault = cells_.has_words() ? encode_word(row, out) : encode_number(row, out);
    if (fault && faults.size() < max_faults) faults.push_back(std::move(*fault));
  }
}

std::optional<CellFault> ColumnEncoder::encode_word(std::int64_t row, float* out) const {
  const std::int32_t code = cells_.codes()[as_index(row)];
  if (code == ColumnCells::kMissing) return encode_missing(out), std::nullopt;
  const std::optional<double>& value = of_word_[as_index(code)];
  switch (coding_) {
    case Coding::one_hot: return encode_one_hot(column_, value, out), std::nullopt;
    case Coding::two_categories:
      *out = static_cast<float>(value.value_or(kMissingNumber));
      return std::nullopt;
    case Coding::token_id: *out = static_cast<float>(token_id(column_, value)); return std::nullopt;
    case Coding::time:
    case Coding::number: break;
  }
  if (value) return encode_value(row, *value, out);
  const std::string& word = cells_.words()[as_index(code)];
  return CellFault{row, word, expected_cell(column_, word)};
}

std::optional<CellFault> ColumnEncoder::encode_number(std::int64_t row, float* out) const {
  const double value = cells_.numbers()[as_index(row)];
  if (std::isnan(value)) return encode_missing(out), std::nullopt;
  if (coding_ == Coding::time) {
    std::string cell = fmt::format("{}", value);
    return CellFault{row, cell, expected_cell(column_, cell)};
  }
  return encode_value(row, value, out);
}

void ColumnEncoder::encode_missing(float* out) const {
  const bool is_zero = coding_ == Coding::one_hot || coding_ == Coding::token_id;
  std::fill_n(out, count_, is_zero ? 0.0f : static_cast<float>(kMissingNumber));
  if (column_.marks_missing) out[count_ - 1] = 1;
}

// Writes a number, or a time in seconds.
std::optional<CellFault> ColumnEncoder::encode_value(std::int64_t row, double value,
                                                     float* out) const {
  if (coding_ == Coding::time) return encode_time(column_, value, out), std::nullopt;
  const double shifted = value - column_.origin;
  if (!(std::abs(shifted) <= std::numeric_limits<float>::max()))
    return CellFault{row, fmt::format("{}", value), "a number within 32-bit range"};
  *out = static_cast<float>(shifted);
  return std::nullopt;
}

std::vector<TableFault> encode_table(const std::vector<ColumnEncoder>& encoders, std::int64_t rows,
                                     std::vector<float>& numbers, std::size_t max_faults) {
  constexpr std::int64_t kBlock = 1024;  // rows whose numbers stay in the cache
  const std::int64_t blocks = (rows + kBlock - 1) / kBlock;
  const std::int64_t width = rows > 0 ? std::ssize(numbers) / rows : 0;
  std::vector<std::vector<TableFault>> found(as_index(blocks));
#pragma omp parallel for
  for (std::int64_t block = 0; block < blocks; ++block) {
    NumberTable table{numbers.data(), width, 0};
    for (std::size_t i = 0; i < encoders.size(); ++i) {
      std::vector<CellFault> faults;
      encoders[i].encode(block * kBlock, std::min(rows, (block + 1) * kBlock), table, max_faults,
                         faults);
      for (CellFault& fault : faults) found[as_index(block)].push_back({i, std::move(fault)});
      table.column += static_cast<std::int64_t>(encoders[i].count());
    }
  }
  std::vector<TableFault> all;
  std::vector<std::size_t> of_encoder(encoders.size(), 0);
  for (const auto& faults : found)
    for (const TableFault& fault : faults)
      if (of_encoder[fault.encoder]++ < max_faults) all.push_back(fault);
  std::ranges::stable_sort(all, {}, &TableFault::encoder);
  return all;
}

}  // namespace selfnorm
