// SPDX-License-Identifier: Apache-2.0
#include "tables/number_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "files/byte_reader.h"
#include "tables/csv.h"

namespace selfnorm {
namespace {

class Columns {
 public:
  Columns(std::string file, const std::vector<std::string>& names)
      : file_(std::move(file)), names_(names) {}

  void header(const CsvRow& row, std::int64_t line) {
    std::vector<std::string> there;
    for (std::size_t i = 0; i < row.size(); ++i) there.emplace_back(row.cell(i));
    for (const std::string& name : names_) {
      const auto found = std::ranges::find(there, name);
      if (found == there.end()) {
        throw_data_error(fmt::format(
            "{}:{}: there is no column '{}' (the first row must name {}, but it has {})", file_,
            line, name, join(names_, ", "), join(there, ", ")));
      }
      if (std::ranges::count(there, name) > 1) {
        throw_data_error(fmt::format("{}:{}: there are {} columns named '{}'", file_, line,
                                     std::ranges::count(there, name), name));
      }
      from_.push_back(static_cast<std::size_t>(found - there.begin()));
    }
    header_ = std::move(there);
  }

  NumberRow numbers(const CsvRow& row, std::int64_t line) const {
    if (row.size() < header_.size()) {
      throw_data_error(fmt::format("{}:{}, column '{}': expected a number, got the end of the row",
                                   file_, line, header_[row.size()]));
    }
    if (row.size() > header_.size()) {
      throw_data_error(fmt::format(
          "{}:{}, column {}: expected the end of the row after {} cells, got {}", file_, line,
          header_.size() + 1, header_.size(), quote_for_message(row.cell(header_.size()))));
    }
    NumberRow out{{}, line};
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::string_view cell = row.cell(from_[i]);
      double value = 0;
      const auto [end, fault] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      if (fault != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value)) {
        throw_data_error(fmt::format("{}:{}, column '{}': expected a number, got {}", file_, line,
                                     names_[i], quote_for_message(cell)));
      }
      out.values.push_back(value);
    }
    return out;
  }

  bool has_header() const { return !header_.empty(); }

 private:
  std::string file_;
  const std::vector<std::string>& names_;
  std::vector<std::size_t> from_;
  std::vector<std::string> header_;
};

}  // namespace

std::vector<NumberRow> read_number_columns(const std::filesystem::path& path,
                                           const std::vector<std::string>& names) {
  Columns columns(path.string(), names);
  std::vector<NumberRow> rows;
  read_csv_rows(path, {}, [&](const CsvRow& row, std::int64_t line) {
    if (columns.has_header()) rows.push_back(columns.numbers(row, line));
    else columns.header(row, line);
    return true;
  });
  if (rows.empty()) throw_data_error(path.string() + ": has no rows of numbers");
  return rows;
}

}  // namespace selfnorm
