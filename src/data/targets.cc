// SPDX-License-Identifier: Apache-2.0
#include "data/targets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "files/byte_reader.h"

namespace selfnorm {
namespace {

bool is_integer(double value) {
  return std::abs(value) <= kMaxExactInteger && value == std::trunc(value);
}

std::string class_name(double label) { return std::to_string(static_cast<std::int64_t>(label)); }
std::string class_name(const std::string& label) { return label; }

template <class T>
Targets encode(std::string name, const std::vector<T>& labels) {
  const std::set<T> distinct(labels.begin(), labels.end());
  const std::vector<T> sorted(distinct.begin(), distinct.end());
  Targets targets{std::move(name), {}, {}, {}};
  for (const T& label : sorted) targets.class_names.push_back(class_name(label));
  for (const T& label : labels) {
    const auto at = std::ranges::lower_bound(sorted, label) - sorted.begin();
    targets.classes.push_back(static_cast<std::int32_t>(at));
  }
  return targets;
}

template <class T, class Fits>
void require(const std::vector<T>& labels, const RowLocator& locate, const std::string& expected,
             Fits fits) {
  for (std::size_t row = 0; row < labels.size(); ++row) {
    if (fits(labels[row])) continue;
    std::string got;
    if constexpr (std::is_same_v<T, std::string>) got = quote_for_message(labels[row]);
    else got = std::isnan(labels[row]) ? "a missing label" : fmt::format("{}", labels[row]);
    throw_data_error(fmt::format("{}: expected {}, got {}", locate(static_cast<std::int64_t>(row)),
                                 expected, got));
  }
}

}  // namespace

bool look_like_classes(const std::vector<double>& labels) {
  constexpr std::size_t kMaxClasses = 100, kFew = 2;
  constexpr double kMaxUncounted = 10, kRarest = 20, kMinRowsPerClass = 5;
  std::map<double, std::int64_t> counts;
  for (const double label : labels) {
    if (!is_integer(label)) return false;
    ++counts[label];
    if (counts.size() > kMaxClasses) return false;
  }
  if (counts.empty()) return false;
  if (counts.size() <= kFew) return true;
  const double first = counts.begin()->first, last = counts.rbegin()->first;
  if (first != 0 && first != 1) return false;
  if (last <= kMaxUncounted) return true;
  std::int64_t rarest = std::ssize(labels);
  for (const auto& [label, count] : counts) rarest = std::min(rarest, count);
  const auto mean = static_cast<double>(labels.size()) / static_cast<double>(counts.size());
  const bool all_occur = last - first + 1 == static_cast<double>(counts.size());
  return all_occur && mean >= kMinRowsPerClass && kRarest * static_cast<double>(rarest) >= mean;
}

Targets number_targets(std::string name, const std::vector<double>& labels, const std::string& task,
                       const RowLocator& locate) {
  const bool classes = task == "classification" || (task == "auto" && look_like_classes(labels));
  if (classes) {
    require(labels, locate,
            "a whole number as the class (task = \"regression\" accepts any number)", is_integer);
    return encode(std::move(name), labels);
  }
  require(labels, locate, "a target within 32-bit range", [](double label) {
    return std::isnan(label) || std::abs(label) <= std::numeric_limits<float>::max();
  });
  Targets targets{std::move(name), {}, {}, {}, 1};
  for (const double label : labels) targets.values.push_back(static_cast<float>(label));
  return targets;
}

Targets text_targets(std::string name, const std::vector<std::string>& labels,
                     const std::string& task, const RowLocator& locate) {
  require(labels, locate, "a class", [](const std::string& label) { return !label.empty(); });
  if (task == "regression") {
    require(labels, locate, "a number as the regression target",
            [](const std::string&) { return false; });
  }
  return encode(std::move(name), labels);
}

Targets index_targets(std::string name, const std::vector<double>& labels,
                      std::vector<std::string> class_names, const RowLocator& locate) {
  const auto count = static_cast<double>(class_names.size());
  require(labels, locate, fmt::format("a class from 0 to {}", class_names.size() - 1),
          [&](double label) { return is_integer(label) && label >= 0 && label < count; });
  Targets targets{std::move(name), {}, std::move(class_names), {}};
  for (const double label : labels) targets.classes.push_back(static_cast<std::int32_t>(label));
  return targets;
}

void align_classes(Targets& targets, const std::vector<std::string>& class_names,
                   const RowLocator& locate) {
  std::vector<std::int32_t> index;
  for (const std::string& name : targets.class_names) {
    const auto found = std::ranges::find(class_names, name) - class_names.begin();
    index.push_back(static_cast<std::int32_t>(found));
  }
  for (std::size_t row = 0; row < targets.classes.size(); ++row) {
    const auto from = static_cast<std::size_t>(targets.classes[row]);
    if (static_cast<std::size_t>(index[from]) == class_names.size()) {
      throw_data_error(fmt::format("{}: class {} is not one of the {} known classes{}",
                                   locate(static_cast<std::int64_t>(row)),
                                   quote_for_message(targets.class_names[from]), class_names.size(),
                                   suggestion(targets.class_names[from], class_names)));
    }
    targets.classes[row] = index[from];
  }
  targets.class_names = class_names;
}

std::vector<double> present_values(const Targets& targets, std::span<const std::int64_t> rows,
                                   std::int64_t column) {
  std::vector<double> present;
  for (const std::int64_t row : rows) {
    const double value = targets.values[static_cast<std::size_t>(row * targets.width + column)];
    if (!std::isnan(value)) present.push_back(value);
  }
  return present;
}

}  // namespace selfnorm
