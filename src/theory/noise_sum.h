// SPDX-License-Identifier: Apache-2.0
// A small random change as Σ coefficient·source over independent sources with mean 0 and
// variance 1. Contributions of the same source add up before they are squared.
#pragma once

#include <cstdint>
#include <vector>

namespace selfnorm {

class NoiseSum {
 public:
  /// Adds coefficient·source. Sources are numbered from 0.
  void add_source(std::int64_t source, double coefficient);
  /// Adds factor·other.
  void add(const NoiseSum& other, double factor);
  double variance() const;

 private:
  struct Term {
    std::int64_t source;
    double coefficient;
  };
  void merge_oldest();

  std::vector<Term> terms_;  ///< ordered by source
};

}  // namespace selfnorm
