// SPDX-License-Identifier: Apache-2.0
#include "tune/trials_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file.h"
#include "selfnorm/error.h"
#include "tune/trial_json.h"

namespace selfnorm {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr const char* kFormat = "selfnorm trials 1";

}  // namespace

TrialsFile::TrialsFile(std::filesystem::path path, const std::string& fingerprint)
    : path_(std::move(path)) {
  const OrderedJson header{{"format", kFormat}, {"search", fingerprint}};
  if (!std::filesystem::exists(path_)) {
    write_file(path_, header.dump() + "\n");
    return;
  }
  std::istringstream lines(read_file(path_));
  std::string kept, line;
  for (int number = 1; std::getline(lines, line) && !lines.eof(); ++number) {
    try {
      const OrderedJson json = OrderedJson::parse(line);
      if (number > 1) {
        trials_.push_back(parse_trial(json));
        seconds_ = json.at("elapsed_seconds");
      } else if (json != header) {
        throw Error(ErrorKind::data,
                    fmt::format("{}: belongs to another search: the data, the options or the "
                                "version of selfnorm differ (name another folder with --out)",
                                path_.string()));
      }
    } catch (const nlohmann::json::exception&) {
      throw Error(ErrorKind::data, fmt::format("{}:{}: expected a JSON object with a trial",
                                               path_.string(), number));
    }
    kept += line + "\n";
  }
  if (kept.empty()) kept = header.dump() + "\n";
  write_file(path_, kept);
}

void TrialsFile::append(const TuneTrial& trial, double seconds) {
  std::ofstream file(path_, std::ios::app);
  OrderedJson line = trial_json(trial);
  line["elapsed_seconds"] = seconds;
  file << line.dump() << '\n' << std::flush;
  if (!file) {
    throw Error(ErrorKind::io,
                fmt::format("{}: cannot write: {}", path_.string(), std::strerror(errno)));
  }
}

}  // namespace selfnorm
