// SPDX-License-Identifier: Apache-2.0
#include "theory/noise_sum.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace selfnorm {
namespace {

// Above this number of terms, the oldest half is merged into one source, which is common to all
// sums (two sums nearly always have the same part from old sources).
constexpr std::size_t kMaxTerms = 512;
constexpr std::int64_t kMergedSource = -1;

}  // namespace

void NoiseSum::add_source(std::int64_t source, double coefficient) {
  if (coefficient == 0) return;
  const auto at = std::ranges::upper_bound(terms_, source, {}, &Term::source);
  terms_.insert(at, {source, coefficient});
  merge_oldest();
}

void NoiseSum::add(const NoiseSum& other, double factor) {
  if (factor == 0) return;
  std::vector<Term> sum;
  auto mine = terms_.begin();
  for (const Term& term : other.terms_) {
    while (mine != terms_.end() && mine->source < term.source) sum.push_back(*mine++);
    const bool both = mine != terms_.end() && mine->source == term.source;
    sum.push_back({term.source, factor * term.coefficient + (both ? (mine++)->coefficient : 0)});
  }
  std::copy(mine, terms_.end(), std::back_inserter(sum));
  terms_ = std::move(sum);
  merge_oldest();
}

double NoiseSum::variance() const {
  double sum = 0;
  for (const Term& term : terms_) sum += term.coefficient * term.coefficient;
  return sum;
}

void NoiseSum::merge_oldest() {
  if (terms_.size() <= kMaxTerms) return;
  const auto end = terms_.begin() + kMaxTerms / 2;
  double squares = 0;
  for (auto term = terms_.begin(); term != end; ++term) {
    squares += term->coefficient * term->coefficient;
  }
  const Term oldest{kMergedSource, std::sqrt(squares)};
  terms_.erase(terms_.begin(), end);
  terms_.insert(terms_.begin(), oldest);
}

}  // namespace selfnorm
