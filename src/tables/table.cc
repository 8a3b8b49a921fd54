// SPDX-License-Identifier: Apache-2.0
#include "tables/table.h"

#include <fmt/format.h>

#include <string>

#include "base/text.h"
#include "files/byte_reader.h"
#include "files/zip_member.h"
#include "tables/arff.h"
#include "tables/csv.h"
#include "tables/json_table.h"
#include "tables/svmlight.h"
#include "tables/table_format.h"

namespace selfnorm {
namespace {

Dataset read_as(TableFormat format, const std::filesystem::path& path, const DataOptions& options) {
  switch (format) {
    case TableFormat::delimited: break;
    case TableFormat::json_lines:
    case TableFormat::json_array: return read_json_table(path, format, options);
    case TableFormat::arff: return read_arff(path, options);
    case TableFormat::svmlight: return read_svmlight(path, options);
  }
  return read_csv(path, options);
}

}  // namespace

Dataset read_table(const std::filesystem::path& path, const DataOptions& options) {
  const TableFormat format = find_table_format(path);
  check_delimited_options(path, format, options);
  Dataset data = read_as(format, path, options);
  if (const auto ignored = ignored_zip_members(path); !ignored.empty())
    data.notes.push_back("other files in the zip file are not read: " + join(ignored, ", "));
  return data;
}

}  // namespace selfnorm
