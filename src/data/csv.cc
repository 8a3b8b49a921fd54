// SPDX-License-Identifier: Apache-2.0
#include "data/csv.h"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "data/byte_reader.h"
#include "data/csv_table.h"

namespace selfnorm {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 16;

// Converts libcsv's callbacks to rows, with the line on which each row begins. An exception must
// not propagate through libcsv's C functions, so it is stored and rethrown after they return.
class Parser {
 public:
  Parser(const CsvRowCallback& callback, std::string file, unsigned char delimiter)
      : callback_(callback), file_(std::move(file)) {
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    csv_set_delim(&parser_, delimiter);
  }
  ~Parser() { csv_free(&parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  void feed(std::string_view text) {
    check(csv_parse(&parser_, text.data(), text.size(), on_cell, on_row, this) == text.size());
  }
  bool done() const { return done_; }
  void finish() { check(csv_fini(&parser_, on_cell, on_row, this) == 0); }

 private:
  static void on_cell(void* cell, std::size_t size, void* self) {
    static_cast<Parser*>(self)->guarded([&](Parser& parser) {
      parser.cell({static_cast<const char*>(cell), size});
    });
  }
  static void on_row(int end, void* self) {
    static_cast<Parser*>(self)->guarded([&](Parser& parser) { parser.end_row(end); });
  }
  template <class Action>
  void guarded(Action action) noexcept {
    if (fault_) return;
    try {
      action(*this);
    } catch (...) {
      fault_ = std::current_exception();
    }
  }

  void cell(std::string_view text) {
    row_.push(text);
    lines_within_ += std::ranges::count(text, '\n');
    last_end_ = 0;
  }
  void end_row(int end) {
    const bool second_half = row_.size() == 0 && end == '\n' && last_end_ == '\r';  // LF of CR LF
    if (row_.size() > 0 && !done_) done_ = !callback_(row_, line_);
    if (!second_half) line_ += 1 + lines_within_;
    row_.clear();
    lines_within_ = 0;
    last_end_ = end;
  }
  void check(bool parsed) {
    if (fault_) std::rethrow_exception(fault_);
    if (parsed) return;
    throw_data_error(
        fmt::format("{}:{}: a quote (\") is not closed, or is inside an unquoted cell (double it "
                    "to \"\" and put the cell in quotes)",
                    file_, line_));
  }

  csv_parser parser_{};
  const CsvRowCallback& callback_;
  bool done_ = false;
  std::string file_;
  CsvRow row_;
  std::int64_t line_ = 1;
  std::int64_t lines_within_ = 0;
  int last_end_ = 0;
  std::exception_ptr fault_;
};

unsigned char find_delimiter(std::string_view start, const std::string& option) {
  if (option == "comma") return ',';
  if (option == "semicolon") return ';';
  if (option == "tab") return '\t';
  start.remove_prefix(std::min(start.find_first_not_of("\r\n"), start.size()));
  bool quote = false, semicolon = false;
  for (const char c : start.substr(0, start.find_first_of("\r\n"))) {
    if (c == '"') quote = !quote;
    if (c == '\t' && !quote) return '\t';
    semicolon = semicolon || (c == ';' && !quote);
  }
  return semicolon ? ';' : ',';
}

}  // namespace

void read_csv_rows(const std::filesystem::path& path, const std::string& delimiter,
                   const CsvRowCallback& callback) {
  ByteReader reader(path);
  std::string chunk(kChunk, '\0');
  std::string_view text(chunk.data(), reader.read_some(chunk.data(), kChunk));
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  Parser parser(callback, reader.name(), find_delimiter(text, delimiter));
  while (!text.empty() && !parser.done()) {
    parser.feed(text);
    text = {chunk.data(), reader.read_some(chunk.data(), kChunk)};
  }
  if (!parser.done()) parser.finish();
}

Dataset read_csv(const std::filesystem::path& path, const DataOptions& options) {
  CsvTable table(path.string(), options);
  read_csv_rows(path, options.delimiter, [&](const CsvRow& row, std::int64_t line) {
    table.row(row, line);
    return !table.complete();
  });
  return table.dataset();
}

}  // namespace selfnorm
