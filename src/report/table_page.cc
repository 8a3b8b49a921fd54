// SPDX-License-Identifier: Apache-2.0
#include "report/table_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace selfnorm {
namespace {

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;"
    "color-scheme:light dark}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid #8884;"
    "vertical-align:top}.warning{border-left:4px solid #d97706;padding-left:.8rem}"
    "svg{vertical-align:middle}rect{fill:#2563eb}";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string bars(const std::vector<std::int64_t>& histogram) {
  constexpr double kWidth = 160, kHeight = 28;
  if (histogram.empty()) return "";
  const auto highest = static_cast<double>(std::max<std::int64_t>(std::ranges::max(histogram), 1));
  const double step = kWidth / static_cast<double>(histogram.size());
  std::string svg = fmt::format(
      "<svg width=\"{0}\" height=\"{1}\" role=\"img\" "
      "aria-label=\"histogram\">",
      kWidth, kHeight);
  for (std::size_t i = 0; i < histogram.size(); ++i) {
    const double height = kHeight * static_cast<double>(histogram[i]) / highest;
    svg += fmt::format(R"(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)",
                       step * static_cast<double>(i), kHeight - height, step - 1, height);
  }
  return svg + "</svg>";
}

}  // namespace

std::vector<std::string> table_page_columns() {
  return {"column", "kind", "missing", "values", "score alone"};
}

std::string table_page(const TablePage& page) {
  std::string html = fmt::format(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{0}</title>"
      "<style>{1}</style><h1>{0}</h1><p>{2}</p>",
      escaped(page.title), kStyle, escaped(page.subtitle));
  for (const std::string& fact : page.facts) html += "<p>" + escaped(fact) + "</p>";
  for (const std::string& warning : page.warnings)
    html += "<p class=\"warning\">" + escaped(warning) + "</p>";
  for (const std::string& note : page.notes) html += "<p>Note: " + escaped(note) + "</p>";
  html += "<table><thead><tr>";
  for (const std::string& name : table_page_columns()) html += "<th>" + escaped(name) + "</th>";
  html += "<th></th></tr></thead><tbody>";
  for (const TablePage::Row& row : page.rows) {
    html += "<tr>";
    for (const std::string& cell : row.cells) html += "<td>" + escaped(cell) + "</td>";
    html += "<td>" + bars(row.histogram) + "</td></tr>";
  }
  return html + "</tbody></table></html>\n";
}

}  // namespace selfnorm
