// SPDX-License-Identifier: Apache-2.0
#include "api/resume_notes.h"

#include <fmt/format.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "base/file.h"
#include "base/text.h"

namespace selfnorm {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Returns the lines of `text` that `other` does not have, each in backquotes.
std::string lines_only_in(const std::string& text, const std::string& other) {
  const std::vector<std::string> others = lines_of(other);
  const std::set<std::string> known(others.begin(), others.end());
  std::vector<std::string> found;
  for (const std::string& line : lines_of(text))
    if (!known.contains(line)) found.push_back("`" + line + "`");
  return found.empty() ? "the defaults" : join(found, ", ");
}

}  // namespace

std::vector<std::string> resume_notes(const RunFolder& folder, const RunConfig& config,
                                      const HistoryFile& history) {
  std::vector<std::string> notes;
  const std::string now = to_toml(config);
  if (std::filesystem::exists(folder.config())) {
    const std::string before = read_file(folder.config());
    if (now != before)
      notes.push_back(fmt::format(
          "the run continues with {} instead of {}, so the rest of it may differ from a run that "
          "began with these options",
          lines_only_in(now, before), lines_only_in(before, now)));
  }
  for (const std::string& damage : history.damage())
    notes.push_back(
        fmt::format("{}; the line was dropped from the history ({} is a copy of the old "
                    "file)",
                    damage, damaged_history(folder.history()).string()));
  return notes;
}

}  // namespace selfnorm
