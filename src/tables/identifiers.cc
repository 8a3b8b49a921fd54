// SPDX-License-Identifier: Apache-2.0
#include "tables/identifiers.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string_view>

#include "base/text.h"
#include "data/targets.h"

namespace selfnorm {

bool are_all_different(std::vector<double> numbers) {
  std::erase_if(numbers, [](double x) { return std::isnan(x); });
  std::ranges::sort(numbers);
  return std::ranges::adjacent_find(numbers) == numbers.end();
}

bool counts_rows(const std::vector<double>& numbers) {
  for (std::size_t i = 1; i < numbers.size(); ++i)
    if (numbers[i] != numbers[i - 1] + 1) return false;
  return numbers.size() > 1;
}

bool number_the_rows(const std::vector<double>& numbers) {
  const auto is_missing = [](double x) { return std::isnan(x); };
  const auto is_whole = [](double x) { return std::isnan(x) || x == std::floor(x); };
  const auto is_exact = [](double x) { return std::abs(x) < kMaxExactInteger; };
  const auto present = std::ssize(numbers) - std::ranges::count_if(numbers, is_missing);
  return present >= kMinDistinctToLeaveOut && std::ranges::all_of(numbers, is_whole) &&
         (are_all_different(numbers) || std::ranges::none_of(numbers, is_exact));
}

bool is_identifier_name(const std::string& name) {
  constexpr std::string_view kEndings[] = {"_id", " id", ".id", "-id"};
  const std::string lower = to_lower(name);
  for (const std::string_view ending : kEndings)
    if (lower.ends_with(ending)) return true;
  const bool is_camel = name.size() > 2 && (name.ends_with("Id") || name.ends_with("ID")) &&
                        std::islower(static_cast<unsigned char>(name[name.size() - 3])) != 0;
  return is_camel || lower == "id" || lower == "uuid" || lower == "guid";
}

bool is_name_of_row_names(const std::string& name) {
  static const std::vector<std::string> names = {"", "index", "rownames", "row_names", "id", "row"};
  return is_listed(names, to_lower(name)) || name.starts_with("Unnamed: ");
}

}  // namespace selfnorm
