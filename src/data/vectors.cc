#include "data/vectors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <unordered_map>

#include "base/text.h"
#include "data/byte_reader.h"
#include "data/lines.h"
#include "data/word_counts.h"

namespace selfnorm {
namespace {

std::string_view without_space_behind(std::string_view line) {
  const std::size_t end = line.find_last_not_of(" \t");
  return line.substr(0, end == line.npos ? 0 : end + 1);
}

// How many numbers stand behind the first cell of a line.
std::int64_t numbers_in(std::string_view line) { return std::ranges::count(line, ' '); }

class VectorFile {
 public:
  VectorFile(const std::filesystem::path& path, const std::vector<std::string>& words,
             std::int64_t dimension)
      : file_(path.string()), dimension_(dimension) {
    for (std::size_t i = kFirstWord; i < words.size(); ++i) numbers_.emplace(words[i], i);
    vectors_.table.assign(words.size() * static_cast<std::size_t>(dimension), 0);
    vectors_.found.assign(words.size(), false);
    exact_ = vectors_.found;
  }

  void line(std::string_view text, std::int64_t number) {
    text = without_space_behind(text);
    if (text.empty() || (number == 1 && is_header(text))) return;
    if (numbers_in(text) < dimension_) {
      fail(number,
           fmt::format("expected a word and {} numbers, got {}", dimension_, numbers_in(text)));
    }
    // A word may have spaces: its numbers are the last.
    std::size_t end = text.size();
    for (std::int64_t i = 0; i < dimension_; ++i) end = text.rfind(' ', end - 1);
    const std::string_view word = text.substr(0, end);
    if (numbers_in(text) > dimension_ && is_number(word.substr(word.rfind(' ') + 1))) {
      fail(number, fmt::format("expected {} numbers, got {}", dimension_, numbers_in(text)));
    }
    if (const auto found = numbers_.find(std::string(word)); found != numbers_.end()) {
      if (!exact_[found->second]) keep(found->second, text.substr(end + 1), number);
      exact_[found->second] = true;
    } else if (const auto folded = numbers_.find(lower(word)); folded != numbers_.end()) {
      if (!vectors_.found[folded->second]) keep(folded->second, text.substr(end + 1), number);
    }
  }

  WordVectors take() { return std::move(vectors_); }

 private:
  [[noreturn]] void fail(std::int64_t number, const std::string& what) const {
    data_error(fmt::format("{}:{}: {}", file_, number, what));
  }

  static bool is_number(std::string_view text) {
    float value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    return !text.empty() && fault == std::errc() && end == text.data() + text.size();
  }

  static bool is_header(std::string_view text) {
    const auto digits = [](std::string_view cell) {
      return !cell.empty() && cell.find_first_not_of("0123456789") == cell.npos;
    };
    const std::size_t space = text.find(' ');
    return space != text.npos && digits(text.substr(0, space)) && digits(text.substr(space + 1));
  }

  void keep(std::size_t word, std::string_view numbers, std::int64_t line) {
    float* to = vectors_.table.data() + word * static_cast<std::size_t>(dimension_);
    for (std::int64_t i = 0; i < dimension_; ++i) {
      const std::string_view cell = numbers.substr(0, numbers.find(' '));
      const auto [end, fault] = std::from_chars(cell.data(), cell.data() + cell.size(), to[i]);
      if (fault != std::errc() || end != cell.data() + cell.size() || !std::isfinite(to[i])) {
        fail(line, fmt::format("number {}: expected a finite number, got {}", i + 1, shown(cell)));
      }
      numbers.remove_prefix(std::min(numbers.size(), cell.size() + 1));
    }
    vectors_.found[word] = true;
  }

  std::string file_;
  std::int64_t dimension_;
  std::unordered_map<std::string, std::size_t> numbers_;
  std::vector<bool> exact_;  ///< found as it stands
  WordVectors vectors_;
};

}  // namespace

WordVectors read_vectors(const std::filesystem::path& path, const std::vector<std::string>& words,
                         std::int64_t dimension) {
  VectorFile file(path, words, dimension);
  read_lines(path, [&](std::string_view line, std::int64_t number) {
    file.line(line, number);
    return true;
  });
  return file.take();
}

}  // namespace selfnorm
