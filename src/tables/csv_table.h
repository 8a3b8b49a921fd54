// SPDX-License-Identifier: Apache-2.0
// Collects rows of text cells into a data set.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "selfnorm/dataset.h"
#include "tables/column_cells.h"
#include "tables/column_choice.h"
#include "tables/column_encoding.h"
#include "tables/csv_block.h"
#include "tables/csv_row.h"
#include "tables/missing_words.h"
#include "tables/table_header.h"
#include "tables/table_notes.h"
#include "tables/table_targets.h"

namespace selfnorm {

/// A column that a file names itself.
struct DeclaredColumn {
  std::string name;
  bool is_category = false;                  ///< also if its cells are numbers
  std::vector<std::string> categories = {};  ///< the words that its cells may have
};

/// Throws Error(data) for more than 100,000 columns or 2^28 cells, which would take more than 3
/// GiB. A small file can have many cells if those that are absent count, too.
void check_table_size(const std::string& file, std::int64_t columns, std::int64_t rows);

/// Collects the rows of a table. `read_csv` documents how cells are read.
class CsvTable {
 public:
  /// `word_columns` are the columns whose cells are words from the start (`changed_words`).
  CsvTable(std::string file, const DataOptions& options, std::vector<std::size_t> word_columns);

  /// Returns whether enough rows were collected.
  bool complete() const { return options_.limit > 0 && rows() >= options_.limit; }
  /// Begins the table with these columns, so that its first row is no header.
  void declare(const std::vector<DeclaredColumn>& columns);
  /// Adds the next row, which begins on `line`.
  void row(const CsvRow& row, std::int64_t line);
  /// Adds the next rows.
  void add_rows(const CsvBlock& rows);
  /// Ends the table. No row follows.
  void finish();
  /// Returns the columns whose words are not as in the file, because they were numbers at first.
  std::vector<std::size_t> changed_words() const;
  /// Returns the data set of a finished table. `delimiter` is as in DataOptions.
  Dataset dataset(const std::string& delimiter);

 private:
  struct Column {
    ColumnCells cells;
    bool is_read = true, is_target = false;
    bool is_identifier = false;  // all of its cells are as in the file
    bool is_category = false;    // declared to be one
    // The words of missing cells in lower case, as the first cell has it, and their rows.
    std::map<std::string, std::pair<std::string, std::int64_t>> missing_words = {};
  };

  // A column with its place in the file.
  using PlacedColumn = std::pair<TableColumn, std::size_t>;

  // The encoders of columns, and their cells that cannot be read.
  struct EncodedColumns {
    std::vector<ColumnEncoder> encoders;
    std::vector<std::string> faults;
  };

  std::string task() const;
  std::int64_t rows() const { return static_cast<std::int64_t>(lines_.size()); }
  void begin(const CsvRow& first, const CsvRow* second);
  void choose_columns();
  void reject_choice_of_target(const ColumnChoice& choice, const std::string& name) const;
  void reject_repeated_names() const;
  void read_planned_columns();
  void add(const CsvRow& row, std::int64_t line);
  void add_cell(Column& column, std::string_view cell) const;
  template <class Cell>
  void check_size(std::size_t size, std::int64_t line, Cell cell_after_last) const;
  std::string cell_location(std::int64_t row, std::size_t column) const;
  std::string given_format(std::size_t column) const;
  std::vector<TargetColumn> target_columns();
  void reject_empty_targets(const std::vector<TargetColumn>& targets) const;
  void reject_unreadable_targets(const std::vector<TargetColumn>& targets);
  EncodedColumns encode(const std::vector<PlacedColumn>& columns, std::vector<float>& numbers);
  void reject_doubtful_classes(const Column& target) const;
  void leave_out_unlabeled(const TargetColumn& labels, Dataset& data);
  std::vector<std::size_t> places_of_features() const;
  std::vector<PlacedColumn> planned_columns() const;
  void check_header(Dataset& data) const;
  void check_row_names() const;
  void add_order_of_rows(Dataset& data) const;
  bool depends_on_training_rows(std::size_t column) const;
  bool is_after_last_delimiter(std::size_t column) const;
  std::vector<PlacedColumn> decided_columns(const Dataset& data) const;
  DecimalSign find_decimal_sign(const std::string& delimiter) const;
  std::vector<std::string> notes_on(const PlacedColumn& placed, const ColumnEncoder& encoder) const;
  Field features(Dataset& data);

  std::string file_;
  const DataOptions& options_;
  MissingWords missing_;
  std::vector<std::size_t> word_columns_;
  std::optional<CsvRow> first_;  // until the second row is known
  std::int64_t first_line_ = 0;
  TableHeader header_;
  std::vector<Column> columns_;
  std::vector<ColumnChoice> choices_;  // by column; empty with a plan
  std::vector<std::size_t> targets_;
  std::vector<std::int64_t> lines_;
  bool is_declared_ = false;  // the file names the columns and types of cells
  DecimalSign decimal_sign_ = DecimalSign::unknown;
};

}  // namespace selfnorm
