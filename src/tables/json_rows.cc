// SPDX-License-Identifier: Apache-2.0
#include "tables/json_rows.h"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "files/byte_reader.h"
#include "files/lines.h"

namespace selfnorm {
namespace {

constexpr std::size_t kJsonChunk = std::size_t{1} << 16;
constexpr std::size_t kMaxObject = std::size_t{1} << 26;

// The characters of a file, with the line of the current one.
class JsonInput {
 public:
  explicit JsonInput(const std::filesystem::path& path) : reader_(path) {
    fill();
    if (chunk_.starts_with("\xef\xbb\xbf")) position_ = 3;
  }
  bool at_end() const { return chunk_.empty(); }
  char current() const { return chunk_[position_]; }
  void advance() {
    if (current() == '\n') ++line_;
    if (++object_size_ > kMaxObject) {
      throw_data_error(fmt::format("{}:{}: an object has more than {} bytes (is this a table?)",
                                   reader_.name(), line_, kMaxObject));
    }
    if (++position_ == chunk_.size()) fill();
  }
  void begin_object() { object_size_ = 0; }
  std::int64_t line() const { return line_; }

 private:
  void fill() {
    chunk_.resize(kJsonChunk);
    chunk_.resize(reader_.read_some(chunk_.data(), kJsonChunk));
    position_ = 0;
  }

  ByteReader reader_;
  std::string chunk_;
  std::size_t position_ = 0, object_size_ = 0;
  std::int64_t line_ = 1;
};

// An input iterator over these characters. Without an input, it is the end.
struct JsonIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  JsonInput* input = nullptr;

  char operator*() const { return input->current(); }
  JsonIterator& operator++() { return input->advance(), *this; }
  bool operator==(const JsonIterator& other) const { return at_end() == other.at_end(); }
  bool operator!=(const JsonIterator& other) const { return !(*this == other); }
  bool at_end() const { return input == nullptr || input->at_end(); }
};

// Turns the events of the parser into rows. An event returns false to stop the parser.
class JsonRows : public nlohmann::json_sax<nlohmann::json> {
 public:
  // Objects are at this depth: 0, or 1 in an array.
  JsonRows(std::string file, int object_depth, const JsonRowCallback& callback)
      : file_(std::move(file)), object_depth_(object_depth), callback_(callback) {}

  void at_line(std::int64_t line) { line_ = line; }
  // In an array, the line is that of the input.
  void follow(JsonInput& input) { input_ = &input; }
  bool stopped() const { return stopped_; }

  bool null() override { return value("", "null"); }
  bool boolean(bool value_given) override {
    return value(value_given ? "true" : "false", "true or false");
  }
  bool number_integer(number_integer_t number) override {
    return value(std::to_string(number), "a number");
  }
  bool number_unsigned(number_unsigned_t number) override {
    return value(std::to_string(number), "a number");
  }
  bool number_float(number_float_t, const string_t& text) override {
    return value(text, "a number");
  }
  bool string(string_t& text) override { return value(text, "a text"); }
  bool binary(binary_t&) override { return false; }
  bool key(string_t& name) override {
    if (count_ == cells_.size()) cells_.emplace_back();
    cells_[count_].key = name;
    return true;
  }
  bool start_object(std::size_t) override {
    if (depth_ > object_depth_) reject_nested("an object");
    if (depth_ < object_depth_) reject("an array of objects", "an object");
    ++depth_;
    count_ = 0;
    begin_ = line();
    if (input_ != nullptr) input_->begin_object();
    return true;
  }
  bool end_object() override {
    --depth_;
    cells_.resize(count_);
    stopped_ = !callback_(cells_, begin_);
    return !stopped_;
  }
  bool start_array(std::size_t) override {
    if (depth_ > object_depth_) reject_nested("an array");
    if (depth_ == object_depth_) reject("an object", "an array");
    ++depth_;
    return true;
  }
  bool end_array() override { return --depth_, true; }
  bool parse_error(std::size_t, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    const std::string_view message = error.what();
    const std::size_t begin = message.find("syntax error");
    throw_data_error(fmt::format("{}:{}: this is not valid JSON{}: {} (expected {})", file_, line(),
                                 token.empty() ? "" : " at " + quote_for_message(token),
                                 message.substr(begin == message.npos ? 0 : begin),
                                 object_depth_ == 0 ? "one object per line, {\"column\": value, …}"
                                                    : "an array of objects"));
  }

 private:
  std::int64_t line() const { return input_ != nullptr ? input_->line() : line_; }
  bool value(std::string_view text, const char* what) {
    if (depth_ <= object_depth_) reject("an object {\"column\": value, …}", what);
    cells_[count_++].text = text;
    return true;
  }
  [[noreturn]] void reject(const char* expected, const char* got) const {
    throw_data_error(fmt::format("{}:{}: expected {}, got {}", file_, line(), expected, got));
  }
  [[noreturn]] void reject_nested(const char* got) const {
    throw_data_error(fmt::format(
        "{}:{}, key {}: expected a number, a text, true, false or null, got {} (flatten it, or "
        "remove the key; pandas writes rows with to_json(FILE, orient='records'))",
        file_, line(), quote_for_message(cells_[count_].key), got));
  }

  std::string file_;
  int object_depth_;
  const JsonRowCallback& callback_;
  JsonInput* input_ = nullptr;
  std::int64_t line_ = 0, begin_ = 0;
  int depth_ = 0;
  bool stopped_ = false;
  std::vector<JsonCell> cells_;
  std::size_t count_ = 0;  // of the cells of this object
};

}  // namespace

std::vector<std::string> read_json_rows(const std::filesystem::path& path, TableFormat format,
                                        const JsonRowCallback& callback) {
  JsonRows rows(path.string(), format == TableFormat::json_array ? 1 : 0, callback);
  if (format == TableFormat::json_array) {
    JsonInput input(path);
    rows.follow(input);
    nlohmann::json::sax_parse(JsonIterator{&input}, JsonIterator{}, &rows);
    return {};
  }
  return read_utf8_lines(path, [&](std::string_view line, std::int64_t number) {
    if (line.find_first_not_of(" \t") == line.npos) return true;
    rows.at_line(number);
    nlohmann::json::sax_parse(line.begin(), line.end(), &rows);
    return !rows.stopped();
  });
}

}  // namespace selfnorm
