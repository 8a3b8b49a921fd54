// SPDX-License-Identifier: Apache-2.0
#include "files/utf8_reader.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <type_traits>

#include "base/text.h"

namespace selfnorm {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::size_t kMaxLine = std::size_t{1} << 26;

// Converts text to UTF-8 and removes what was converted from `text`. Bytes that are not a character
// of the encoding become U+FFFD. An incomplete character at the end remains.
std::string to_utf8(std::string& text, const char* encoding) {
  struct Close {
    void operator()(void* converter) const { iconv_close(static_cast<iconv_t>(converter)); }
  };
  const std::unique_ptr<std::remove_pointer_t<iconv_t>, Close> converter(
      iconv_open("UTF-8", encoding));
  std::string out(3 * text.size() + 4, '\0');
  char *from = text.data(), *to = out.data();
  std::size_t left = text.size(), room = out.size();
  while (iconv(converter.get(), &from, &left, &to, &room) == static_cast<std::size_t>(-1) &&
         errno == EILSEQ) {
    ++from, --left;
    for (const char c : {'\xef', '\xbf', '\xbd'}) *to++ = c;
    room -= 3;
  }
  out.resize(out.size() - room);
  text.erase(0, text.size() - left);
  return out;
}

}  // namespace

// Appends text to `pending_`. Returns false at the end of the file.
bool Utf8Reader::fill() {
  std::string chunk(kChunk, '\0');
  chunk.resize(bytes_.read_some(chunk.data(), kChunk));
  if (chunk.empty()) return false;
  if (is_first_) {
    is_first_ = false;
    const bool little = chunk.starts_with("\xff\xfe");
    big_endian_ = chunk.starts_with("\xfe\xff");
    if (little || big_endian_) encoding_ = "UTF-16", chunk.erase(0, 2);
    else if (chunk.starts_with("\xef\xbb\xbf")) chunk.erase(0, 3);
  }
  if (encoding_.empty()) {
    pending_ += chunk;
  } else {
    raw_ += chunk;
    pending_ += to_utf8(raw_, big_endian_ ? "UTF-16BE" : "UTF-16LE");
  }
  return true;
}

std::string_view Utf8Reader::next() {
  std::size_t end = std::string::npos;
  bool more = true;
  while (more && end == std::string::npos) {
    if (pending_.size() > kMaxLine) {
      throw_data_error(fmt::format("{}:{}: a line is longer than 64 MiB (is this a table?)", name(),
                                   lines_ + 1));
    }
    more = fill();
    end = pending_.rfind('\n');
  }
  const std::string rest = more ? pending_.substr(end + 1) : "";
  pending_.resize(pending_.size() - rest.size());
  piece_.swap(pending_);
  pending_ = rest;
  if (const std::size_t nul = piece_.find('\0'); nul != std::string::npos) {
    const auto before = std::ranges::count(piece_.substr(0, nul), '\n');
    throw_data_error(
        fmt::format("{}:{}: a NUL byte (the file is binary, or UTF-16 without a byte order mark)",
                    name(), lines_ + 1 + before));
  }
  lines_ += std::ranges::count(piece_, '\n');
  if (!is_utf8(piece_)) recode_invalid_lines();
  return piece_;
}

void Utf8Reader::recode_invalid_lines() {
  std::string recoded;
  for (std::size_t begin = 0; begin < piece_.size();) {
    const std::size_t end = std::min(piece_.find('\n', begin), piece_.size() - 1) + 1;
    std::string line = piece_.substr(begin, end - begin);
    if (!is_utf8(line)) line = to_utf8(line, "WINDOWS-1252"), ++recoded_lines_;
    recoded += line;
    begin = end;
  }
  piece_ = std::move(recoded);
}

std::vector<std::string> Utf8Reader::notes() const {
  std::vector<std::string> notes;
  if (!encoding_.empty())
    notes.push_back("the file is " + encoding_ + " and was converted to UTF-8");
  if (recoded_lines_ > 0) {
    notes.push_back(fmt::format(
        "{} lines are not UTF-8 and were read as Windows-1252 (save the file as UTF-8 if "
        "characters are wrong)",
        recoded_lines_));
  }
  return notes;
}

}  // namespace selfnorm
