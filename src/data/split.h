// SPDX-License-Identifier: Apache-2.0
// Splits rows into training and held-out rows.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// Row indices. Every row is in exactly one of the two.
struct Split {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> held_out;
};

/// Returns 0, 1, …, rows − 1.
std::vector<std::int64_t> all_rows(std::int64_t rows);

/// Returns `max_count` of the rows, drawn from the stream, or all of them if there are fewer.
std::vector<std::int64_t> draw_rows(std::span<const std::int64_t> rows, std::int64_t max_count,
                                    const RandomKey& key);

/// Holds out `fraction` of the rows. The first ⌊rows·(1 − fraction)⌋ rows are for
/// training, and the last ones are held out, as in Keras's validation_split. 0 holds out no rows.
/// With `shuffle`, the rows are first put into an order drawn from (seed, "shuffle", name), which
/// is the same on every machine. Throws Error(data) if fraction > 0 and either part would be empty.
Split split_rows(std::int64_t rows, double fraction, bool shuffle, std::uint64_t seed,
                 std::string_view name);

/// Like the function above, with the same share of each class in both parts, as far as whole rows
/// allow. `classes` are class indices from 0. Of each class, at least one row is for training.
Split split_stratified(std::span<const std::int32_t> classes, double fraction, std::uint64_t seed,
                       std::string_view name);

/// Like `split_rows` with `shuffle`, for whole groups. `groups` are group indices from 0. The
/// number of held-out rows is as near to the fraction as the drawn groups allow.
Split split_groups(std::span<const std::int32_t> groups, double fraction, std::uint64_t seed,
                   std::string_view name);

/// Holds out the rows with the latest times. Rows of the same time are in the same part.
Split split_by_time(std::span<const double> times, double fraction, std::string_view name);

/// Holds out a fraction of the rows as DataOptions say: by time, by group, by class, at random or
/// the last rows. `name` is "test" or "validation".
Split split_dataset(const Dataset& data, double fraction, const DataOptions& options,
                    std::uint64_t seed, std::string_view name);

/// Decides DataOptions::validation_split if it is unset. `has_test` is whether there are test rows.
void decide_validation_split(DataOptions& options, std::int64_t rows, bool has_test);

/// Whether there are several classes and the rows of each are consecutive. The last rows then
/// belong to only some of the classes.
bool are_sorted_by_class(std::span<const std::int32_t> classes);

/// Returns the rows on which a run with `options.split_seed` trains: those that are held out
/// neither for testing nor for validation. `data` needs no inputs. Throws what `split_dataset`
/// throws.
std::vector<std::int64_t> training_rows(const Dataset& data, DataOptions options);

/// Draws the rows that each of this many members of an ensemble holds out, and returns the member
/// of each row, or −1. Each holds out DataOptions::validation_split of the rows, with the same
/// share of each class if the split is stratified, or whole groups. Returns an empty list if the
/// members have to share their held-out rows: the rows are not drawn at random, the fractions add
/// up to more than 1, or a member would get no rows or more than twice its fraction.
std::vector<std::int32_t> draw_folds(const DataOptions& options, const Dataset& train,
                                     std::uint64_t seed, std::int64_t members);

/// Holds out validation rows of training rows as DataOptions::validation_split says. None are held
/// out if it is unset.
Split split_validation_rows(const DataOptions& options, const Dataset& train, std::uint64_t seed);

}  // namespace selfnorm
