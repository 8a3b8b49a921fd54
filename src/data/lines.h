// SPDX-License-Identifier: Apache-2.0
// Text files line by line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

namespace selfnorm {

/// Takes a line without its end (LF or CR LF) and its number from 1; false when no more are wanted.
using LineTaker = std::function<bool(std::string_view line, std::int64_t number)>;

/// Hands over the lines of a file, gzip or not, empty ones too; a byte order mark is left out. A
/// line is at most 16 MiB long: Error(data) names a longer one.
void read_lines(const std::filesystem::path& path, const LineTaker& take);

}  // namespace selfnorm
