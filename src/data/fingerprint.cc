// SPDX-License-Identifier: Apache-2.0
#include "data/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <variant>
#include <vector>

#include "base/hash.h"

namespace selfnorm {
namespace {

// Hashes blocks of the values side by side, and then their hashes.
template <class T>
std::uint64_t hash_of(const std::vector<T>& values, std::uint64_t seed) {
  constexpr std::size_t kBlock = 1 << 20;  // values
  std::vector<std::uint64_t> hashes((values.size() + kBlock - 1) / kBlock);
#pragma omp parallel for
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const std::size_t begin = i * kBlock, count = std::min(kBlock, values.size() - begin);
    hashes[i] = hash_bytes(values.data() + begin, count * sizeof(T), seed);
  }
  return hash_bytes(hashes.data(), hashes.size() * sizeof(std::uint64_t), seed);
}

}  // namespace

std::string data_fingerprint(const Dataset& data) {
  std::uint64_t hash = 0;
  for (const Field& field : data.inputs) {
    hash = std::visit([&](const auto& values) { return hash_of(values, hash); }, field.values);
  }
  hash = hash_of(data.targets.values, hash_of(data.targets.classes, hash));
  return fmt::format("{} rows, XXH64 {:016x}", data.rows, hash);
}

}  // namespace selfnorm
