// SPDX-License-Identifier: Apache-2.0
#include "texts/text_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/text.h"
#include "files/byte_reader.h"
#include "files/lines.h"
#include "tables/csv.h"
#include "tables/table_format.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kTargetNames = {"gold_label", "label", "target", "class"};

// Returns the target among these columns, or "". Throws if the options name a target that is not
// there.
std::string target_among(const std::vector<std::string>& columns, const DataOptions& options,
                         const std::string& file) {
  if (!options.read_targets) return "";
  if (!options.target.empty()) {
    if (std::ranges::count(columns, options.target) > 0) return options.target;
    throw_data_error(fmt::format("{}: there is no target column '{}'{}", file, options.target,
                                 suggestion(options.target, columns)));
  }
  const auto found = std::ranges::find_if(
      kTargetNames, [&](const std::string& name) { return std::ranges::count(columns, name) > 0; });
  return found == kTargetNames.end() ? "" : *found;
}

// Returns the columns that are neither texts nor the target.
std::vector<std::string> unread_columns(std::vector<std::string> columns,
                                        const DataOptions& options, const std::string& target) {
  std::erase_if(columns, [&](const std::string& name) {
    return name == target || is_listed(options.text, name);
  });
  return columns;
}

// ---- JSON lines -------------------------------------------------------------------------------

class JsonLines {
 public:
  JsonLines(const fs::path& path, const DataOptions& options, const TextRowCallback& callback)
      : file_(path.string()), options_(options), callback_(callback) {}

  bool line(std::string_view text, std::int64_t number) {
    if (text.find_first_not_of(" \t") == text.npos) return true;
    row_ = {number, {}, {}, {}};
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) {
      row_.fault = fmt::format("expected a JSON object, got {}", quote_for_message(text));
      return callback_(row_);
    }
    const bool is_first = !target_;
    if (!target_ && options_.read_targets && !options_.target.empty()) target_ = options_.target;
    if (!target_) target_ = target_among(names_of(json), options_, file_);
    if (is_first) unread_ = unread_columns(names_of(json), options_, *target_);
    for (const std::string& name : options_.text) row_.texts.push_back(member(json, name));
    if (!target_->empty()) row_.label = member(json, *target_);
    return callback_(row_);
  }

  TextColumns columns() const { return {target_.value_or(""), unread_}; }

 private:
  static std::vector<std::string> names_of(const nlohmann::json& object) {
    std::vector<std::string> names;
    for (const auto& [name, value] : object.items()) names.push_back(name);
    return names;
  }

  // Returns the text of a member. Only the label may also be a number.
  std::string member(const nlohmann::json& object, const std::string& name) {
    const auto found = object.find(name);
    if (found == object.end()) {
      row_.fault =
          fmt::format("there is no member '{}'{}", name, suggestion(name, names_of(object)));
      return "";
    }
    if (found->is_string()) return found->get<std::string>();
    if (found->is_number() && name == target_) return found->dump();
    const std::string got =
        found->is_primitive() ? quote_for_message(found->dump()) : found->type_name();
    row_.fault = fmt::format("'{}': expected text, got {}", name, got);
    return "";
  }

  std::string file_;
  const DataOptions& options_;
  const TextRowCallback& callback_;
  TextRow row_;
  std::optional<std::string> target_;
  std::vector<std::string> unread_;
};

// ---- tables -----------------------------------------------------------------------------------

using Cells = std::vector<std::string_view>;

class TextTable {
 public:
  TextTable(const fs::path& path, const DataOptions& options, const TextRowCallback& callback)
      : file_(path.string()), options_(options), callback_(callback) {}

  bool row(const Cells& cells, std::int64_t number) {
    if (width_ == 0 && first_row(cells)) return true;
    row_ = {number, {}, {}, {}};
    if (cells.size() != width_) {
      row_.fault = fmt::format("expected {} cells, got {}", width_, cells.size());
      return callback_(row_);
    }
    for (const std::size_t column : texts_) row_.texts.emplace_back(cells[column]);
    if (label_) row_.label = cells[*label_];
    return callback_(row_);
  }

  TextColumns columns() const { return {target_, unread_}; }

 private:
  // Finds the columns. Returns whether the row is a header.
  bool first_row(const Cells& cells) {
    width_ = cells.size();
    std::vector<std::string> names(cells.begin(), cells.end());
    const bool named = std::ranges::any_of(options_.text, [&](const std::string& name) {
      return !is_all_digits(name) && std::ranges::count(names, name) > 0;
    });
    const bool header = options_.header == "yes" || (options_.header == "auto" && named);
    if (!header) {
      for (std::size_t i = 0; i < names.size(); ++i) names[i] = std::to_string(i);
    }
    for (const std::string& name : options_.text) texts_.push_back(column(names, name, header));
    target_ = target_among(names, options_, file_);
    if (!target_.empty()) label_ = column(names, target_, header);
    unread_ = unread_columns(names, options_, target_);
    return header;
  }

  std::size_t column(const std::vector<std::string>& names, const std::string& name,
                     bool header) const {
    const auto found = std::ranges::find(names, name);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    const std::string why = header ? "" : " (the first row does not name the text columns)";
    throw_data_error(
        fmt::format("{}: there is no column '{}'{}{}", file_, name, why, suggestion(name, names)));
  }

  std::string file_;
  const DataOptions& options_;
  const TextRowCallback& callback_;
  TextRow row_;
  std::size_t width_ = 0;
  std::vector<std::size_t> texts_;
  std::optional<std::size_t> label_;
  std::string target_;
  std::vector<std::string> unread_;
};

void split_at_tabs(std::string_view line, Cells& cells) {
  cells.clear();
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find('\t', begin), line.size());
    cells.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
}

bool has_tabs(const fs::path& path, const DataOptions& options) {
  if (options.delimiter != "auto") return options.delimiter == "tab";
  bool found = false;
  read_lines(path, [&](std::string_view line, std::int64_t) {
    found = line.find('\t') != line.npos;
    return line.empty();
  });
  return found;
}

}  // namespace

TextColumns read_text_rows(const fs::path& path, const DataOptions& options,
                           const TextRowCallback& callback) {
  const TableFormat format = find_table_format(path);
  check_text_format(path, format);
  if (format == TableFormat::json_lines) {
    check_delimited_options(path, format, options);
    JsonLines lines(path, options, callback);
    read_lines(
        path, [&](std::string_view line, std::int64_t number) { return lines.line(line, number); });
    return lines.columns();
  }
  TextTable table(path, options, callback);
  Cells cells;
  if (has_tabs(path, options) && options.quotes != "yes") {
    read_lines(path, [&](std::string_view line, std::int64_t number) {
      if (line.empty()) return true;
      split_at_tabs(line, cells);
      return table.row(cells, number);
    });
    return table.columns();
  }
  const CsvFormat written{options.delimiter, options.quotes};
  read_csv_rows(path, written, [&](const CsvRow& row, std::int64_t line) {
    cells.clear();
    for (std::size_t i = 0; i < row.size(); ++i) cells.push_back(row.cell(i));
    return table.row(cells, line);
  });
  return table.columns();
}

}  // namespace selfnorm
