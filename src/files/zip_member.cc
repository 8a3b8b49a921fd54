// SPDX-License-Identifier: Apache-2.0
#include "files/zip_member.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "files/byte_reader.h"
#include "files/decompressor.h"
#include "files/foreign_files.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kZipBlock = std::size_t{1} << 16;
constexpr std::size_t kMaxListedMembers = 10;

// Whether a member is a folder, or what macOS and Windows add to folders.
bool is_no_file(const std::string& name) {
  const std::string file = fs::path(name).filename().string();
  return name.ends_with('/') || name.starts_with("__MACOSX/") || file == ".DS_Store" ||
         file == "Thumbs.db";
}

bool is_named_like_table(const std::string& name) {
  static const std::vector<std::string> endings = {".csv",    ".tsv",  ".tab",   ".data",
                                                   ".dat",    ".arff", ".svm",   ".svmlight",
                                                   ".libsvm", ".json", ".jsonl", ".ndjson"};
  return is_listed(endings, to_lower(fs::path(name).extension().string()));
}

// Returns the names of all members.
std::vector<std::string> member_names(const fs::path& path) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> zip(archive_read_new(),
                                                                   archive_read_free);
  archive_read_support_format_zip(zip.get());
  std::vector<std::string> names;
  archive_entry* entry = nullptr;
  int status = archive_read_open_filename(zip.get(), path.c_str(), kZipBlock);
  if (status == ARCHIVE_OK) status = archive_read_next_header(zip.get(), &entry);
  // A warning says that a name is not UTF-8.
  for (; status == ARCHIVE_OK || status == ARCHIVE_WARN;
       status = archive_read_next_header(zip.get(), &entry)) {
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    names.emplace_back(name != nullptr ? name : "?");
  }
  if (status == ARCHIVE_EOF) return names;
  throw_damaged(path.string(), "zip", zip.get());
}

[[noreturn]] void reject_members(const fs::path& path, std::vector<std::string> names) {
  if (names.empty()) throw_data_error(path.string() + ": the zip file contains no file");
  const auto table = std::ranges::find_if(names, is_named_like_table);
  const std::string example = table == names.end() ? names[0] : *table;
  const std::size_t count = names.size();
  names.resize(std::min(count, kMaxListedMembers));
  throw_data_error(fmt::format(
      "{}: expected a zip file with one table, got {} files: {}{} (choose one: unzip -p {} {} | "
      "selfnorm train - …)",
      path.string(), count, join(names, ", "), names.size() < count ? ", …" : "",
      quote_for_shell(path.string()), quote_for_shell(example)));
}

}  // namespace

ZipMember choose_zip_member(const fs::path& path) {
  const std::vector<std::string> all = member_names(path);
  check_not_foreign_zip(path, all);
  std::vector<std::string> files, tables;
  for (const std::string& name : all) {
    if (is_no_file(name)) continue;
    files.push_back(name);
    if (is_named_like_table(name)) tables.push_back(name);
  }
  if (files.size() != 1 && tables.size() != 1) reject_members(path, files);
  ZipMember member{0, files.size() == 1 ? files[0] : tables[0], {}};
  member.index = static_cast<std::size_t>(std::ranges::find(all, member.name) - all.begin());
  for (const std::string& name : files)
    if (name != member.name) member.ignored.push_back(name);
  return member;
}

std::vector<std::string> ignored_zip_members(const fs::path& path) {
  if (compression_of(first_bytes(path)) != "zip") return {};
  return choose_zip_member(path).ignored;
}

}  // namespace selfnorm
