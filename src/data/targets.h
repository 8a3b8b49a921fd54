// SPDX-License-Identifier: Apache-2.0
// Converts a column of labels to targets: class indices with names, or numbers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// The place of a row's label for error messages: "train.csv:17, column 'y'".
using Place = std::function<std::string(std::int64_t row)>;

/// With task "auto", whole numbers with at most this many distinct values are classes.
inline constexpr std::size_t kMostAutomaticClasses = 100;

/// Numbers as targets, NaN where a label is missing. Classes when `task` is "classification", or
/// "auto" and all are whole, none is missing and at most kMostAutomaticClasses differ; their names
/// are the numbers, sorted. Otherwise values of width 1. Error(data) names the place of an infinite
/// value, and in a classification of a missing or fractional one.
Targets number_targets(std::string name, std::vector<double> labels, const std::string& task,
                       const Place& place);

/// Texts as classes, their names sorted; an empty one or task "regression" is an Error(data).
Targets text_targets(std::string name, const std::vector<std::string>& labels,
                     const std::string& task, const Place& place);

/// Numbers 0 … class_names.size() − 1 as classes of these names; others are an Error(data).
Targets index_targets(std::string name, const std::vector<double>& labels,
                      std::vector<std::string> class_names, const Place& place);

/// Renumbers classes so that index i means class_names[i], as when a trained model meets new data.
/// A class that is not among them is an Error(data) naming the place of its first row.
void align_classes(Targets& targets, const std::vector<std::string>& class_names,
                   const Place& place);

}  // namespace selfnorm
