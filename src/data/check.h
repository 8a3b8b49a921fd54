// SPDX-License-Identifier: Apache-2.0
// Checks of data sets that a program passes in instead of a reader.
#pragma once

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Throws Error(data) unless all numbers of a field are whole, from 0 to below `vocabulary`; it
/// says which row is not.
void check_word_numbers(const Field& field, std::int64_t vocabulary, const std::string& dataset);

/// Throws Error(data) unless inputs and targets have as many numbers as `rows` and their shapes
/// say, features are finite, and every class has a name. NaN is a missing target value.
void check_dataset(const Dataset& data);

}  // namespace selfnorm
