// SPDX-License-Identifier: Apache-2.0
#include "texts/text_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/index.h"
#include "base/text.h"
#include "data/gather.h"
#include "data/targets.h"
#include "files/byte_reader.h"
#include "tables/column_cells.h"
#include "tables/missing_words.h"
#include "tables/table_targets.h"
#include "texts/text_rows.h"
#include "texts/token_counter.h"
#include "texts/tokenizer.h"

namespace selfnorm {
namespace {

// Words that are missing in a table may be classes of texts, unless the user lists them.
bool is_unlabeled(const std::string& label, const MissingWords& missing) {
  return missing.contains(label) || label == "-";
}

// The rows of a text column, one after the other.
struct Column {
  std::vector<std::int32_t> numbers;  ///< as returned by TokenCounter::count
  std::vector<std::size_t> ends;
};

class TextReader {
 public:
  TextReader(const std::filesystem::path& path, const DataOptions& options)
      : options_(options),
        missing_(options.missing),
        columns_(options.text.size()),
        tokens_(columns_.size()) {
    data_.name = path.string();
  }

  bool row(const TextRow& row) {
    const std::string fault = row.fault.empty() ? take(row) : row.fault;
    if (!fault.empty()) {
      if (!options_.skip_bad) {
        throw_data_error(fmt::format("{}:{}: {} (skip_bad = true skips such rows)", data_.name,
                                     row.line, fault));
      }
      ++data_.skipped;
    }
    return options_.limit == 0 || data_.rows < options_.limit;
  }

  Dataset dataset(const TextColumns& columns) {
    const std::string& target = columns.target;
    if (data_.rows == 0) {
      throw_data_error(data_.name + ": has no rows of text" +
                       (target.empty() ? "" : " with a label"));
    }
    const TokenCounter::Vocabulary vocabulary = counts_.vocabulary(options_.min_count);
    data_.vocabulary = vocabulary.tokens;
    const std::int64_t steps = steps_of_rows();
    if (!is_plausible({data_.rows, steps})) {
      throw_data_error(fmt::format(
          "{}: {} texts of {} tokens do not fit in memory (truncate them with max_words)",
          data_.name, data_.rows, steps));
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      data_.inputs.push_back({name_of(options_.text[i]),
                              {steps},
                              padded(columns_[i], vocabulary, steps),
                              {options_.text[i]}});
    }
    note_unread(columns.unread);
    if (target.empty()) return std::move(data_);
    data_.targets = targets_of_labels(target);
    note_negative_class();
    return std::move(data_);
  }

 private:
  void note_unread(const std::vector<std::string>& columns) {
    constexpr std::size_t kMaxListed = 5;
    if (columns.empty() || !options_.read_targets) return;
    data_.notes.push_back("only the texts are inputs, so these columns are not read: " +
                          list_for_message(columns, kMaxListed));
  }

  // Returns the targets, as those of a table: numbers if most labels are numbers that do not number
  // classes.
  Targets targets_of_labels(const std::string& name) {
    ColumnCells cells(true);
    for (const std::string& label : labels_) cells.push(label);
    TargetColumn column{name, &cells, [&](std::int64_t row) {
                          return fmt::format("{}:{}", data_.name, data_.lines[as_index(row)]);
                        }};
    const std::string task = task_of(cells);
    if (task == "classification") return text_targets(name, labels_, task, column.locate);
    const bool has_commas = decimal_sign_of(cells) == DecimalSign::comma;
    read_formatted_numbers(column, has_commas ? DecimalSign::comma : DecimalSign::point,
                           data_.notes);
    const bool is_new = !options_.labels.empty();
    const auto [faults, fix] = find_unreadable_targets({column}, task, is_new);
    if (!faults.empty()) throw_cell_faults(faults, fix);
    return targets_of_table({column}, task);
  }

  // Returns the task of the options, or "classification" for labels that number classes. A class −1
  // may mark rows without a label.
  std::string task_of(const ColumnCells& cells) const {
    if (options_.task != "auto" || !options_.labels.empty())
      return options_.labels.empty() ? options_.task : "classification";
    if (!have_format(cells, CellFormat::plain)) return "auto";
    std::vector<double> numbers;
    for (const std::string& label : labels_)
      if (const double number = *parse_number(label); number != -1) numbers.push_back(number);
    return numbers.empty() || look_like_classes(numbers) ? "classification" : "auto";
  }

  // Hugging Face's SNLI marks pairs without a label by −1.
  void note_negative_class() {
    const std::vector<std::string>& names = data_.targets.class_names;
    const auto is_index = [](const std::string& name) { return is_all_digits(name); };
    const bool has_index_zero = std::ranges::count(names, "0") > 0;
    if (!has_index_zero || std::ranges::count(names, "-1") == 0 ||
        std::ranges::count_if(names, is_index) + 1 != std::ssize(names)) {
      return;
    }
    const auto indices = std::vector<std::string>(names.begin() + 1, names.end());
    data_.notes.push_back(fmt::format(
        "the label -1 counts as a class (if it marks rows without a label, set labels = "
        "[\"{}\"] and skip_bad = true)",
        join(indices, "\", \"")));
  }

  // Adds a row. Returns what is wrong with it, or "".
  std::string take(const TextRow& row) {
    if (row.label && is_unlabeled(*row.label, missing_)) {
      ++data_.unlabeled;
      return "";
    }
    if (row.label && !is_utf8(*row.label))
      return "the label is not UTF-8: " + quote_for_message(*row.label);
    const auto& labels = options_.labels;
    if (row.label && !labels.empty() && std::ranges::count(labels, *row.label) == 0) {
      return fmt::format("unknown label {}, expected one of {}", quote_for_message(*row.label),
                         join(labels, ", "));
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (!is_utf8(row.texts[i])) {
        return fmt::format("column '{}' is not UTF-8: {}", options_.text[i],
                           quote_for_message(row.texts[i]));
      }
      tokenize(row.texts[i], tokens_[i]);
      if (tokens_[i].empty()) return fmt::format("column '{}' has no words", options_.text[i]);
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) add(tokens_[i], columns_[i]);
    if (row.label) labels_.push_back(*row.label);
    data_.lines.push_back(row.line);
    ++data_.rows;
    return "";
  }

  void add(const std::vector<std::string>& tokens, Column& column) {
    std::size_t count = tokens.size();
    if (options_.max_words > 0) {
      count = std::min(count, static_cast<std::size_t>(options_.max_words));
    }
    for (std::size_t i = 0; i < count; ++i) column.numbers.push_back(counts_.count(tokens[i]));
    column.ends.push_back(column.numbers.size());
  }

  std::int64_t steps_of_rows() const {
    if (options_.max_words > 0) return options_.max_words;
    std::size_t longest = 1;
    for (const Column& column : columns_) {
      std::size_t begin = 0;
      for (const std::size_t end : column.ends) {
        longest = std::max(longest, end - std::exchange(begin, end));
      }
    }
    return static_cast<std::int64_t>(longest);
  }

  std::vector<float> padded(const Column& column, const TokenCounter::Vocabulary& vocabulary,
                            std::int64_t steps) const {
    std::vector<float> ids(column.ends.size() * static_cast<std::size_t>(steps), kPadding);
    std::size_t begin = 0;
    for (std::size_t row = 0; row < column.ends.size(); ++row) {
      float* to = ids.data() + row * static_cast<std::size_t>(steps);
      for (std::size_t i = begin; i < column.ends[row]; ++i) {
        const auto number = static_cast<std::size_t>(column.numbers[i]);
        *to++ = static_cast<float>(vocabulary.ids[number]);
      }
      begin = column.ends[row];
    }
    return ids;
  }

  std::string name_of(const std::string& column) const {
    for (const auto& [name, columns] : options_.inputs) {
      if (columns == std::vector{column}) return name;
    }
    return column;
  }

  const DataOptions& options_;
  MissingWords missing_;
  Dataset data_;
  TokenCounter counts_;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> tokens_;  ///< tokens of the current row, by column
  std::vector<std::string> labels_;
};

}  // namespace

void check_texts(const DataOptions& options) {
  const std::pair<const char*, bool> of_texts[] = {{"max_words", options.max_words != 0},
                                                   {"min_count", options.min_count != 1},
                                                   {"labels", !options.labels.empty()},
                                                   {"skip_bad", options.skip_bad}};
  for (const auto& [name, given] : of_texts) {
    if (!given || !options.text.empty()) continue;
    throw_data_error(fmt::format(
        "`{}` applies only to texts (name their columns with text = [\"…\"], or leave it out)",
        name));
  }
  const std::pair<const char*, bool> of_numbers[] = {{"group", !options.group.empty()},
                                                     {"time", !options.time.empty()},
                                                     {"id", !options.id.empty()},
                                                     {"columns", !options.columns.empty()},
                                                     {"drop", !options.drop.empty()},
                                                     {"keep", !options.keep.empty()},
                                                     {"categorical", !options.categorical.empty()},
                                                     {"numeric", !options.numeric.empty()},
                                                     {"ordinal", !options.ordinal.empty()},
                                                     {"date", !options.date.empty()},
                                                     {"embed", !options.embed.empty()},
                                                     {"not_missing", !options.not_missing.empty()}};
  for (const auto& [name, given] : of_numbers) {
    if (!given || options.text.empty()) continue;
    throw_data_error(fmt::format(
        "`{}` does not apply to texts, of which only the columns of `text` are read (leave it out)",
        name));
  }
  for (const auto& [name, columns] : options.inputs) {
    const bool is_text = columns.size() == 1 && std::ranges::count(options.text, columns[0]) > 0;
    if (options.text.empty() || is_text) continue;
    throw_data_error(fmt::format("input '{}': expected one column of `text` ({}), got {}", name,
                                 join(options.text, ", "), join(columns, ", ")));
  }
}

Dataset read_texts(const std::filesystem::path& path, const DataOptions& options) {
  TextReader reader(path, options);
  const TextColumns columns =
      read_text_rows(path, options, [&](const TextRow& row) { return reader.row(row); });
  return reader.dataset(columns);
}

void convert_token_ids(Field& field, const std::vector<std::string>& from,
                       const std::vector<std::string>& into, std::int64_t steps) {
  if (!is_plausible({row_count(field), steps})) {
    throw_data_error(
        fmt::format("input '{}': texts of {} tokens do not fit in memory", field.name, steps));
  }
  const std::vector<std::int32_t> new_ids = map_token_ids(from, into);
  const auto& old_ids = std::get<std::vector<float>>(field.values);
  const auto before = static_cast<std::size_t>(field.sample_shape[0]);
  const auto after = static_cast<std::size_t>(steps);
  std::vector<float> to(old_ids.size() / before * after, kPadding);
  for (std::size_t row = 0; row < old_ids.size() / before; ++row) {
    for (std::size_t i = 0; i < std::min(before, after); ++i) {
      const auto id = static_cast<std::size_t>(old_ids[row * before + i]);
      to[row * after + i] = static_cast<float>(new_ids[id]);
    }
  }
  field.values = std::move(to);
  field.sample_shape = {steps};
}

}  // namespace selfnorm
