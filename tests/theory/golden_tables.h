// SPDX-License-Identifier: Apache-2.0
// Reads the reference tables of tests/golden, which have 25 digits.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace selfnorm {

/// Returns the rows of a table in tests/golden, without its first line.
inline std::vector<std::vector<double>> golden_rows(const std::string& name) {
  std::ifstream file(std::string(SELFNORM_SOURCE_DIR "/tests/golden/") + name);
  std::vector<std::vector<double>> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::ranges::replace(line, ',', ' ');
    std::istringstream cells(line);
    auto& row = rows.emplace_back();
    for (double cell; cells >> cell;) row.push_back(cell);
  }
  return rows;
}

/// Checks that |got − want| is at most `relative`·|want|, or at most `absolute` near zero.
inline void expect_close(double got, double want, double relative, double absolute = 0) {
  EXPECT_LE(std::abs(got - want), std::max(relative * std::abs(want), absolute))
      << "got " << got << ", want " << want;
}

}  // namespace selfnorm
