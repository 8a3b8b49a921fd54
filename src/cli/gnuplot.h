// Pictures by gnuplot, which is run as a program and need not be there.
#pragma once

#include <string>

namespace selfnorm::cli {

/// Throws Error(config) that says how to get gnuplot, unless it is on the PATH.
void require_gnuplot();

/// The SVG that gnuplot draws for these commands. Data go into them as here-documents. Throws
/// Error(config) with gnuplot's own words where they are wrong.
std::string draw_svg(const std::string& commands, int width = 760, int height = 420);

}  // namespace selfnorm::cli
