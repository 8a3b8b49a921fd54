// SPDX-License-Identifier: Apache-2.0
// Splits rows into training and held-out rows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Row indices. Every row is in exactly one of the two.
struct Split {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> held_out;
};

/// Holds out `fraction` of the rows. The first ⌊rows·(1 − fraction)⌋ rows are for
/// training, and the last ones are held out, as in Keras's validation_split. 0 holds out no rows.
/// With `shuffle`, the rows are first put into an order drawn from (seed, "shuffle", name), which
/// is the same on every machine. Throws Error(data) if fraction > 0 and either part would be empty.
Split split_rows(std::int64_t rows, double fraction, bool shuffle, std::uint64_t seed,
                 std::string_view name);

/// Holds out validation rows of `rows` training rows as DataOptions::validation_split says.
Split split_validation_rows(const DataOptions& options, std::int64_t rows, std::uint64_t seed);

}  // namespace selfnorm
