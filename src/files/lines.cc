// SPDX-License-Identifier: Apache-2.0
#include "files/lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "files/byte_reader.h"
#include "files/utf8_reader.h"

namespace selfnorm {
namespace {

constexpr std::size_t kLineChunk = std::size_t{1} << 16;
constexpr std::size_t kMaxLineBytes = std::size_t{1} << 24;

}  // namespace

void read_lines(const std::filesystem::path& path, const LineCallback& callback) {
  ByteReader reader(path);
  std::string chunk(kLineChunk, '\0'), begun;  // part of a line that continues in the next chunk
  std::int64_t number = 0;
  const auto hand_over = [&](std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    return callback(line, ++number);
  };
  bool at_start = true;
  while (const std::size_t got = reader.read_some(chunk.data(), kLineChunk)) {
    std::string_view text(chunk.data(), got);
    if (at_start && text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    at_start = false;
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
      begun += text.substr(0, end);
      if (!hand_over(begun)) return;
      begun.clear();
      text.remove_prefix(end + 1);
    }
    begun += text;
    if (begun.size() > kMaxLineBytes) {
      throw_data_error(fmt::format("{}:{}: the line has more than {} bytes (is this a text file?)",
                                   reader.name(), number + 1, kMaxLineBytes));
    }
  }
  if (!begun.empty()) hand_over(begun);
}

std::vector<std::string> read_utf8_lines(const std::filesystem::path& path,
                                         const LineCallback& callback) {
  Utf8Reader reader(path);
  std::int64_t number = 0;
  for (std::string_view piece = reader.next(); !piece.empty(); piece = reader.next()) {
    while (!piece.empty()) {
      const std::size_t end = std::min(piece.find('\n'), piece.size());
      std::string_view line = piece.substr(0, end);
      piece.remove_prefix(std::min(end + 1, piece.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!callback(line, ++number)) return reader.notes();
    }
  }
  return reader.notes();
}

}  // namespace selfnorm
