// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/report.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "api/comparison_json.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/comparison_curves.h"
#include "cli/gnuplot.h"
#include "cli/run_plots.h"
#include "cli/terminal.h"
#include "selfnorm/error.h"
#include "train/history.h"

namespace selfnorm::cli {
namespace {

namespace fs = std::filesystem;

struct ReportArguments {
  std::string subject;
  std::string out, svg;
  bool json = false;
};

bool is_comparison(const fs::path& folder) {
  return fs::exists(folder / "compare.json") && !fs::exists(RunFolder(folder).model());
}

Comparison read_comparison(const fs::path& folder) {
  const fs::path file = folder / "compare.json";
  try {
    return parse_comparison(read_file(file));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data) throw;
    throw Error(error.kind(), file.string() + ": " + error.detail());
  }
}

std::string page_of(const fs::path& subject) {
  if (!is_comparison(subject)) return run_report(subject);
  return comparison_report(read_comparison(subject), subject);
}

// Writes the pictures if the user wants them.
std::vector<std::string> write_plots(const ReportArguments& arguments) {
  std::vector<std::string> files;
  if (arguments.svg.empty()) return files;
  require_gnuplot("report --svg");
  const fs::path subject = arguments.subject, folder = arguments.svg;
  fs::create_directories(folder);
  const auto write = [&](const std::string& name, const std::string& svg) {
    files.push_back((folder / name).string());
    write_file(folder / name, svg);
  };
  if (is_comparison(subject)) {
    write("curves.svg", comparison_curves(read_comparison(subject)));
    return files;
  }
  for (const auto& [name, svg] : run_plots(read_history(RunFolder(subject).history(), true))) {
    write(name, svg);
  }
  return files;
}

void run_report_command(const ReportArguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  const fs::path out =
      arguments.out.empty() ? RunFolder(arguments.subject).report() : fs::path(arguments.out);
  const std::string page = page_of(arguments.subject);
  write_file(out, page);
  const std::vector<std::string> pictures = write_plots(arguments);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (arguments.json) {
    const nlohmann::ordered_json document{{"report", out.string()},
                                          {"bytes", page.size()},
                                          {"seconds", took.count()},
                                          {"pictures", pictures}};
    print("{}\n", document.dump(2));
    return;
  }
  print("report   {}\n", out.string());
  for (const std::string& picture : pictures) print("picture  {}\n", picture);
}

}  // namespace

void add_report(Command& program) {
  Command& command = program.add_command(
      "report", "Write the report of a run or a comparison: one HTML page that works offline");
  const auto arguments = std::make_shared<ReportArguments>();
  command.add({.name = "subject",
               .target = &arguments->subject,
               .help = "run folder, or output folder of `selfnorm compare`",
               .value = "DIR",
               .is_required = true});
  command.add({.name = "--out",
               .target = &arguments->out,
               .help = "file to write",
               .value = "FILE",
               .default_text = "report.html in the folder"});
  command.add({.name = "--svg",
               .target = &arguments->svg,
               .help = "also write the charts as SVG files to this folder (requires gnuplot)",
               .value = "DIR"});
  command.add_switch("--json", arguments->json,
                     "print the paths of the page and the charts as one JSON document");
  command.examples = {"selfnorm report runs/digits", "selfnorm report runs/digits --svg figures"};
  command.run = [arguments] { return run_report_command(*arguments), 0; };
}

}  // namespace selfnorm::cli
