// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "fuzz/reader.h"
#include "tune/trial_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return selfnorm::fuzz::read_text(bytes, size, [](const std::string& text) {
    try {
      selfnorm::parse_trial(nlohmann::ordered_json::parse(text));
    } catch (const nlohmann::json::exception&) {  // as TrialsFile does
    }
  });
}
