// SPDX-License-Identifier: Apache-2.0
// Data sets that did not come through a reader: what a program hands over is believed only when it
// holds together.
#pragma once

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Throws Error(data) unless all numbers of a field are whole, from 0 to below `vocabulary`; it
/// says which row is not.
void check_word_numbers(const Field& field, std::int64_t vocabulary, const std::string& dataset);

/// Throws Error(data) unless inputs and targets have as many numbers as `rows` and their shapes
/// say, features are finite, and every class has a name. NaN among target values is a missing one.
void check_dataset(const Dataset& data);

}  // namespace selfnorm
