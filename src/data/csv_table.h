// SPDX-License-Identifier: Apache-2.0
// Collects rows of text cells into a data set.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "selfnorm/dataset.h"

namespace selfnorm {

/// A row of cells, without a memory allocation per cell.
class CsvRow {
 public:
  void clear() { text_.clear(), ends_.clear(); }
  void push(std::string_view cell) { text_ += cell, ends_.push_back(text_.size()); }
  std::size_t size() const { return ends_.size(); }
  /// Returns the cell without spaces around it.
  std::string_view cell(std::size_t i) const;

 private:
  std::string text_;
  std::vector<std::size_t> ends_;
};

/// Collects the rows of a table. `read_csv` documents how cells are read.
class CsvTable {
 public:
  CsvTable(std::string file, const DataOptions& options)
      : file_(std::move(file)), options_(options) {}

  /// Returns whether enough rows were collected.
  bool complete() const { return options_.limit > 0 && rows() >= options_.limit; }
  /// Adds the next row, which begins on `line`. The first row determines the header and the
  /// targets.
  void row(const CsvRow& row, std::int64_t line);
  /// Returns the data set, after all rows were added.
  Dataset dataset();

 private:
  // The cells of one target column, "" if the label is missing.
  struct Labels {
    std::size_t column = 0;
    std::vector<std::string> cells;
  };

  std::int64_t rows() const { return static_cast<std::int64_t>(lines_.size()); }
  void first_row(const CsvRow& row);
  bool is_header(const CsvRow& row) const;
  void find_targets();
  std::optional<std::size_t> find_column(const std::string& name) const;
  std::string cell_location(std::int64_t line, std::size_t column) const;
  float feature(std::string_view cell, std::int64_t line, std::size_t column) const;
  double label(std::string_view cell, std::int64_t line, std::size_t column) const;
  Targets one_target(const Labels& labels) const;
  Targets several_targets() const;

  std::string file_;
  const DataOptions& options_;
  std::vector<std::string> columns_;
  bool has_header_ = false;
  std::vector<Labels> labels_;
  std::vector<bool> is_target_;
  std::vector<float> features_;
  std::vector<std::int64_t> lines_;
};

}  // namespace selfnorm
