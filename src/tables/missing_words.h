// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// Returns the words that count as missing: those that always do, unless `not_missing` lists them,
/// and those of `missing`. Throws Error(data) if `not_missing` lists another word.
std::vector<std::string> missing_words(const DataOptions& options);

/// Sets the options so that `missing_words` returns these words.
void set_missing_words(const std::vector<std::string>& words, DataOptions& options);

/// The words that count as missing, in any case. A listed number is missing however it is written.
class MissingWords {
 public:
  explicit MissingWords(const std::vector<std::string>& words);
  bool contains(std::string_view cell) const;
  /// Whether a number counts as missing, so that numbers must be looked up, too.
  bool has_numbers() const { return !numbers_.empty(); }

 private:
  std::vector<std::string> words_;  // in lower case
  std::size_t longest_ = 0;
  std::vector<double> numbers_;  // of the words that are one
};

}  // namespace selfnorm
