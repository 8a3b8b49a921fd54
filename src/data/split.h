// SPDX-License-Identifier: Apache-2.0
// Splits rows into training and held-out rows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace selfnorm {

/// Row indices. Every row is in exactly one of the two.
struct Split {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;
};

/// Holds out `share` of `rows` rows: the last ones, the first ⌊rows·(1 − share)⌋ train, as Keras's
/// validation_split divides them; 0 holds out none. With `shuffle` the rows are first put in an
/// order drawn from (seed, "shuffle", name), the same on every machine. Error(data) when either
/// part would be empty though share > 0.
Split split_rows(std::int64_t rows, double share, bool shuffle, std::uint64_t seed,
                 std::string_view name);

}  // namespace selfnorm
