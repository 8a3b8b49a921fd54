// SPDX-License-Identifier: Apache-2.0
#include "tables/missing_words.h"

#include <algorithm>

#include "base/text.h"
#include "tables/cell.h"

namespace selfnorm {

MissingWords::MissingWords(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    words_.push_back(to_lower(word));
    longest_ = std::max(longest_, word.size());
    has_numbers_ = has_numbers_ || parse_number(word).has_value();
  }
}

bool MissingWords::contains(std::string_view cell) const {
  return cell.empty() || (cell.size() <= longest_ && is_listed(words_, to_lower(cell)));
}

}  // namespace selfnorm
