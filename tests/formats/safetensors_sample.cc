// SPDX-License-Identifier: Apache-2.0
// Used by safetensors_python_test.py: writes a file for Python, and describes a file from Python.
#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "formats/safetensors.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr int kExtent = 6;

void write(const char* path) {
  std::vector<double> f64;
  std::vector<float> f32;
  std::vector<std::int64_t> i64;
  std::vector<std::int32_t> i32;
  std::vector<std::uint8_t> u8;
  for (int i = 0; i < kExtent; ++i) {  // the Python test knows these formulas
    f64.push_back(i / 3.0);
    f32.push_back(static_cast<float>(i) / 3.0F);
    i64.push_back(std::int64_t{i} << 40);
    i32.push_back(-i);
    u8.push_back(static_cast<std::uint8_t>(250 + i));
  }
  write_safetensors(
      path,
      {tensor_entry<std::uint8_t>("u8", {3, 2}, u8), tensor_entry<std::int32_t>("i32", {6}, i32),
       tensor_entry<std::int64_t>("i64", {6, 1}, i64), tensor_entry<float>("f32", {2, 3}, f32),
       tensor_entry<double>("f64", {1, 6}, f64),
       tensor_entry<float>("scalar", {}, std::span(f32).first(1)),
       tensor_entry<float>("empty", {2, 0}, std::span<const float>())},
      {{"graph", "{\"op\": \"selu\"}"}, {"greek", "αλ"}});
}

/// Prints one line per tensor (name, type, shape, bytes in hexadecimal), then one per metadata key.
void describe(const char* path) {
  const TensorFile file = read_safetensors(path);
  for (const TensorEntry& entry : file.tensors) {
    fmt::print("{} {} {} ", entry.name, stored_name(entry.type), to_string(entry.shape));
    for (const std::byte byte : entry.bytes) fmt::print("{:02x}", std::to_integer<int>(byte));
    fmt::print("\n");
  }
  for (const auto& [key, value] : file.metadata) fmt::print("{} = {}\n", key, value);
}

}  // namespace
}  // namespace selfnorm

int main(int count, char** arguments) try {
  const std::string_view command = count == 3 ? arguments[1] : "";
  if (command == "write") {
    selfnorm::write(arguments[2]);
  } else if (command == "describe") {
    selfnorm::describe(arguments[2]);
  } else {
    fmt::print(stderr, "usage: safetensors_sample write|describe FILE\n");
    return 2;
  }
  return 0;
} catch (const selfnorm::Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 4;
}
