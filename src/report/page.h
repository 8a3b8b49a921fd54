#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace selfnorm {

using Json = nlohmann::ordered_json;

/// A report as one HTML page that needs nothing else: styles, scripts and NetworkAnalysis.js stand
/// in it, and `document` as what src/report/page/sections.js reads. Whatever the document holds
/// shows as text.
std::string html_page(const std::string& title, const Json& document);

/// A number for a document; null where it is none.
Json number(double value);

}  // namespace selfnorm
