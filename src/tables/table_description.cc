// SPDX-License-Identifier: Apache-2.0
#include "tables/table_description.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>

#include "base/index.h"
#include "base/random.h"
#include "base/text.h"
#include "data/gather.h"
#include "data/split.h"
#include "data/targets.h"
#include "files/byte_reader.h"
#include "tables/column_encoding.h"
#include "tables/feature_column.h"
#include "tables/repeats.h"
#include "tables/table_summary.h"

namespace selfnorm {
namespace {

// Returns the number of intervals of a number that predicts the target alone.
std::size_t interval_count(std::size_t rows) {
  const auto root = static_cast<std::size_t>(std::sqrt(static_cast<double>(rows)));
  return std::clamp<std::size_t>(root, 8, 64);
}

// Returns the interval of each number: equally many rows in each, and one more for missing numbers.
std::vector<std::int64_t> intervals_of(const std::vector<double>& numbers) {
  std::vector<double> sorted;
  for (const double x : numbers)
    if (!std::isnan(x)) sorted.push_back(x);
  std::ranges::sort(sorted);
  std::vector<double> edges;
  const std::size_t count = interval_count(sorted.size());
  for (std::size_t i = 1; i < count && !sorted.empty(); ++i)
    edges.push_back(sorted[i * sorted.size() / count]);
  std::vector<std::int64_t> intervals;
  for (const double x : numbers) {
    const auto above = std::ranges::upper_bound(edges, x) - edges.begin();
    intervals.push_back(std::isnan(x) ? static_cast<std::int64_t>(count) : above);
  }
  return intervals;
}

// Replaces the number of each row by its rank, since few large numbers would decide R².
Targets with_ranks(Targets targets) {
  if (targets.values.empty()) return targets;
  std::vector<double> sorted = present_values(targets, all_rows(std::ssize(targets.values)), 0);
  std::ranges::sort(sorted);
  for (float& value : targets.values) {
    if (std::isnan(value)) continue;
    const auto below = std::ranges::lower_bound(sorted, double{value}) - sorted.begin();
    const auto not_above = std::ranges::upper_bound(sorted, double{value}) - sorted.begin();
    value = static_cast<float>(below + not_above) / 2;
  }
  return targets;
}

// Predicts a target from one key per row. Even rows determine the prediction of each key, and odd
// rows are predicted.
double score_of_keys(const Targets& targets, const std::vector<std::int64_t>& keys) {
  if (!targets.classes.empty()) {
    std::map<std::int64_t, std::map<std::int32_t, std::int64_t>> counts;
    for (std::size_t row = 0; row < keys.size(); row += 2)
      ++counts[keys[row]][targets.classes[row]];
    std::int64_t right = 0, rows = 0;
    for (std::size_t row = 1; row < keys.size(); row += 2) {
      const auto& of_key = counts[keys[row]];
      const auto best =
          std::ranges::max_element(of_key, {}, [](const auto& c) { return c.second; });
      right += best != of_key.end() && best->first == targets.classes[row] ? 1 : 0;
      ++rows;
    }
    return rows > 0 ? static_cast<double>(right) / static_cast<double>(rows) : 0;
  }
  struct Sum {
    double sum = 0, rows = 0;
  };
  std::map<std::int64_t, Sum> sums;
  Sum all;
  for (std::size_t row = 0; row < keys.size(); row += 2) {
    const double y = targets.values[row];
    if (std::isnan(y)) continue;
    sums[keys[row]].sum += y, sums[keys[row]].rows += 1;
    all.sum += y, all.rows += 1;
  }
  double residual = 0, total = 0;
  const double mean = all.sum / std::max(all.rows, 1.0);
  for (std::size_t row = 1; row < keys.size(); row += 2) {
    const double y = targets.values[row];
    if (std::isnan(y)) continue;
    const Sum& of_key = sums[keys[row]];
    const double predicted = of_key.rows > 0 ? of_key.sum / of_key.rows : mean;
    residual += (y - predicted) * (y - predicted);
    total += (y - mean) * (y - mean);
  }
  return total > 0 ? 1 - residual / total : 0;
}

bool has_one_target(const Targets& targets) {
  return !targets.classes.empty() || (targets.width == 1 && !targets.values.empty());
}

std::vector<std::int64_t> keys_of(const FeatureColumn& column, bool has_categories,
                                  std::int64_t rows) {
  std::vector<double> numbers;
  std::vector<std::int64_t> keys;
  for (std::int64_t row = 0; row < rows; ++row) {
    if (has_categories) keys.push_back(column.category(row));
    else numbers.push_back(column.number(row));
  }
  return has_categories ? keys : intervals_of(numbers);
}

void describe_numbers(const FeatureColumn& column, std::int64_t rows, double origin,
                      ColumnDescription& out) {
  double sum = 0, count = 0;
  out.low = std::numeric_limits<double>::infinity(), out.high = -out.low;
  for (std::int64_t row = 0; row < rows; ++row) {
    const double x = column.number(row) + origin;
    if (std::isnan(x)) continue;
    out.low = std::min(out.low, x), out.high = std::max(out.high, x);
    sum += x, count += 1;
  }
  if (count == 0) out.low = out.high = std::nan("");
  out.mean = count > 0 ? sum / count : std::nan("");
  if (!(out.high > out.low)) return;
  out.histogram.assign(kDescribedBins, 0);
  for (std::int64_t row = 0; row < rows; ++row) {
    const double x = (column.number(row) + origin - out.low) / (out.high - out.low);
    if (std::isnan(x)) continue;
    const auto bin = static_cast<std::size_t>(x * static_cast<double>(kDescribedBins));
    ++out.histogram[std::min(bin, kDescribedBins - 1)];
  }
}

void describe_categories(const FeatureColumn& feature, const TableColumn& column, std::int64_t rows,
                         ColumnDescription& out) {
  std::vector<std::int64_t> counts(column.categories.size() + 1, 0);
  for (std::int64_t row = 0; row < rows; ++row) {
    if (feature.is_missing(row)) continue;
    const std::int64_t index =
        is_category(column) ? feature.category(row) : std::llround(feature.number(row));
    ++counts[index < 0 ? counts.size() - 1 : std::min(as_index(index), counts.size() - 1)];
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const std::string name = i < column.categories.size() ? column.categories[i] : "others";
    const double share = static_cast<double>(counts[i]) / static_cast<double>(rows);
    if (i < column.categories.size() || counts[i] > 0) out.shares.emplace_back(name, share);
  }
  out.has_others = counts.back() > 0;
}

// Returns whether a column or the order of the rows predicts nearly all that a constant does not.
bool predicts_nearly_all(double score, double baseline) {
  constexpr double kNearlyAll = 0.95;
  return baseline < 1 && (score - baseline) / (1 - baseline) > kNearlyAll;
}

std::vector<std::string> leak_warnings(const Dataset& data, const TableDescription& table) {
  std::vector<std::string> warnings;
  if (!has_one_target(data.targets)) return warnings;
  for (const ColumnDescription& column : table.columns) {
    if (!predicts_nearly_all(column.target_score, table.baseline)) continue;
    warnings.push_back(fmt::format(
        "column {} alone predicts the target ({} {:.3f}): if it is known only together with the "
        "target, leave it out (--drop {})",
        quote_for_message(column.name), table.score_name, column.target_score,
        quote_for_shell(column.name)));
  }
  return warnings;
}

std::vector<std::string> order_warnings(const Dataset& data, const TableDescription& table) {
  if (!has_one_target(data.targets) ||
      !predicts_nearly_all(table.row_order_score, table.baseline)) {
    return {};
  }
  return {
      "the rows are sorted by the target: a column that counts the rows would give the target "
      "away, and the last rows are no fair test (rows are held out at random by default)"};
}

std::vector<std::string> likely_targets(const Dataset& data) {
  std::vector<std::string> names;
  for (const TableColumn& column : data.table) {
    const std::string lower = to_lower(column.name);
    for (const char* word : {"target", "label", "class", "outcome", "y", "price", "survived"})
      if (lower == word) names.push_back(column.name);
  }
  const auto last = std::ranges::find_if(data.table.rbegin(), data.table.rend(),
                                         [](const TableColumn& c) { return c.kind != "left out"; });
  if (last != data.table.rend() && !is_listed(names, last->name)) names.push_back(last->name);
  return names;
}

}  // namespace

namespace {

ColumnDescription describe_feature(const Dataset& data, const TableColumn& column,
                                   const ColumnPlace& place, const Targets& judged) {
  ColumnDescription described{column.name, shown_kind(column), column.note};
  const FeatureColumn feature(place, column);
  std::int64_t missing = 0;
  for (std::int64_t row = 0; row < data.rows; ++row) missing += feature.is_missing(row);
  described.missing = static_cast<double>(missing) / static_cast<double>(data.rows);
  if (is_category(column) || column.kind == "ordinal")
    describe_categories(feature, column, data.rows, described);
  else describe_numbers(feature, data.rows, column.origin, described);
  if (!judged.name.empty()) {
    described.target_score =
        score_of_keys(judged, keys_of(feature, is_category(column), data.rows));
  }
  return described;
}

// Returns one random row of each of at most `count` equal parts of the rows, in a random order.
std::vector<std::int64_t> sample_rows(std::int64_t rows, std::int64_t count) {
  const RandomKey key = random_key(1, "leaks", "rows");
  count = std::min(rows, count);
  std::vector<std::int64_t> sample;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t begin = i * rows / count, end = (i + 1) * rows / count;
    const double at =
        uniform(key, static_cast<std::uint64_t>(i)) * static_cast<double>(end - begin);
    sample.push_back(begin + std::min(static_cast<std::int64_t>(at), end - begin - 1));
  }
  std::vector<std::int64_t> shuffled;
  for (const std::int64_t i : permutation(key, count)) shuffled.push_back(sample[as_index(i)]);
  return shuffled;
}

// Describes the columns, and how well each of them, and a constant, predict the target.
TableDescription describe_columns(const Dataset& data) {
  TableDescription out;
  const bool is_scored = has_one_target(data.targets) && data.rows > 1;
  if (is_scored) out.score_name = data.targets.classes.empty() ? "R² of ranks" : "accuracy";
  const Targets judged = is_scored ? with_ranks(data.targets) : Targets{};
  const auto places = places_of_columns(data);
  for (const TableColumn& column : data.table) {
    const auto place = places.find(column.name);
    out.columns.push_back(place == places.end()
                              ? ColumnDescription{column.name, shown_kind(column), column.note}
                              : describe_feature(data, column, place->second, judged));
  }
  if (!is_scored) return out;
  std::vector<double> order;
  for (std::int64_t row = 0; row < data.rows; ++row) order.push_back(static_cast<double>(row));
  out.row_order_score = score_of_keys(judged, intervals_of(order));
  out.baseline = score_of_keys(judged, std::vector<std::int64_t>(order.size(), 0));
  return out;
}

}  // namespace

std::vector<std::string> find_leaks(const Dataset& data) {
  constexpr std::int64_t kMaxRows = 5000;
  if (!is_from_table(data) || !has_one_target(data.targets)) return {};
  const Dataset few = select_rows(data, sample_rows(data.rows, kMaxRows));
  return leak_warnings(few, describe_columns(few));
}

TableDescription describe_table(const Dataset& data) {
  TableDescription out = describe_columns(data);
  out.name = data.name;
  out.rows = data.rows;
  out.duplicate_rows = count_repeated_rows(data);
  out.target = describe_target(data);
  out.notes = data.notes;
  if (data.targets.name.empty()) out.likely_targets = likely_targets(data);
  out.warnings = leak_warnings(data, out);
  std::ranges::move(order_warnings(data, out), std::back_inserter(out.warnings));
  std::ranges::move(find_equal_columns(data), std::back_inserter(out.warnings));
  if (out.duplicate_rows > 0) {
    out.warnings.push_back(
        repeated_rows_text(group_digits(out.duplicate_rows), out.duplicate_rows > 1));
  }
  return out;
}

}  // namespace selfnorm
