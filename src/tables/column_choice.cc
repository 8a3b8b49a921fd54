// SPDX-License-Identifier: Apache-2.0
#include "tables/column_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "files/byte_reader.h"
#include "tables/cell.h"
#include "tables/table_header.h"

namespace selfnorm {
namespace {

// Collects the choices of all options.
class Chooser {
 public:
  Chooser(const std::string& file, const std::vector<std::string>& names)
      : file_(file), names_(names), choices_(names.size()) {}

  bool has(const std::string& name) const { return is_listed(names_, name); }
  // Returns the name of a listed column, which may be listed by its index.
  std::string find(const std::string& option, const std::string& name) const {
    if (is_listed(names_, name)) return name;
    if (const auto index = find_column(file_, names_, name)) return names_[*index];
    throw_data_error(fmt::format("{}: `{}` lists the column {}, which does not exist{}", file_,
                                 option, quote_for_message(name), column_hint(name, names_)));
  }
  void choose(const std::string& option, const std::string& listed, const ColumnChoice& chosen) {
    const std::string name = find(option, listed);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      ColumnChoice& choice = choices_[i];
      if (names_[i] != name) continue;
      const bool is_other = choice.kind != chosen.kind || choice.format != chosen.format;
      if (!choice.kind.empty() && is_other) {
        throw_data_error(
            fmt::format("{}: `{}` and `{}` both list the column {} (leave it out of "
                        "one of them)",
                        file_, choice.option, option, quote_for_message(name)));
      }
      choice = chosen;
      choice.option = option;
    }
  }
  void choose(const std::string& option, const std::vector<std::string>& listed,
              const std::string& kind) {
    for (const std::string& name : listed) choose(option, name, {kind});
  }
  // A column that is left out may still order the rows.
  void choose_time(const std::string& listed, const std::string& format) {
    const std::string name = find("date", listed);
    bool is_left_out = false;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] != name || choices_[i].kind != "left out") continue;
      choices_[i].format = format;
      is_left_out = true;
    }
    if (!is_left_out) choose("date", name, {"time", {}, format});
  }
  void keep(const std::string& option, const std::vector<std::string>& listed) {
    for (const std::string& each : listed) {
      const std::string name = find(option, each);
      for (std::size_t i = 0; i < names_.size(); ++i)
        if (names_[i] == name) choices_[i].is_kept = true;
    }
  }
  // Leaves out the columns that are not kept.
  void leave_out_others() {
    for (ColumnChoice& choice : choices_) {
      if (choice.is_kept || !choice.kind.empty()) continue;
      choice = {"left out"};
      choice.option = "columns";
    }
  }
  std::vector<ColumnChoice> choices() { return std::move(choices_); }

 private:
  const std::string& file_;
  const std::vector<std::string>& names_;
  std::vector<ColumnChoice> choices_;
};

// Splits "size=S<M<L" at the first '='.
std::pair<std::string, std::string> split_at_equals(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == text.npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + 1)};
}

void choose_ordinal(Chooser& chooser, const std::string& file, const std::string& text) {
  const auto [name, order] = split_at_equals(text);
  ColumnChoice choice{"ordinal", split_words(order, '<')};
  std::vector<std::string> sorted = choice.order;
  std::ranges::sort(sorted);
  const bool is_order = sorted.size() > 1 && !is_listed(sorted, "") &&
                        std::ranges::adjacent_find(sorted) == sorted.end();
  if (is_order) return chooser.choose("ordinal", name, choice);
  throw_data_error(
      fmt::format("{}: `ordinal`: expected the words of {} from low to high, as in "
                  "\"size=small<medium<large\", got {}",
                  file, quote_for_message(name), quote_for_message(text)));
}

// A name may have "=": then it has no format.
void choose_number(Chooser& chooser, const std::string& file, const std::string& text) {
  const auto [name, format] = split_at_equals(text);
  if (format.empty() || chooser.has(text)) return chooser.choose("numeric", text, {"number"});
  const auto known = format_named(format);
  if (known && !is_time(*known)) return chooser.choose("numeric", name, {"number", {}, format});
  throw_data_error(fmt::format(
      "{}: `numeric`: {} is not a format of numbers, expected plain, decimal comma or thousands",
      file, quote_for_message(format)));
}

void choose_time(Chooser& chooser, const std::string& file, const std::string& text) {
  const auto [name, format] = split_at_equals(text);
  const auto known = format_named(format);
  if (format.empty() || (known && is_time(*known))) return chooser.choose_time(name, format);
  std::vector<std::string> names;
  for (const CellFormat each : kTimeFormats) names.emplace_back(format_name(each));
  throw_data_error(fmt::format("{}: `date`: {} is not a format of times, expected one of {}", file,
                               quote_for_message(format), join(names, ", ")));
}

}  // namespace

std::vector<ColumnChoice> column_choices(const std::string& file,
                                         const std::vector<std::string>& names,
                                         const DataOptions& options) {
  Chooser chooser(file, names);
  chooser.choose("drop", options.drop, "left out");
  chooser.choose("categorical", options.categorical, "category");
  for (const std::string& text : options.numeric) choose_number(chooser, file, text);
  chooser.choose("embed", options.embed, "embedded");
  for (const std::string& text : options.ordinal) choose_ordinal(chooser, file, text);
  for (const std::string& text : options.date) choose_time(chooser, file, text);
  chooser.choose("id", options.id, "id");
  if (!options.group.empty()) chooser.choose("group", options.group, {"group"});
  if (!options.time.empty()) chooser.find("time", options.time);
  if (!options.group.empty() && !options.time.empty()) {
    throw_data_error(file + ": `group` and `time` divide the rows in two ways (leave one out)");
  }
  if (!options.group.empty() && !options.shuffle_split) {
    throw_data_error(file +
                     ": `group` draws groups at random, but shuffle_split = false takes the last "
                     "rows (leave one out)");
  }
  chooser.keep("columns", options.columns);
  if (!options.columns.empty()) chooser.leave_out_others();
  chooser.keep("keep", options.keep);
  return chooser.choices();
}

}  // namespace selfnorm
