// SPDX-License-Identifier: Apache-2.0
#include "tables/table_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "base/index.h"
#include "base/text.h"
#include "tables/column_encoding.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMaxSummarized = 12;  // columns of a kind

// Returns the columns of a kind, each as `text` describes it, and how many more there are.
std::string list_columns(const Dataset& data, const std::string& kind,
                         const std::function<std::string(const TableColumn&)>& text) {
  std::vector<std::string> listed;
  std::size_t more = 0;
  for (const TableColumn& column : data.table) {
    if (shown_kind(column) != kind) continue;
    if (listed.size() < kMaxSummarized) listed.push_back(text(column));
    else ++more;
  }
  std::string line = join(listed, ", ");
  if (more > 0) line += fmt::format(" and {} more", more);
  return line;
}

// Returns the fraction of the numbers of an input, in a column of it, that are this one.
double fraction_of(const Field& field, std::size_t column, float number) {
  const auto& values = std::get<std::vector<float>>(field.values);
  std::int64_t count = 0;
  for (std::size_t i = column; i < values.size(); i += field.columns.size())
    count += values[i] == number;
  const std::size_t rows = values.size() / field.columns.size();
  return static_cast<double>(count) / static_cast<double>(std::max<std::size_t>(rows, 1));
}

// Returns the input with the numbers of a table column and its place there, or null.
std::pair<const Field*, std::size_t> find_numbers(const Dataset& data, const std::string& name) {
  for (const Field& field : data.inputs) {
    const auto found = std::ranges::find(field.columns, name);
    if (found != field.columns.end()) return {&field, as_index(found - field.columns.begin())};
  }
  return {nullptr, 0};
}

// Returns the number of different values of a column of whole numbers if each could be a category:
// 3 to 10, in ten rows each on average. Else 0.
std::size_t count_few_values(const Dataset& data, const TableColumn& column) {
  constexpr std::size_t kLeast = 3, kMost = 10, kRowsOfEach = 10;
  const auto [field, at] = find_numbers(data, column.name);
  if (field == nullptr || column.format != "plain") return 0;
  const auto& values = std::get<std::vector<float>>(field->values);
  std::vector<float> found;
  for (std::size_t i = at; i < values.size(); i += field->columns.size()) {
    if (std::isnan(values[i]) || std::ranges::count(found, values[i]) > 0) continue;
    if (values[i] != std::floor(values[i]) || found.size() == kMost) return 0;
    found.push_back(values[i]);
  }
  const bool are_enough = as_index(data.rows) >= kRowsOfEach * found.size();
  return found.size() >= kLeast && are_enough ? found.size() : 0;
}

// Returns the fraction of the rows in which a column is missing.
double missing_fraction(const Dataset& data, const TableColumn& column) {
  if (!column.marks_missing && !is_embedded(column)) return 0;
  const std::string name = is_embedded(column) ? column.name : column.name + " is missing";
  const float missing = is_embedded(column) ? 0 : 1;  // a token id, or an indicator
  const auto [field, at] = find_numbers(data, name);
  return field == nullptr ? 0 : fraction_of(*field, at, missing);
}

std::string with_missing(const Dataset& data, const TableColumn& column, std::string text) {
  const double missing = missing_fraction(data, column);
  if (missing > 0) text += " (" + percent_text(missing) + " missing)";
  return text;
}

std::string class_line(const Targets& targets, std::int64_t rows) {
  std::vector<std::int64_t> counts(targets.class_names.size(), 0);
  for (const std::int32_t index : targets.classes) ++counts[static_cast<std::size_t>(index)];
  std::vector<std::string> shares;
  for (std::size_t i = 0; i < std::min(counts.size(), kMaxSummarized); ++i) {
    const double share = static_cast<double>(counts[i]) / static_cast<double>(rows);
    shares.push_back(targets.class_names[i] + " " + percent_text(share));
  }
  std::string line = fmt::format("{}: {} class{} ({}", targets.name, counts.size(),
                                 counts.size() == 1 ? "" : "es", join(shares, ", "));
  return line + (counts.size() > kMaxSummarized ? ", …)" : ")");
}

// Says how many targets of a column are missing, or nothing.
std::string missing_targets(const Targets& targets, std::size_t column) {
  std::int64_t missing = 0;
  for (std::size_t i = column; i < targets.values.size(); i += as_index(targets.width))
    missing += std::isnan(targets.values[i]);
  if (missing == 0) return "";
  return fmt::format(" ({} missing, which do not count)", group_digits(missing));
}

std::string value_line(const Targets& targets) {
  float low = std::numeric_limits<float>::infinity(), high = -low;
  for (const float value : targets.values)
    if (!std::isnan(value)) low = std::min(low, value), high = std::max(high, value);
  return fmt::format("{}: a number from {} to {}{}", targets.name, low, high,
                     missing_targets(targets, 0));
}

// Whether the target could also be of the other task: classes that are numbers, or whole numbers.
bool may_have_other_task(const Targets& targets) {
  const auto is_number = [](const std::string& name) { return parse_number(name).has_value(); };
  const auto is_whole = [](float y) { return std::isnan(y) || y == std::trunc(y); };
  return targets.classes.empty() ? std::ranges::all_of(targets.values, is_whole)
                                 : std::ranges::all_of(targets.class_names, is_number);
}

}  // namespace

std::string describe_target(const Dataset& data) {
  if (!data.targets.classes.empty()) return class_line(data.targets, data.rows);
  if (data.targets.width == 1) return value_line(data.targets);
  if (data.targets.columns.empty()) return "";
  std::vector<std::string> names = data.targets.columns;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] += missing_targets(data.targets, i);
  return join(names, ", ") + ": numbers, each in its own unit";
}

std::string shown_kind(const TableColumn& column) {
  return is_boolean(column) ? "boolean" : column.kind;
}

std::vector<std::string> summarize_table(const Dataset& data, const DataOptions& options) {
  std::vector<std::string> lines;
  const auto add = [&](const std::string& label, const std::string& text) {
    if (!text.empty()) lines.push_back(fmt::format("{:<9}{}", label, text));
  };
  const bool is_automatic = options.task == "auto";
  const std::string other_task =
      data.targets.classes.empty() ? "classification for classes" : "regression for a number";
  if (const std::string target = describe_target(data); !target.empty()) {
    const bool may_differ =
        is_automatic && data.targets.columns.empty() && may_have_other_task(data.targets);
    lines.push_back((data.targets.columns.empty() ? "target   " : "targets  ") + target +
                    (may_differ ? "; --task " + other_task : ""));
  }
  bool have_few_values = false;
  add("numbers", list_columns(data, "number", [&](const TableColumn& column) {
        const bool is_padded = column.format == format_name(CellFormat::zero_padded);
        const std::size_t values = count_few_values(data, column);
        have_few_values = have_few_values || values > 0;
        return with_missing(data, column,
                            column.name + (is_padded ? " without leading zeros" : "") +
                                (values > 0 ? fmt::format(" [{} values]", values) : ""));
      }));
  if (have_few_values) lines.back() += "; --categorical COLUMN makes each value a category";
  add("times", list_columns(data, "time", [&](const TableColumn& column) {
        const bool is_local = column.format.find('/') != std::string::npos;
        return with_missing(data, column, column.name + (is_local ? " as " + column.format : ""));
      }));
  const auto categories = [&](const TableColumn& column) {
    return with_missing(data, column,
                        fmt::format("{} {}{}", column.name, column.categories.size(),
                                    column.has_other ? " and others" : ""));
  };
  add("booleans", list_columns(data, "boolean", [&](const TableColumn& column) {
        return with_missing(data, column, column.name);
      }));
  add("words", list_columns(data, "category", categories));
  add("vectors", list_columns(data, "embedded", categories));
  add("ordered", list_columns(data, "ordinal", [&](const TableColumn& column) {
        return with_missing(data, column,
                            fmt::format("{} {}", column.name, join(column.categories, " < ")));
      }));
  add("ids", list_columns(data, "id", [](const TableColumn& column) {
        return fmt::format("{} ({})", quote_for_shell(column.name), column.note);
      }));
  if (!lines.empty() && lines.back().starts_with("ids")) {
    const auto is_unnamed = [](const TableColumn& column) { return column.name.empty(); };
    const bool has_unnamed = std::ranges::any_of(data.table, is_unnamed);
    lines.back() += "; predictions repeat them; --keep COLUMN uses one";
    if (has_unnamed) lines.back() += ", and --keep 0 the first, which has no name";
  }
  const auto is_missing = [](const TableColumn& column) { return column.marks_missing; };
  if (std::ranges::any_of(data.table, is_missing))
    add("missing", "the mean of the training rows, and a column that marks the cell");
  add("left out", list_columns(data, "left out", [](const TableColumn& column) {
        return fmt::format("{} ({})", quote_for_shell(column.name), column.note);
      }));
  const auto is_decided_here = [](const TableColumn& column) {
    return column.kind == "left out" && !column.note.starts_with("--");
  };
  if (std::ranges::any_of(data.table, is_decided_here)) lines.back() += "; --keep COLUMN uses it";
  return lines;
}

}  // namespace selfnorm
