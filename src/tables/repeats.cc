// SPDX-License-Identifier: Apache-2.0
#include "tables/repeats.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>
#include <variant>

#include "base/hash.h"
#include "base/index.h"
#include "base/text.h"
#include "files/byte_reader.h"
#include "tables/column_encoding.h"
#include "tables/feature_column.h"

namespace selfnorm {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 29);
}

// Adds the numbers of a row to a hash.
std::uint64_t hash_numbers(std::uint64_t hash, const std::vector<float>& values, std::size_t width,
                           std::size_t row) {
  return hash_bytes(values.data() + row * width, width * sizeof(float), hash);
}

std::uint64_t hash_row(const Dataset& data, std::size_t row) {
  const Targets& targets = data.targets;
  std::uint64_t hash = 1;
  for (const Field& field : data.inputs) {
    const auto& values = std::get<std::vector<float>>(field.values);
    hash = hash_numbers(hash, values, field.columns.size(), row);
  }
  if (!targets.classes.empty()) hash = mix(hash, static_cast<std::uint64_t>(targets.classes[row]));
  if (!targets.values.empty())
    hash = hash_numbers(hash, targets.values, as_index(targets.width), row);
  return hash;
}

// Some of the rows, and how many of them are the same as an earlier one.
struct Repeats {
  std::int64_t count = 0, rows = 0;
};

// Counts rows that are the same as an earlier one, by a hash of 64 bits. Only the rows count whose
// hash is divisible by `divisor`, so equal rows either all count or none of them does.
Repeats count_repeats(const Dataset& data, std::uint64_t divisor) {
  std::vector<std::uint64_t> hashes(as_index(data.rows));
#pragma omp parallel for
  for (std::size_t row = 0; row < hashes.size(); ++row) hashes[row] = hash_row(data, row);
  std::erase_if(hashes, [&](std::uint64_t hash) { return hash % divisor != 0; });
  std::ranges::sort(hashes);
  const auto repeats = hashes.end() - std::unique(hashes.begin(), hashes.end());
  return {repeats, std::ssize(hashes)};
}

std::uint64_t hash_column(const FeatureColumn& feature, const TableColumn& column,
                          std::int64_t rows) {
  std::uint64_t hash = mix(1, is_category(column));
  for (std::int64_t row = 0; row < rows; ++row) {
    const double value = is_category(column) ? static_cast<double>(feature.category(row))
                                             : feature.number(row) + column.origin;
    hash = mix(hash, feature.is_missing(row));
    if (!feature.is_missing(row)) hash = mix(hash, std::bit_cast<std::uint64_t>(value));
  }
  return hash;
}

}  // namespace

std::int64_t count_repeated_rows(const Dataset& data) { return count_repeats(data, 1).count; }

std::string repeated_rows_text(const std::string& rows, bool are_several) {
  return fmt::format(
      "{} row{} the features and targets of an earlier row, so held-out rows may be "
      "among the training rows",
      rows, are_several ? "s have" : " has");
}

std::optional<std::string> find_repeated_rows(const Dataset& data) {
  constexpr double kManyRows = 0.01;
  constexpr std::int64_t kEnoughRows = 50'000;  // for the share
  if (!is_from_table(data) || data.rows == 0) return std::nullopt;
  const auto divisor = static_cast<std::uint64_t>(1 + data.rows / kEnoughRows);
  const auto [count, rows] = count_repeats(data, divisor);
  const double share =
      static_cast<double>(count) / static_cast<double>(std::max<std::int64_t>(rows, 1));
  if (share < kManyRows) return std::nullopt;
  return repeated_rows_text(percent_text(share) + " of the", true);
}

std::vector<std::string> find_equal_columns(const Dataset& data) {
  std::vector<std::string> found;
  std::map<std::uint64_t, std::string> names;  // by hash
  const auto places = places_of_columns(data);
  for (const TableColumn& column : data.table) {
    const auto place = places.find(column.name);
    if (place == places.end() || column.has_other || data.rows < 2) continue;
    const std::uint64_t hash = hash_column(FeatureColumn(place->second, column), column, data.rows);
    const auto [first, is_new] = names.try_emplace(hash, column.name);
    if (is_new) continue;
    found.push_back(fmt::format("columns {} and {} are the same in all rows",
                                quote_for_message(first->second), quote_for_message(column.name)));
  }
  return found;
}

}  // namespace selfnorm
