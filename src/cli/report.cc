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
#include "cli/run_pictures.h"
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

// The pictures' files, where some are asked for.
std::vector<std::string> write_pictures(const ReportArguments& arguments) {
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
  for (const auto& [name, svg] : run_pictures(read_history(RunFolder(subject).history(), true))) {
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
  const std::vector<std::string> pictures = write_pictures(arguments);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (arguments.json) {
    const nlohmann::ordered_json document{{"report", out.string()},
                                          {"bytes", page.size()},
                                          {"seconds", took.count()},
                                          {"pictures", pictures}};
    fmt::print("{}\n", document.dump(2));
    return;
  }
  fmt::print("report   {}\n", out.string());
  for (const std::string& picture : pictures) fmt::print("picture  {}\n", picture);
}

}  // namespace

void add_report(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "report", "One page to look at, of a run or a comparison, that opens without a network");
  const auto arguments = std::make_shared<ReportArguments>();
  command->add_option("subject", arguments->subject, "a run folder, or that of a comparison")
      ->required();
  command->add_option("--out", arguments->out, "the file to write [report.html in the folder]");
  command->add_option("--svg", arguments->svg,
                      "a folder of pictures for papers as well (SVG; needs gnuplot)");
  command->add_flag("--json", arguments->json, "where it is, as one JSON document");
  command->callback([arguments] { run_report_command(*arguments); });
}

}  // namespace selfnorm::cli
