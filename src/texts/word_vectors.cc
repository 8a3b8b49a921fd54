// SPDX-License-Identifier: Apache-2.0
#include "texts/word_vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <unordered_map>

#include "base/text.h"
#include "files/byte_reader.h"
#include "files/lines.h"
#include "tables/cell.h"
#include "texts/token_counter.h"

namespace selfnorm {
namespace {

std::string_view trim_right(std::string_view line) {
  const std::size_t end = line.find_last_not_of(" \t");
  return line.substr(0, end == line.npos ? 0 : end + 1);
}

// Returns the number of cells after the first one of a line.
std::int64_t count_numbers(std::string_view line) { return std::ranges::count(line, ' '); }

class VectorFile {
 public:
  VectorFile(const std::filesystem::path& path, const std::vector<std::string>& vocabulary,
             std::int64_t dimension, bool skip_bad)
      : file_(path.string()), dimension_(dimension), skip_bad_(skip_bad) {
    for (std::size_t i = kFirstToken; i < vocabulary.size(); ++i) ids_.emplace(vocabulary[i], i);
    vectors_.table.assign(vocabulary.size() * static_cast<std::size_t>(dimension), 0);
    vectors_.found.assign(vocabulary.size(), false);
    exact_ = vectors_.found;
  }

  void line(std::string_view text, std::int64_t number) {
    text = trim_right(text);
    if (text.empty()) return;
    if (number == 1 && is_header(text)) {
      has_header_ = text.substr(text.find(' ') + 1) == std::to_string(dimension_);
      return;
    }
    const std::string fault = take_line(text);
    if (fault.empty()) return;
    if (!skip_bad_) {
      throw_data_error(
          fmt::format("{}:{}: {} (skip_bad = true skips such lines)", file_, number, fault));
    }
    ++vectors_.skipped;
  }

  WordVectors take() { return std::move(vectors_); }

 private:
  // Uses a line. Returns what is wrong with it, or "".
  std::string take_line(std::string_view text) {
    if (count_numbers(text) < dimension_) {
      return fmt::format("expected a word and {} numbers, got {}", dimension_, count_numbers(text));
    }
    // A word may contain spaces. The numbers are the last cells of the line. Without a header that
    // says how many they are, a word that ends with a number is more likely a longer vector.
    std::size_t end = text.size();
    for (std::int64_t i = 0; i < dimension_; ++i) end = text.rfind(' ', end - 1);
    const std::string_view word = text.substr(0, end);
    if (!has_header_ && count_numbers(text) > dimension_ &&
        is_number(word.substr(word.rfind(' ') + 1))) {
      return fmt::format("expected {} numbers, got {}", dimension_, count_numbers(text));
    }
    std::string fault;
    if (const auto found = ids_.find(std::string(word)); found != ids_.end()) {
      if (!exact_[found->second]) fault = keep(found->second, text.substr(end + 1));
      if (fault.empty()) exact_[found->second] = true;
    } else if (const auto folded = ids_.find(to_lower(word)); folded != ids_.end()) {
      if (!vectors_.found[folded->second]) fault = keep(folded->second, text.substr(end + 1));
    }
    return fault;
  }

  static bool is_number(std::string_view text) { return parse_number(text).has_value(); }

  static bool is_header(std::string_view text) {
    const auto digits = [](std::string_view cell) {
      return !cell.empty() && cell.find_first_not_of("0123456789") == cell.npos;
    };
    const std::size_t space = text.find(' ');
    return space != text.npos && digits(text.substr(0, space)) && digits(text.substr(space + 1));
  }

  std::string keep(std::size_t word, std::string_view numbers) {
    std::vector<float> vector(static_cast<std::size_t>(dimension_));
    for (std::size_t i = 0; i < vector.size(); ++i) {
      const std::string_view cell = numbers.substr(0, numbers.find(' '));
      const double number = parse_number(cell).value_or(HUGE_VAL);
      if (!(std::abs(number) <= std::numeric_limits<float>::max())) {
        return fmt::format("number {}: expected a finite number, got {}", i + 1,
                           quote_for_message(cell));
      }
      vector[i] = static_cast<float>(number);
      numbers.remove_prefix(std::min(numbers.size(), cell.size() + 1));
    }
    std::ranges::copy(vector,
                      vectors_.table.begin() + static_cast<std::ptrdiff_t>(word) * dimension_);
    vectors_.found[word] = true;
    return "";
  }

  std::string file_;
  std::int64_t dimension_;
  bool skip_bad_;
  bool has_header_ = false;  ///< with the dimension
  std::unordered_map<std::string, std::size_t> ids_;
  std::vector<bool> exact_;  ///< whether the exact spelling was found, by token id
  WordVectors vectors_;
};

}  // namespace

WordVectors read_vectors(const std::filesystem::path& path,
                         const std::vector<std::string>& vocabulary, std::int64_t dimension,
                         bool skip_bad) {
  VectorFile file(path, vocabulary, dimension, skip_bad);
  read_lines(path, [&](std::string_view line, std::int64_t number) {
    file.line(line, number);
    return true;
  });
  return file.take();
}

}  // namespace selfnorm
