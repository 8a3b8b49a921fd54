// SPDX-License-Identifier: Apache-2.0
#include "files/byte_reader.h"
#include "files/foreign_files.h"
#include "sources/paths.h"
#include "tables/table.h"
#include "temporary_files.h"

namespace selfnorm {
namespace {

using Names = std::vector<std::string>;

constexpr std::pair<const char*, int> kFilters[] = {
    {".zst", ARCHIVE_FILTER_ZSTD}, {".xz", ARCHIVE_FILTER_XZ}, {".bz2", ARCHIVE_FILTER_BZIP2}};

class CompressionTest : public TemporaryFolderTest {
 protected:
  static Dataset read(const fs::path& path) {
    DataOptions options;
    options.target = "y";
    return read_table(path, options);
  }
  static std::string fault(const fs::path& path) {
    return data_error_message([&] { read(path); });
  }
  static std::string content(const fs::path& path) {
    ByteReader reader(path);
    std::string bytes(1000, '\0');
    bytes.resize(reader.read_some(bytes.data(), bytes.size()));
    reader.expect_end();
    return bytes;
  }
};

const char* const kTable = "x,y\n1,0\n2,1\n3,0\n";

TEST_F(CompressionTest, ReadsEveryCompressionByItsContent) {
  const Dataset plain = read(write("t.csv", kTable));
  for (const auto& [ending, filter] : kFilters) {
    for (const std::string& name : {std::string("t.csv") + ending, std::string("t.csv")}) {
      const fs::path path = write_compressed(name, filter, kTable);
      EXPECT_EQ(content(path), kTable) << path;
      EXPECT_EQ(read(path).inputs[0].values, plain.inputs[0].values);
    }
    EXPECT_EQ(file_kind(write_compressed(std::string("a.npy") + ending, filter, "x")),
              FileKind::npy);
  }
  EXPECT_EQ(read(write_zip("t.zip", {{"t.csv", kTable}})).rows, 3);
  EXPECT_EQ(file_kind(folder_ / "t.zip"), FileKind::table);
}

TEST_F(CompressionTest, TheOnlyTableOfAZipFileIsRead) {
  const Dataset data = read(write_zip("t.zip", {{"a/", ""},
                                                {"__MACOSX/a/._t.csv", "x"},
                                                {"a/README", "Read me"},
                                                {"a/t.csv", kTable},
                                                {"a/.DS_Store", "x"}}));
  EXPECT_EQ(data.rows, 3);
  EXPECT_EQ(data.notes, (Names{"other files in the zip file are not read: a/README"}));
  EXPECT_EQ(read(write_zip("u.zip", {{"__MACOSX/t", "x"}, {"t", kTable}})).notes, Names{});
}

TEST_F(CompressionTest, ListsTheFilesOfAZipFileWithSeveral) {
  const std::string message =
      fault(write_zip("t.zip", {{"a.txt", "x"}, {"b c.csv", kTable}, {"d.csv", kTable}}));
  expect_contains("expected a zip file with one table, got 3 files: a.txt, b c.csv, d.csv",
                  message);
  expect_contains("t.zip' 'b c.csv' | selfnorm train - …)", message);
  expect_contains("contains no file", fault(write_zip("e.zip", {})));
  expect_contains("is an Excel file (.xlsx)",
                  fault(write_zip("t.xlsx", {{"xl/workbook.xml", "x"}, {"b.xml", ""}})));
  expect_contains("is an OpenDocument file (.ods)",
                  fault(write_zip("t.ods", {{"mimetype", "x"}, {"content.xml", ""}})));
  expect_contains("is a NumPy archive (.npz)",
                  fault(write_zip("t.npz", {{"a.npy", "x"}, {"b.npy", ""}})));
}

TEST_F(CompressionTest, DamagedAndTruncatedFilesAreErrors) {
  constexpr int kDamagedFiles = 200;
  const auto action = [](const fs::path& path) { content(path); };
  for (const auto& [ending, filter] : kFilters) {
    const std::string packed = bytes_of(write_compressed("whole", filter, kTable));
    try_truncations(folder_ / (std::string("cut.csv") + ending), packed, true, action);
    try_corruptions(folder_ / (std::string("flip.csv") + ending), packed, kDamagedFiles, action);
    expect_contains("damaged or truncated",
                    fault(write("t.csv", packed.substr(0, packed.size() - 5))));
  }
  // A zip file without its list of members, at the end, is still read.
  const std::string zip = bytes_of(write_zip("whole.zip", {{"t.csv", kTable}}));
  const auto read_zip = [](const fs::path& path) { EXPECT_EQ(content(path), kTable); };
  try_truncations(folder_ / "cut.zip", zip, false, read_zip);
  try_corruptions(folder_ / "flip.zip", zip, kDamagedFiles, action);
  for (const char* ending : {".zst", ".xz", ".bz2", ".zip"})
    expect_contains(std::string("is not compressed, although its name ends in ") + ending,
                    fault(write(std::string("t.csv") + ending, kTable)));
}

TEST_F(CompressionTest, ContentsOfABombAreAnError) {
  const std::string zeros(std::size_t{70} << 20, '\n');  // more than 64 MiB
  const fs::path path = write_compressed("t.csv.zst", ARCHIVE_FILTER_ZSTD, zeros);
  ASSERT_LT(fs::file_size(path), zeros.size() / 1032);
  expect_contains("its content is more than 1032 times as large", fault(path));
}

// Without pyarrow, the message says how to install it. With pyarrow, it says that the file is
// damaged.
TEST_F(CompressionTest, DamagedArrowFilesAreNamed) {
  const std::pair<std::string, const char*> starts[] = {
      {"PAR1\x15", "t.csv: is a Parquet file"},
      {"ARROW1", "t.csv: is an Arrow or Feather file"},
      {"FEA1", "t.csv: is a Feather file"}};
  for (const auto& [start, message] : starts) {
    DataOptions options;
    options.source = write("t.csv", start + std::string(300, '\1')).string();
    options.target = "y";
    const std::string told = data_error_message([&] { load_data(options); });
    expect_contains(message, told);
    expect_contains("pyarrow", told);
    const fs::path packed = write_gz("t.csv.gz", start + std::string(300, '\1'));
    expect_contains("(decompress it first)", fault(packed));
  }
}

TEST_F(CompressionTest, FilesOfOtherProgramsAreNamedWithACommandThatConvertsThem) {
  const std::string ole = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
  const std::pair<std::string, const char*> starts[] = {
      {"ORC\x15", "is an ORC file, which selfnorm does not read (convert it: python3 -c"},
      {ole, "is an Excel file (.xls)"},
      {std::string("SQLite format 3\0\x10", 17), "is an SQLite database"},
      {"\x89HDF\r\n\x1a\n\0", "is an HDF5 file"},
      {"\x80\x04\x95", "is a Python pickle"},
      {std::string("r\2\1\0", 4), "is a Stata file (.dta)"},
      {std::string("X\n\0\0\0\3\0", 7), "is an R object (.rds)"},
      {"RDX3\nX\n", "is an R workspace"},
      {"<!DOCTYPE html>", "is a web page"},
      {std::string(257, 'a') + "ustar\0", "is a tar archive"},
      {"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"}};
  for (const auto& [start, message] : starts) {
    expect_contains(message, fault(write("t.csv", start + std::string(300, '\1'))));
    expect_contains(message, fault(write_gz("t.csv.gz", start + std::string(300, '\1'))));
    expect_contains(message, data_error_message([&, &text = start] {
                      file_kind(write("t.parquet", text + std::string(300, '\1')));
                    }));
  }
  expect_contains("t.csv' | selfnorm train - …)", fault(write("t.csv", "ORC\1")));
  for (const char* name : {"PAR1", "ORCID", "FEA1", "RDX", "ARROW1"})
    EXPECT_EQ(read(write("t.csv", name + std::string(",y\n1,2\n3,4\n"))).rows, 2) << name;
  const std::string twice = bytes_of(write_gz("t.gz", kTable));
  expect_contains("is compressed twice", fault(write_gz("t.csv.gz", twice)));
}

}  // namespace
}  // namespace selfnorm
