// SPDX-License-Identifier: Apache-2.0
#include "texts/text_dataset.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "selfnorm/error.h"
#include "temporary_files.h"
#include "texts/tokenizer.h"
#include "texts/word_vectors.h"

namespace selfnorm {
namespace {

using Words = std::vector<std::string>;

class Texts : public TemporaryFolderTest {
 protected:
  fs::path file(const std::string& name, const std::string& content) const {
    return write(name, content);
  }

  // Returns the message of the Error that reading throws.
  static std::string fault(const fs::path& path, const DataOptions& options) {
    try {
      read_texts(path, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  static DataOptions pairs() {
    DataOptions options;
    options.text = {"a", "b"};
    return options;
  }
};

Words words_of(std::string_view text) {
  Words words;
  tokenize(text, words);
  return words;
}

TEST(Tokens, AreLowercaseWordsAndPunctuationMarks) {
  EXPECT_EQ(words_of("A man, 2 dogs_and  a CAT!\t(it's)"),
            (Words{"a", "man", ",", "2", "dogs_and", "a", "cat", "!", "(", "it", "'", "s", ")"}));
  EXPECT_EQ(words_of("Caf\xc3\xa9\x01Z\x7fx"), (Words{"caf\xc3\xa9", "z", "x"}));
  EXPECT_TRUE(words_of(" \n\t").empty());
}

// The same rows as JSON lines, with tabs and with commas have the same token ids. Token ids are
// ordered by frequency, then by bytes.
TEST_F(Texts, ReadTheSameFromEveryKindOfFile) {
  const std::string json =
      "{\"a\":\"The cat\",\"b\":\"the \\\"dog\\\"\",\"gold_label\":\"x\",\"more\":[1]}\n\n"
      "{\"a\":\"no\",\"b\":\"label\",\"gold_label\":\"-\"}\n"
      "{\"a\":\"a cat\",\"b\":\"the cat sits\",\"gold_label\":\"y\"}\n";
  const std::string tabs =
      "gold_label\ta\tc\tb\r\nx\tThe cat\t\tthe \"dog\"\r\n-\tno\t\tlabel\r\ny\ta cat\t\tthe cat "
      "sits\r\n";
  const std::string commas =
      "gold_label,a,b\nx,The cat,\"the \"\"dog\"\"\"\n-,no,label\ny,a cat,the cat sits\n";
  for (const fs::path& path : {file("t.jsonl", json), file("t.tsv", tabs), file("t.csv", commas)}) {
    const Dataset data = read_texts(path, pairs());
    EXPECT_EQ(data.vocabulary, (Words{"", "", "cat", "the", "\"", "a", "dog", "sits"})) << path;
    EXPECT_EQ(data.rows, 2);
    EXPECT_EQ(data.unlabeled, 1);
    ASSERT_EQ(data.inputs.size(), 2U);
    EXPECT_EQ(data.inputs[0].sample_shape, (Shape{4}));
    EXPECT_EQ(std::get<std::vector<float>>(data.inputs[0].values),
              (std::vector<float>{3, 2, 0, 0, 5, 2, 0, 0}));
    EXPECT_EQ(std::get<std::vector<float>>(data.inputs[1].values),
              (std::vector<float>{3, 4, 6, 4, 3, 2, 7, 0}));
    EXPECT_EQ(data.targets.name, "gold_label");
    EXPECT_EQ(data.targets.class_names, (Words{"x", "y"}));
  }
}

TEST_F(Texts, TreatRareTokensAsUnknownAndTruncateLongTexts) {
  DataOptions options;
  options.text = {"0"};
  options.min_count = 2;
  options.max_words = 3;
  const Dataset data = read_texts(file("t.tsv", "b a b c d\t1\nb a\t2\n"), options);
  EXPECT_EQ(data.vocabulary, (Words{"", "", "b", "a"}));
  EXPECT_EQ(std::get<std::vector<float>>(data.inputs[0].values),
            (std::vector<float>{2, 3, 2, 2, 3, 0}));
}

TEST_F(Texts, ErrorsNameFileAndLine) {
  const auto expect = [&](const std::string& name, const std::string& content,
                          const std::string& what) {
    const std::string message = fault(file(name, content), pairs());
    EXPECT_NE(message.find(name + ":2: "), message.npos) << message;
    EXPECT_NE(message.find(what), message.npos) << message;
  };
  const std::string good = "{\"a\":\"x\",\"b\":\"y\"}\n";
  expect("t.jsonl", good + "{\"a\":", "expected a JSON object");
  expect("t.jsonl", good + "{\"a\":\"x\",\"c\":\"y\"}", "there is no member 'b'");
  expect("t.jsonl", good + "{\"a\":\"x\",\"b\":7}", "expected text, got '7'");
  expect("t.jsonl", good + "{\"a\":\"x\",\"b\":\" \"}", "'b' has no words");
  expect("t.tsv", "a\tb\n\xff\ty\n", "not UTF-8");
  expect("t.tsv", "a\tb\nx\n", "expected 2 cells, got 1");
  expect("t.tsv", "a\tb\nx\ty\tz\n", "expected 2 cells, got 3");
  expect("t.tsv", "a\tb\tlabel\nx\ty\t\xe9\n", "label is not UTF-8");
  expect("t.jsonl",
         good + "{\"a\":" + std::string(1 << 20, '[') + std::string(1 << 20, ']') + ",\"b\":\"y\"}",
         "expected text, got array");
  DataOptions labels = pairs();
  labels.labels = {"yes", "no"};
  const std::string wrong = fault(file("t.tsv", "a\tb\tlabel\nx\ty\tyess\n"), labels);
  EXPECT_NE(wrong.find("t.tsv:2: unknown label 'yess', expected one of yes, no"), wrong.npos)
      << wrong;
  const std::string column = fault(file("t.tsv", "a\tc\nx\ty\n"), pairs());
  EXPECT_NE(column.find("t.tsv: there is no column 'b'"), column.npos) << column;
}

TEST_F(Texts, MayHaveNumbersAsTargets) {
  DataOptions options = pairs(), classes = options;
  options.target = classes.target = "y";
  classes.task = "classification";
  const std::string row = "1\tan x\ta z\t";
  const fs::path numbers =
      file("n.tsv", "c\ta\tb\ty\n" + row + "1.5\n" + row + "2\n" + row + "7\n");
  const Dataset data = read_texts(numbers, options);
  EXPECT_EQ(data.targets.values, (std::vector<float>{1.5, 2, 7}));
  EXPECT_EQ(data.notes, (Words{"only the texts are inputs, so these columns are not read: 'c'"}));
  EXPECT_EQ(read_texts(numbers, classes).targets.class_names, (Words{"1.5", "2", "7"}));
  const fs::path formatted = file(
      "f.tsv", "c\ta\tb\ty\n" + row + "1,039\n" + row + "2,000\n" + row + "37\n" + row + "n.a.\n");
  expect_contains(":5: expected a number as the target, since most cells are numbers, got 'n.a.'",
                  fault(formatted, options));
  DataOptions missing = options;
  missing.missing = {"n.a."};
  EXPECT_EQ(read_texts(formatted, missing).targets.values, (std::vector<float>{1039, 2000, 37}));
  // Hugging Face marks pairs without a label by −1.
  const fs::path indices = file("i.tsv", "c\ta\tb\ty\n" + row + "0\n" + row + "2\n" + row + "-1\n");
  EXPECT_EQ(read_texts(indices, options).targets.class_names, (Words{"-1", "0", "2"}));
}

// A number in a cell is not the name of a column.
TEST_F(Texts, HaveNoHeaderIfColumnsAreNumbered) {
  DataOptions options;
  options.text = {"0"};
  options.target = "1";
  const Dataset data = read_texts(file("t.tsv", "good film\t0\nbad film\t1\n"), options);
  EXPECT_EQ(data.rows, 2);
  EXPECT_EQ(data.targets.class_names, (Words{"0", "1"}));
}

TEST_F(Texts, RejectFilesLargerThanMemory) {
  DataOptions options;
  options.text = {"0"};
  options.max_words = std::int64_t{1} << 62;
  EXPECT_NE(fault(file("t.tsv", "a\t0\nb\t1\nc\t1\nd\t1\n"), options).find("memory"),
            std::string::npos);
}

TEST_F(Texts, CountSkippedRows) {
  DataOptions options = pairs();
  options.skip_bad = true;
  const Dataset data = read_texts(
      file("t.jsonl", "{\"a\":\"x\",\"b\":\"y\"}\nno\n{\"a\":\"x\",\"b\":\"\"}\n"), options);
  EXPECT_EQ(data.rows, 1);
  EXPECT_EQ(data.skipped, 2);
}

TEST(Renumber, MapsTokenIdsToAnotherVocabulary) {
  Field field{"a", {3}, std::vector<float>{2, 3, 0, 1, 2, 2}};
  convert_token_ids(field, {"", "", "cat", "dog"}, {"", "", "bird", "dog"}, 2);
  EXPECT_EQ(field.sample_shape, (Shape{2}));
  EXPECT_EQ(std::get<std::vector<float>>(field.values), (std::vector<float>{1, 3, 1, 1}));
}

// An exact match has priority over another spelling. A word may contain spaces. A header is
// skipped.
TEST_F(Texts, FindVectorsByWord) {
  const fs::path path = file("v.txt", "4 2\nCat 9 9\ncat 1 2\nDOG 3 4\ndog. 5 6\n. . 7 8 \n");
  const WordVectors vectors = read_vectors(path, {"", "", "cat", "dog", "bird", ". ."}, 2);
  EXPECT_EQ(vectors.table, (std::vector<float>{0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 7, 8}));
  EXPECT_EQ(vectors.found, (std::vector<bool>{false, false, true, true, false, true}));
}

TEST_F(Texts, NameTheLineOfAVectorOfAnotherLength) {
  const auto message = [&](const std::string& content) {
    try {
      read_vectors(file("v.txt", content), {"", "", "cat"}, 2);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message("cat 1 2\ncat 1\n").find("v.txt:2: expected a word and 2 numbers, got 1"),
            std::string::npos);
  EXPECT_NE(message("cat 1 2 3\n").find("v.txt:1: expected 2 numbers, got 3"), std::string::npos);
  EXPECT_NE(message("cat 1 x\n").find("v.txt:1: number 2: expected a finite number, got 'x'"),
            std::string::npos);
  EXPECT_NE(message("cat 1 nan\n").find("number 2"), std::string::npos);
}

// A bad line is skipped. The vector comes from the next good line, or is missing.
TEST_F(Texts, SkipAndCountBadVectors) {
  const fs::path path = file("v.txt", "cat 1\ncat 1 2 3\ncat 5 x\ncat 3 4\ndog 1 inf\n");
  const WordVectors vectors = read_vectors(path, {"", "", "cat", "dog"}, 2, true);
  EXPECT_EQ(vectors.table, (std::vector<float>{0, 0, 0, 0, 3, 4, 0, 0}));
  EXPECT_EQ(vectors.found, (std::vector<bool>{false, false, true, false}));
  EXPECT_EQ(vectors.skipped, 4);
}

}  // namespace
}  // namespace selfnorm
