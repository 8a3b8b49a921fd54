// SPDX-License-Identifier: Apache-2.0
#include "cli/gnuplot.h"
#include "base/text.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "files/temporary_file.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

namespace fs = std::filesystem;

}  // namespace

bool has_gnuplot() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (access((fs::path(folder) / "gnuplot").c_str(), X_OK) == 0) return true;
  }
  return false;
}

void require_gnuplot(const std::string& who) {
  if (has_gnuplot()) return;
  throw Error(ErrorKind::config,
              who +
                  ": gnuplot, which draws the pictures, is not installed (Debian: apt-get "
                  "install gnuplot-nox)");
}

std::string data_block(const std::string& name, const std::vector<std::vector<double>>& rows) {
  std::string text = "$" + name + " << EOD\n";
  for (const auto& row : rows) {
    for (const double value : row) text += fmt::format("{:.9g} ", value);
    text += "\n";
  }
  return text + "EOD\n";
}

std::string gnuplot_string(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += "''";
    else quoted += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return quoted + "'";
}

std::string gnuplot_quoted(const std::string& text) { return gnuplot_string(text) + " noenhanced"; }

std::string draw_svg(const std::string& commands, int width, int height) {
  TemporaryFile script;
  script.write(
      fmt::format("set terminal svg size {},{} font 'sans,12' background rgb 'white' dynamic\n"
                  "set grid lc rgb '#dddddd'\nset border lc rgb '#555555'\n{}",
                  width, height, commands));
  script.close();
  const std::string command = "gnuplot " + quote_for_shell(script.path()) + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw Error(ErrorKind::io, "gnuplot: cannot be started");
  std::string out;
  std::array<char, 65536> chunk{};
  for (std::size_t n = 0; (n = fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) {
    out.append(chunk.data(), n);
  }
  const int status = pclose(pipe);
  const std::size_t start = out.find("<?xml");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || start == std::string::npos) {
    throw Error(ErrorKind::config, "gnuplot: " + out);
  }
  return out.substr(start);
}

}  // namespace selfnorm::cli
