// SPDX-License-Identifier: Apache-2.0
#include "tables/svmlight.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "files/byte_reader.h"
#include "files/lines.h"
#include "tables/cell.h"
#include "tables/csv.h"
#include "tables/csv_table.h"

namespace selfnorm {
namespace {

constexpr const char* kLabel = "label";
constexpr std::string_view kBlanks = " \t";

// Takes the next word off the text, and returns "" at the end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
  text.remove_prefix(word.size());
  return word;
}

// Parses "index:value". Returns what is wrong.
std::string add_feature(std::string_view word, SparseRow& row) {
  const std::size_t colon = std::min(word.find(':'), word.size());
  const std::string_view value = word.substr(std::min(colon + 1, word.size()));
  std::int32_t index = 0;
  const auto [end, fault] = std::from_chars(word.data(), word.data() + colon, index);
  if (fault != std::errc() || end != word.data() + colon || colon == word.size() || index < 0)
    return fmt::format("expected index:value, got {}", quote_for_message(word));
  if (!parse_number(value) && to_lower(value) != "nan")
    return fmt::format("feature {}: expected a number, got {}", index, quote_for_message(value));
  if (!row.features.empty() && row.features.back().first >= index)
    return fmt::format("expected ascending indices, got {} after {}", index,
                       row.features.back().first);
  row.features.emplace_back(index, value);
  return "";
}

// The columns from the first index to the last one.
struct IndexRange {
  std::int64_t first = 1, last = 0;
  void add(std::int64_t index) {
    first = std::min(first, index);
    last = std::max(last, index);
  }
};

struct SparseSize {
  IndexRange indices;
  std::int64_t rows = 0;
  bool has_groups = false;
};

IndexRange planned_range(const std::vector<TableColumn>& table) {
  IndexRange range;
  for (const TableColumn& column : table) {
    std::int64_t index = 0;
    const std::string& name = column.name;
    const auto [end, fault] = std::from_chars(name.data(), name.data() + name.size(), index);
    if (fault == std::errc() && end == name.data() + name.size()) range.add(index);
  }
  return range;
}

class SvmlightFile {
 public:
  SvmlightFile(const std::filesystem::path& path, const DataOptions& options)
      : path_(path), options_(options) {}

  SparseSize measure() const {
    SparseSize size;
    for_each([&](const SparseRow& row, std::int64_t) {
      for (const auto& [index, value] : row.features) size.indices.add(index);
      size.has_groups = size.has_groups || row.has_group;
      return ++size.rows < options_.limit || options_.limit == 0;
    });
    return size;
  }

  CsvFormat dense_rows(const IndexRange& range, const CsvRowCallback& callback) const {
    CsvRow dense;
    auto notes = for_each([&](const SparseRow& row, std::int64_t line) {
      dense.clear();
      dense.push(row.label);
      std::int64_t next = range.first;
      for (const auto& [index, value] : row.features) {
        for (; next < std::min(index, range.last + 1); ++next) dense.push("0");
        if (index <= range.last) dense.push(value), ++next;
      }
      for (; next <= range.last; ++next) dense.push("0");
      return callback(dense, line);
    });
    return {"comma", "yes", std::move(notes)};
  }

 private:
  template <class Callback>
  std::vector<std::string> for_each(Callback callback) const {
    SparseRow row;
    return read_utf8_lines(path_, [&](std::string_view line, std::int64_t number) {
      parse_sparse_row(line, row);
      if (row.fault.empty() && row.label.empty() && !row.features.empty() && options_.read_targets)
        row.fault = "expected a label before the features";
      if (!row.fault.empty())
        throw_data_error(fmt::format("{}:{}: {}", path_.string(), number, row.fault));
      const bool is_empty = row.label.empty() && row.features.empty();
      return is_empty || callback(row, number);
    });
  }

  const std::filesystem::path& path_;
  const DataOptions& options_;
};

// Columns from 1 on and columns from 0 on must not be mistaken for each other.
void check_first_index(const std::filesystem::path& path, const IndexRange& file,
                       const IndexRange& planned) {
  if (planned.last == 0 || file.first >= planned.first) return;
  throw_data_error(
      fmt::format("{}: has a feature {}, but those of the model begin with {} (write both files "
                  "with the same first index)",
                  path.string(), file.first, planned.first));
}

std::vector<DeclaredColumn> columns_of(const IndexRange& range) {
  std::vector<DeclaredColumn> columns = {{kLabel}};
  for (std::int64_t i = range.first; i <= range.last; ++i) columns.push_back({std::to_string(i)});
  return columns;
}

}  // namespace

void parse_sparse_row(std::string_view line, SparseRow& row) {
  row.label = {}, row.has_group = false, row.features.clear(), row.fault.clear();
  line = line.substr(0, line.find('#'));
  std::string_view word = take_word(line);
  if (word.find(':') == word.npos) {
    row.label = word;
    word = take_word(line);
  }
  if (row.label.find(',') != row.label.npos) {
    row.fault = fmt::format("expected one label, got several: {}", quote_for_message(row.label));
    return;
  }
  if (!row.label.empty() && !parse_number(row.label)) {
    row.fault = fmt::format("expected a number as the label, got {}", quote_for_message(row.label));
    return;
  }
  for (; !word.empty() && row.fault.empty(); word = take_word(line)) {
    if (word.starts_with("qid:") && row.features.empty()) row.has_group = true;
    else row.fault = add_feature(word, row);
  }
}

Dataset read_svmlight(const std::filesystem::path& path, const DataOptions& options) {
  if (!options.target.empty() && options.target != kLabel) {
    throw_data_error(
        fmt::format("{}: the target of a file of LIBSVM is its first cell, which is "
                    "named label (leave out target = {})",
                    path.string(), quote_for_message(options.target)));
  }
  const SvmlightFile file(path, options);
  const SparseSize size = file.measure();
  if (size.rows == 0) throw_data_error(path.string() + ": has no rows");
  if (size.indices.last < size.indices.first && options.table.empty())
    throw_data_error(path.string() + ": no row has a feature");
  const IndexRange planned = planned_range(options.table);
  check_first_index(path, size.indices, planned);
  // A model reads its own columns. Other columns were 0 in all of its training rows.
  const IndexRange range = planned.last > 0 ? planned : size.indices;
  check_table_size(path.string(), range.last - range.first + 2, 1);  // before columns are named
  Dataset data = collect_rows(path, options, columns_of(range), [&](const RowSink& sink) {
    return file.dense_rows(range, sink.add_row);
  });
  if (size.indices.last > range.last) {
    data.notes.push_back(fmt::format("features {} to {} are not used, since the model has only {}",
                                     range.last + 1, size.indices.last, range.last));
  }
  if (size.has_groups) data.notes.emplace_back("qid, the group of a ranking, is not used");
  return data;
}

}  // namespace selfnorm
