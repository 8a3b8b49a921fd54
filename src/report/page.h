// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace selfnorm {

using Json = nlohmann::ordered_json;

/// Returns a report as one HTML page that loads no other files. It contains styles, scripts,
/// Chart.js and `document`, which src/report/page/sections.js reads. Everything in the document is
/// shown as text, never as markup.
std::string html_page(const std::string& title, const Json& document);

/// Returns a number for a document; null for NaN and infinity.
Json number(double value);

}  // namespace selfnorm
