// SPDX-License-Identifier: Apache-2.0
#include "files/byte_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>

#include "base/text.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

// The maximum compression ratio of deflate is 1032:1 (zlib's technical notes).
constexpr std::uint64_t kDeflateRatio = 1032;
constexpr std::uint64_t kMinDecompressedLimit = std::uint64_t{1} << 26;
constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t kFirstChunk = std::size_t{1} << 20;
constexpr std::size_t kMaxQuotedBytes = 40;

constexpr const char* kCompressedExtensions[] = {".gz", ".zst", ".zstd", ".xz", ".bz2", ".zip"};

bool is_named_compressed(const fs::path& path) {
  return std::ranges::count(kCompressedExtensions, path.extension()) > 0;
}

gzFile open_file(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) {
    throw_data_error(path.string() + ": expected a file, got a folder");
  }
  errno = 0;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) {
    throw_data_error(fmt::format("{}: cannot be opened: {}", path.string(),
                                 errno != 0 ? std::strerror(errno) : "out of memory"));
  }
  return file;
}

// Returns the maximum number of bytes in a regular file, and kUnknown for other files such as
// pipes.
std::uint64_t capacity(const fs::path& path, bool compressed) {
  std::error_code fault;
  if (!fs::is_regular_file(path, fault)) return kUnknown;
  const std::uintmax_t size = fs::file_size(path, fault);
  if (fault || size > kUnknown / kDeflateRatio) return kUnknown;
  return compressed ? size * kDeflateRatio : size;
}

}  // namespace

void throw_data_error(const std::string& message) { throw Error(ErrorKind::data, message); }

std::string quote_for_message(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kMaxQuotedBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(byte));
    } else {
      out += c;
    }
  }
  return out + (text.size() > kMaxQuotedBytes ? "…'" : "'");
}

std::string list_for_message(const std::vector<std::string>& words, std::size_t most) {
  std::vector<std::string> listed;
  for (std::size_t i = 0; i < std::min(words.size(), most); ++i)
    listed.push_back(quote_for_message(words[i]));
  const std::string more =
      words.size() > most ? fmt::format(" and {} more", words.size() - most) : "";
  return join(listed, ", ") + more;
}

fs::path without_compression(const fs::path& path) {
  return is_named_compressed(path) ? fs::path(path).replace_extension() : path;
}

std::string first_bytes(const fs::path& path) {
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return "";
  std::string start(16, '\0');
  std::ifstream stream(path, std::ios::binary);
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(stream.gcount()));
  return start;
}

ByteReader::ByteReader(const fs::path& path) : name_(path.string()) {
  if (const std::string_view compression = compression_of(first_bytes(path));
      !compression.empty()) {
    capacity_ = std::max(capacity(path, true), kMinDecompressedLimit);
    decompressor_.emplace(path, compression);
    return;
  }
  file_ = open_file(path);
  const bool compressed = gzdirect(file_) == 0;
  capacity_ = capacity(path, compressed);
  const int next = gzgetc(file_);
  int fault = Z_OK;
  gzerror(file_, &fault);
  std::string message;
  if (next < 0 && fault == Z_OK) message = "the file is empty";
  if (next >= 0 && !compressed && is_named_compressed(path)) {
    message = fmt::format(
        "is not compressed, although its name ends in {} (the file is damaged or misnamed)",
        path.extension().string());
  }
  if (!message.empty()) {
    gzclose(file_);
    fail(message);
  }
  if (next >= 0) gzungetc(next, file_);
}

ByteReader::~ByteReader() {
  if (file_ != nullptr) gzclose(file_);
}

std::size_t ByteReader::read_some(void* bytes, std::size_t count) {
  auto* cursor = static_cast<char*>(bytes);
  const std::size_t got =
      decompressor_ ? decompressor_->read_some(cursor, count) : read_gzip(cursor, count);
  position_ += got;
  if (decompressor_ && position_ > capacity_) {
    fail(
        fmt::format("its content is more than {} times as large, which no table is (to read it "
                    "anyway, decompress it first)",
                    kDeflateRatio));
  }
  return got;
}

std::size_t ByteReader::read_gzip(char* bytes, std::size_t count) {
  std::size_t got = 0;
  while (got < count) {
    const auto want = static_cast<unsigned>(std::min<std::size_t>(count - got, 1U << 30));
    const int step = gzread(file_, bytes + got, want);
    if (step > 0) got += static_cast<std::size_t>(step);
    if (step == static_cast<int>(want)) continue;
    int fault = Z_OK;
    const char* reason = gzerror(file_, &fault);
    if (fault == Z_BUF_ERROR)
      fail("the gzip data end too early (the file is truncated: is the download incomplete?)");
    if (fault == Z_ERRNO) fail(std::string("cannot be read: ") + std::strerror(errno));
    if (step < 0 || fault != Z_OK) fail(std::string("the gzip data are damaged: ") + reason);
    break;
  }
  return got;
}

std::uint64_t ByteReader::max_bytes_left() const {
  if (capacity_ == kUnknown) return kUnknown;
  return capacity_ > position_ ? capacity_ - position_ : 0;
}

std::vector<std::uint8_t> ByteReader::read(std::uint64_t count, std::string_view what) {
  if (count > max_bytes_left()) {
    fail(
        fmt::format("expected {} bytes of {}, but the file has at most {} (it is truncated or in "
                    "another format)",
                    count, what, max_bytes_left()));
  }
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < count) {
    const std::size_t before = bytes.size();
    const auto chunk = std::min<std::uint64_t>(count - before, std::max(before, kFirstChunk));
    bytes.resize(before + chunk);
    const std::size_t got = read_some(bytes.data() + before, chunk);
    if (got < chunk) {
      fail(fmt::format("expected {} bytes of {}, got {} (the file is truncated)", count, what,
                       before + got));
    }
  }
  return bytes;
}

void ByteReader::expect_end() {
  char extra = 0;
  if (read_some(&extra, 1) != 0) fail("contains more bytes than its header declares");
}

std::uint64_t checked_bytes(const std::string& file, const Shape& shape, std::uint64_t bytes_each) {
  std::uint64_t bytes = bytes_each;
  for (const std::int64_t extent : shape) {
    if (extent <= 0)
      throw_data_error(file + ": expected an array with elements, got shape " + to_string(shape));
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes) ||
        bytes > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      throw_data_error(file + ": the array is too large: its header declares shape " +
                       to_string(shape));
    }
  }
  return bytes;
}

}  // namespace selfnorm
