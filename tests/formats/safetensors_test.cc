// SPDX-License-Identifier: Apache-2.0
#include "formats/safetensors.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/file.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

std::string little_endian(std::uint64_t value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::string container(const std::string& header, const std::string& data = "") {
  return little_endian(header.size()) + header + data;
}

TensorFile parse(const std::string& bytes) {
  std::istringstream stream(bytes);
  return read_safetensors(stream, bytes.size(), "net.safetensors");
}

/// Returns the error message for `bytes`, or "" if they are accepted.
std::string refusal(const std::string& bytes) {
  try {
    parse(bytes);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::model_file) << error.what();
    EXPECT_NE(std::string(error.what()).find("net.safetensors"), std::string::npos) << error.what();
    return error.what();
  }
  return "";
}

void expect_refused(const std::string& bytes, const std::string& because) {
  EXPECT_NE(refusal(bytes).find(because), std::string::npos)
      << "wanted: " << because << "\ngot: " << refusal(bytes);
}

class SafetensorsTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  std::string sample() const {
    const fs::path path = folder_ / "sample";
    write_safetensors(path,
                      {tensor_entry<float>("fc1.weight", {2, 3}, weight_),
                       tensor_entry<std::uint8_t>("flags", {3}, flags_),
                       tensor_entry<std::int64_t>("step", {}, step_),
                       tensor_entry<double>("empty", {0, 4}, std::span<const double>())},
                      {{"graph", "{\"nodes\": []}"}, {"schema", "π"}});
    return read_file(path);
  }

  const std::vector<float> weight_ = {
      1,     -2.5F, std::bit_cast<float>(0x7fc12345U), std::numeric_limits<float>::infinity(),
      -0.0F, 1e-45F};
  const std::vector<std::uint8_t> flags_ = {0, 255, 7};
  const std::vector<std::int64_t> step_ = {std::numeric_limits<std::int64_t>::min()};
  fs::path folder_ = fs::path(testing::TempDir()) / ("selfnorm_st_" + std::to_string(getpid()));
};

template <class T>
std::string as_text(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

TEST_F(SafetensorsTest, ReadsWhatItWrote) {
  const TensorFile file = parse(sample());
  EXPECT_EQ(file.metadata, (TensorMetadata{{"graph", "{\"nodes\": []}"}, {"schema", "π"}}));
  ASSERT_EQ(file.tensors.size(), 4U);
  const TensorEntry* weight = find_tensor(file, "fc1.weight");
  ASSERT_NE(weight, nullptr);
  EXPECT_EQ(weight->shape, (Shape{2, 3}));
  EXPECT_EQ(as_text(tensor_values<float>(*weight)), as_text(std::span<const float>(weight_)));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(weight->bytes.data()) % kAlignment, 0U);
  EXPECT_EQ(tensor_values<std::int64_t>(*find_tensor(file, "step"))[0], step_[0]);
  EXPECT_EQ(tensor_values<std::uint8_t>(*find_tensor(file, "flags"))[1], 255);
  EXPECT_EQ(find_tensor(file, "empty")->shape, (Shape{0, 4}));
  EXPECT_TRUE(tensor_values<double>(*weight).empty()) << "a float tensor read as double";
  EXPECT_EQ(find_tensor(file, "fc1"), nullptr);
}

// Compares with the layout of the reference implementation byte by byte. This finds errors that our
// writer and our reader have in common.
TEST_F(SafetensorsTest, WritesTheDocumentedLayout) {
  const std::string bytes = sample();
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), sizeof length);
  EXPECT_EQ(length % 8, 0U);
  nlohmann::json header = nlohmann::json::parse(bytes.substr(8, length));
  EXPECT_EQ(header["__metadata__"].erase("checksums"), 1U);  // safetensors_python_test.py
  const nlohmann::json want = {
      {"__metadata__", {{"graph", "{\"nodes\": []}"}, {"schema", "π"}}},
      {"empty", {{"dtype", "F64"}, {"shape", {0, 4}}, {"data_offsets", {0, 0}}}},
      {"step", {{"dtype", "I64"}, {"shape", nlohmann::json::array()}, {"data_offsets", {0, 8}}}},
      {"fc1.weight", {{"dtype", "F32"}, {"shape", {2, 3}}, {"data_offsets", {8, 32}}}},
      {"flags", {{"dtype", "U8"}, {"shape", {3}}, {"data_offsets", {32, 35}}}}};
  EXPECT_EQ(header, want);
  EXPECT_EQ(bytes.substr(8 + length + 32), std::string("\0\xff\x07", 3));
}

TEST_F(SafetensorsTest, RejectsTruncationAtEveryByte) {
  const std::string whole = sample();
  ASSERT_EQ(refusal(whole), "");
  for (std::size_t count = 0; count < whole.size(); ++count) {
    EXPECT_NE(refusal(whole.substr(0, count)), "") << "cut to " << count << " bytes";
  }
  EXPECT_NE(refusal(whole + 'x'), "") << "a byte after the end";
}

// A flipped bit in the header is an error, or the header still describes every byte correctly.
TEST_F(SafetensorsTest, RejectsFlippedBitsUnlessConsistent) {
  const std::string whole = sample();
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string bytes = whole;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    std::size_t total = 0;
    try {
      const TensorFile file = parse(bytes);
      for (const TensorEntry& entry : file.tensors) {
        const auto count = static_cast<std::size_t>(elements(entry.shape));
        ASSERT_EQ(entry.bytes.size(), count * stored_size(entry.type)) << "bit " << bit;
        total += entry.bytes.size();
      }
      ASSERT_EQ(file.tensors.size(), 4U) << "bit " << bit;
      ASSERT_EQ(total, 35U) << "bit " << bit;
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::model_file);
      ++refused;
    }
  }
  EXPECT_GT(refused, whole.size()) << "most flips of the header must be seen";
}

// Lengths, offsets and shapes that would overflow or take all memory.
TEST_F(SafetensorsTest, RejectsHostileNumbers) {
  for (const std::uint64_t length :
       {std::uint64_t{1} << 63, ~std::uint64_t{0}, ~std::uint64_t{0} - 7,
        std::uint64_t{100'000'001}, std::uint64_t{3}}) {
    expect_refused(little_endian(length) + "{}", "the header claims");
  }
  // A file that is long enough is also rejected, before memory is allocated for it.
  std::istringstream large(little_endian(100'000'001) + "{}");
  try {
    read_safetensors(large, 8 + 100'000'001, "net.safetensors");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("the header claims"), std::string::npos);
  }
  expect_refused(container(R"({"a":{"dtype":"F32","shape":[4611686018427387905],)"
                           R"("data_offsets":[0,4]}})",
                           "1234"),
                 "has too many elements");
  expect_refused(container(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],)"
                           R"("data_offsets":[0,0]}})"),
                 "has too many elements");
  expect_refused(
      container(R"({"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,0]}})"),
      "expected an array of non-negative integers, got 9223372036854775808");
  expect_refused(
      container(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,18446744073709551615]}})", "1"),
      "the file has 1 bytes of data");
  expect_refused(container(R"({"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", "1"),
                 "got a negative number");
  expect_refused(container(R"({"a":{"dtype":"U8","shape":[1e30],"data_offsets":[0,1]}})", "1"),
                 "got 1e30");
}

TEST_F(SafetensorsTest, RangesMustTileTheData) {
  const auto two = [](const std::string& first, const std::string& second) {
    return container(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + first +
                         R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + second + "}}",
                     "1234");
  };
  EXPECT_EQ(refusal(two("[2,4]", "[0,2]")), "") << "the order of the names does not matter";
  expect_refused(two("[0,2]", "[1,3]"), "must begin at 2");               // overlap
  expect_refused(two("[0,2]", "[0,2]"), "must begin at 2");               // the same bytes
  expect_refused(two("[1,3]", "[3,5]"), "must begin at 0");               // gap at the start
  expect_refused(two("[0,2]", "[3,5]"), "must begin at 2");               // gap in between
  expect_refused(two("[2,0]", "[0,2]"), "the file has 4 bytes of data");  // backwards
  expect_refused(two("[0,2]", "[2,3]"), "needs 2 bytes, got 1");          // too few
  expect_refused(two("[0,2]", "[2,6]"), "the file has 4 bytes of data");  // past the end
  expect_refused(container("{}", "1234"), "end at byte 0 of the data, but the file has 4");
}

TEST_F(SafetensorsTest, RejectsHeadersThatViolateTheFormat) {
  const auto tensor = [](const std::string& fields) {
    return container(R"({"a":{)" + fields + "}}", "1");
  };
  ASSERT_EQ(refusal(tensor(R"("dtype":"U8","shape":[1],"data_offsets":[0,1])")), "");
  expect_refused(container(""), "not a JSON object");
  expect_refused(container("[]"), "not a JSON object");
  expect_refused(container(" {}"), "not a JSON object");
  expect_refused(container("\xef\xbb\xbf{}"), "not a JSON object");
  expect_refused(container(std::string("{}\0\0", 4)), "not a JSON object");
  expect_refused(container("{} x"), "not valid JSON");
  expect_refused(container("{\"\xff\":1}"), "not valid JSON");
  expect_refused(container("{" + std::string(100'000, '[')), "not valid JSON");
  expect_refused(container(R"({"a":)" + std::string(100'000, '[')), "expected an object");
  expect_refused(container(R"({"a":1})"), "tensor 'a': expected an object, got 1");
  expect_refused(tensor(R"("shape":[1],"data_offsets":[0,1])"), "'dtype' is missing");
  expect_refused(tensor(R"("dtype":"U8","data_offsets":[0,1])"), "'shape' is missing");
  expect_refused(tensor(R"("dtype":"U8","shape":[1])"), "'data_offsets' is missing");
  expect_refused(tensor(R"("dtype":"BF16","shape":[1],"data_offsets":[0,1])"),
                 "tensor 'a': dtype: expected one of F64, I64, F32, I32, U8, got 'BF16'");
  expect_refused(tensor(R"("dtype":["U8"],"shape":[1],"data_offsets":[0,1])"),
                 "the name of a data type");
  expect_refused(tensor(R"("dtype":"U8","shape":1,"data_offsets":[0,1])"),
                 "an array of non-negative integers");
  expect_refused(tensor(R"("dtype":"U8","shape":["1"],"data_offsets":[0,1])"), "got a string");
  expect_refused(tensor(R"("dtype":"U8","shape":[[1]],"data_offsets":[0,1])"), "got an array");
  expect_refused(tensor(R"("dtype":"U8","shape":[{}],"data_offsets":[0,1])"), "got an object");
  expect_refused(tensor(R"("dtype":"U8","shape":[null],"data_offsets":[0,1])"), "got null");
  expect_refused(tensor(R"("dtype":"U8","shape":[1],"data_offsets":[0,1,1])"), "2 numbers, got 3");
  expect_refused(tensor(R"("dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1)"),
                 "unknown key 'x'");
  expect_refused(tensor(R"("dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1])"),
                 "'dtype' occurs twice");
  expect_refused(tensor(R"("dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                        R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1])"),
                 "'a' occurs twice");
  expect_refused(container(R"({"__metadata__":{"k":1}})"), "'__metadata__': k: expected a string");
  expect_refused(container(R"({"__metadata__":{"k":"1","k":"2"}})"), "'k' occurs twice");
  expect_refused(container(R"({"__metadata__":"x"})"), "expected an object, got a string");
}

TEST_F(SafetensorsTest, MessagesContainNoControlCharacters) {
  const std::string message = refusal(container("{\"\\u001b[2J\":1}"));
  EXPECT_NE(message.find("'?[2J'"), std::string::npos) << message;
}

TEST_F(SafetensorsTest, RejectsWrongTensorsBeforeWriting) {
  const fs::path path = folder_ / "kept";
  write_file(path, "old");
  const auto entry = [this](const char* name, Shape shape) {
    return tensor_entry<float>(name, std::move(shape), weight_);
  };
  EXPECT_THROW(write_safetensors(path, {entry("a", {2, 2})}, {}), Error);
  EXPECT_THROW(write_safetensors(path, {entry("a", {-2, -3})}, {}), Error);
  EXPECT_THROW(write_safetensors(path, {entry("a", {6}), entry("a", {6})}, {}), Error);
  EXPECT_THROW(write_safetensors(path, {entry("__metadata__", {6})}, {}), Error);
  EXPECT_THROW(write_safetensors(path, {entry("\xff", {6})}, {}), Error);
  EXPECT_THROW(write_safetensors(path, {}, {{"k", "\xff"}}), Error);
  EXPECT_EQ(read_file(path), "old");
}

// The contents of a file, to compare two.
std::map<std::string, std::string> contents(const TensorFile& file) {
  std::map<std::string, std::string> found;
  for (const auto& [key, value] : file.metadata) found["metadata " + key] = value;
  for (const TensorEntry& entry : file.tensors)
    found[std::string(stored_name(entry.type)) + to_string(entry.shape) + entry.name] =
        as_text(entry.bytes);
  return found;
}

TEST_F(SafetensorsTest, EveryFlippedBitIsFoundOrChangesNothing) {
  const fs::path path = folder_ / "net.safetensors";
  write_safetensors(
      path,
      {tensor_entry<float>("a", {2, 3}, weight_), tensor_entry<std::uint8_t>("flags", {3}, flags_)},
      {{"schema", "x and y"}});
  const std::string bytes = read_file(path);
  const auto wanted = contents(parse(bytes));
  int accepted = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    if (!refusal(damaged).empty()) continue;
    ++accepted;
    auto found = contents(parse(damaged));
    // The flip was in the name of the key of the checksums.
    std::erase_if(found, [](const auto& each) {
      return each.first.starts_with("metadata check") ||
             each.second.find("xxh64") != std::string::npos;
    });
    EXPECT_EQ(found, wanted) << "bit " << bit;
  }
  EXPECT_LE(accepted, 8 * 9);
}

TEST_F(SafetensorsTest, ChecksumsAreOptionalAndCanBeIgnored) {
  const fs::path path = folder_ / "net.safetensors";
  write_safetensors(path, {tensor_entry<float>("a", {6}, weight_)}, {});
  std::string bytes = read_file(path);
  bytes.back() ^= 1;
  expect_refused(bytes, "tensor 'a' has the checksum");
  std::istringstream stream(bytes);
  EXPECT_NO_THROW(read_safetensors(stream, bytes.size(), "net.safetensors", Checksums::ignore));
  const std::string without = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})";
  EXPECT_EQ(refusal(container(without, "x")), "");
  for (const char* checksums :
       {"", "{}", R"({\"algorithm\":\"md5\",\"metadata\":\"\",\"tensors\":{}})",
        R"({\"algorithm\":\"xxh64\",\"metadata\":1,\"tensors\":[]})"}) {
    expect_refused(
        container(R"({"__metadata__":{"checksums":")" + std::string(checksums) + R"("}})"),
        "'checksums'");
  }
}

TEST_F(SafetensorsTest, MissingFileAndFolderAreModelFileErrors) {
  for (const fs::path& path : {folder_ / "absent", folder_}) {
    try {
      read_safetensors(path);
      FAIL() << "no error for " << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model_file);
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos);
    }
  }
}

RC_GTEST_PROP(SafetensorsProperty, RoundTrip, ()) {
  struct Source {
    StoredType type;
    Shape shape;
    std::string bytes;
  };
  std::map<std::string, Source> sources;
  // Any ASCII text: zero bytes, quotes and backslashes must round-trip. The sample contains UTF-8.
  const auto text = rc::gen::container<std::string>(
      rc::gen::map(rc::gen::inRange(0, 128), [](int code) { return static_cast<char>(code); }));
  const auto names = *rc::gen::container<std::set<std::string>>(text);
  for (const std::string& name : names) {
    const auto type = *rc::gen::element(StoredType::f64, StoredType::i64, StoredType::f32,
                                        StoredType::i32, StoredType::u8);
    const auto rank = *rc::gen::inRange<std::size_t>(0, 4);
    const auto shape = *rc::gen::container<Shape>(rank, rc::gen::inRange<std::int64_t>(0, 4));
    const std::size_t count = static_cast<std::size_t>(elements(shape)) * stored_size(type);
    sources[name] = {type, shape,
                     *rc::gen::container<std::string>(count, rc::gen::arbitrary<char>())};
  }
  const auto metadata = *rc::gen::container<TensorMetadata>(text, text);
  std::vector<TensorEntry> entries;
  for (const auto& [name, source] : sources) {
    entries.push_back({name, source.type, source.shape, std::as_bytes(std::span(source.bytes))});
  }
  const fs::path path =
      fs::path(testing::TempDir()) / ("selfnorm_st_property_" + std::to_string(getpid()));
  write_safetensors(path, entries, metadata);
  const TensorFile file = read_safetensors(path);
  fs::remove(path);
  RC_ASSERT(file.metadata == metadata);
  RC_ASSERT(file.tensors.size() == sources.size());
  for (const TensorEntry& entry : file.tensors) {
    const Source& source = sources.at(entry.name);
    RC_ASSERT(entry.type == source.type);
    RC_ASSERT(entry.shape == source.shape);
    RC_ASSERT(as_text(entry.bytes) == source.bytes);
  }
}

}  // namespace
}  // namespace selfnorm
