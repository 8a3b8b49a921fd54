// SPDX-License-Identifier: Apache-2.0
// Converts settings to JSON and back, and reads untrusted JSON with one error for all faults. It is
// slow to compile, so only .cc files that use JSON include it.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "selfnorm/error.h"
#include "selfnorm/setting.h"

namespace selfnorm {

inline nlohmann::json settings_to_json(const Settings& settings) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, setting] : settings) {
    std::visit([&, &key = name](const auto& value) { json[key] = value; }, setting);
  }
  return json;
}

inline Setting setting_from_json(const nlohmann::json& json) {
  using Json = nlohmann::json;
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  const auto all = [&](auto is) { return std::ranges::all_of(json, is); };
  if (json.is_array() && all([](const Json& j) { return j.is_number_integer(); })) {
    return json.get<std::vector<std::int64_t>>();
  }
  if (json.is_array() && all([](const Json& j) { return j.is_number(); })) {
    return json.get<std::vector<double>>();
  }
  return json.get<std::vector<std::string>>();
}

inline Settings settings_from_json(const nlohmann::json& json) {
  Settings settings;
  for (const auto& [name, value] : json.items()) settings[name] = setting_from_json(value);
  return settings;
}

/// Parses the text and returns the result of `read`. Throws Error(model_file) naming `what` if the
/// text is not JSON, or not as `read` expects it.
template <class Read>
auto read_json(std::string_view text, const char* what, Read read) {
  try {
    return read(nlohmann::json::parse(text));
  } catch (const nlohmann::json::exception&) {
    throw Error(
        ErrorKind::model_file,
        std::string("its metadata '") + what +
            "' are damaged: they are not JSON, or a member is missing or has the wrong type");
  }
}

}  // namespace selfnorm
