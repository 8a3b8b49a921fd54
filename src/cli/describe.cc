// SPDX-License-Identifier: Apache-2.0
#include "cli/describe.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "cli/flags.h"
#include "cli/standard_input.h"
#include "cli/terminal.h"
#include "data/data_options.h"
#include "report/table_page.h"
#include "selfnorm/error.h"
#include "tables/table_description.h"

namespace selfnorm::cli {
namespace {

struct DescribeArguments {
  DataOptions data;
  OptionFlags reading;
  std::string page;
  bool json = false;
};

// The options that say how a table is read, without those of a training.
Options reading_options(DataOptions& data) {
  static const std::vector<std::string> names = {
      "target",      "task",        "limit",   "delimiter", "quotes", "missing",
      "not_missing", "categorical", "numeric", "ordinal",   "date",   "embed",
      "id",          "columns",     "drop",    "keep",      "header"};
  Options table = options(data);
  std::erase_if(table, [](const Option& option) { return !is_listed(names, option.name); });
  return table;
}

std::string range_text(const ColumnDescription& column) {
  if (column.kind == "time") {
    const auto date = [](double days) {
      return std::chrono::year_month_day(
          std::chrono::sys_days(std::chrono::days(static_cast<std::int64_t>(std::floor(days)))));
    };
    const auto text = [&](double days) {
      const auto day = date(days);
      return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                         static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    };
    return text(column.low) + " to " + text(column.high);
  }
  return fmt::format("{:.6g} to {:.6g}, mean {:.6g}", column.low, column.high, column.mean);
}

std::string values_text(const ColumnDescription& column) {
  constexpr std::size_t kMaxShown = 5;
  if (!column.note.empty()) return column.note;
  if (column.shares.empty()) return std::isnan(column.low) ? "" : range_text(column);
  std::vector<std::string> shares;
  const auto add = [&](const auto& share) {
    shares.push_back(share.first + " " + percent_text(share.second));
  };
  const std::size_t listed = column.shares.size() - (column.has_others ? 1 : 0);
  for (std::size_t i = 0; i < std::min(listed, kMaxShown); ++i) add(column.shares[i]);
  if (listed > kMaxShown) shares.push_back(fmt::format("{} more", listed - kMaxShown));
  if (column.has_others) add(column.shares.back());
  return join(shares, ", ");
}

std::string missing_text(const ColumnDescription& column) {
  return column.missing > 0 ? percent_text(column.missing) : "";
}

TablePage page_of(const TableDescription& table) {
  TablePage page{table.name,
                 fmt::format("{} rows, {} columns", group_digits(table.rows), table.columns.size()),
                 {},
                 table.warnings,
                 table.notes,
                 {}};
  if (!table.target.empty()) page.facts.push_back("Target " + table.target);
  if (!table.likely_targets.empty())
    page.facts.push_back("Possible targets: " + join(table.likely_targets, ", "));
  const bool is_scored = !table.score_name.empty() && table.baseline < 1;
  if (is_scored) {
    page.facts.push_back(fmt::format(
        "The score alone is the {} of a prediction from this column only, on half of the rows. A "
        "constant prediction has {:.3f}.",
        table.score_name, table.baseline));
  }
  for (const ColumnDescription& column : table.columns) {
    const bool has_score = is_scored && !std::isnan(column.target_score);
    const std::string alone = has_score ? fmt::format("{:.3f}", column.target_score) : "";
    page.rows.push_back(
        {{column.name, column.kind, missing_text(column), values_text(column), alone},
         column.histogram});
  }
  return page;
}

void print_page(const TablePage& page) {
  print("{}: {}\n", page.title, page.subtitle);
  for (const std::string& fact : page.facts) print("{}\n", fact);
  std::vector<std::vector<std::string>> rows = {table_page_columns()};
  for (const TablePage::Row& row : page.rows) rows.push_back(row.cells);
  print("\n{}", table(rows));
  for (const std::string& warning : page.warnings) print("\nwarning: {}\n", warning);
  for (const std::string& note : page.notes) print("\nnote: {}\n", note);
}

nlohmann::ordered_json json_of(const ColumnDescription& column) {
  const auto number = [](double value) {
    return std::isnan(value) ? nlohmann::ordered_json() : nlohmann::ordered_json(value);
  };
  nlohmann::ordered_json json{{"name", column.name},        {"kind", column.kind},
                              {"note", column.note},        {"missing", column.missing},
                              {"low", number(column.low)},  {"mean", number(column.mean)},
                              {"high", number(column.high)}};
  json["shares"] = nlohmann::ordered_json::object();
  for (const auto& [name, share] : column.shares) json["shares"][name] = share;
  json["target_score"] = number(column.target_score);
  return json;
}

void describe(const DescribeArguments& arguments) {
  DataOptions data = arguments.data;
  arguments.reading.apply(reading_options(data));
  std::optional<StandardInput> input;
  if (data.source == "-") data.source = input.emplace().path();
  data.read_targets = true;
  data.embed_many = true;     // as a run with the default network
  data.validation_split = 0;  // all rows count
  const Dataset loaded = [&] {
    try {
      return load_data(data).train;
    } catch (const Error& error) {
      if (!input) throw;
      throw Error(error.kind(), input->replace_file_name(error.detail()));
    }
  }();
  if (loaded.table.empty()) {
    throw Error(ErrorKind::data, loaded.name + ": is not a table (data describe reads tables)");
  }
  TableDescription table = describe_table(loaded);
  if (input) table.name = input->replace_file_name(table.name);
  if (!arguments.page.empty()) write_file(arguments.page, table_page(page_of(table)));
  if (!arguments.json) return print_page(page_of(table));
  nlohmann::ordered_json document{{"data", table.name},
                                  {"rows", table.rows},
                                  {"duplicate_rows", table.duplicate_rows},
                                  {"target", loaded.targets.name},
                                  {"likely_targets", table.likely_targets},
                                  {"score", table.score_name},
                                  {"baseline", table.baseline},
                                  {"row_order_score", table.row_order_score},
                                  {"warnings", table.warnings},
                                  {"notes", table.notes},
                                  {"columns", nlohmann::ordered_json::array()}};
  for (const ColumnDescription& column : table.columns)
    document["columns"].push_back(json_of(column));
  print("{}\n", document.dump(2));
}

}  // namespace

void add_describe(Command& data) {
  Command& command = data.add_command(
      "describe", "Print what a table contains: columns, kinds, missing cells, ranges and leaks");
  const auto arguments = std::make_shared<DescribeArguments>();
  command.add({.name = "data",
               .target = &arguments->data.source,
               .help = "table to describe, or - for standard input",
               .value = "FILE",
               .is_required = true});
  command.add({.name = "--out",
               .target = &arguments->page,
               .help = "HTML page to write, with a histogram of each column of numbers",
               .value = "FILE"});
  command.add_switch("--json", arguments->json, "print one JSON document");
  DataOptions defaults;
  arguments->reading.add(command, reading_options(defaults), "Table");
  command.examples = {"selfnorm data describe table.csv --target y",
                      "selfnorm data describe table.csv --target y --out table.html"};
  command.run = [arguments] { return describe(*arguments), 0; };
}

}  // namespace selfnorm::cli
