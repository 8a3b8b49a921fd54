// SPDX-License-Identifier: Apache-2.0
#include "api/target_offer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/quantile.h"
#include "base/text.h"
#include "data/targets.h"

namespace selfnorm {
namespace {

// Returns E (x − m)³ / σ³, or 0 if the numbers do not vary.
double skewness(const std::vector<double>& numbers) {
  const auto count = static_cast<double>(numbers.size());
  double mean = 0, square = 0, cube = 0;
  for (const double x : numbers) mean += x / count;
  for (const double x : numbers) {
    const double difference = x - mean;
    square += difference * difference / count;
    cube += difference * difference * difference / count;
  }
  return square > 0 ? cube / std::pow(square, 1.5) : 0;
}

bool are_skewed(const std::vector<double>& numbers, double median) {
  constexpr double kSkewed = 2, kMagnitude = 10;
  const double skew = skewness(numbers);
  if (!(skew > kSkewed) || std::ranges::max(numbers) < kMagnitude * median) return false;
  std::vector<double> logarithms;
  for (const double x : numbers) logarithms.push_back(std::log1p(x));
  return 2 * std::abs(skewness(logarithms)) < skew;
}

std::string number_text(double value) {
  constexpr double kGrouped = 1000, kMaxGrouped = 1e15;
  const bool is_plain = std::abs(value) < kGrouped || std::abs(value) > kMaxGrouped;
  return is_plain ? fmt::format("{:.4g}", value) : group_digits(std::llround(value));
}

}  // namespace

std::optional<std::string> offer_loss_for_logarithms(const Targets& targets,
                                                     std::span<const std::int64_t> rows) {
  constexpr std::size_t kMinRows = 50;
  constexpr double kLargeCount = 100;
  if (targets.values.empty() || targets.width != 1) return std::nullopt;
  const std::vector<double> numbers = present_values(targets, rows, 0);
  if (numbers.size() < kMinRows || std::ranges::min(numbers) < 0) return std::nullopt;
  std::vector<double> sorted = numbers;
  std::ranges::sort(sorted);
  const double median = quantile_of(sorted, 0.5);
  if (!are_skewed(numbers, median)) return std::nullopt;
  const bool are_counts = median < kLargeCount &&
                          std::ranges::all_of(numbers, [](double x) { return x == std::trunc(x); });
  return fmt::format("target '{}' is skewed (median {}, largest {}); --loss {}", targets.name,
                     number_text(median), number_text(std::ranges::max(numbers)),
                     are_counts ? "poisson fits the logarithm of its mean"
                                : "mean_squared_log_error fits its logarithm");
}

}  // namespace selfnorm
