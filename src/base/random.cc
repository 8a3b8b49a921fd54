// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <Random123/philox.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>
#include <utility>

namespace selfnorm {
namespace {

std::uint64_t combine(std::uint32_t high, std::uint32_t low) {
  return (static_cast<std::uint64_t>(high) << 32) | low;
}

std::array<std::uint32_t, 4> draw(RandomKey key, std::uint64_t index, std::uint32_t attempt) {
  return philox(key, {static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                      attempt, 0});
}

}  // namespace

RandomKey random_key(std::uint64_t seed, std::string_view domain, std::string_view name) {
  std::string text(domain);
  text += ':';
  text += name;
  return {XXH64(text.data(), text.size(), seed)};
}

std::array<std::uint32_t, 4> philox(RandomKey key, const std::array<std::uint32_t, 4>& counter) {
  const r123::Philox4x32::ctr_type in{{counter[0], counter[1], counter[2], counter[3]}};
  const r123::Philox4x32::key_type k{
      {static_cast<std::uint32_t>(key.bits), static_cast<std::uint32_t>(key.bits >> 32)}};
  const auto out = r123::Philox4x32()(in, k);
  return {out[0], out[1], out[2], out[3]};
}

double unit_interval(std::uint64_t bits) {
  constexpr double kBelowOne = 1 - 0x1p-53;  // the last center is not a double and would round to 1
  return std::min((static_cast<double>(bits >> 11) + 0.5) * 0x1p-53, kBelowOne);
}

double uniform(RandomKey key, std::uint64_t index, std::uint32_t attempt) {
  const auto words = draw(key, index, attempt);
  return unit_interval(combine(words[0], words[1]));
}

double normal(RandomKey key, std::uint64_t index, std::uint32_t attempt) {
  const auto words = draw(key, index, attempt);
  const double radius = std::sqrt(-2.0 * std::log(unit_interval(combine(words[0], words[1]))));
  return radius * std::cos(2.0 * std::numbers::pi * unit_interval(combine(words[2], words[3])));
}

std::vector<float> standard_normals(RandomKey key, std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(normal(key, i));
  return values;
}

double truncated_normal(RandomKey key, std::uint64_t index) {
  for (std::uint32_t attempt = 0;; ++attempt) {
    const double z = normal(key, index, attempt);
    if (std::abs(z) < 2.0) return z;
  }
}

std::vector<std::int64_t> permutation(RandomKey key, std::int64_t count) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) {
    const auto j = static_cast<std::size_t>(uniform(key, i - 1) * static_cast<double>(i));
    std::swap(order[i - 1], order[j]);
  }
  return order;
}

}  // namespace selfnorm
