#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "selfnorm/tensor.h"

namespace selfnorm {

/// One named block of features: rows × elements(sample_shape) numbers, row-major, in the order of
/// sample_shape (images: channels, height, width). A byte v stands for v / 255.
struct Field {
  std::string name;
  Shape sample_shape;
  std::variant<std::vector<std::uint8_t>, std::vector<float>> values;
  std::vector<std::string> columns = {};  ///< names of a table's features in order, else empty
};

/// What is to be predicted: one class a row, or `width` numbers a row, or nothing. Of an image the
/// numbers are in the order channels, height, width; they may be a class index from 0 for each
/// pixel (docs/metrics.md).
struct Targets {
  std::string name;
  std::vector<std::int32_t> classes;     ///< rows class indexes from 0, or empty
  std::vector<std::string> class_names;  ///< by class index; empty when `classes` is
  std::vector<float> values;  ///< rows × width numbers, NaN for a missing label, or empty
  std::int64_t width = 0;     ///< numbers a row in `values`
  std::vector<std::string> columns = {};  ///< names of a table's several targets, else empty
};

/// Rows of named features with their targets.
struct Dataset {
  std::string name;
  std::int64_t rows = 0;
  std::vector<Field> inputs;
  Targets targets;
  /// Of texts: the words by number, most frequent first; "" for 0, padding, and 1, unknown words.
  std::vector<std::string> words = {};
  std::vector<std::int64_t> lines = {};  ///< of a file of texts, on which each row stands
  std::int64_t unlabeled = 0;            ///< rows that were left out since they have no label
  std::int64_t skipped = 0;              ///< and those that could not be read
};

/// What each named input of a network reads: columns of the source's table by name or index, or,
/// without a source, one file (.npy or IDX).
using InputSources = std::map<std::string, std::vector<std::string>>;

/// Where data come from and how they are divided: the [data] table of a network file.
struct DataOptions {
  std::string source;              ///< a known data set, a file, or a folder of IDX files
  InputSources inputs = {};        ///< empty: one input, which reads all that is no target
  std::string target;              ///< column(s) of a table by name or index, or a file of targets
  std::string task = "auto";       ///< "auto", "classification" or "regression"
  bool standardize = true;         ///< to mean 0 and variance 1, measured on the training rows
  std::string validation = {};     ///< a source of rows that validate, with the same target
  std::string test = {};           ///< a source of rows for the final test, likewise
  double validation_split = 0;     ///< share of the training rows that validates
  double test_split = 0;           ///< share of all rows set apart for the final test
  bool shuffle_split = false;      ///< draw the rows of the splits; false takes the last ones
  std::string data_dir;            ///< looked in first for known data sets
  std::int64_t limit = 0;          ///< at most so many rows of each set; 0 takes all
  std::string delimiter = "auto";  ///< of a table: "auto", "comma", "semicolon" or "tab"
  bool read_targets = true;        ///< false leaves the target's columns out, for prediction
  std::string header = "auto";     ///< whether a table's first row names its columns
  std::vector<std::string> text = {};    ///< columns that hold texts; the others are not read then
  std::int64_t max_words = 0;            ///< of a text are read; 0: as many as the longest has
  std::int64_t min_count = 1;            ///< less frequent words are unknown
  std::vector<std::string> labels = {};  ///< that a target beside texts may have; empty: any
  bool skip_bad = false;                 ///< leave out rows of texts that cannot be read
};

/// What sources give; `test` is there when the data set has one of its own, one is named or
/// test_split > 0, `validation` when one is named. Classes are numbered as those of `train`.
struct LoadedData {
  Dataset train;
  std::optional<Dataset> test;
  std::optional<Dataset> validation = {};
};

/// Loads a known data set, a file (.csv .tsv .txt .data .dat, with `text` also .jsonl .ndjson;
/// .npy, IDX; each also .gz), or a folder of IDX files named as MNIST's are. A source that is no
/// path here is looked for in the data directories too. For NPY and IDX, `target` names the file of
/// targets. Several named inputs come in the order of their names. The rows of test_split are drawn
/// by `seed` when shuffle_split says so. `validation` and `test` are sources of the same kind as
/// `source`; the targets of an array lie beside it under the name of those of `source`. digits:
/// rows whose index mod 5 is 4 are the test set. Error(data) says which file, where and how to fix
/// it.
LoadedData load_data(const DataOptions& options, std::uint64_t seed = 0);

}  // namespace selfnorm
