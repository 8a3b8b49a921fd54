// SPDX-License-Identifier: Apache-2.0
#include "files/foreign_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "files/byte_reader.h"

namespace selfnorm {
namespace {

enum class Converter { none, pandas, r, command };

struct ForeignFormat {
  const char* name;
  std::string_view magic;
  std::size_t at = 0;  ///< where the magic bytes are
  Converter converter = Converter::none;
  const char* detail = "";  ///< pandas' function, R's expression, or the command without the path
};

constexpr const char* kWebPage = "a web page, not data (is this the address of the file itself?)";

constexpr ForeignFormat kForeignFormats[] = {
    {"a compressed Parquet file (decompress it first)", "PAR1"},
    {"a compressed Arrow or Feather file (decompress it first)", "ARROW1"},
    {"a compressed Feather file (decompress it first)", "FEA1"},
    {"an ORC file", "ORC", 0, Converter::pandas, "read_orc"},
    {"an Excel file (.xls)", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, Converter::pandas,
     "read_excel"},
    {"an HDF5 file", "\x89HDF\r\n\x1a\n", 0, Converter::pandas, "read_hdf"},
    {"a Stata file (.dta)", "<stata_dta>", 0, Converter::pandas, "read_stata"},
    {"a Stata file (.dta)", {"\x71\2\1\0", 4}, 0, Converter::pandas, "read_stata"},
    {"a Stata file (.dta)", {"\x72\2\1\0", 4}, 0, Converter::pandas, "read_stata"},
    {"a Stata file (.dta)", {"\x73\2\1\0", 4}, 0, Converter::pandas, "read_stata"},
    {"an SPSS file", "$FL2@(#)", 0, Converter::pandas, "read_spss"},
    {"a MATLAB file (.mat)", "MATLAB 5.0 MAT-file", 0, Converter::command,
     "python3 -c 'import sys, numpy, scipy.io; numpy.savetxt(sys.stdout, "
     "scipy.io.loadmat(sys.argv[1])[\"NAME\"], delimiter=\",\")' FILE"},
    {"an R object (.rds)", {"X\n\0\0\0", 5}, 0, Converter::r, "readRDS(commandArgs(TRUE)[1])"},
    {"an R workspace (.RData)", "RDX", 0, Converter::r, "get(load(commandArgs(TRUE)[1])[1])"},
    {"an SQLite database",
     {"SQLite format 3\0", 16},
     0,
     Converter::command,
     "sqlite3 -header -csv FILE 'SELECT * FROM TABLE'"},
    {"a DuckDB database", "DUCK", 8, Converter::command, "duckdb -csv FILE 'FROM TABLE'"},
    {"a tar archive", "ustar", 257, Converter::command, "tar -xOf FILE MEMBER"},
    {"a 7-Zip archive", "7z\xbc\xaf\x27\x1c", 0, Converter::command, "7z x -so FILE"},
    {"a RAR archive", "Rar!\x1a\x07", 0, Converter::command, "unrar p -inul FILE"}};

constexpr ForeignFormat kForeignTexts[] = {
    {"an XML file", "<?xml", 0, Converter::pandas, "read_xml"},
    {"a PDF document", "%PDF-"},
    {kWebPage, "<!DOCTYPE html"},
    {kWebPage, "<!doctype html"},
    {kWebPage, "<html"},
    {"a pointer of Git LFS, not the data (fetch them: git lfs pull)",
     "version https://git-lfs.github.com/spec/"}};

// The magic byte is followed by the number of the protocol.
constexpr ForeignFormat kPickle = {"a Python pickle, which can run any program when it is loaded",
                                   "\x80", 0, Converter::pandas, "read_pickle"};
constexpr ForeignFormat kExcelZip = {"an Excel file (.xlsx)", "", 0, Converter::pandas,
                                     "read_excel"};
constexpr ForeignFormat kOpenDocument = {"an OpenDocument file (.ods)", "", 0, Converter::pandas,
                                         "read_excel"};
constexpr ForeignFormat kNpz = {"a NumPy archive (.npz)", "", 0, Converter::command,
                                "python3 -c 'import sys, numpy; numpy.savetxt(sys.stdout, "
                                "numpy.load(sys.argv[1])[\"NAME\"], delimiter=\",\")' FILE"};

std::string command_of(const ForeignFormat& format, const std::filesystem::path& path) {
  const std::string file = quote_for_shell(path.string());
  switch (format.converter) {
    case Converter::none: break;
    case Converter::pandas:
      return fmt::format(
          "python3 -c 'import sys, pandas; pandas.{}(sys.argv[1]).to_csv(sys.stdout, "
          "index=False)' {}",
          format.detail, file);
    case Converter::r:
      return fmt::format("Rscript -e 'write.csv({}, row.names = FALSE)' {}", format.detail, file);
    case Converter::command: {
      std::string command = format.detail;
      return command.replace(command.find("FILE"), 4, file);
    }
  }
  return "";
}

[[noreturn]] void reject(const std::filesystem::path& path, const ForeignFormat& format) {
  const std::string text = fmt::format("{}: is {}", path.string(), format.name);
  const std::string command = command_of(format, path);
  if (command.empty()) throw_data_error(text);
  throw_data_error(
      fmt::format("{}, which selfnorm does not read (convert it: {} | selfnorm train "
                  "- …)",
                  text, command));
}

}  // namespace

bool has_control_bytes(std::string_view bytes) {
  return std::ranges::any_of(bytes, [](char c) { return c >= 0 && c < '\t'; });
}

void check_not_foreign(const std::filesystem::path& path, std::string_view start) {
  const auto begins_as = [&](const ForeignFormat& format) {
    return start.size() > format.at && start.substr(format.at).starts_with(format.magic);
  };
  // A table may begin with a column named PAR1.
  for (const ForeignFormat& format : kForeignFormats)
    if (begins_as(format) && has_control_bytes(start)) reject(path, format);
  for (const ForeignFormat& format : kForeignTexts)
    if (begins_as(format)) reject(path, format);
  const bool is_pickle =
      start.size() > 1 && start.starts_with(kPickle.magic) && start[1] >= 2 && start[1] <= 5;
  if (is_pickle) reject(path, kPickle);
  if (start.starts_with("\x1f\x8b") || !compression_of(start).empty())
    throw_data_error(path.string() + ": is compressed twice (decompress it once)");
}

void check_not_foreign_zip(const std::filesystem::path& path,
                           const std::vector<std::string>& members) {
  if (is_listed(members, "xl/workbook.xml")) reject(path, kExcelZip);
  if (is_listed(members, "content.xml") && is_listed(members, "mimetype"))
    reject(path, kOpenDocument);
  const auto is_array = [](const std::string& name) { return name.ends_with(".npy"); };
  if (members.size() > 1 && std::ranges::all_of(members, is_array)) reject(path, kNpz);
}

}  // namespace selfnorm
