// SPDX-License-Identifier: Apache-2.0
// The safetensors format: named tensors and string metadata in one file, which Python's
// `safetensors` and many other tools open. Layout: the length of the header in 8 bytes,
// little-endian, a JSON header padded with spaces, then the bytes of the tensors without gaps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/aligned_buffer.h"
#include "selfnorm/checksums.h"
#include "selfnorm/tensor.h"

namespace selfnorm {

/// The type of the numbers in a file. The widest type is first: tensors are written in this order,
/// so that each starts at a multiple of the size of its elements.
enum class StoredType { f64, i64, f32, i32, u8 };

/// Returns the size of one element in bytes.
std::size_t stored_size(StoredType type);

/// Returns the name of the type in the format, such as "F32".
const char* stored_name(StoredType type);

/// A tensor. Its numbers are row-major and little-endian, in memory that the entry does not own.
struct TensorEntry {
  std::string name;
  StoredType type = StoredType::f32;
  Shape shape;
  std::span<const std::byte> bytes;
};

using TensorMetadata = std::map<std::string, std::string>;

/// The contents of a file. The entries are sorted by name and point into `storage`, each at a
/// 64-byte boundary. They are valid as long as the TensorFile exists, even if it is moved.
struct TensorFile {
  std::vector<TensorEntry> tensors;
  TensorMetadata metadata;
  AlignedBuffer storage;
};

/// Creates or replaces the file at `path` atomically, and adds checksums to the metadata
/// (formats/checksums.h). Names must be unique, UTF-8 and not "__metadata__". Each entry must have
/// elements(shape) × stored_size(type) bytes. Throws Error(model_file) before writing if an entry
/// is invalid, and Error(io) if the file cannot be written.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorEntry>& tensors,
                       const TensorMetadata& metadata);

/// Reads a file from an untrusted source. Everything in the header is checked against the format
/// and the size of the file before memory is allocated for it. Throws Error(model_file) with the
/// file, the tensor, what was expected and what was found.
TensorFile read_safetensors(const std::filesystem::path& path,
                            Checksums checksums = Checksums::verify);

/// Reads the same from a stream of `size` bytes. `where` starts error messages.
TensorFile read_safetensors(std::istream& stream, std::uint64_t size, const std::string& where,
                            Checksums checksums = Checksums::verify);

/// Returns the entry with this name, or nullptr.
const TensorEntry* find_tensor(const TensorFile& file, std::string_view name);

/// Returns the StoredType of a C++ number type.
template <class T>
constexpr StoredType stored_type() {
  if constexpr (std::is_same_v<T, double>) {
    return StoredType::f64;
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    return StoredType::i64;
  } else if constexpr (std::is_same_v<T, float>) {
    return StoredType::f32;
  } else if constexpr (std::is_same_v<T, std::int32_t>) {
    return StoredType::i32;
  } else {
    static_assert(std::is_same_v<T, std::uint8_t>, "no stored type for this number type");
    return StoredType::u8;
  }
}

/// Returns an entry that refers to `values`, which must outlive it.
template <class T>
TensorEntry tensor_entry(std::string name, Shape shape, std::span<const T> values) {
  return {std::move(name), stored_type<T>(), std::move(shape), std::as_bytes(values)};
}

/// Returns the numbers of an entry of a TensorFile, or nothing if its type is not T.
template <class T>
std::span<const T> tensor_values(const TensorEntry& entry) {
  if (entry.type != stored_type<T>()) return {};
  return {reinterpret_cast<const T*>(entry.bytes.data()), entry.bytes.size() / sizeof(T)};
}

}  // namespace selfnorm
