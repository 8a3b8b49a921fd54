# SPDX-License-Identifier: Apache-2.0
# The parts of the report's page as strings in the program: our own from src/report/page/, and
# Chart.js from Debian's libjs-chart.js.
find_file(SELFNORM_CHART_JS chart.min.js
          PATHS /usr/share/javascript/chart.js /usr/share/nodejs/chart.js/dist NO_DEFAULT_PATH)
if(NOT SELFNORM_CHART_JS)
  message(FATAL_ERROR "Chart.js is missing: install libjs-chart.js, or set SELFNORM_CHART_JS to its chart.min.js")
endif()

set(page_folder ${CMAKE_SOURCE_DIR}/src/report/page)
set(page_scripts elements.js charts.js heat_map.js network.js sections.js main.js)
set(page_files page.html style.css ${page_scripts})
list(TRANSFORM page_files PREPEND ${page_folder}/)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page_files} ${SELFNORM_CHART_JS})

file(READ ${page_folder}/page.html page)
file(READ ${page_folder}/style.css style)
file(READ ${SELFNORM_CHART_JS} chart_js)
string(REGEX REPLACE "\n//# sourceMappingURL=[^\n]*" "" chart_js "${chart_js}")
set(scripts "")
foreach(script ${page_scripts})
  file(READ ${page_folder}/${script} content)
  string(APPEND scripts "${content}\n")
endforeach()

# Written anew only where something changed, so that nothing else is compiled again.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/report/page_parts.h @ONLY NEWLINE_STYLE UNIX CONTENT
"// Made by cmake/report_page.cmake from src/report/page/ and Chart.js.
#pragma once

#include <string_view>

namespace selfnorm::page_parts {

inline constexpr std::string_view kPage = R\"part(@page@)part\";
inline constexpr std::string_view kStyle = R\"part(@style@)part\";
inline constexpr std::string_view kScripts = R\"part(@scripts@)part\";
inline constexpr std::string_view kChartJs = R\"part(@chart_js@)part\";

}  // namespace selfnorm::page_parts
")
