// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "files/idx.h"
#include "files/npy.h"
#include "temporary_files.h"

namespace selfnorm {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Whole = std::vector<std::int64_t>;
using Floats = std::vector<float>;

constexpr int kFlips = 2000;

std::string big_endian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 255);
  return out;
}

std::string reversed(std::string text) { return {text.rbegin(), text.rend()}; }

std::string idx(int type, const std::vector<std::uint32_t>& extents, const std::string& numbers) {
  std::string out = big_endian(0, 2) + big_endian(type, 1) + big_endian(extents.size(), 1);
  for (const std::uint32_t extent : extents) out += big_endian(extent, 4);
  return out + numbers;
}

// Like NumPy, pads the header with spaces to a multiple of 64 and ends it with a line feed.
std::string npy(const std::string& dictionary, const std::string& numbers, int version = 1) {
  const std::size_t before = version == 1 ? 10 : 12;
  std::string text = dictionary;
  while ((before + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  return "\x93NUMPY" + big_endian(version, 1) + big_endian(0, 1) +
         reversed(big_endian(text.size(), version == 1 ? 2 : 4)) + text + numbers;
}

std::string npy_of(const std::string& type, const std::string& shape, const std::string& numbers,
                   bool is_fortran_order = false) {
  return npy("{'descr': '" + type + "', 'fortran_order': " + (is_fortran_order ? "True" : "False") +
                 ", 'shape': " + shape + ", }",
             numbers);
}

class IdxTest : public TemporaryFolderTest {};
class NpyTest : public TemporaryFolderTest {};

TEST_F(IdxTest, ReadsEveryTypePlainAndGzipped) {
  const struct {
    int type, size;
    std::uint64_t one, minus_two;
  } kinds[] = {{0x09, 1, 1, 0xfe},
               {0x0b, 2, 1, 0xfffe},
               {0x0c, 4, 1, 0xfffffffe},
               {0x0d, 4, 0x3f800000, 0xc0000000},
               {0x0e, 8, 0x3ff0000000000000, 0xc000000000000000}};
  for (const auto& kind : kinds) {
    SCOPED_TRACE(kind.type);
    const std::string bytes = idx(
        kind.type, {2}, big_endian(kind.one, kind.size) + big_endian(kind.minus_two, kind.size));
    for (const fs::path& path : {write("a.idx", bytes), write_gz("a.idx.gz", bytes)}) {
      const NumberArray array = read_idx(path);
      EXPECT_EQ(array.shape, (Shape{2}));
      if (kind.type >= 0x0d) EXPECT_EQ(std::get<Floats>(array.values), (Floats{1, -2}));
      else EXPECT_EQ(std::get<Whole>(array.values), (Whole{1, -2}));
    }
  }
  const NumberArray bytes =
      read_idx(write("b", idx(0x08, {2, 1, 3}, std::string("\1\2\3\4\5\xff"))));
  EXPECT_EQ(bytes.shape, (Shape{2, 1, 3}));
  EXPECT_EQ(std::get<Bytes>(bytes.values), (Bytes{1, 2, 3, 4, 5, 255}));
}

TEST_F(IdxTest, RejectsHostileHeadersBeforeAllocating) {
  const auto fault = [&](const std::string& bytes) {
    return data_error_message([&] { read_idx(write("h.idx", bytes)); });
  };
  const std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  expect_contains("too large", fault(idx(0x08, {most, most, most}, "xx")));
  expect_contains("too large", fault(idx(0x08, {most, most}, "xx")));
  expect_contains("the file has at most 2", fault(idx(0x08, {most}, "xx")));
  expect_contains("more bytes than its header declares", fault(idx(0x08, {1}, "xx")));
  expect_contains("expected an array with elements", fault(idx(0x08, {0, 4}, "")));
  expect_contains("is not an IDX file", fault(idx(0x0a, {1}, "x")));
  expect_contains("is not an IDX file", fault("\x89PNG and so on"));
  expect_contains("is empty", fault(""));
  // A gzip file of less than 100 bytes cannot contain 4 GiB.
  const fs::path small = write_gz("bomb.gz", idx(0x08, {most}, "xx"));
  expect_contains("the file has at most", data_error_message([&] { read_idx(small); }));
}

TEST_F(IdxTest, RejectsTruncatedAndDamagedFiles) {
  const std::string bytes = idx(0x0b, {3, 2}, "abcdefghijkl");
  const auto read = [](const fs::path& path) { read_idx(path); };
  try_truncations(folder_ / "cut.idx", bytes, true, read);
  try_corruptions(folder_ / "flip.idx", bytes, kFlips, read);
  const std::string packed = bytes_of(write_gz("whole.gz", bytes));
  try_truncations(folder_ / "cut.idx.gz", packed, true, read);
  try_corruptions(folder_ / "flip.idx.gz", packed, kFlips, read);
}

TEST_F(IdxTest, NamesATruncatedGzipFile) {
  const std::string packed = bytes_of(write_gz("whole.gz", idx(0x08, {4}, "abcd")));
  for (const std::size_t cut : {1U, 9U}) {  // inside the checksum, inside the data
    const fs::path path = write("cut.gz", packed.substr(0, packed.size() - cut));
    expect_contains("cut.gz: the gzip data end too early",
                    data_error_message([&] { read_idx(path); }));
  }
}

TEST_F(IdxTest, RejectsADamagedChecksum) {
  std::string packed = bytes_of(write_gz("whole.gz", idx(0x08, {4}, "abcd")));
  packed[packed.size() - 6] ^= 1;
  expect_contains("damaged", data_error_message([&] { read_idx(write("sum.gz", packed)); }));
}

TEST_F(IdxTest, NamesMissingFilesAndFolders) {
  expect_contains("none.idx: cannot be opened: No such file",
                  data_error_message([&] { read_idx(folder_ / "none.idx"); }));
  expect_contains("expected a file, got a folder", data_error_message([&] { read_idx(folder_); }));
  expect_contains("is not compressed, although its name ends in .gz",
                  data_error_message([&] { read_idx(write("page.gz", "<html>")); }));
}

TEST_F(NpyTest, ReadsEveryTypeInBothByteOrders) {
  const struct {
    const char* type;
    int size;
    std::uint64_t one, three;
  } kinds[] = {{"u2", 2, 1, 3},
               {"u4", 4, 1, 3},
               {"u8", 8, 1, 3},
               {"i1", 1, 1, 3},
               {"i2", 2, 1, 3},
               {"i4", 4, 1, 3},
               {"i8", 8, 1, 3},
               {"f2", 2, 0x3c00, 0x4200},
               {"f4", 4, 0x3f800000, 0x40400000},
               {"f8", 8, 0x3ff0000000000000, 0x4008000000000000}};
  for (const auto& kind : kinds) {
    SCOPED_TRACE(kind.type);
    const std::string one = big_endian(kind.one, kind.size),
                      three = big_endian(kind.three, kind.size);
    for (const bool big : {false, true}) {
      const std::string numbers = big ? one + three : reversed(one) + reversed(three);
      const std::string bytes = npy_of((big ? ">" : "<") + std::string(kind.type), "(2,)", numbers);
      for (const fs::path& path : {write("a.npy", bytes), write_gz("a.npy.gz", bytes)}) {
        const NumberArray array = read_npy(path);
        EXPECT_EQ(array.shape, (Shape{2}));
        EXPECT_EQ(to_floats(array), (Floats{1, 3}));
      }
    }
  }
  EXPECT_EQ(std::get<Bytes>(read_npy(write("u.npy", npy_of("|u1", "(2, 1)", "\x01\xff"))).values),
            (Bytes{1, 255}));
  EXPECT_EQ(std::get<Whole>(
                read_npy(write("b.npy", npy_of("|b1", "(2,)", "\x01" + big_endian(0, 1)))).values),
            (Whole{1, 0}));
  EXPECT_EQ(std::get<Whole>(read_npy(write("i.npy", npy_of("|i1", "(1,)", "\x80"))).values),
            (Whole{-128}));
}

// IEEE 754 binary16: the largest and the smallest number, one between them, both zeros, a negative
// number, infinity and NaN.
TEST_F(NpyTest, ReadsHalfPrecisionExactly) {
  const struct {
    std::uint16_t bits;
    float value;
  } halves[] = {{0x7bff, 65504.0f},        {0x0001, 0x1p-24f},
                {0x03ff, 1023 * 0x1p-24f}, {0x0400, 0x1p-14f},
                {0x3555, 0.333251953125f}, {0x8000, -0.0f},
                {0xc500, -5.0f},           {0x7c00, std::numeric_limits<float>::infinity()}};
  std::string numbers;
  for (const auto& half : halves) numbers += big_endian(half.bits, 2);
  const auto got = to_floats(read_npy(write("h.npy", npy_of(">f2", "(8,)", numbers))));
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i], halves[i].value) << i;
  EXPECT_TRUE(std::signbit(got[5]));
  EXPECT_TRUE(
      std::isnan(to_floats(read_npy(write("n.npy", npy_of(">f2", "(1,)", "\x7e\x01"))))[0]));
}

TEST_F(NpyTest, ConvertsFortranOrderToRowMajor) {
  // Shape (2, 3, 2) with value 100·i + 10·j + k at (i, j, k). The first index varies fastest in the
  // file.
  std::string numbers;
  for (int k = 0; k < 2; ++k) {
    for (int j = 0; j < 3; ++j) {
      for (int i = 0; i < 2; ++i) numbers += static_cast<char>(100 * i + 10 * j + k);
    }
  }
  const auto array = read_npy(write("f.npy", npy_of("|u1", "(2, 3, 2)", numbers, true)));
  EXPECT_EQ(std::get<Bytes>(array.values),
            (Bytes{0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121}));
}

TEST_F(NpyTest, ReadsTheLongHeadersOfVersionsTwoAndThree) {
  const std::string dictionary = "{\"shape\": (1, 2), 'fortran_order':False,'descr':'|u1'}";
  for (const int version : {1, 2, 3}) {
    EXPECT_EQ(read_npy(write("v.npy", npy(dictionary, "ab", version))).shape, (Shape{1, 2}));
  }
  expect_contains("version 1, 2 or 3",
                  data_error_message([&] { read_npy(write("v.npy", npy(dictionary, "ab", 4))); }));
}

TEST_F(NpyTest, NamesUnsupportedContent) {
  const auto fault = [&](const std::string& bytes) {
    return data_error_message([&] { read_npy(write("h.npy", bytes)); });
  };
  expect_contains("type '|O' are not supported", fault(npy_of("|O", "(1,)", "xxxxxxxx")));
  expect_contains("type '<U3' are not supported", fault(npy_of("<U3", "(1,)", "xxxxxxxxxxxx")));
  expect_contains("type '<c8' are not supported", fault(npy_of("<c8", "(1,)", "xxxxxxxx")));
  expect_contains(
      "record with named fields",
      fault(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "")));
  expect_contains("got a single number", fault(npy_of("<f4", "()", "xxxx")));
  expect_contains("expected an array with elements", fault(npy_of("<f4", "(0, 3)", "")));
  expect_contains("expected an array with elements", fault(npy_of("<f4", "(-1, 3)", "")));
  expect_contains("too large", fault(npy_of("<f8", "(4611686018427387904, 2)", "xxxx")));
  expect_contains("expected a whole number",
                  fault(npy_of("<f8", "(99999999999999999999,)", "xxxx")));
  expect_contains("the file has at most 4", fault(npy_of("<f4", "(1000000000000,)", "xxxx")));
  expect_contains("is missing", fault(npy("{'descr': '<f4'}", "")));
  expect_contains("unknown key 'color'", fault(npy("{'color': 'red'}", "")));
  expect_contains("expected numbers of at most",
                  fault(npy_of("<u8", "(1,)", std::string(8, '\xff'))));
}

TEST_F(NpyTest, RejectsTruncatedAndDamagedFiles) {
  const std::string bytes = npy_of("<f4", "(3, 2)", "abcdefghijklmnopqrstuvwx");
  const auto read = [](const fs::path& path) { read_npy(path); };
  try_truncations(folder_ / "cut.npy", bytes, true, read);
  try_corruptions(folder_ / "flip.npy", bytes, kFlips, read);
  const std::string packed = bytes_of(write_gz("whole.gz", bytes));
  try_truncations(folder_ / "cut.npy.gz", packed, true, read);
  try_corruptions(folder_ / "flip.npy.gz", packed, kFlips, read);
}

TEST_F(NpyTest, RejectsValuesThatAreNotFinite) {
  const std::string huge = reversed(big_endian(0x7e37e43c8800759c, 8));  // 1e300
  const auto field = [&](const std::string& bytes) {
    to_field(read_npy(write("x.npy", bytes)), "x", false, "x.npy");
  };
  expect_contains("x.npy: row 1, column 0 (from 0)", data_error_message([&] {
                    field(npy_of("<f8", "(2, 1)", big_endian(0, 8) + huge));
                  }));
  expect_contains("row 0, column 2", data_error_message([&] {
                    field(npy_of(">f4", "(1, 3)", big_endian(0, 8) + big_endian(0x7fc00000, 4)));
                  }));
}

TEST_F(NpyTest, KeepsBytesOnlyForImages) {
  const auto read = [&](const char* shape, bool channel_first) {
    return to_field(read_npy(write("x.npy", npy_of("|u1", shape, "\x01\x02\x03\xff"))), "x",
                    channel_first, "x.npy");
  };
  EXPECT_EQ(std::get<Bytes>(read("(1, 2, 2)", true).values), (Bytes{1, 2, 3, 255}));
  EXPECT_EQ(read("(1, 2, 2)", true).sample_shape, (Shape{1, 2, 2}));
  EXPECT_EQ(read("(1, 2, 2)", false).sample_shape, (Shape{2, 2}));
  EXPECT_EQ(std::get<Floats>(read("(2, 2)", true).values), (Floats{1, 2, 3, 255}));
  EXPECT_EQ(read("(4,)", true).sample_shape, (Shape{1}));
}

}  // namespace
}  // namespace selfnorm
