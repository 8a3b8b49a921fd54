// SPDX-License-Identifier: Apache-2.0
#include "data/fingerprint.h"

#include <fmt/format.h>

#include <cstdint>
#include <variant>
#include <vector>

#include "base/hash.h"

namespace selfnorm {
namespace {

template <class T>
std::uint64_t hash_of(const std::vector<T>& values, std::uint64_t seed) {
  return hash_bytes(values.data(), values.size() * sizeof(T), seed);
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
