// SPDX-License-Identifier: Apache-2.0
#include "api/comparison_json.h"

#include "formats/json.h"
#include "selfnorm/error.h"
#include "train/history.h"

namespace selfnorm {
namespace {

using Json = nlohmann::ordered_json;

Json scores_json(const Scores& scores) {
  Json json = Json::object();
  for (const auto& [name, value] : scores) json[name] = number_to_json(value);
  return json;
}

Json trial_json(const Trial& trial) {
  Json epochs = Json::array();
  for (const EpochRecord& epoch : trial.epochs) epochs.push_back(Json::parse(history_line(epoch)));
  return {{"seed", trial.seed},
          {"failure", trial.failure.empty() ? Json(nullptr) : Json(trial.failure)},
          {"test", scores_json(trial.test)},
          {"epochs", epochs}};
}

Trial parse_trial(const Json& json) {
  Trial trial{json.at("seed"), {}, {}, {}};
  if (!json.at("failure").is_null()) trial.failure = json.at("failure");
  for (const auto& [name, value] : json.at("test").items()) {
    trial.test.emplace_back(name, number_from_json(value));
  }
  for (const Json& epoch : json.at("epochs")) {
    trial.epochs.push_back(parse_history_line(epoch.dump()));
    if (trial.epochs.back().epoch < 1 || trial.epochs.back().validation.empty()) {
      throw Error(ErrorKind::data,
                  "expected an epoch with a number of at least 1 and validation scores");
    }
  }
  return trial;
}

}  // namespace

std::string comparison_json(const Comparison& comparison) {
  Json contenders = Json::array();
  for (const ContenderTrials& each : comparison.contenders) {
    Json trials = Json::array();
    for (const Trial& trial : each.trials) trials.push_back(trial_json(trial));
    contenders.push_back({{"name", each.name},
                          {"parameters", each.parameters},
                          {"configuration", each.configuration},
                          {"trials", trials}});
  }
  return Json{{"metric", comparison.metric}, {"contenders", contenders}}.dump(1) + "\n";
}

Comparison parse_comparison(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    Comparison comparison{json.at("metric"), {}};
    for (const Json& each : json.at("contenders")) {
      ContenderTrials contender{
          each.at("name"), each.at("configuration"), each.at("parameters"), {}};
      for (const Json& trial : each.at("trials")) contender.trials.push_back(parse_trial(trial));
      comparison.contenders.push_back(std::move(contender));
    }
    return comparison;
  } catch (const nlohmann::json::exception&) {
    throw Error(
        ErrorKind::data,
        "is not a comparison: it is not JSON, or a member is missing or has the wrong type");
  }
}

}  // namespace selfnorm
