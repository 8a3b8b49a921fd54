// SPDX-License-Identifier: Apache-2.0
#include "sources/table_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "data/inputs.h"
#include "files/arrow_file.h"
#include "files/byte_reader.h"
#include "selfnorm/error.h"
#include "tables/column_encoding.h"
#include "tables/embedded_categories.h"
#include "tables/table.h"
#include "texts/text_dataset.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

// Removes the columns of the plan that are in none of the inputs, so that new rows need not have
// them.
void forget_unused_columns(Dataset& data) {
  std::erase_if(data.table, [&](const TableColumn& column) {
    return is_feature(column) && std::ranges::none_of(data.inputs, [&](const Field& field) {
             return is_listed(field.sources, column.name);
           });
  });
}

// An input of token ids is read by an embedding, so it can have no other columns.
void reject_mixed_inputs(const Dataset& data) {
  for (const Field& field : data.inputs) {
    if (field.sources.size() < 2) continue;
    for (const TableColumn& column : data.table) {
      if (!is_embedded(column) || !is_listed(field.sources, column.name)) continue;
      throw_data_error(fmt::format(
          "{}: input '{}' contains the column {}, which is in `embed`, and other columns "
          "(give this column an input of its own)",
          data.name, field.name, quote_for_message(column.name)));
    }
  }
}

// Loads the CSV file that pyarrow wrote. Messages name the file itself.
Dataset load_arrow_table(const fs::path& path, const DataOptions& options) {
  const auto table = convert_arrow_file(path);
  // Numbers have decimal points in the CSV file, whatever the table of a model had.
  DataOptions plain = options;
  plain.target_formats.clear();
  for (TableColumn& column : plain.table)
    if (column.kind == "number") column.format = "plain";
  try {
    Dataset data = load_table(table->path(), plain);
    data.name = path.filename().string();
    return data;
  } catch (const Error& error) {
    throw Error(error.kind(), replace_all(error.detail(), table->path(), path.string()));
  }
}

Dataset load_texts(const fs::path& path, const DataOptions& options) {
  if (options.scaling == "auto") return read_texts(path, options);
  throw_data_error(path.string() + ": texts have no numbers to scale (leave `scaling` out)");
}

}  // namespace

Dataset load_table(const fs::path& path, const DataOptions& options) {
  if (is_arrow_file(path)) return load_arrow_table(path, options);
  if (!options.text.empty()) return load_texts(path, options);
  Dataset data = read_table(path, options);
  if (options.inputs.empty()) {
    separate_embedded_columns(data);
    return data;
  }
  split_into_inputs(options.inputs, data);
  forget_unused_columns(data);
  reject_mixed_inputs(data);
  return data;
}

}  // namespace selfnorm
