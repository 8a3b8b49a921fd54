// SPDX-License-Identifier: Apache-2.0
// Converts a column of labels to targets: class indices with names, or numbers.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// 2^53: doubles skip whole numbers above it.
inline constexpr double kMaxExactInteger = 9007199254740992;

/// A function that returns the place of a row's label for error messages, such as "train.csv:17,
/// column 'y'".
using RowLocator = std::function<std::string(std::int64_t row)>;

/// Returns whether numbers look like numbered classes, rather than like a quantity that is whole:
/// they are whole, and either there are at most two values, or the smallest is 0 or 1 and the
/// largest at most 10, or all whole numbers from 0 or 1 on occur, at most 100, on average in at
/// least five rows each, and none in less than a twentieth of this.
bool look_like_classes(const std::vector<double>& labels);

/// Converts numbers to targets. NaN is a missing label. The numbers are classes if `task` is
/// "classification", or if it is "auto" and they look like classes. The names of the classes are
/// the sorted numbers. Otherwise the targets are values of width 1. Throws Error(data) with the
/// place of a value beyond 32-bit range, and, for classes, of a missing or fractional label.
Targets number_targets(std::string name, const std::vector<double>& labels, const std::string& task,
                       const RowLocator& locate);

/// Converts texts to classes with sorted names. Throws Error(data) for an empty text, and for task
/// "regression".
Targets text_targets(std::string name, const std::vector<std::string>& labels,
                     const std::string& task, const RowLocator& locate);

/// Converts numbers from 0 to class_names.size() − 1 to classes with these names. Throws
/// Error(data) for other numbers.
Targets index_targets(std::string name, const std::vector<double>& labels,
                      std::vector<std::string> class_names, const RowLocator& locate);

/// Renumbers classes so that index i means class_names[i], for example when a trained model reads
/// new data. Throws Error(data) with the place of the first row of a class that is not in
/// `class_names`.
void align_classes(Targets& targets, const std::vector<std::string>& class_names,
                   const RowLocator& locate);

/// Returns the values of a column of the targets in these rows that are not missing.
std::vector<double> present_values(const Targets& targets, std::span<const std::int64_t> rows,
                                   std::int64_t column);

}  // namespace selfnorm
