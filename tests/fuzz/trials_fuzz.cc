// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "fuzz/reader.h"
#include "tune/trial_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return selfnorm::fuzz::read(bytes, size, [](const std::filesystem::path& path) {
    try {
      selfnorm::parse_trial(nlohmann::ordered_json::parse(selfnorm::read_file(path)));
    } catch (const nlohmann::json::exception&) {  // as TrialsFile does
    }
  });
}
