// SPDX-License-Identifier: Apache-2.0
// The attributes of an ARFF file, and the text of its values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace selfnorm {

enum class ArffKind { numeric, nominal, text, date };

struct ArffAttribute {
  std::string name;
  ArffKind kind = ArffKind::numeric;
  std::vector<std::string> values = {};        ///< of a nominal attribute
  std::unordered_set<std::string> known = {};  ///< the same values
  std::string date_format = {};                ///< for strptime
};

/// A value of ARFF, without its quotes.
struct ArffValue {
  std::string text;
  bool is_quoted = false;
};

/// Takes values off a line. A value may be in single or double quotes, with escapes. Other values
/// end before one of `ends`, and without the blanks before it.
class ArffText {
 public:
  explicit ArffText(std::string_view text) : rest_(text) {}
  /// Whether nothing but blanks and a comment is left.
  bool at_end();
  /// Takes this character off the text if it is next after blanks.
  bool take(char c);
  /// Returns nothing if a quote is not closed.
  std::optional<ArffValue> value(std::string_view ends);
  std::string_view rest() const { return rest_; }

 private:
  std::optional<ArffValue> quoted();

  std::string_view rest_;
};

/// Parses what follows "@attribute". `place` is the file and line. Throws Error(data) if it is
/// not an attribute, and for relational attributes and unknown formats of dates.
ArffAttribute parse_arff_attribute(std::string_view text, const std::string& place);

/// Returns a date as year-month-day, with the time of day if the format has one, or nothing if the
/// value does not have the format.
std::optional<std::string> parse_arff_date(const std::string& value, const std::string& format);

}  // namespace selfnorm
