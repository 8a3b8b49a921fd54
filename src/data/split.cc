// SPDX-License-Identifier: Apache-2.0
#include "data/split.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "base/random.h"
#include "data/byte_reader.h"

namespace selfnorm {
namespace {

// In binary, 10·(1 − 0.9) is just below 1. A difference this small is a rounding error.
constexpr double kRounding = 1e-6;

// Fewer rows are too dear to hold out, and their scores would be too noisy.
constexpr std::int64_t kMinRowsToHoldOut = 2000;
constexpr double kAutomaticFraction = 0.1;

}  // namespace

Split split_rows(std::int64_t rows, double fraction, bool shuffle, std::uint64_t seed,
                 std::string_view name) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  if (fraction <= 0) return {std::move(order), {}};
  const double kept = std::floor(static_cast<double>(rows) * (1 - fraction) + kRounding);
  if (!(kept >= 1) || kept >= static_cast<double>(rows)) {
    throw_data_error(
        fmt::format("{}_split: a fraction of {} of {} rows leaves one of the two parts empty", name,
                    fraction, rows));
  }
  if (shuffle) order = permutation(random_key(seed, "shuffle", name), rows);
  const auto cut = order.begin() + static_cast<std::int64_t>(kept);
  return {{order.begin(), cut}, {cut, order.end()}};
}

Split split_validation_rows(const DataOptions& options, std::int64_t rows, std::uint64_t seed) {
  const bool is_automatic = !options.validation_split.has_value();
  const bool holds_out = options.validation.empty() && rows >= kMinRowsToHoldOut;
  const double fraction =
      is_automatic ? (holds_out ? kAutomaticFraction : 0) : *options.validation_split;
  return split_rows(rows, fraction, options.shuffle_split || is_automatic, seed, "validation");
}

}  // namespace selfnorm
