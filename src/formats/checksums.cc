// SPDX-License-Identifier: Apache-2.0
#include "formats/checksums.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "formats/safetensors_header.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr const char* kAlgorithm = "xxh64";

using NamedHashes = std::map<std::string, std::string>;

std::string hex(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

std::string tensor_checksum(const TensorEntry& entry) {
  const std::string kind = fmt::format("{} {}", stored_name(entry.type), to_string(entry.shape));
  return hex(
      hash_bytes(entry.bytes.data(), entry.bytes.size(), hash_bytes(kind.data(), kind.size())));
}

NamedHashes tensor_checksums(const std::vector<TensorEntry>& tensors) {
  NamedHashes found;
  for (const TensorEntry& entry : tensors) found[entry.name] = tensor_checksum(entry);
  return found;
}

std::string metadata_checksum(const TensorMetadata& metadata) {
  std::string bytes;
  for (const auto& [key, value] : metadata) {
    if (key == kChecksumsKey) continue;
    bytes.append(key).append(1, '\0').append(value).append(1, '\0');
  }
  return hex(hash_bytes(bytes.data(), bytes.size()));
}

[[noreturn]] void report_damage(const std::string& where, const std::string& message) {
  throw Error(ErrorKind::model_file,
              fmt::format("{}: {} (the file is damaged: use another copy, or read this one with "
                          "`predict --no-verify`. If another program changed it, remove '{}' from "
                          "its metadata)",
                          where, message, kChecksumsKey));
}

void compare(const std::string& where, const std::string& what, const std::string& found,
             const std::string& stored) {
  if (found != stored)
    report_damage(where, fmt::format("{} has the checksum {}, but '{}' has {}", what, found,
                                     kChecksumsKey, stored.empty() ? "none" : printable(stored)));
}

}  // namespace

std::string checksums_to_json(const std::vector<TensorEntry>& tensors,
                              const TensorMetadata& metadata) {
  return nlohmann::json{{"algorithm", kAlgorithm},
                        {"metadata", metadata_checksum(metadata)},
                        {"tensors", tensor_checksums(tensors)}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void verify_checksums(const std::vector<TensorEntry>& tensors, const TensorMetadata& metadata,
                      const std::string& where) {
  const auto text = metadata.find(kChecksumsKey);
  if (text == metadata.end()) return;
  std::string algorithm, stored_metadata;
  NamedHashes stored;
  try {
    const auto json = nlohmann::json::parse(text->second);
    algorithm = json.at("algorithm").get<std::string>();
    stored_metadata = json.at("metadata").get<std::string>();
    stored = json.at("tensors").get<NamedHashes>();
  } catch (const nlohmann::json::exception&) {
    report_damage(where, fmt::format("'{}' in its metadata cannot be read", kChecksumsKey));
  }
  if (algorithm != kAlgorithm)
    report_damage(where, fmt::format("'{}' uses '{}', expected '{}'", kChecksumsKey,
                                     printable(algorithm), kAlgorithm));
  for (const auto& [name, checksum] : tensor_checksums(tensors))
    compare(where, fmt::format("tensor '{}'", printable(name)), checksum, stored[name]);
  if (stored.size() != tensors.size())
    report_damage(where, fmt::format("the file has {} tensors, but '{}' lists {}", tensors.size(),
                                     kChecksumsKey, stored.size()));
  compare(where, "the metadata", metadata_checksum(metadata), stored_metadata);
}

}  // namespace selfnorm
