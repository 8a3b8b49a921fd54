// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.h"
#include "data/fingerprint.h"
#include "data/gather.h"
#include "data/split.h"
#include "data/targets.h"
#include "files/byte_reader.h"
#include "files/idx.h"
#include "files/npy.h"
#include "selfnorm/dataset.h"
#include "selfnorm/error.h"
#include "sources/known_datasets.h"
#include "sources/paths.h"
#include "sources/table_source.h"
#include "tables/csv.h"
#include "texts/text_dataset.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

constexpr int kDigitsTestPeriod = 5;
constexpr float kMaxDigitsPixel = 16;  // a pixel is the number of inked points out of 4×4
NumberArray read_array(const fs::path& path, FileKind kind, std::int64_t limit) {
  NumberArray array = kind == FileKind::npy ? read_npy(path) : read_idx(path);
  limit_rows(array, limit);
  return array;
}

// Reads a file into a field. Byte images of either format, and everything from IDX, get a channel
// extent.
Field read_field(const fs::path& path, FileKind kind, const std::string& name, std::int64_t limit) {
  NumberArray array = read_array(path, kind, limit);
  const bool bytes = std::holds_alternative<std::vector<std::uint8_t>>(array.values);
  return to_field(std::move(array), name, kind == FileKind::idx || bytes, path.string());
}

RowLocator make_row_locator(const fs::path& path) {
  return [file = path.string()](std::int64_t row) {
    return fmt::format("{}: row {} (from 0)", file, row);
  };
}

void check_rows_match(std::int64_t inputs, std::int64_t targets, const fs::path& input_file,
                      const fs::path& target_file) {
  if (inputs == targets) return;
  throw_data_error(fmt::format("{} has {} rows, but {} has {} (expected equal numbers of rows)",
                               input_file.string(), inputs, target_file.string(), targets));
}

Targets value_targets(std::string name, NumberArray array, const fs::path& path) {
  const std::int64_t width = elements(array.shape) / array.shape.front();
  Targets targets{std::move(name), {}, {}, to_floats(std::move(array)), width};
  for (std::size_t i = 0; i < targets.values.size(); ++i) {
    if (!std::isinf(targets.values[i])) continue;
    throw_data_error(fmt::format("{}: target {}: expected a number within 32-bit range, got {}",
                                 make_row_locator(path)(static_cast<std::int64_t>(i) / width),
                                 static_cast<std::int64_t>(i) % width, targets.values[i]));
  }
  return targets;
}

Targets read_targets(const fs::path& path, const DataOptions& options) {
  const FileKind kind = file_kind(path);
  if (kind == FileKind::table) {
    throw_data_error(path.string() +
                     ": the targets of an array must be an array, too (.npy or IDX)");
  }
  NumberArray array = read_array(path, kind, options.limit);
  const std::string name = without_compression(path).stem().string();
  if (elements(array.shape) > array.shape.front()) {
    if (options.task == "classification") {
      throw_data_error(
          fmt::format("{}: expected one class per row, got shape {} (task = \"regression\" "
                      "accepts several numbers)",
                      path.string(), to_string(array.shape)));
    }
    return value_targets(name, std::move(array), path);
  }
  return number_targets(name, to_labels(array, path.string()), options.task,
                        make_row_locator(path));
}

// Reads one input from each file. The file of targets is searched next to the first one.
Dataset read_arrays(const std::vector<std::pair<std::string, fs::path>>& files,
                    const DataOptions& options) {
  const fs::path& path = files.front().second;
  Dataset data{path.filename().string(), 0, {}, {}};
  for (const auto& [name, file] : files) {
    data.inputs.push_back(read_field(file, file_kind(file), name, options.limit));
    check_rows_match(row_count(data.inputs.front()), row_count(data.inputs.back()), path, file);
  }
  data.rows = row_count(data.inputs.front());
  if (options.target.empty()) return data;
  const fs::path target = find_target(path, options);
  data.targets = read_targets(target, options);
  const auto& targets = data.targets;
  const std::size_t rows = targets.classes.empty()
                               ? targets.values.size() / static_cast<std::size_t>(targets.width)
                               : targets.classes.size();
  check_rows_match(data.rows, static_cast<std::int64_t>(rows), path, target);
  return data;
}

// The files of one part, "train" or "t10k", named like MNIST's.
struct IdxPair {
  fs::path images, labels;
};

std::optional<IdxPair> find_pair(const fs::path& folder, const std::string& part) {
  for (const char* mark : {"-idx", ".idx"}) {
    const auto images = find_file(folder, part + "-images" + mark + "3-ubyte");
    const auto labels = find_file(folder, part + "-labels" + mark + "1-ubyte");
    if (images && labels) return IdxPair{*images, *labels};
  }
  return std::nullopt;
}

// Reads the images and labels of one part. `class_names` are by class index. If they are empty, the
// labels determine the classes.
Dataset read_pair(const IdxPair& files, const std::string& name,
                  const std::vector<std::string>& class_names, const DataOptions& options) {
  Dataset data{name, 0, {}, {}};
  data.inputs.push_back(read_field(files.images, FileKind::idx, "image", options.limit));
  data.rows = row_count(data.inputs.front());
  const NumberArray array = read_array(files.labels, FileKind::idx, options.limit);
  const auto labels = to_labels(array, files.labels.string());
  const RowLocator locate = make_row_locator(files.labels);
  check_rows_match(data.rows, static_cast<std::int64_t>(labels.size()), files.images, files.labels);
  data.targets = class_names.empty() ? number_targets("label", labels, options.task, locate)
                                     : index_targets("label", labels, class_names, locate);
  return data;
}

LoadedData load_idx_folder(const fs::path& folder, const std::string& name,
                           const std::vector<std::string>& class_names,
                           const DataOptions& options) {
  const auto train = find_pair(folder, "train");
  if (!train) {
    throw_data_error(fmt::format(
        "{}: expected a folder with train-images-idx3-ubyte and train-labels-idx1-ubyte (or .gz), "
        "and optionally the same files with t10k for a test set",
        folder.string()));
  }
  LoadedData data{read_pair(*train, name, class_names, options), {}};
  const auto test = find_pair(folder, "t10k");
  if (!test) return data;
  data.test = read_pair(*test, name, class_names, options);
  if (data.test->inputs[0].sample_shape != data.train.inputs[0].sample_shape) {
    throw_data_error(
        fmt::format("{}: the test images have shape {}, but the training images have shape {}",
                    folder.string(), to_string(data.test->inputs[0].sample_shape),
                    to_string(data.train.inputs[0].sample_shape)));
  }
  if (!data.train.targets.classes.empty()) {
    align_classes(data.test->targets, data.train.targets.class_names,
                  make_row_locator(test->labels));
  }
  return data;
}

std::vector<std::int64_t> digits_split(std::int64_t rows, bool test, std::int64_t limit) {
  std::vector<std::int64_t> out;
  for (std::int64_t row = 0; row < rows; ++row) {
    if (limit > 0 && static_cast<std::int64_t>(out.size()) == limit) break;
    if ((row % kDigitsTestPeriod == kDigitsTestPeriod - 1) == test) out.push_back(row);
  }
  return out;
}

LoadedData load_digits(const fs::path& folder, std::vector<std::string> class_names,
                       const DataOptions& options) {
  const fs::path path = *find_file(folder, "digits.csv");
  DataOptions table;
  table.target = "-1";
  table.task = "regression";  // keeps the numbers, which index_targets converts to classes below
  table.header = "no";
  constexpr int kPixels = 64;
  for (int i = 0; i < kPixels; ++i) table.table.push_back({std::to_string(i)});
  table.delimiter = "comma";
  Dataset all = read_csv(path, table);
  if (all.inputs[0].sample_shape != Shape{kPixels}) {
    throw_data_error(fmt::format("{}: expected 64 counts and a label in each row", path.string()));
  }
  all.name = "digits";
  auto& counts = std::get<std::vector<float>>(all.inputs[0].values);
  for (float& count : counts) count /= kMaxDigitsPixel;
  all.inputs[0] = {"image", {1, 8, 8}, std::move(counts)};
  all.table.clear();
  const std::vector<double> labels(all.targets.values.begin(), all.targets.values.end());
  all.targets = index_targets("label", labels, std::move(class_names), make_row_locator(path));
  return {select_rows(all, digits_split(all.rows, false, options.limit)),
          select_rows(all, digits_split(all.rows, true, options.limit))};
}

LoadedData load_known(const KnownDataset& known, const DataOptions& options) {
  const fs::path folder = require_dataset(known, options);
  std::vector<std::string> class_names = split_words(known.class_names, '|');
  if (known.name == "digits") return load_digits(folder, std::move(class_names), options);
  return load_idx_folder(folder, std::string(known.name), class_names, options);
}

// Loads a separate file for each input, if the options have no source.
LoadedData load_files(const DataOptions& options) {
  std::vector<std::pair<std::string, fs::path>> files;
  for (const auto& [name, listed] : options.inputs) {
    const auto path = listed.size() == 1 ? find_path(listed.front(), options) : std::nullopt;
    if (!path || file_kind(*path) == FileKind::table) {
      throw_data_error(
          fmt::format("input '{}': expected one .npy or IDX file, got {} (to use columns of a "
                      "table, set `source` to the table)",
                      name, join(listed, ", ")));
    }
    files.emplace_back(name, *path);
  }
  return {read_arrays(files, options), {}};
}

// Throws for options that a source of this kind does not use, instead of ignoring them silently.
void reject_unread_options(SourceKind source, const DataOptions& options) {
  using enum SourceKind;
  struct Rule {
    const char* option;
    bool given;
    std::vector<SourceKind> readers;
    const char* why;
  };
  const Rule rules[] = {
      {"inputs",
       !options.inputs.empty(),
       {table, files},
       "has only one input, since named inputs are columns of a table"},
      {"target", !options.target.empty(), {table, array, files}, "has its own targets"},
      {"task",
       options.task != "auto",
       {folder, table, array, files},
       "has its own targets, which are classes"},
      {"delimiter", options.delimiter != "auto", {table}, "is not a table"},
      {"header", options.header != "auto", {table}, "is not a table"},
      {"text", !options.text.empty(), {table}, "contains numbers, not texts"},
      {"group", !options.group.empty(), {table}, "is not a table"},
      {"time", !options.time.empty(), {table}, "is not a table"},
      {"id", !options.id.empty(), {table}, "is not a table"},
      {"columns", !options.columns.empty(), {table}, "is not a table"},
      {"drop", !options.drop.empty(), {table}, "is not a table"},
      {"keep", !options.keep.empty(), {table}, "is not a table"},
      {"categorical", !options.categorical.empty(), {table}, "is not a table"},
      {"numeric", !options.numeric.empty(), {table}, "is not a table"},
      {"embed", !options.embed.empty(), {table}, "is not a table"},
      {"missing", !options.missing.empty(), {table}, "is not a table"},
      {"not_missing", !options.not_missing.empty(), {table}, "is not a table"},
      {"scaling", options.scaling != "auto", {table}, "is not a table"},
      {"ordinal", !options.ordinal.empty(), {table}, "is not a table"},
      {"date", !options.date.empty(), {table}, "is not a table"}};
  for (const Rule& rule : rules) {
    if (!rule.given || std::ranges::count(rule.readers, source) > 0) continue;
    throw_data_error(fmt::format(
        "{} {} (leave `{}` out)",
        options.source.empty() ? "a set of input files" : quote_for_message(options.source),
        rule.why, rule.option));
  }
}

LoadedData load_source(const DataOptions& options) {
  const auto [kind, path] = find_source(options);
  reject_unread_options(kind, options);
  check_texts(options);
  switch (kind) {
    case SourceKind::known: return load_known(*find_known_dataset(options.source), options);
    case SourceKind::folder: return load_idx_folder(path, path.filename().string(), {}, options);
    case SourceKind::table: return {load_table(path, options), {}};
    case SourceKind::array: return {read_arrays({{"features", path}}, options), {}};
    case SourceKind::files: break;
  }
  return load_files(options);
}

void reject_set_with_split(const char* part, const std::string& set, double split) {
  if (set.empty() || split == 0) return;
  throw Error(ErrorKind::config,
              fmt::format("[data]: {0} = \"{1}\" and {0}_split = {2} both choose the {0} rows "
                          "(leave one out)",
                          part, set, split));
}

// Returns the options for reading a validation or test set: its own source, and the target of the
// training data.
DataOptions separate_set_options(const std::string& part, const std::string& source,
                                 const DataOptions& options, const Dataset& train) {
  const Targets& targets = train.targets;
  DataOptions own = options;
  own.source = source;
  own.table = train.table;
  own.target_formats = targets.formats;
  if (own.header == "auto" && train.has_header) own.header = "yes";
  const Source found = find_source(own);
  if (options.source.empty() || found.kind != find_source(options).kind) {
    throw_data_error(fmt::format("{}: {} is not the same kind of source as the training data ({})",
                                 part, quote_for_message(source),
                                 options.source.empty() ? "one file per input" : options.source));
  }
  if (found.kind != SourceKind::known) {
    own.task = targets.classes.empty() ? "regression" : "classification";
    if (!own.text.empty()) own.labels = targets.class_names;
    if (!own.text.empty()) own.target = targets.name;
  }
  if (found.kind == SourceKind::array && !options.target.empty()) {
    const fs::path target = found.path.parent_path() / fs::path(options.target).filename();
    std::error_code ignored;
    if (fs::equivalent(target, find_target(find_source(options).path, options), ignored) ||
        !fs::exists(target, ignored)) {
      throw_data_error(
          fmt::format("{}: {} needs its own file of targets, named {}, in the same folder (put "
                      "both files into a separate folder)",
                      part, quote_for_message(source), target.filename().string()));
    }
    own.target = target.string();
  }
  return own;
}

Dataset load_separate_set(const std::string& part, const std::string& source,
                          const DataOptions& options, const Dataset& train) {
  const Targets& targets = train.targets;
  Dataset data = load_source(separate_set_options(part, source, options, train)).train;
  const auto has_none = [](const Targets& t) { return t.classes.empty() && t.values.empty(); };
  if (has_none(data.targets) && !has_none(targets)) {
    throw_data_error(fmt::format("{}: {} has no target '{}'", part, data.name, targets.name));
  }
  if (!data.targets.classes.empty()) {
    align_classes(data.targets, targets.class_names, [&](std::int64_t row) {
      return fmt::format("{}: {}: row {} (from 0)", part, data.name, row);
    });
  }
  return data;
}

}  // namespace

LoadedData load_data(const DataOptions& given, std::uint64_t seed) {
  DataOptions options = given;
  options.split_seed = seed;
  reject_set_with_split("validation", options.validation, options.validation_split.value_or(0));
  reject_set_with_split("test", options.test, options.test_split);
  LoadedData data = load_source(options);
  if (data.test && (options.test_split > 0 || !options.test.empty())) {
    throw_data_error(fmt::format("{} already has a test set (leave {} out)",
                                 quote_for_message(options.source),
                                 options.test.empty() ? "test_split" : "test"));
  }
  if (!options.validation.empty()) {
    data.validation = load_separate_set("validation", options.validation, options, data.train);
  }
  if (!options.test.empty())
    data.test = load_separate_set("test", options.test, options, data.train);
  data.fingerprint = data_fingerprint(data.train);
  if (options.test_split <= 0) return data;
  const Split split = split_dataset(data.train, options.test_split, options, seed, "test");
  const std::int64_t unlabeled = data.train.unlabeled, skipped = data.train.skipped;
  data.test = select_rows(data.train, split.held_out);
  data.train = select_rows(data.train, split.train);
  data.train.unlabeled = unlabeled;
  data.train.skipped = skipped;
  return data;
}

}  // namespace selfnorm
