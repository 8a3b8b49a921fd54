// SPDX-License-Identifier: Apache-2.0
#include "tables/json_table.h"

#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "files/byte_reader.h"
#include "tables/csv.h"
#include "tables/json_rows.h"

namespace selfnorm {
namespace {

// The columns of a file, and their places.
struct JsonColumns {
  std::vector<DeclaredColumn> declared;
  std::unordered_map<std::string, std::size_t> place;
};

JsonColumns find_json_columns(const std::filesystem::path& path, TableFormat format) {
  JsonColumns columns;
  std::int64_t rows = 0;
  read_json_rows(path, format, [&](const std::vector<JsonCell>& cells, std::int64_t) {
    ++rows;
    for (const JsonCell& cell : cells) {
      if (columns.place.try_emplace(cell.key, columns.declared.size()).second)
        columns.declared.push_back({cell.key});
    }
    return true;
  });
  if (columns.declared.empty())
    throw_data_error(path.string() + (rows == 0 ? ": has no rows" : ": the objects have no keys"));
  return columns;
}

// Puts the cells of objects into the order of the columns.
class JsonRowBuilder {
 public:
  JsonRowBuilder(std::string file, const JsonColumns& columns)
      : file_(std::move(file)), columns_(columns), texts_(columns.declared.size(), nullptr) {}

  const CsvRow& row(const std::vector<JsonCell>& cells, std::int64_t line) {
    texts_.assign(texts_.size(), nullptr);
    for (const JsonCell& cell : cells) {
      const std::string*& text = texts_[columns_.place.find(cell.key)->second];
      if (text != nullptr) {
        throw_data_error(fmt::format("{}:{}: the key {} occurs twice in an object", file_, line,
                                     quote_for_message(cell.key)));
      }
      text = &cell.text;
    }
    row_.clear();
    for (const std::string* text : texts_) row_.push(text != nullptr ? *text : "");
    return row_;
  }

 private:
  std::string file_;
  const JsonColumns& columns_;
  std::vector<const std::string*> texts_;
  CsvRow row_;
};

}  // namespace

Dataset read_json_table(const std::filesystem::path& path, TableFormat format,
                        const DataOptions& options) {
  const JsonColumns columns = find_json_columns(path, format);
  return collect_rows(path, options, columns.declared, [&](const RowSink& sink) -> CsvFormat {
    JsonRowBuilder builder(path.string(), columns);
    auto notes =
        read_json_rows(path, format, [&](const std::vector<JsonCell>& cells, std::int64_t line) {
          return sink.add_row(builder.row(cells, line), line);
        });
    return {"comma", "yes", std::move(notes)};
  });
}

}  // namespace selfnorm
