// SPDX-License-Identifier: Apache-2.0
#include "files/arrow_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "files/byte_reader.h"
#include "files/foreign_files.h"

namespace selfnorm {
namespace {

struct ArrowFormat {
  std::string_view magic;
  const char* name;
};

constexpr ArrowFormat kFormats[] = {
    {"PAR1", "a Parquet file"}, {"ARROW1", "an Arrow or Feather file"}, {"FEA1", "a Feather file"}};

constexpr int kNoPyarrow = 3;  // exit status of kScript

// The first line keeps Python from loading modules from the current folder, which may be untrusted.
// CSV has no dictionaries, so their values are written.
constexpr const char* kScript = R"(
import sys; sys.path.pop(0)
try:
    import pyarrow, pyarrow.csv, pyarrow.feather, pyarrow.parquet
except ImportError:
    sys.exit(3)  # as kNoPyarrow
try:
    path = sys.argv[1]
    with open(path, "rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    table = (pyarrow.parquet if is_parquet else pyarrow.feather).read_table(path)
    for i, field in enumerate(table.schema):
        if pyarrow.types.is_dictionary(field.type):
            table = table.set_column(i, field.name, table.column(i).cast(field.type.value_type))
    index = table.schema.get_field_index("__index_level_0__")
    if index >= 0:
        column = table.column(index)
        table = table.remove_column(index).add_column(0, "", column)
    pyarrow.csv.write_csv(table, sys.stdout.buffer)
except Exception as error:
    sys.exit(str(error))
)";

const ArrowFormat* format_of(std::string_view start) {
  const auto* found = std::ranges::find_if(
      kFormats, [&](const ArrowFormat& format) { return start.starts_with(format.magic); });
  return found == std::end(kFormats) ? nullptr : found;
}

// Runs the script with its output in two files. Returns the exit status, or nothing if there is no
// python3.
std::optional<int> run_script(const std::filesystem::path& path, const std::string& output,
                              const std::string& errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, errors.c_str(), O_WRONLY | O_TRUNC, 0600);
  std::string words[] = {"python3", "-c", kScript, path.string()};
  char* arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  pid_t child = 0;
  const int fault = posix_spawnp(&child, "python3", &actions, nullptr, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (fault != 0) return std::nullopt;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

[[noreturn]] void throw_no_pyarrow(const std::filesystem::path& path, const ArrowFormat& format) {
  throw_data_error(fmt::format(
      "{}: is {}, but python3 does not find the package pyarrow, which reads it (install it, in a "
      "virtual environment if pip refuses: python3 -m venv env && env/bin/pip install pyarrow && "
      "export PATH=$PWD/env/bin:$PATH)",
      path.string(), format.name));
}

}  // namespace

bool is_arrow_file(const std::filesystem::path& path) {
  // A table may begin with a column named PAR1, but it has no control bytes.
  const std::string start = first_bytes(path);
  return format_of(start) != nullptr && has_control_bytes(start);
}

std::unique_ptr<TemporaryFile> convert_arrow_file(const std::filesystem::path& path) {
  auto table = std::make_unique<TemporaryFile>();
  TemporaryFile errors;
  const ArrowFormat* format = format_of(first_bytes(path));
  const auto status = run_script(path, table->path(), errors.path());
  if (!status || *status == kNoPyarrow) throw_no_pyarrow(path, *format);
  if (*status != 0) {
    throw_data_error(fmt::format(
        "{}: is {} that pyarrow cannot convert to CSV: {} (write the file again if it is damaged, "
        "or without the columns that are no numbers, words or times)",
        path.string(), format->name, last_line(read_file(errors.path()))));
  }
  table->close(".csv");
  return table;
}

}  // namespace selfnorm
