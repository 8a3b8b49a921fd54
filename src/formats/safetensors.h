// SPDX-License-Identifier: Apache-2.0
// The safetensors container: named tensors and string metadata in one file, which Python's
// `safetensors` and many other tools open. Layout: 8 bytes little-endian header length, a JSON
// header padded with spaces, then the tensors' bytes without holes.
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
#include "selfnorm/tensor.h"

namespace selfnorm {

/// How numbers lie in a file. Widest first: tensors are written in this order, so that each starts
/// at a multiple of its element's size.
enum class StoredType { f64, i64, f32, i32, u8 };

/// Bytes of one element.
std::size_t stored_size(StoredType type);

/// The container's word for the type, as "F32".
const char* stored_name(StoredType type);

/// One tensor: its numbers row-major, little-endian, in memory that someone else owns.
struct TensorEntry {
  std::string name;
  StoredType type = StoredType::f32;
  Shape shape;
  std::span<const std::byte> bytes;
};

using TensorMetadata = std::map<std::string, std::string>;

/// What a file held. The entries are sorted by name and point into `storage`, each at a 64-byte
/// boundary; they live as long as the TensorFile and survive its being moved.
struct TensorFile {
  std::vector<TensorEntry> tensors;
  TensorMetadata metadata;
  AlignedBuffer storage;
};

/// Replaces the file at `path`, atomically. Names are unique, UTF-8 and not "__metadata__"; each
/// entry has elements(shape) × stored_size(type) bytes. Throws Error(model_file) where that does
/// not hold, before anything is written, and Error(io) when the file cannot be written.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorEntry>& tensors,
                       const TensorMetadata& metadata);

/// Reads a file written by anybody. Everything the header claims is checked against the format and
/// the file's size before memory is taken for it. Throws Error(model_file) naming the file, the
/// tensor, what was expected and what came.
TensorFile read_safetensors(const std::filesystem::path& path);

/// The same from a stream of `size` bytes; `where` starts the messages.
TensorFile read_safetensors(std::istream& stream, std::uint64_t size, const std::string& where);

/// The entry of that name, or nullptr.
const TensorEntry* find_tensor(const TensorFile& file, std::string_view name);

/// The StoredType of a C++ number type.
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

/// An entry over `values`, which must outlive it.
template <class T>
TensorEntry tensor_entry(std::string name, Shape shape, std::span<const T> values) {
  return {std::move(name), stored_type<T>(), std::move(shape), std::as_bytes(values)};
}

/// The numbers of an entry that was read; empty when it holds another type than T.
template <class T>
std::span<const T> tensor_values(const TensorEntry& entry) {
  if (entry.type != stored_type<T>()) return {};
  return {reinterpret_cast<const T*>(entry.bytes.data()), entry.bytes.size() / sizeof(T)};
}

}  // namespace selfnorm
