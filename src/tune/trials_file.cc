// SPDX-License-Identifier: Apache-2.0
#include "tune/trials_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr const char* kFormat = "selfnorm trials 1";

// JSON has no NaN and no infinity, so null represents numbers that are not finite.
OrderedJson finite_or_null(double value) {
  return std::isfinite(value) ? OrderedJson(value) : OrderedJson(nullptr);
}

OrderedJson trial_json(const TuneTrial& trial, double seconds) {
  const Candidate& c = trial.candidate;
  OrderedJson json{{"trial", trial.id},
                   {"rung", trial.rung},
                   {"epochs", trial.epochs},
                   {"hidden", c.hidden},
                   {"dropout_rate", c.dropout_rate},
                   {"numeric_embedding", c.numeric_embedding},
                   {"scaling", c.scaling},
                   {"learning_rate", c.learning_rate},
                   {"weight_decay", c.weight_decay},
                   {"scores", OrderedJson::object()},
                   {"failure", trial.failure},
                   {"seconds", trial.seconds},
                   {"elapsed_seconds", seconds}};
  for (const auto& [name, value] : trial.scores) json["scores"][name] = finite_or_null(value);
  return json;
}

// Returns the integer from 0. A number of another kind throws what a wrong type throws.
std::int64_t parse_count(const OrderedJson& json) {
  return static_cast<std::int64_t>(json.get_ref<const OrderedJson::number_unsigned_t&>());
}

TuneTrial parse_trial(const OrderedJson& json) {
  const auto count = [&](const char* key) { return parse_count(json.at(key)); };
  TuneTrial trial{count("trial"), count("rung"), count("epochs"), {}, {}, {}, 0};
  std::vector<std::int64_t> hidden;
  for (const OrderedJson& units : json.at("hidden")) hidden.push_back(parse_count(units));
  trial.candidate = {hidden,
                     json.at("dropout_rate"),
                     json.at("numeric_embedding"),
                     json.at("scaling"),
                     json.at("learning_rate"),
                     json.at("weight_decay")};
  for (const auto& [name, value] : json.at("scores").items()) {
    trial.scores.emplace_back(
        name, value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
  }
  trial.failure = json.at("failure");
  trial.seconds = json.at("seconds");
  return trial;
}

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
  file << trial_json(trial, seconds).dump() << '\n' << std::flush;
  if (!file) {
    throw Error(ErrorKind::io,
                fmt::format("{}: cannot write: {}", path_.string(), std::strerror(errno)));
  }
}

}  // namespace selfnorm
