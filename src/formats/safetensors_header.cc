// SPDX-License-Identifier: Apache-2.0
#include "formats/safetensors_header.h"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/text.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using Json = nlohmann::json;

constexpr std::array kStoredTypes = {StoredType::f64, StoredType::i64, StoredType::f32,
                                     StoredType::i32, StoredType::u8};
constexpr std::size_t kMaxPrintedName = 100;

/// Receives the JSON of the header piece by piece. No tree is built, so nesting does not use
/// memory, and duplicate keys are detected (a tree would silently keep the last one).
class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(std::string where) : where_(std::move(where)) {}

  Header take() { return std::move(header_); }

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t& text) override { return unexpected(text); }
  bool binary(binary_t&) override { return unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (!in_array_) unexpected(std::to_string(value));
    if (field_ == "shape") {
      if (value > std::numeric_limits<std::int64_t>::max()) unexpected(std::to_string(value));
      entry_.shape.push_back(static_cast<std::int64_t>(value));
    } else {
      offsets_.push_back(value);
    }
    return true;
  }

  bool string(string_t& value) override {
    if (in_metadata_ && depth_ == kField) {
      header_.metadata.emplace(field_, value);
    } else if (depth_ == kField && field_ == "dtype") {
      entry_.type = parse_type(value);
    } else {
      unexpected("a string");
    }
    return true;
  }

  bool start_object(std::size_t) override {
    if (depth_ == kField || in_array_) unexpected("an object");
    ++depth_;
    return true;
  }

  bool key(string_t& name) override {
    if (depth_ == kTensor) {
      if (!names_.insert(name).second) fail(fmt::format("'{}' occurs twice", printable(name)));
      in_metadata_ = name == kMetadataKey;
      entry_ = {};
      entry_.name = name;
      offsets_.clear();
      fields_.clear();
      return true;
    }
    if (!fields_.insert(name).second)
      fail(about(fmt::format("'{}' occurs twice", printable(name))));
    if (!in_metadata_ && name != "dtype" && name != "shape" && name != "data_offsets") {
      fail(about(fmt::format("unknown key '{}', expected dtype, shape and data_offsets",
                             printable(name))));
    }
    field_ = name;
    return true;
  }

  bool end_object() override {
    if (depth_ == kField && !in_metadata_) finish_tensor();
    --depth_;
    return true;
  }

  bool start_array(std::size_t) override {
    const bool wanted = depth_ == kField && !in_metadata_ && field_ != "dtype" && !in_array_;
    if (!wanted) unexpected("an array");
    in_array_ = true;
    return true;
  }

  bool end_array() override {
    in_array_ = false;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const Json::exception&) override {
    fail(
        fmt::format("the header is not valid JSON at byte {} (this is not a safetensors file, or "
                    "it is damaged: use another copy or save it again)",
                    position));
  }

 private:
  enum Depth { kOutside, kTensor, kField };  // equal to the number of open objects

  [[noreturn]] void fail(const std::string& message) const {
    throw Error(ErrorKind::model_file, where_ + ": " + message);
  }

  std::string about(const std::string& message) const {
    if (depth_ == kOutside) return "the header: " + message;
    const char* what = in_metadata_ ? "" : "tensor ";
    return fmt::format("{}'{}': {}", what, printable(entry_.name), message);
  }

  /// Never returns. The return type is bool so that each handler above fits on one line.
  bool unexpected(const std::string& got) const {
    const char* expected = "an object";
    if (depth_ == kField && in_metadata_) {
      expected = "a string";
    } else if (depth_ == kField && field_ == "dtype") {
      expected = "the name of a data type";
    } else if (depth_ == kField) {
      expected = "an array of non-negative integers";
    }
    const std::string field = depth_ == kField ? printable(field_) + ": " : "";
    fail(about(fmt::format("{}expected {}, got {}", field, expected, got)));
  }

  StoredType parse_type(const std::string& word) const {
    std::vector<std::string> known;
    for (const StoredType type : kStoredTypes) {
      if (word == stored_name(type)) return type;
      known.emplace_back(stored_name(type));
    }
    fail(about(fmt::format("dtype: expected one of {}, got '{}' (convert the tensor to F32)",
                           join(known, ", "), printable(word))));
  }

  void finish_tensor() {
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
      if (!fields_.contains(field)) fail(about(fmt::format("'{}' is missing", field)));
    }
    if (offsets_.size() != 2) {
      fail(about(fmt::format("data_offsets: expected 2 numbers, got {}", offsets_.size())));
    }
    entry_.begin = offsets_[0];
    entry_.end = offsets_[1];
    header_.entries.push_back(std::move(entry_));
  }

  std::string where_;
  Header header_;
  int depth_ = kOutside;
  bool in_metadata_ = false;
  bool in_array_ = false;
  std::string field_;
  HeaderEntry entry_;
  std::vector<std::uint64_t> offsets_;
  std::set<std::string> names_;
  std::set<std::string> fields_;
};

}  // namespace

Header parse_header(std::string_view text, const std::string& where) {
  // The parser takes a zero byte for the end of its input and skips a byte order mark. With either,
  // two readers could see different contents in the same file.
  if (!text.starts_with('{') || text.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::model_file,
                where +
                    ": the header is not a JSON object (this is not a safetensors file, or it is "
                    "damaged: use another copy or save it again)");
  }
  HeaderReader reader(where);
  Json::sax_parse(text, &reader);
  return reader.take();
}

std::string printable(std::string_view name) {
  std::string text(name.substr(0, kMaxPrintedName));
  for (char& letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x20 || code == 0x7f) letter = '?';
  }
  if (name.size() > kMaxPrintedName) text += "…";
  return text;
}

}  // namespace selfnorm
