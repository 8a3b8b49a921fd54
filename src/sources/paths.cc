// SPDX-License-Identifier: Apache-2.0
#include "sources/paths.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "files/arrow_file.h"
#include "files/byte_reader.h"
#include "sources/known_datasets.h"
#include "tables/table_format.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kTableExtensions = {".csv",  ".tsv",  ".txt",    ".data",
                                                   ".dat",  ".json", ".jsonl",  ".ndjson",
                                                   ".arff", ".svm",  ".libsvm", ".svmlight"};

[[noreturn]] void fail_source(const DataOptions& options) {
  std::vector<std::string> names;
  for (const KnownDataset& known : known_datasets()) names.emplace_back(known.name);
  if (options.source.empty()) {
    throw_data_error("there is no data source (name a data set: " + join(names, ", ") +
                     ", or a file)");
  }
  if (options.source == "-") {
    throw_data_error(
        "the data are from standard input, which cannot be read again (name them with --data, or "
        "pipe them into --data - of train, evaluate or predict)");
  }
  throw_data_error(fmt::format("{} is neither a file nor a known data set{}",
                               quote_for_message(options.source),
                               suggestion(options.source, names)));
}

std::optional<fs::path> first_file(const DataOptions& options) {
  const std::vector<std::string>& files = options.inputs.begin()->second;
  return files.empty() ? std::nullopt : find_path(files.front(), options);
}

void make_path_absolute(std::string& path) {
  std::error_code ignored;
  if (!path.empty() && find_known_dataset(path) == nullptr && fs::exists(path, ignored)) {
    path = fs::absolute(path).lexically_normal().string();
  }
}

}  // namespace

FileKind file_kind(const fs::path& path) {
  const fs::path plain = without_compression(path);
  const std::string ending = to_lower(plain.extension().string());
  const std::string name = plain.filename().string();
  if (ending == ".npy") return FileKind::npy;
  if (ending == ".idx" || name.ends_with("ubyte") || name.find("-idx") != name.npos) {
    return FileKind::idx;
  }
  if (std::ranges::count(kTableExtensions, ending) > 0) return FileKind::table;
  if (is_arrow_file(path)) return FileKind::table;
  find_table_format(path);  // throws for files of other programs
  static const std::vector<std::string> arrow_endings = {".parquet", ".feather", ".arrow"};
  if (is_listed(arrow_endings, ending) && fs::is_regular_file(path)) {
    throw_data_error(path.string() +
                     ": is named like an Arrow table but does not begin like one "
                     "(it is damaged, or a file of another format)");
  }
  if (is_text_file(path)) return FileKind::table;
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) {
    throw_data_error(path.string() +
                     ": is a pipe, but the data are read several times (use - and "
                     "pipe them into the program)");
  }
  throw_data_error(
      fmt::format("{}: unknown file extension '{}', and the file is not a text (expected {}, .npy, "
                  ".idx or …-ubyte, each also compressed)",
                  path.string(), ending, join(kTableExtensions, ", ")));
}

Source find_source(const DataOptions& options) {
  if (find_known_dataset(options.source) != nullptr) return {SourceKind::known, {}};
  if (options.source.empty() && !options.inputs.empty()) return {SourceKind::files, {}};
  const auto path = options.source.empty() ? std::nullopt : find_path(options.source, options);
  if (!path) fail_source(options);
  std::error_code ignored;
  if (fs::is_directory(*path, ignored)) return {SourceKind::folder, *path};
  return {file_kind(*path) == FileKind::table ? SourceKind::table : SourceKind::array, *path};
}

std::optional<fs::path> find_path(const std::string& path, const DataOptions& options) {
  std::error_code ignored;
  if (fs::exists(path, ignored)) return path;
  if (fs::path(path).is_absolute()) return std::nullopt;
  for (const fs::path& directory : data_directories(options)) {
    if (fs::exists(directory / path, ignored)) return directory / path;
  }
  return std::nullopt;
}

fs::path find_target(const fs::path& inputs, const DataOptions& options) {
  fs::path candidate = inputs.parent_path() / options.target;
  std::error_code ignored;
  if (fs::exists(candidate, ignored)) return candidate;
  return find_path(options.target, options).value_or(candidate);
}

void make_absolute(DataOptions& options) {
  const Source source = find_source(options);
  if (source.kind == SourceKind::files) {
    for (auto& [name, files] : options.inputs) {
      for (std::string& file : files) make_path_absolute(file);
    }
  }
  // The target of a table is a column, even if a file with that name exists.
  const bool has_file = source.kind == SourceKind::array || source.kind == SourceKind::files;
  if (has_file && !options.target.empty()) {
    const fs::path inputs =
        source.kind == SourceKind::array ? source.path : first_file(options).value_or("");
    options.target = find_target(inputs, options).string();
    make_path_absolute(options.target);
  }
  for (std::string* path :
       {&options.source, &options.validation, &options.test, &options.data_dir}) {
    make_path_absolute(*path);
  }
}

}  // namespace selfnorm
