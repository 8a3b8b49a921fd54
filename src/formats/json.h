// SPDX-License-Identifier: Apache-2.0
// Converts settings and numbers to JSON and back, and reads untrusted JSON with one error for all
// faults. It is slow to compile, so only .cc files that use JSON include it.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "selfnorm/error.h"
#include "selfnorm/setting.h"
#include "selfnorm/tensor.h"

namespace selfnorm {

inline nlohmann::json settings_to_json(const Settings& settings) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [name, setting] : settings) {
    std::visit([&, &key = name](const auto& value) { json[key] = value; }, setting);
  }
  return json;
}

/// Returns the integer. Throws Error(model_file) if it is something else, such as 8.5, or if it
/// does not fit.
template <class Json>
std::int64_t integer_from_json(const Json& json) {
  const bool fits = !json.is_number_unsigned() ||
                    json.template get<std::uint64_t>() <=
                        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (json.is_number_integer() && fits) return json.template get<std::int64_t>();
  throw Error(ErrorKind::model_file,
              "expected a whole number below 2^63, got " +
                  (json.is_number() ? json.dump() : std::string(json.type_name())));
}

/// Returns the shape of a JSON array.
inline Shape shape_from_json(const nlohmann::json& json) {
  Shape shape;
  for (const nlohmann::json& size : json) shape.push_back(integer_from_json(size));
  return shape;
}

inline Setting setting_from_json(const nlohmann::json& json) {
  using Json = nlohmann::json;
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return integer_from_json(json);
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return json.get<std::string>();
  const auto all = [&](auto is) { return std::ranges::all_of(json, is); };
  if (json.is_array() && all([](const Json& j) { return j.is_number_integer(); })) {
    return shape_from_json(json);
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

/// Returns the number. JSON has none that are not finite: NaN is null, and the others are
/// "Infinity" and "-Infinity".
inline nlohmann::json number_to_json(double value) {
  if (std::isfinite(value)) return value;
  if (std::isnan(value)) return nullptr;
  return value > 0 ? "Infinity" : "-Infinity";
}

/// Returns the number that `number_to_json` wrote. Throws an exception of the JSON library if it
/// is something else.
template <class Json>
double number_from_json(const Json& json) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (json.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (json == "Infinity") return kInfinity;
  if (json == "-Infinity") return -kInfinity;
  return json.template get<double>();
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
