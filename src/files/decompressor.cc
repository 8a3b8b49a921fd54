// SPDX-License-Identifier: Apache-2.0
#include "files/decompressor.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include "files/byte_reader.h"
#include "files/zip_member.h"

namespace selfnorm {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 16;

struct CompressionKind {
  std::string_view name, magic;
  int filter;  // libarchive's
};
constexpr CompressionKind kCompressions[] = {
    {"zstd", "\x28\xb5\x2f\xfd", ARCHIVE_FILTER_ZSTD},
    {"xz", std::string_view("\xfd\x37zXZ\0", 6), ARCHIVE_FILTER_XZ},
    {"bzip2", "BZh", ARCHIVE_FILTER_BZIP2},
    {"zip", "PK\3\4", ARCHIVE_FILTER_NONE},
    {"zip", "PK\5\6", ARCHIVE_FILTER_NONE}};  // without members

int filter_of(std::string_view compression) {
  for (const CompressionKind& kind : kCompressions)
    if (kind.name == compression) return kind.filter;
  return ARCHIVE_FILTER_NONE;
}

}  // namespace

std::string_view compression_of(std::string_view start) {
  for (const CompressionKind& kind : kCompressions) {
    if (!start.starts_with(kind.magic)) continue;
    // A text may begin with BZh, but not with what follows in a file of bzip2.
    if (kind.name == "bzip2" && start.find("1AY&SY") != 4) continue;
    return kind.name;
  }
  return "";
}

void throw_damaged(const std::string& file, std::string_view compression, archive* opened) {
  const char* reason = archive_error_string(opened);  // null if libarchive gives none
  throw_data_error(
      fmt::format("{}: the {} data are damaged or truncated{}{} (is the download complete?)", file,
                  compression, reason != nullptr ? ": " : "", reason != nullptr ? reason : ""));
}

void Decompressor::Free::operator()(archive* opened) const { archive_read_free(opened); }

Decompressor::Decompressor(const std::filesystem::path& path, std::string_view compression)
    : name_(path.string()), compression_(compression), archive_(archive_read_new()) {
  const bool is_zip = compression == "zip";
  const std::size_t member = is_zip ? choose_zip_member(path).index : 0;
  if (is_zip) {
    archive_read_support_format_zip(archive_.get());
  } else {
    archive_read_support_format_raw(archive_.get());
    archive_read_support_filter_by_code(archive_.get(), filter_of(compression));
  }
  if (archive_read_open_filename(archive_.get(), path.c_str(), kBlock) != ARCHIVE_OK) fail();
  skip_to_member(member);
  // libarchive takes data that it does not recognize as they are.
  if (archive_filter_code(archive_.get(), 0) != filter_of(compression))
    throw_data_error(fmt::format("{}: the {} data are damaged", name_, compression_));
}

void Decompressor::skip_to_member(std::size_t index) {
  archive_entry* entry = nullptr;
  for (std::size_t i = 0; i <= index; ++i) {
    const int status = archive_read_next_header(archive_.get(), &entry);
    // A warning says that a name is not UTF-8.
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) fail();
  }
  if (archive_entry_is_encrypted(entry) != 0) {
    throw_data_error(name_ +
                     ": the zip file has a password (decrypt it: unzip -p FILE | selfnorm "
                     "train - …)");
  }
}

std::size_t Decompressor::read_some(void* bytes, std::size_t count) {
  auto* cursor = static_cast<char*>(bytes);
  std::size_t got = 0;
  while (got < count) {
    const auto step = archive_read_data(archive_.get(), cursor + got, count - got);
    if (step < 0) fail();
    if (step == 0) break;
    got += static_cast<std::size_t>(step);
  }
  return got;
}

}  // namespace selfnorm
