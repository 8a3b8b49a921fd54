// SPDX-License-Identifier: Apache-2.0
#include "tables/json_table.h"

#include <cmath>

#include "tables/table.h"
#include "temporary_files.h"

namespace selfnorm {
namespace {

using Floats = std::vector<float>;
using Names = std::vector<std::string>;
using Classes = std::vector<std::int32_t>;

class JsonTableTest : public TemporaryFolderTest {
 protected:
  Dataset read(const std::string& text, DataOptions options = {},
               const std::string& name = "t.jsonl") const {
    if (options.target.empty()) options.target = "y";
    return read_table(write(name, text), options);
  }
  std::string fault(const std::string& text, const std::string& name = "t.jsonl") const {
    return data_error_message([&] { read(text, {}, name); });
  }
  static const Floats& features(const Dataset& data) {
    return std::get<Floats>(data.inputs[0].values);
  }
};

const std::string kLines =
    "{\"age\": 39, \"job\": \"clerk\", \"ok\": true, \"y\": \"a\"}\n"
    "\n"
    "{\"job\": \"cook, \\\"the\\\" first\", \"y\": \"b\", \"age\": 2.5e1, \"when\": "
    "\"2020-03-01\"}\n"
    "{\"age\": null, \"job\": \"clerk\", \"ok\": false, \"y\": \"a\", \"when\": \"2020-03-03\"}\n";

TEST_F(JsonTableTest, ColumnsAreTheKeysInTheOrderOfTheirFirstRow) {
  const Dataset data = read(kLines);
  EXPECT_EQ(data.inputs[0].columns,
            (Names{"age", "age is missing", "job=cook, \"the\" first", "ok=false", "ok=true",
                   "ok is missing", "when", "when is missing"}));
  EXPECT_EQ(data.targets.classes, (Classes{0, 1, 0}));
  const Floats& numbers = features(data);
  EXPECT_EQ(Floats(numbers.begin(), numbers.begin() + 6), (Floats{39, 0, 0, 0, 1, 0}));
  EXPECT_EQ(Floats(numbers.begin() + 8, numbers.begin() + 14), (Floats{25, 0, 1, 0, 0, 1}));
  EXPECT_TRUE(std::isnan(numbers[16]));
  EXPECT_EQ(data.lines, (std::vector<std::int64_t>{1, 3, 4}));
}

TEST_F(JsonTableTest, AnArrayIsReadLikeLines) {
  const Dataset lines = read(kLines);
  std::string array = "\xef\xbb\xbf [";
  for (const char c : kLines) array += c == '\n' ? std::string(",\n") : std::string(1, c);
  array.erase(array.find("\n,"), 2);
  array.erase(array.rfind(','));
  const Dataset data = read(array + "\n]\n", {}, "t.json");
  EXPECT_EQ(data.inputs[0].columns, lines.inputs[0].columns);
  EXPECT_EQ(data.targets.classes, lines.targets.classes);
  EXPECT_EQ(data.lines, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(read(array + "]", {}, "t.csv").rows, 3);
  EXPECT_EQ(read(kLines, {}, "t").rows, 3);
}

TEST_F(JsonTableTest, CellsOfADelimitedTableMayBeJson) {
  const auto format = [&](const char* name, const std::string& text) {
    return find_table_format(write(name, text));
  };
  EXPECT_EQ(format("t.tsv", "{\"a\": 1}\t2\n{\"a\": 2}\t1\n"), TableFormat::delimited);
  EXPECT_EQ(format("t.csv", "{\"a\": 1, \"b\": 2}\r\n"), TableFormat::json_lines);
  EXPECT_EQ(format("t.txt", "{\n \"a\": 1}\n"), TableFormat::json_lines);
  EXPECT_EQ(format("t.csv", "[\n {\"a\": 1}]"), TableFormat::json_array);
  EXPECT_EQ(format("t", "[1, 2]\n"), TableFormat::delimited);
}

TEST_F(JsonTableTest, ALimitEndsReadingButColumnsOfLaterRowsAreKnown) {
  DataOptions options;
  options.limit = 2;
  for (const char* name : {"t.jsonl", "t.json"}) {
    const bool is_array = std::string(name) == "t.json";
    const std::string text = is_array ? "[{\"y\":1},{\"y\":2},{\"y\":3,\"x\":1}]"
                                      : "{\"y\":1}\n{\"y\":2}\n{\"y\":3,\"x\":1}\n";
    options.keep = {"x"};
    EXPECT_EQ(read(text, options, name).rows, 2);
  }
}

TEST_F(JsonTableTest, NumbersAreAsInTheFile) {
  DataOptions options;
  options.categorical = {"id"};
  const Dataset data = read(
      "{\"id\": 1.50, \"y\": 1}\n{\"id\": \"x\", \"y\": 2}\n"
      "{\"id\": 18446744073709551615, \"y\": 1}\n",
      options);
  EXPECT_EQ(data.inputs[0].columns, (Names{"id=1.50", "id=x", "id=18446744073709551615"}));
}

TEST_F(JsonTableTest, NewRowsMayLackKeys) {
  const Dataset data = read(kLines);
  DataOptions plan;
  plan.table = data.table;
  plan.header = "yes";  // as the model of a table gives it
  const Dataset same = read(
      "{\"when\":\"2020-03-01\",\"ok\":null,\"job\":\"clerk\",\"age\":39,\"y\":"
      "\"b\"}\n",
      plan);
  EXPECT_EQ(same.inputs[0].columns, data.inputs[0].columns);
  EXPECT_EQ(features(same)[0], 39);
}

TEST_F(JsonTableTest, ErrorsNameLineAndKey) {
  const std::string good = "{\"x\":1,\"y\":2}\n";
  const std::pair<std::string, const char*> faults[] = {
      {good + "{\"x\":[1],\"y\":2}\n",
       "t.jsonl:2, key 'x': expected a number, a text, true, false or null, got an array"},
      {good + "{\"x\":{\"z\":1},\"y\":2}\n", "t.jsonl:2, key 'x': expected a number"},
      {good + "{\"x\":1,\"x\":2,\"y\":1}\n", "t.jsonl:2: the key 'x' occurs twice"},
      {good + "{\"x\":1,\"y\":\n", "t.jsonl:2: this is not valid JSON"},
      {good + "[1,2]\n", "t.jsonl:2: expected an object, got an array"},
      {good + "3\n", "t.jsonl:2: expected an object {\"column\": value, …}, got a number"},
      {"{}\n", "the objects have no keys"},
      {"\n", "has no rows"}};
  for (const auto& [text, message] : faults) expect_contains(message, fault(text));
  const std::pair<std::string, const char*> array_faults[] = {
      {"[{\"x\":1,\"y\":2},\n{\"x\":[],\"y\":2}]", "t.json:2, key 'x': expected a number"},
      {"[{\"x\":1,\"y\":2},\n3]",
       "t.json:2: expected an object {\"column\": value, …}, got a number"},
      {"[{\"x\":1,\"y\":2}\n{}]", "t.json:2: this is not valid JSON"},
      {"[{\"x\":1,\"y\":2}", "t.json:1: this is not valid JSON"},
      {"[]", "has no rows"}};
  for (const auto& [text, message] : array_faults) expect_contains(message, fault(text, "t.json"));
  constexpr int kDamaged = 500;
  const auto action = [](const fs::path& path) {
    DataOptions options;
    options.target = "y";
    read_table(path, options);
  };
  try_truncations(folder_ / "cut.jsonl", kLines, false, action);
  try_corruptions(folder_ / "flip.jsonl", kLines, kDamaged, action);
}

TEST_F(JsonTableTest, AnObjectOfMoreThan64MebibytesIsAnError) {
  const std::string text(std::size_t{65} << 20, 'a');
  expect_contains("t.json:1: an object has more than",
                  fault("[{\"x\":\"" + text + "\",\"y\":1}]", "t.json"));
}

}  // namespace
}  // namespace selfnorm
