// SPDX-License-Identifier: Apache-2.0
#include "tables/column_cells.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/index.h"

namespace selfnorm {
namespace {

// Keeps the marked elements.
template <class T>
void keep(std::vector<T>& values, const std::vector<bool>& kept) {
  std::size_t to = 0;
  for (std::size_t from = 0; from < values.size(); ++from)
    if (kept[from]) values[to++] = values[from];
  values.resize(to);
}

}  // namespace

bool ColumnCells::push_number(std::string_view cell) {
  const auto number = has_words_ ? std::nullopt : read_number(cell);
  if (!number) return false;
  ++size_;
  numbers_.push_back(number->value);
  are_canonical_ = are_canonical_ && number->is_shortest;
  if (are_points_grouping_) examine_point(cell);
  return true;
}

void ColumnCells::examine_point(std::string_view cell) {
  constexpr std::size_t kGroup = 3;  // digits
  const std::size_t point = cell.find('.');
  if (point == cell.npos) return;
  has_points_ = true;
  const std::size_t first = cell[0] == '-' || cell[0] == '+' ? 1 : 0;
  const bool has_group = cell.find_first_not_of("0123456789", point + 1) == cell.npos &&
                         cell.size() - point - 1 == kGroup;
  are_points_grouping_ =
      has_group && point > first && point - first <= kGroup && cell[first] != '0';
}

bool ColumnCells::push_known_word(std::string_view cell) {
  const auto found = index_.find(cell);
  if (found == index_.end()) return false;
  ++size_;
  ++counts_[as_index(found->second)];
  codes_.push_back(found->second);
  return true;
}

void ColumnCells::push(std::string_view cell) {
  if (push_number(cell)) return;
  ++size_;
  use_words();
  push_word(cell);
}

void ColumnCells::push_missing() {
  ++size_, ++missing_;
  if (has_words_) codes_.push_back(kMissing);
  else numbers_.push_back(kMissingNumber);
}

void ColumnCells::declare_words(const std::vector<std::string>& words) {
  use_words();
  for (const std::string& word : words) code_of(word);
}

std::int32_t ColumnCells::code_of(std::string_view word) {
  auto found = index_.find(word);
  if (found == index_.end()) {
    found = index_.emplace(std::string(word), static_cast<std::int32_t>(words_.size())).first;
    words_.emplace_back(word);
    counts_.push_back(0);
  }
  return found->second;
}

void ColumnCells::push_word(std::string_view word) {
  const std::int32_t code = code_of(word);
  ++counts_[as_index(code)];
  codes_.push_back(code);
}

void ColumnCells::use_words() {
  if (has_words_) return;
  has_words_ = true;
  has_changed_words_ = !are_canonical_;
  codes_.reserve(numbers_.capacity());
  for (const double number : std::exchange(numbers_, {})) {
    if (std::isnan(number)) codes_.push_back(kMissing);
    else push_word(fmt::format("{}", number));
  }
}

void ColumnCells::use_numbers(CellFormat format) {
  if (!has_words_) return;
  std::vector<double> values;
  for (const std::string& word : words_)
    values.push_back(parse_cell(word, format).value_or(kMissingNumber));
  numbers_.reserve(codes_.size());
  for (const std::int32_t code : codes_)
    numbers_.push_back(code == kMissing ? kMissingNumber : values[as_index(code)]);
  has_words_ = false;
  words_ = {}, counts_ = {}, codes_ = {}, index_ = {};
}

std::int64_t ColumnCells::distinct_words() const {
  return std::ranges::count_if(counts_, [](std::int64_t count) { return count > 0; });
}

std::vector<std::int64_t> ColumnCells::counts_in(std::span<const std::int64_t> rows) const {
  std::vector<std::int64_t> counts(words_.size(), 0);
  for (const std::int64_t row : rows) {
    const std::int32_t code = codes_[as_index(row)];
    if (code != kMissing) ++counts[as_index(code)];
  }
  return counts;
}

std::int64_t ColumnCells::count_in(CellFormat format) const {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < words_.size(); ++i)
    if (parse_cell(words_[i], format)) count += counts_[i];
  return count;
}

void ColumnCells::select(const std::vector<bool>& kept) {
  keep(numbers_, kept);
  keep(codes_, kept);
  size_ = has_words_ ? std::ssize(codes_) : std::ssize(numbers_);
  missing_ = 0;
  counts_.assign(words_.size(), 0);
  for (const std::int32_t code : codes_) {
    if (code == kMissing) ++missing_;
    else ++counts_[as_index(code)];
  }
  for (const double number : numbers_) missing_ += std::isnan(number);
}

bool have_format(const ColumnCells& cells, CellFormat format) {
  return std::ranges::all_of(
      cells.words(), [&](const std::string& word) { return parse_cell(word, format).has_value(); });
}

DecimalSign decimal_sign_of(const ColumnCells& cells) {
  if (!cells.has_words()) {
    const bool is_point = cells.has_points() && !cells.may_have_grouping_points();
    return is_point ? DecimalSign::point : DecimalSign::unknown;
  }
  const bool may_be_point = have_format(cells, CellFormat::thousands);
  const bool may_be_comma = have_format(cells, CellFormat::decimal_comma);
  if (cells.words().empty() || may_be_point == may_be_comma) return DecimalSign::unknown;
  return may_be_point ? DecimalSign::point : DecimalSign::comma;
}

}  // namespace selfnorm
