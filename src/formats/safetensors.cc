// SPDX-License-Identifier: Apache-2.0
#include "formats/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "base/file.h"
#include "formats/checksums.h"
#include "formats/safetensors_header.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

static_assert(std::endian::native == std::endian::little, "bytes are copied without conversion");

constexpr std::size_t kLengthBytes = 8;
// The reference implementation also rejects longer headers, so this program must not write them.
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr const char* kFixHint =
    " (the file is damaged or truncated: use another copy or save it again)";

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  throw Error(ErrorKind::model_file, where + ": " + message);
}

/// Computes the size of a tensor in bytes. Returns false for a negative extent or a size beyond 64
/// bits.
bool byte_count(StoredType type, const Shape& shape, std::uint64_t& bytes) {
  bytes = stored_size(type);
  for (const std::int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<std::uint64_t>(extent), &bytes)) {
      return false;
    }
  }
  return true;
}

std::string describe(StoredType type, const Shape& shape) {
  return fmt::format("{} {}", stored_name(type), to_string(shape));
}

void check_entry(const TensorEntry& entry, std::set<std::string_view>& names,
                 const std::string& where) {
  const std::string tensor = "tensor '" + entry.name + "': ";
  if (entry.name == kMetadataKey)
    fail(where, tensor + "the name is reserved for the format's metadata");
  if (!names.insert(entry.name).second) fail(where, tensor + "the name occurs twice");
  std::uint64_t bytes = 0;
  if (!byte_count(entry.type, entry.shape, bytes) || bytes != entry.bytes.size()) {
    fail(where, fmt::format("{}{} needs {} bytes, got {}", tensor,
                            describe(entry.type, entry.shape), bytes, entry.bytes.size()));
  }
}

std::string header_text(const std::vector<const TensorEntry*>& entries,
                        const TensorMetadata& metadata, const std::string& where) {
  nlohmann::ordered_json header = {{kMetadataKey, metadata}};
  std::uint64_t offset = 0;
  for (const TensorEntry* entry : entries) {
    const std::uint64_t end = offset + entry->bytes.size();
    header[entry->name] = {{"dtype", stored_name(entry->type)},
                           {"shape", entry->shape},
                           {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text;
  try {
    text = header.dump();
  } catch (const nlohmann::json::type_error& error) {
    fail(where, std::string("a name or the metadata are not UTF-8: ") + error.what());
  }
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  if (text.size() > kMaxHeaderBytes) {
    fail(where, fmt::format("the header needs {} bytes, but the format allows only {}", text.size(),
                            kMaxHeaderBytes));
  }
  return text;
}

void read_bytes(std::istream& stream, void* destination, std::uint64_t count,
                const std::string& where) {
  stream.read(static_cast<char*>(destination), static_cast<std::streamsize>(count));
  if (static_cast<std::uint64_t>(stream.gcount()) != count) {
    fail(where, fmt::format("expected {} more bytes, got {}{}", count, stream.gcount(), kFixHint));
  }
}

std::string read_header(std::istream& stream, std::uint64_t size, const std::string& where) {
  if (size < kLengthBytes) {
    fail(where, fmt::format("a safetensors file has at least {} bytes, but this one has {}{}",
                            kLengthBytes, size, kFixHint));
  }
  std::uint64_t length = 0;
  read_bytes(stream, &length, kLengthBytes, where);
  if (length > std::min(kMaxHeaderBytes, size - kLengthBytes)) {
    fail(where,
         fmt::format("the header claims {} bytes, but the file has {} after its first {}, and the "
                     "format allows {} (this is not a safetensors file, or it is truncated)",
                     length, size - kLengthBytes, kLengthBytes, kMaxHeaderBytes));
  }
  std::string text(length, '\0');
  read_bytes(stream, text.data(), length, where);
  return text;
}

/// Checks that the ranges of the tensors cover the data without gaps, overlaps or left-over bytes.
/// The reference implementation requires the same, because a gap could hide bytes that no reader
/// sees.
void check_layout(std::vector<HeaderEntry>& entries, std::uint64_t data_bytes,
                  const std::string& where) {
  std::ranges::sort(entries, [](const HeaderEntry& a, const HeaderEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t expected = 0;
  for (const HeaderEntry& entry : entries) {
    const std::string tensor = fmt::format("tensor '{}': data_offsets are [{}, {}], but ",
                                           printable(entry.name), entry.begin, entry.end);
    if (entry.begin != expected) {
      fail(where, fmt::format("{}they must begin at {}, where the previous tensor ends{}", tensor,
                              expected, kFixHint));
    }
    if (entry.end < entry.begin || entry.end > data_bytes) {
      fail(where, fmt::format("{}the file has {} bytes of data{}", tensor, data_bytes, kFixHint));
    }
    std::uint64_t bytes = 0;
    if (!byte_count(entry.type, entry.shape, bytes)) {
      fail(where, fmt::format("{}shape {} has too many elements{}", tensor, to_string(entry.shape),
                              kFixHint));
    }
    if (bytes != entry.end - entry.begin) {
      fail(where,
           fmt::format("{}{} needs {} bytes, got {}{}", tensor, describe(entry.type, entry.shape),
                       bytes, entry.end - entry.begin, kFixHint));
    }
    expected = entry.end;
  }
  if (expected != data_bytes) {
    fail(where,
         fmt::format("the tensors end at byte {} of the data, but the file has {} bytes of data{}",
                     expected, data_bytes, kFixHint));
  }
}

}  // namespace

std::size_t stored_size(StoredType type) {
  switch (type) {
    case StoredType::f64:
    case StoredType::i64: return 8;
    case StoredType::f32:
    case StoredType::i32: return 4;
    case StoredType::u8: return 1;
  }
  return 0;
}

const char* stored_name(StoredType type) {
  switch (type) {
    case StoredType::f64: return "F64";
    case StoredType::i64: return "I64";
    case StoredType::f32: return "F32";
    case StoredType::i32: return "I32";
    case StoredType::u8: return "U8";
  }
  return "";
}

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorEntry>& tensors,
                       const TensorMetadata& metadata) {
  const std::string where = path.string();
  std::set<std::string_view> names;
  std::vector<const TensorEntry*> entries;
  for (const TensorEntry& entry : tensors) {
    check_entry(entry, names, where);
    entries.push_back(&entry);
  }
  std::ranges::sort(entries, [](const TensorEntry* a, const TensorEntry* b) {
    return std::tie(a->type, a->name) < std::tie(b->type, b->name);
  });
  TensorMetadata all_metadata = metadata;
  all_metadata[kChecksumsKey] = checksums_to_json(tensors, metadata);
  const std::string header = header_text(entries, all_metadata, where);
  const std::uint64_t length = header.size();
  AtomicFile file(path);
  file.write(&length, kLengthBytes);
  file.write(header);
  for (const TensorEntry* entry : entries) file.write(entry->bytes.data(), entry->bytes.size());
  file.commit();
}

TensorFile read_safetensors(std::istream& stream, std::uint64_t size, const std::string& where,
                            Checksums checksums) {
  const std::string text = read_header(stream, size, where);
  Header header = parse_header(text, where);
  check_layout(header.entries, size - kLengthBytes - text.size(), where);

  std::size_t storage_bytes = 0;
  for (const HeaderEntry& entry : header.entries)
    storage_bytes += align_up(entry.end - entry.begin);
  TensorFile file;
  file.metadata = std::move(header.metadata);
  file.storage = AlignedBuffer(storage_bytes);
  std::byte* cursor = file.storage.data();
  for (HeaderEntry& entry : header.entries) {
    const std::size_t bytes = entry.end - entry.begin;
    if (bytes > 0) read_bytes(stream, cursor, bytes, where);
    file.tensors.push_back(
        {std::move(entry.name), entry.type, std::move(entry.shape), {cursor, bytes}});
    cursor += align_up(bytes);
  }
  std::ranges::sort(file.tensors, {}, &TensorEntry::name);
  if (checksums == Checksums::verify) verify_checksums(file.tensors, file.metadata, where);
  file.metadata.erase(kChecksumsKey);
  return file;
}

TensorFile read_safetensors(const std::filesystem::path& path, Checksums checksums) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  std::ifstream stream(path, std::ios::binary);
  if (error || !stream) {
    fail(path.string(), "cannot be opened: " + (error ? error.message() : std::strerror(errno)));
  }
  return read_safetensors(stream, size, path.string(), checksums);
}

const TensorEntry* find_tensor(const TensorFile& file, std::string_view name) {
  const auto found = std::ranges::lower_bound(file.tensors, name, {}, &TensorEntry::name);
  return found != file.tensors.end() && found->name == name ? &*found : nullptr;
}

}  // namespace selfnorm
