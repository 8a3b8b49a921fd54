// SPDX-License-Identifier: Apache-2.0
#include "sources/known_datasets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "files/byte_reader.h"

// Data folders of the build, separated by ':' (see cmake/install.cmake).
#ifndef SELFNORM_BUNDLED_DATA
#define SELFNORM_BUNDLED_DATA ""
#endif

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIdxFiles =
    "train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte";
constexpr std::string_view kTenDigits = "0|1|2|3|4|5|6|7|8|9";

constexpr KnownDataset kKnown[] = {
    {"digits",
     "8x8 handwritten digits (UCI optical recognition), 1,438 train and 359 test rows, 10 classes",
     "digits", "digits.csv", kTenDigits, "use the data/ folder of the selfnorm repository"},
    {"mnist", "28x28 handwritten digits, 60,000 train and 10,000 test rows, 10 classes", "mnist",
     kIdxFiles, kTenDigits,
     "put the four IDX files (.gz or not) into DIR/mnist, and set --data-dir or SELFNORM_DATA to "
     "DIR"},
    {"fashion_mnist", "28x28 images of clothes, 60,000 train and 10,000 test rows, 10 classes",
     "fashion-mnist fashion_mnist", kIdxFiles,
     "T-shirt/top|Trouser|Pullover|Dress|Coat|Sandal|Shirt|Sneaker|Bag|Ankle boot",
     "apt-get install dataset-fashion-mnist, or put the four IDX files into DIR/fashion-mnist, and "
     "set --data-dir or SELFNORM_DATA to DIR"},
};

void add_list(std::vector<fs::path>& directories, std::string_view list) {
  for (const std::string& word : split_words(list, ':')) directories.emplace_back(word);
}

// Adds the data folder of an installation, PREFIX/share/selfnorm/data for a program
// PREFIX/bin/selfnorm. The path of the running program gives PREFIX, so that an installation can be
// moved.
void add_beside_program(std::vector<fs::path>& directories) {
  std::error_code fault;
  const fs::path program = fs::read_symlink("/proc/self/exe", fault);
  if (fault) return;
  const fs::path candidate = program.parent_path().parent_path() / "share" / "selfnorm" / "data";
  if (fs::is_directory(candidate, fault)) directories.push_back(candidate);
}

bool has_all(const fs::path& folder, std::string_view files) {
  return std::ranges::all_of(split_words(files, ' '), [&](const std::string& file) {
    return find_file(folder, file).has_value();
  });
}

}  // namespace

std::span<const KnownDataset> known_datasets() { return kKnown; }

const KnownDataset* find_known_dataset(std::string_view name) {
  const auto* found = std::ranges::find(kKnown, name, &KnownDataset::name);
  return found == std::end(kKnown) ? nullptr : found;
}

std::vector<fs::path> data_directories(const DataOptions& options) {
  std::vector<fs::path> directories;
  if (!options.data_dir.empty()) directories.emplace_back(options.data_dir);
  if (const char* list = std::getenv("SELFNORM_DATA")) add_list(directories, list);
  directories.emplace_back("data");
  add_beside_program(directories);
  add_list(directories, SELFNORM_BUNDLED_DATA);
  directories.emplace_back("/usr/share/datasets");
  return directories;
}

std::optional<fs::path> find_file(const fs::path& folder, std::string_view stem) {
  for (const char* ending : {"", ".gz"}) {
    std::error_code ignored;
    fs::path path = folder / (std::string(stem) + ending);
    if (fs::exists(path, ignored) && !fs::is_directory(path, ignored)) return path;
  }
  return std::nullopt;
}

std::optional<fs::path> find_dataset(const KnownDataset& known, const DataOptions& options) {
  for (const fs::path& directory : data_directories(options)) {
    for (const std::string& folder : split_words(known.folders, ' ')) {
      if (has_all(directory / folder, known.files)) return directory / folder;
    }
  }
  return std::nullopt;
}

fs::path require_dataset(const KnownDataset& known, const DataOptions& options) {
  if (auto found = find_dataset(known, options)) return *found;
  std::vector<std::string> tried;
  for (const fs::path& directory : data_directories(options)) {
    for (const std::string& folder : split_words(known.folders, ' ')) {
      tried.push_back((directory / folder).string());
    }
  }
  throw_data_error(fmt::format(
      "data set '{}' was not found: looked for {} (or .gz) in {}. To get it: {}", known.name,
      join(split_words(known.files, ' '), ", "), join(tried, ", "), known.how_to_get));
}

}  // namespace selfnorm
