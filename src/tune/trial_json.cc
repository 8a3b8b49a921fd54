// SPDX-License-Identifier: Apache-2.0
#include "tune/trial_json.h"

#include <algorithm>

#include "formats/json.h"

namespace selfnorm {
namespace {

using TrialJson = nlohmann::ordered_json;

// Returns an integer from 0 to 10^12, which larger ones become. A number of another kind throws
// what a wrong type throws.
std::int64_t parse_count(const TrialJson& json) {
  constexpr TrialJson::number_unsigned_t kMost = 1'000'000'000'000;
  return static_cast<std::int64_t>(
      std::min(json.get_ref<const TrialJson::number_unsigned_t&>(), kMost));
}

}  // namespace

TrialJson trial_json(const TuneTrial& trial) {
  const Candidate& c = trial.candidate;
  TrialJson json{{"trial", trial.id},
                 {"rung", trial.rung},
                 {"epochs", trial.epochs},
                 {"hidden", c.hidden},
                 {"dropout_rate", c.dropout_rate},
                 {"numeric_embedding", c.numeric_embedding},
                 {"scaling", c.scaling},
                 {"learning_rate", c.learning_rate},
                 {"weight_decay", c.weight_decay},
                 {"scores", TrialJson::object()},
                 {"failure", trial.failure},
                 {"seconds", trial.seconds}};
  for (const auto& [name, value] : trial.scores) json["scores"][name] = number_to_json(value);
  return json;
}

TuneTrial parse_trial(const TrialJson& json) {
  const auto count = [&](const char* key) { return parse_count(json.at(key)); };
  TuneTrial trial{count("trial"), count("rung"), count("epochs"), {}, {}, {}, 0};
  std::vector<std::int64_t> hidden;
  for (const TrialJson& units : json.at("hidden")) hidden.push_back(parse_count(units));
  trial.candidate = {hidden,
                     json.at("dropout_rate"),
                     json.at("numeric_embedding"),
                     json.at("scaling"),
                     json.at("learning_rate"),
                     json.at("weight_decay")};
  for (const auto& [name, value] : json.at("scores").items()) {
    trial.scores.emplace_back(name, number_from_json(value));
  }
  trial.failure = json.at("failure");
  trial.seconds = json.at("seconds");
  return trial;
}

}  // namespace selfnorm
