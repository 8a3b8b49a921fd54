// From the [data] table to data sets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "config/option.h"
#include "selfnorm/dataset.h"

namespace selfnorm {

/// The options by name, range and help.
Options options(DataOptions& data);

/// What a source gives; `test` is there when the data set has one of its own or test_split > 0.
struct LoadedData {
  Dataset train;
  std::optional<Dataset> test;
};

/// Loads a known data set, a file (.csv .tsv .txt .data .dat, .npy, IDX; each also .gz), or a
/// folder of IDX files named as MNIST's are. A source that is no path here is looked for in the
/// data directories too. For NPY and IDX, `target` names the file of targets. The rows of
/// test_split are drawn by `seed` when shuffle_split says so. digits: rows whose index mod 5 is 4
/// are the test set. Error(data) says which file, where and how to mend it.
LoadedData load_data(const DataOptions& options, std::uint64_t seed = 0);

}  // namespace selfnorm
