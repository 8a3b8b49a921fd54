// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "selfnorm/tensor.h"

namespace selfnorm {

/// One named input: rows × elements(sample_shape) numbers, row-major, in the order of sample_shape
/// (images: channels, height, width). A byte v represents v / 255.
struct Field {
  std::string name;                                                    ///< name of the input
  Shape sample_shape;                                                  ///< shape of one row
  std::variant<std::vector<std::uint8_t>, std::vector<float>> values;  ///< bytes or numbers
  std::vector<std::string> columns = {};  ///< column names if the input is from a table, else empty
  /// For each of `columns`, the column of the table from which it was made. If they are given, NaN
  /// is a missing cell. Otherwise, it is an error.
  std::vector<std::string> sources = {};
};

/// How the cells of a table column become numbers. A column of numbers or times has one number, a
/// column of categories one for each category. Cells that are missing are NaN, which
/// standardization maps to 0, the mean over the training rows.
struct TableColumn {
  std::string name;  ///< in the header, or the index
  /// "number", "category", "embedded" (categories as token ids), "ordinal", "time", "id"
  /// (repeated next to predictions) or "left out".
  std::string kind = "number";
  std::string format = "plain";         ///< how numbers and times are written (docs/tables.md)
  double origin = 0;                    ///< subtracted from numbers, so that 32 bits can hold them
  std::vector<std::string> parts = {};  ///< of times: "month", "weekday", "hour"
  std::vector<std::string> categories = {};  ///< those with a number of their own, or all in order
  bool has_other = false;                    ///< whether all other categories share one more number
  bool marks_missing = false;  ///< whether one more number is 1 for missing cells, else 0
  std::string note = {};       ///< what was decided, and why
};

/// What to predict: one class per row, `width` numbers per row, or nothing. The numbers of an image
/// are in the order channels, height, width, or are class indices from 0, one per pixel
/// (docs/metrics.md).
struct Targets {
  std::string name;                      ///< name of the target
  std::vector<std::int32_t> classes;     ///< class index of each row, from 0, or empty
  std::vector<std::string> class_names;  ///< by class index; empty if `classes` is empty
  std::vector<float> values;  ///< rows × width numbers, NaN for a missing label, or empty
  std::int64_t width = 0;     ///< numbers per row in `values`
  std::vector<std::string> columns = {};  ///< names if there are several target columns, else empty
  std::vector<std::string> formats = {};  ///< how the numbers of each are written (docs/tables.md)
};

/// A column that identifies the rows: its name, and its cell in each row.
struct IdentifierColumn {
  std::string name;
  std::vector<std::string> cells;
};

/// A data set: rows of named inputs with their targets.
struct Dataset {
  std::string name;           ///< name used in messages
  std::int64_t rows = 0;      ///< number of rows
  std::vector<Field> inputs;  ///< the inputs
  Targets targets;            ///< the targets
  /// The vocabulary of texts by token id, most frequent first; "" for 0 (padding) and 1 (unknown).
  std::vector<std::string> vocabulary = {};
  std::vector<std::int64_t> lines = {};  ///< line number of each row in a file of texts
  std::int64_t unlabeled = 0;            ///< number of rows left out for lack of a label
  std::int64_t skipped = 0;              ///< number of rows left out as unreadable
  std::vector<TableColumn> table = {};   ///< the columns of a table that are not targets
  bool has_header = false;               ///< whether the columns of a table have names in the file
  std::vector<std::string> notes = {};   ///< what a person should know about how it was read
  /// The group of each row (DataOptions::group), and its place in time (DataOptions::time), or
  /// empty.
  std::vector<std::int32_t> groups = {};
  std::vector<double> times = {};
  /// For an ensemble whose members hold out rows of their own: the member that does not train on
  /// the row, or −1 if all do. Empty: there are no such rows.
  std::vector<std::int32_t> folds = {};
  /// The cells of columns that predictions repeat (DataOptions::read_ids).
  std::vector<IdentifierColumn> ids = {};
};

/// The source of each named input: columns of the table by name or index, or one file (.npy or IDX)
/// if there is no table.
using InputSources = std::map<std::string, std::vector<std::string>>;

/// The source of the data and how they are split: the [data] table of a network file.
struct DataOptions {
  std::string source;            ///< a known data set, a file, or a folder of IDX files
  InputSources inputs = {};      ///< empty: one input with all columns that are not targets
  std::string target;            ///< column(s) by name or index, or a file of targets
  std::string task = "auto";     ///< "auto", "classification" or "regression"
  bool standardize = true;       ///< to mean 0 and variance 1, measured on the training rows
  std::string scaling = "auto";  ///< before it: "auto", "standard", "robust" or "quantile"
  std::string validation = {};   ///< a source of validation rows, with the same target
  std::string test = {};         ///< a source of test rows, with the same target
  /// Fraction of the training rows used for validation. If unset, a run holds out 10 % of at least
  /// 500 training rows, or 20 % of at least 100. If it has a test set, 10 % of at least 2,000. None
  /// if `validation` names a source.
  std::optional<double> validation_split = {};
  double test_split = 0;       ///< fraction of all rows used as the test set
  bool shuffle_split = true;   ///< draw held-out rows at random; false takes the last rows
  bool stratify_split = true;  ///< draw the same share of each class
  /// Whether a run of an earlier version chose the split: if `validation_split` is unset, 10 % of
  /// at least 2,000 rows, drawn at random.
  bool has_old_split = false;
  std::uint64_t split_seed = 0;    ///< draws the held-out rows; `load_data` sets it
  std::string group = {};          ///< table column whose rows with equal cells stay together
  std::string time = {};           ///< table column by whose order the last rows are held out
  std::string data_dir;            ///< folder to search first for known data sets
  std::int64_t limit = 0;          ///< maximum number of rows of each set; 0 for all
  std::string delimiter = "auto";  ///< of table cells: "auto", "comma", "semicolon", "tab", …
  bool read_ids = false;           ///< whether to read identifiers, for prediction
  bool read_targets = true;        ///< false reads no targets, for prediction
  /// Whether `embed` also includes each column of more than 32 categories and at least ten rows per
  /// category. Set by a run with the default network and without `inputs`.
  bool embed_many = false;
  bool skip_bad = false;               ///< leave out rows of texts that cannot be read
  std::string header = "auto";         ///< whether a table starts with names: "auto", "yes" or "no"
  std::vector<std::string> text = {};  ///< columns of text; if given, other columns are not read
  std::int64_t max_words = 0;          ///< maximum tokens per text; 0 for all
  std::int64_t min_count = 1;          ///< minimum number of occurrences of a known token
  std::vector<std::string> labels = {};  ///< allowed labels of texts; empty for any
  std::string quotes = "auto";           ///< whether cells may be in quotes: "auto", "yes" or "no"
  /// Cells of a table that are missing, in addition to empty ones and to NA, N/A, NaN, null, None,
  /// ?, - and . in upper or lower case.
  std::vector<std::string> missing = {};
  /// Those of these words that are not missing. Any other word here is an error.
  std::vector<std::string> not_missing = {};
  std::vector<std::string> categorical = {};  ///< table columns that are categories
  std::vector<std::string> numeric = {};      ///< table columns that are numbers
  std::vector<std::string> ordinal = {};      ///< ordered categories, as "size=small<large"
  std::vector<std::string> date = {};         ///< times, as "when" or "when=day/month/year"
  std::vector<std::string> drop = {};         ///< table columns to leave out
  std::vector<std::string> keep = {};         ///< table columns to use that would be left out
  std::vector<std::string> columns = {};      ///< the only table columns to use; empty: all
  std::vector<std::string> id = {};           ///< table columns that only predictions repeat
  /// Table columns of categories that become token ids for an `embedding` layer. Each column is an
  /// input.
  std::vector<std::string> embed = {};
  std::vector<TableColumn> table = {};  ///< how to read the columns; empty: decided by their cells
  std::vector<std::string> target_formats = {};  ///< likewise the targets, as in Targets::formats
};

/// The data sets loaded from a source. All of them use the class indices of `train`.
struct LoadedData {
  Dataset train;                           ///< training rows, validation rows included
  std::optional<Dataset> test;             ///< if the source has a test set or one is requested
  std::optional<Dataset> validation = {};  ///< if the options name a source of validation rows
  std::string fingerprint = {};  ///< of all rows of the source (data/fingerprint.h), or ""
};

/// Loads a known data set, a file (a table of any kind in docs/tables.md, NPY, IDX; each also
/// compressed), or a folder of IDX files named like MNIST's. A source that is not a path is
/// searched for in the data folders. For NPY and IDX, `target` names the file of targets. Named
/// inputs are ordered by name. With `shuffle_split`, `seed` draws the rows of `test_split`. If a
/// table has many categories, those with numbers of their own are the most frequent ones in the
/// training rows of a run with this seed. `validation` and `test` are sources of the same kind as
/// `source`. If they are arrays, the targets of each are read from its own folder, from a file with
/// the name of `target`. In the digits data set, rows whose index mod 5 is 4 are the test set.
/// Throws Error(data) with the file, the place and a fix, or Error(config) if both a source and a
/// split are given for the validation or test rows.
LoadedData load_data(const DataOptions& options, std::uint64_t seed = 0);

}  // namespace selfnorm
