// SPDX-License-Identifier: Apache-2.0
// Reads text files line by line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace selfnorm {

/// Receives a line without its end (LF or CR LF) and its number from 1. Returns false to stop.
using LineCallback = std::function<bool(std::string_view line, std::int64_t number)>;

/// Calls a function for each line of a plain or compressed file, including empty lines. A byte
/// order mark is skipped. Throws Error(data) for a line longer than 16 MiB.
void read_lines(const std::filesystem::path& path, const LineCallback& callback);

/// Likewise, with lines of any encoding that Utf8Reader reads. Returns notes on the encoding.
std::vector<std::string> read_utf8_lines(const std::filesystem::path& path,
                                         const LineCallback& callback);

}  // namespace selfnorm
