// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace selfnorm {

/// The words that count as missing (DataOptions::missing), in any case.
class MissingWords {
 public:
  explicit MissingWords(const std::vector<std::string>& words);
  bool contains(std::string_view cell) const;
  /// Whether a number counts as missing, so that numbers must be looked up, too.
  bool has_numbers() const { return has_numbers_; }

 private:
  std::vector<std::string> words_;  // in lower case
  std::size_t longest_ = 0;
  bool has_numbers_ = false;
};

}  // namespace selfnorm
