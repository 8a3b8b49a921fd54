// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Returns the number of rows of a data set and a hash of its inputs and targets, as in "80 rows,
/// XXH64 0123456789abcdef". Two data sets with the same text have the same rows in the same order.
std::string data_fingerprint(const Dataset& data);

}  // namespace selfnorm
