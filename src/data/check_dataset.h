// SPDX-License-Identifier: Apache-2.0
// Checks of data sets that a program passes in instead of a reader.
#pragma once

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Throws Error(data) with the row unless all numbers of a field are token ids from 0 to
/// `vocabulary` − 1.
void check_token_ids(const Field& field, std::int64_t vocabulary, const std::string& dataset);

/// Throws Error(data) unless inputs and targets match `rows` and their shapes, all features are
/// finite, and every class has a name. NaN is a missing target value.
void check_dataset(const Dataset& data);

}  // namespace selfnorm
