// SPDX-License-Identifier: Apache-2.0
// A small deviation as Σ coefficient·source of independent sources of mean 0 and variance 1: what
// several values owe to one source adds up before it is squared.
#pragma once

#include <cstdint>
#include <vector>

namespace selfnorm {

class NoiseSum {
 public:
  /// Adds coefficient·source; sources have numbers from 0.
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

  std::vector<Term> terms_;  ///< by source
};

}  // namespace selfnorm
