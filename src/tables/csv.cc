// SPDX-License-Identifier: Apache-2.0
#include "tables/csv.h"

#include <csv.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <future>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "files/byte_reader.h"
#include "files/utf8_reader.h"
#include "tables/csv_table.h"
#include "tables/dialect.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMaxRowBytes = std::size_t{1} << 26;

// Converts libcsv's callbacks to rows, with the line on which each row begins. An exception must
// not propagate through libcsv's C functions, so it is stored and rethrown after they return.
class Parser {
 public:
  Parser(const CsvBlockCallback& callback, std::string file, const Dialect& dialect,
         std::int64_t first_line)
      : callback_(callback),
        file_(std::move(file)),
        delimiter_(dialect.delimiter),
        skips_comments_(dialect.has_comments),
        line_(first_line) {
    csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    csv_set_delim(&parser_, static_cast<unsigned char>(dialect.delimiter));
  }
  ~Parser() { csv_free(&parser_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // Splits plain lines itself, because libcsv looks at each byte.
  void feed(std::string_view text) {
    while (!text.empty() && !done_) {
      const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
      const std::string_view line = text.substr(0, end);
      if (!is_inside_ && is_plain(line)) split(line);
      else parse(line);
      text.remove_prefix(end);
    }
    hand_over();
  }
  bool done() const { return done_; }
  void finish() {
    check(csv_fini(&parser_, on_cell, on_row, this) == 0);
    hand_over();
  }

 private:
  // Returns whether a line has no quotes, and ends with a line feed.
  static bool is_plain(std::string_view line) {
    if (!line.ends_with('\n') || line.find('"') != line.npos) return false;
    const std::size_t carriage_return = line.find('\r');
    return carriage_return == line.npos || carriage_return + 2 == line.size();
  }
  void split(std::string_view line) {
    line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
    for (std::size_t begin = 0; !line.empty() && begin <= line.size();) {
      const std::size_t end = std::min(line.find(delimiter_, begin), line.size());
      block_.push(line.substr(begin, end - begin));
      begin = end + 1;
    }
    const bool is_comment =
        skips_comments_ && trimmed(line.substr(0, line.find(delimiter_))).starts_with('#');
    if (is_comment) block_.drop_row();
    else if (!line.empty()) block_.end_row(line_);
    ++line_;
    last_end_ = '\n';
  }
  void parse(std::string_view line) {
    is_inside_ = true;
    row_bytes_ += line.size();
    if (row_bytes_ > kMaxRowBytes) {
      throw_data_error(
          fmt::format("{}:{}: a row is longer than 64 MiB (is a quote not closed? set "
                      "quotes = \"no\" if quotes are text)",
                      file_, line_));
    }
    check(csv_parse(&parser_, line.data(), line.size(), on_cell, on_row, this) == line.size());
  }
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
    const bool is_comment = skips_comments_ && row_.size() > 0 && row_.cell(0).starts_with('#');
    if (row_.size() > 0 && !is_comment) {
      for (std::size_t i = 0; i < row_.size(); ++i) block_.push_copy(row_.cell(i));
      block_.end_row(line_);
    }
    if (!second_half) line_ += 1 + lines_within_;
    row_.clear();
    row_bytes_ = 0;
    lines_within_ = 0;
    last_end_ = end;
    is_inside_ = end == '\r';  // a line feed may follow
  }
  void check(bool parsed) {
    if (fault_) std::rethrow_exception(fault_);
    if (parsed) return;
    hand_over();  // a row before may have a fault, too
    if (done_) return;
    throw_data_error(fmt::format(
        "{}:{}: a quote (\") is not closed, or is inside an unquoted cell (double it "
        "to \"\" and put the cell in quotes, or set quotes = \"no\" if quotes are text)",
        file_, line_));
  }

  // Calls the callback with the rows so far.
  void hand_over() {
    if (block_.rows() > 0 && !done_) done_ = !callback_(block_);
    block_.clear();
  }

  csv_parser parser_{};
  const CsvBlockCallback& callback_;
  CsvBlock block_;
  bool done_ = false;
  std::string file_;
  char delimiter_;
  bool skips_comments_;
  bool is_inside_ = false;  // whether libcsv has read the beginning of a row
  CsvRow row_;              // of libcsv, while it is not complete
  std::size_t row_bytes_ = 0;
  std::int64_t line_;
  std::int64_t lines_within_ = 0;
  int last_end_ = 0;
  std::exception_ptr fault_;
};

// Splits lines whose cells are not in quotes, or have spaces between them. A cell between spaces
// may be in quotes, as R writes them.
class LineSplitter {
 public:
  LineSplitter(const CsvBlockCallback& callback, const Dialect& dialect, std::int64_t first_line)
      : callback_(callback), dialect_(dialect), line_(first_line) {}

  void feed(std::string_view text) {
    for (; !text.empty(); ++line_) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty() || (dialect_.has_comments && line.starts_with('#'))) continue;
      split(line);
    }
    if (block_.rows() > 0 && !done_) done_ = !callback_(block_);
    block_.clear();
  }
  bool done() const { return done_; }

 private:
  void split(std::string_view line) {
    if (dialect_.delimiter == ' ') return split_at_spaces(line);
    for (std::size_t begin = 0; begin <= line.size();) {
      const std::size_t end = std::min(line.find(dialect_.delimiter, begin), line.size());
      block_.push(line.substr(begin, end - begin));
      begin = end + 1;
    }
    block_.end_row(line_);
  }
  void split_at_spaces(std::string_view line) {
    for (std::size_t begin = line.find_first_not_of(" \t"); begin < line.size();) {
      const bool quoted = dialect_.quotes && line[begin] == '"';
      const std::size_t from = begin + (quoted ? 1 : 0);
      const std::size_t end =
          std::min(line.find_first_of(quoted ? "\"" : " \t", from), line.size());
      block_.push(line.substr(from, end - from));
      begin = line.find_first_not_of(" \t", std::min(end + (quoted ? 1 : 0), line.size()));
    }
    if (line.find_first_not_of(" \t") != line.npos) block_.end_row(line_);
  }

  const CsvBlockCallback& callback_;
  const Dialect& dialect_;
  std::int64_t line_;
  bool done_ = false;
  CsvBlock block_;
};

// Feeds the rest of a file to a parser, which begins with `piece`. While it is fed, another thread
// reads the next piece.
template <class Parser>
void feed_all(Utf8Reader& reader, std::string piece, Parser& parser) {
  while (!piece.empty()) {
    auto next = std::async(std::launch::async, [&] { return std::string(reader.next()); });
    parser.feed(piece);
    if (parser.done()) return;  // a fault in what follows does not matter
    piece = next.get();
  }
}

}  // namespace

CsvFormat read_csv_rows(const std::filesystem::path& path, const CsvFormat& format,
                        const CsvRowCallback& callback) {
  return read_csv_blocks(path, format, [&](const CsvBlock& rows) {
    for (std::size_t i = 0; i < rows.rows(); ++i)
      if (!callback(rows.copy_row(i), rows.line(i))) return false;
    return true;
  });
}

CsvFormat read_csv_blocks(const std::filesystem::path& path, const CsvFormat& format,
                          const CsvBlockCallback& callback) {
  Utf8Reader reader(path);
  std::string_view piece = reader.next();
  const Dialect dialect = find_dialect(piece, format.delimiter, format.quotes);
  std::int64_t line = 1;
  if (dialect.has_separator_line) {
    piece.remove_prefix(std::min(piece.find('\n') + 1, piece.size()));
    ++line;
  }
  for (; dialect.has_comments && piece.starts_with('#'); ++line)
    piece.remove_prefix(std::min(piece.find('\n'), piece.size() - 1) + 1);
  if (dialect.quotes && dialect.delimiter != ' ') {
    Parser parser(callback, reader.name(), dialect, line);
    feed_all(reader, std::string(piece), parser);
    if (!parser.done()) parser.finish();
  } else {
    LineSplitter splitter(callback, dialect, line);
    feed_all(reader, std::string(piece), splitter);
  }
  return {delimiter_name(dialect.delimiter), dialect.quotes ? "yes" : "no", reader.notes()};
}

Dataset collect_rows(const std::filesystem::path& path, const DataOptions& options,
                     const std::vector<DeclaredColumn>& columns, const RowSource& source) {
  const std::string file = path.string();
  std::vector<std::size_t> word_columns;
  while (true) {
    CsvTable table(file, options, word_columns);
    std::int64_t rows = 0;
    if (!columns.empty()) {
      check_table_size(file, std::ssize(columns), 1);
      table.declare(columns);
    }
    const CsvRowCallback add_row = [&](const CsvRow& row, std::int64_t line) {
      if (!columns.empty()) check_table_size(file, std::ssize(columns), ++rows);
      table.row(row, line);
      return !table.complete();
    };
    const CsvBlockCallback add_rows = [&](const CsvBlock& block) {
      table.add_rows(block);
      return !table.complete();
    };
    CsvFormat format = source({add_row, add_rows});
    table.finish();
    // Words must be as in the file, so a column that turns out to have words is read again.
    word_columns = table.changed_words();
    if (!word_columns.empty()) continue;
    Dataset data = table.dataset(format.delimiter);
    std::ranges::move(format.notes, std::back_inserter(data.notes));
    return data;
  }
}

Dataset read_csv(const std::filesystem::path& path, const DataOptions& options) {
  return collect_rows(path, options, {}, [&](const RowSink& sink) {
    return read_csv_blocks(path, {options.delimiter, options.quotes}, sink.add_rows);
  });
}

}  // namespace selfnorm
