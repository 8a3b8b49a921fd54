// SPDX-License-Identifier: Apache-2.0
#include "report/page.h"

#include <report/page_parts.h>  // made by cmake/report_page.cmake
#include <cmath>
#include <string_view>
#include <utility>

#include "selfnorm/version.h"

namespace selfnorm {
namespace {

std::string escape_html(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '&') safe += "&amp;";
    else if (c == '<') safe += "&lt;";
    else if (c == '>') safe += "&gt;";
    else if (c == '"') safe += "&quot;";
    else safe += c;
  }
  return safe;
}

// Escapes "<". Inside a script element, "</script" would end it, and "<!--" would change the
// meaning of what follows.
std::string escape_script(const Json& document) {
  const std::string json = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  for (const char c : json) {
    if (c == '<') safe += "\\u003c";
    else safe += c;
  }
  return safe;
}

}  // namespace

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

std::string html_page(const std::string& title, const Json& document) {
  const std::pair<std::string_view, std::string> parts[] = {
      {"@title@", escape_html(title)},
      {"@style@", std::string(page_parts::kStyle)},
      {"@version@", SELFNORM_VERSION},
      {"@document@", escape_script(document)},
      {"@library@", std::string(page_parts::kChartJs)},
      {"@scripts@", std::string(page_parts::kScripts)}};
  // Goes from one placeholder to the next, so that nothing within a part counts as a placeholder.
  std::string page;
  std::string_view rest = page_parts::kPage;
  for (std::size_t at = rest.find('@'); at != rest.npos; at = rest.find('@')) {
    page += rest.substr(0, at);
    rest.remove_prefix(at);
    const auto* part = std::begin(parts);
    while (part != std::end(parts) && !rest.starts_with(part->first)) ++part;
    page += part == std::end(parts) ? "@" : part->second;
    rest.remove_prefix(part == std::end(parts) ? 1 : part->first.size());
  }
  return page.append(rest);
}

}  // namespace selfnorm
