// SPDX-License-Identifier: Apache-2.0
#include "data/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "base/index.h"
#include "data/gather.h"
#include "files/byte_reader.h"

namespace selfnorm {
namespace {

// In binary, 10·(1 − 0.9) is just below 1. A difference this small is a rounding error.
constexpr double kRounding = 1e-6;

// The scores of fewer held-out rows would be too noisy to be worth their loss in training.
constexpr std::int64_t kMinRowsToHoldOut = 100, kManyRows = 500;
constexpr std::int64_t kManyRowsWithTest = 2000;  // in version 0.2 also without test rows
constexpr double kFractionOfFew = 0.2, kFractionOfMany = 0.1;

// Returns how many of the rows are held out.
std::int64_t held_out_rows(std::int64_t rows, double fraction, std::string_view name) {
  const double kept = std::floor(static_cast<double>(rows) * (1 - fraction) + kRounding);
  if (!(kept >= 1) || kept >= static_cast<double>(rows)) {
    throw_data_error(
        fmt::format("{}_split: a fraction of {} of {} rows leaves one of the two parts empty", name,
                    fraction, rows));
  }
  return rows - static_cast<std::int64_t>(kept);
}

std::vector<std::int64_t> count_indices(std::span<const std::int32_t> indices) {
  std::vector<std::int64_t> counts;
  for (const std::int32_t index : indices) {
    counts.resize(std::max(counts.size(), as_index(index) + 1), 0);
    ++counts[as_index(index)];
  }
  return counts;
}

// Distributes held-out rows over classes in proportion to their rows, by largest remainders. Each
// class keeps a row.
std::vector<std::int64_t> shares(const std::vector<std::int64_t>& counts, std::int64_t held_out,
                                 std::int64_t rows) {
  std::vector<std::int64_t> share;
  std::vector<double> remainder;
  for (const std::int64_t count : counts) {
    const double exact =
        static_cast<double>(count) * static_cast<double>(held_out) / static_cast<double>(rows);
    share.push_back(
        std::min(static_cast<std::int64_t>(exact), std::max<std::int64_t>(count - 1, 0)));
    remainder.push_back(exact - static_cast<double>(share.back()));
  }
  std::vector<std::int64_t> order = all_rows(std::ssize(counts));
  std::ranges::stable_sort(order, std::greater(),
                           [&](std::int64_t i) { return remainder[as_index(i)]; });
  std::int64_t left = held_out - std::accumulate(share.begin(), share.end(), std::int64_t{0});
  for (const std::int64_t i : order) {
    if (left == 0) break;
    if (share[as_index(i)] + 1 >= counts[as_index(i)]) continue;
    ++share[as_index(i)], --left;
  }
  return share;
}

}  // namespace

std::vector<std::int64_t> all_rows(std::int64_t rows) {
  std::vector<std::int64_t> indices(as_index(rows));
  std::iota(indices.begin(), indices.end(), std::int64_t{0});
  return indices;
}

std::vector<std::int64_t> draw_rows(std::span<const std::int64_t> rows, std::int64_t max_count,
                                    const RandomKey& key) {
  std::vector<std::int64_t> drawn = permutation(key, std::ssize(rows));
  drawn.resize(as_index(std::min(max_count, std::ssize(rows))));
  for (std::int64_t& row : drawn) row = rows[as_index(row)];
  return drawn;
}

Split split_rows(std::int64_t rows, double fraction, bool shuffle, std::uint64_t seed,
                 std::string_view name) {
  std::vector<std::int64_t> order = all_rows(rows);
  if (fraction <= 0) return {std::move(order), {}};
  const std::int64_t held_out = held_out_rows(rows, fraction, name);
  if (shuffle) order = permutation(random_key(seed, "shuffle", name), rows);
  const auto cut = order.end() - held_out;
  return {{order.begin(), cut}, {cut, order.end()}};
}

Split split_stratified(std::span<const std::int32_t> classes, double fraction, std::uint64_t seed,
                       std::string_view name) {
  const std::int64_t rows = std::ssize(classes);
  if (fraction <= 0) return {all_rows(rows), {}};
  std::vector<std::int64_t> left =
      shares(count_indices(classes), held_out_rows(rows, fraction, name), rows);
  Split split;
  for (const std::int64_t row : permutation(random_key(seed, "shuffle", name), rows)) {
    std::int64_t& of_class = left[as_index(classes[as_index(row)])];
    (of_class > 0 ? split.held_out : split.train).push_back(row);
    of_class = std::max<std::int64_t>(of_class - 1, 0);
  }
  // Each class has a single row.
  if (split.held_out.empty()) return split_rows(rows, fraction, true, seed, name);
  return split;
}

Split split_groups(std::span<const std::int32_t> groups, double fraction, std::uint64_t seed,
                   std::string_view name) {
  const std::int64_t rows = std::ssize(groups);
  if (fraction <= 0) return {all_rows(rows), {}};
  const std::vector<std::int64_t> sizes = count_indices(groups);
  std::int64_t left = held_out_rows(rows, fraction, name);
  std::vector<bool> is_held_out(sizes.size(), false);
  for (const std::int64_t group :
       permutation(random_key(seed, "shuffle", name), std::ssize(sizes))) {
    const std::int64_t size = sizes[as_index(group)];
    if (size > 2 * left) continue;  // without it, the number of rows is nearer to the fraction
    is_held_out[as_index(group)] = true;
    left -= size;
    if (left <= 0) break;
  }
  Split split;
  for (std::int64_t row = 0; row < rows; ++row)
    (is_held_out[as_index(groups[as_index(row)])] ? split.held_out : split.train).push_back(row);
  if (!split.held_out.empty() && !split.train.empty()) return split;
  throw_data_error(fmt::format(
      "{}_split: no set of the {} groups has about {} of the {} rows (use another fraction, or "
      "leave `group` out)",
      name, sizes.size(), fraction, rows));
}

Split split_by_time(std::span<const double> times, double fraction, std::string_view name) {
  const std::int64_t rows = std::ssize(times);
  std::vector<std::int64_t> order = all_rows(rows);
  if (fraction <= 0) return {std::move(order), {}};
  std::ranges::stable_sort(order, {}, [&](std::int64_t row) { return times[as_index(row)]; });
  std::int64_t cut = rows - held_out_rows(rows, fraction, name);
  const auto time = [&](std::int64_t at) { return times[as_index(order[as_index(at)])]; };
  while (cut > 0 && time(cut) == time(cut - 1)) --cut;
  if (cut == 0) {
    throw_data_error(
        fmt::format("{}_split: rows of the same time leave no earlier rows for "
                    "training (use another fraction, or leave `time` out)",
                    name));
  }
  return {{order.begin(), order.begin() + cut}, {order.begin() + cut, order.end()}};
}

Split split_dataset(const Dataset& data, double fraction, const DataOptions& options,
                    std::uint64_t seed, std::string_view name) {
  if (!data.times.empty()) return split_by_time(data.times, fraction, name);
  if (!data.groups.empty()) return split_groups(data.groups, fraction, seed, name);
  const bool is_stratified =
      options.shuffle_split && options.stratify_split && !data.targets.classes.empty();
  if (is_stratified) return split_stratified(data.targets.classes, fraction, seed, name);
  return split_rows(data.rows, fraction, options.shuffle_split, seed, name);
}

void decide_validation_split(DataOptions& options, std::int64_t rows, bool has_test) {
  if (options.validation_split.has_value()) return;
  options.validation_split = 0;
  if (options.has_old_split) options.shuffle_split = true;
  if (options.has_old_split && rows < kManyRowsWithTest) return;
  if (!options.validation.empty()) return;
  if (rows >= (has_test ? kManyRowsWithTest : kManyRows))
    options.validation_split = kFractionOfMany;
  else if (rows >= kMinRowsToHoldOut && !has_test) options.validation_split = kFractionOfFew;
}

bool are_sorted_by_class(std::span<const std::int32_t> classes) {
  std::set<std::int32_t> seen;
  for (std::size_t row = 0; row < classes.size(); ++row) {
    const bool begins = row == 0 || classes[row] != classes[row - 1];
    if (begins && !seen.insert(classes[row]).second) return false;
  }
  return seen.size() > 1;
}

std::vector<std::int64_t> training_rows(const Dataset& data, DataOptions options) {
  const std::uint64_t seed = options.split_seed;
  const Split outer = split_dataset(data, options.test_split, options, seed, "test");
  const Dataset rest = select_rows(data, outer.train);
  decide_validation_split(options, rest.rows, options.test_split > 0 || !options.test.empty());
  std::vector<std::int64_t> rows = split_validation_rows(options, rest, seed).train;
  for (std::int64_t& row : rows) row = outer.train[as_index(row)];
  return rows;
}

namespace {

// Deals rows to members: each gets its fraction of the rows, and of each class. A class of a single
// row stays in the training of all members.
std::vector<std::int32_t> deal_rows(std::span<const std::int32_t> classes, std::int64_t rows,
                                    double fraction, std::uint64_t seed, std::int64_t members) {
  std::vector<std::int64_t> order = permutation(random_key(seed, "shuffle", "validation"), rows);
  const std::vector<std::int64_t> counts = count_indices(classes);
  const auto class_of = [&](std::int64_t row) { return classes[as_index(row)]; };
  if (!classes.empty()) {
    std::erase_if(order, [&](std::int64_t row) { return counts[as_index(class_of(row))] == 1; });
    std::ranges::stable_sort(order, {}, class_of);
  }
  std::vector<std::int32_t> folds(as_index(rows), -1);
  for (std::int64_t i = 0; i < std::ssize(order); ++i) {
    // Each member has one row in each period of 1/fraction rows.
    const double periods = static_cast<double>(i) * fraction;
    const double place = (periods - std::floor(periods + kRounding)) / fraction;
    const auto member = static_cast<std::int32_t>(place + kRounding / fraction);
    if (member < members) folds[as_index(order[as_index(i)])] = member;
  }
  return folds;
}

// Deals whole groups, large ones first, to the part with the largest share of its rows left: to a
// member, or to the training of all members. A member does not get a group of more than twice its
// rows.
std::vector<std::int32_t> deal_groups(std::span<const std::int32_t> groups, double fraction,
                                      std::uint64_t seed, std::int64_t members) {
  const std::vector<std::int64_t> sizes = count_indices(groups);
  const auto size_of = [&](std::int64_t group) {
    return static_cast<double>(sizes[as_index(group)]);
  };
  const double of_member = fraction * static_cast<double>(groups.size());
  const double of_all =
      static_cast<double>(groups.size()) - static_cast<double>(members) * of_member;
  std::vector<std::int64_t> order =
      permutation(random_key(seed, "shuffle", "validation"), std::ssize(sizes));
  std::stable_partition(order.begin(), order.end(),
                        [&](std::int64_t group) { return size_of(group) > of_member / 2; });
  std::vector<double> given(as_index(members) + 1, 0);
  const auto share_left = [&](std::int64_t part, double size) {
    const double rows = part < members ? of_member : of_all;
    return size > 2 * rows ? -std::numeric_limits<double>::infinity()
                           : 1 - given[as_index(part)] / rows;
  };
  std::vector<std::int32_t> fold_of_group(sizes.size());
  for (const std::int64_t group : order) {
    std::int64_t best = members;
    for (std::int64_t part = 0; part < members; ++part)
      if (share_left(part, size_of(group)) > share_left(best, size_of(group))) best = part;
    given[as_index(best)] += size_of(group);
    fold_of_group[as_index(group)] = best < members ? static_cast<std::int32_t>(best) : -1;
  }
  std::vector<std::int32_t> folds;
  for (const std::int32_t group : groups) folds.push_back(fold_of_group[as_index(group)]);
  return folds;
}

// Returns whether each member holds out rows, and at most twice its share.
bool are_balanced(std::span<const std::int32_t> folds, double fraction, std::int64_t members) {
  const double most = 2 * fraction * static_cast<double>(folds.size());
  for (std::int32_t fold = 0; fold < members; ++fold) {
    const auto rows = static_cast<double>(std::ranges::count(folds, fold));
    if (rows < 1 || rows > most) return false;
  }
  return true;
}

}  // namespace

std::vector<std::int32_t> draw_folds(const DataOptions& options, const Dataset& train,
                                     std::uint64_t seed, std::int64_t members) {
  const double fraction = options.validation_split.value_or(0);
  const bool is_possible = members > 1 && fraction > 0 && options.shuffle_split &&
                           train.times.empty() &&
                           fraction * static_cast<double>(members) <= 1 + kRounding;
  if (!is_possible) return {};
  std::span<const std::int32_t> classes;
  if (options.stratify_split) classes = train.targets.classes;
  const std::vector<std::int32_t> folds =
      train.groups.empty() ? deal_rows(classes, train.rows, fraction, seed, members)
                           : deal_groups(train.groups, fraction, seed, members);
  return are_balanced(folds, fraction, members) ? folds : std::vector<std::int32_t>();
}

Split split_validation_rows(const DataOptions& options, const Dataset& train, std::uint64_t seed) {
  return split_dataset(train, options.validation_split.value_or(0), options, seed, "validation");
}

}  // namespace selfnorm
