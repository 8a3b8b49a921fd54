// SPDX-License-Identifier: Apache-2.0
#include "report/examination_json.h"

namespace selfnorm {
namespace {

Json moments_json(const SignalMoments& moments) {
  return {{"mean", moments.mean},
          {"variance", moments.variance},
          {"unit_mean_deviation", moments.unit_mean_standard_deviation},
          {"gradient_second_moment", moments.gradient_second_moment}};
}

Json shift_json(const std::optional<InferenceShift>& shift) {
  if (!shift) return nullptr;
  return {{"mean", shift->mean},
          {"variance", shift->variance},
          {"amplification", shift->amplification},
          {"distance", shift->distance},
          {"amplification_error", shift->amplification_error}};
}

}  // namespace

const char* severity_name(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

Json findings_json(const std::vector<Finding>& findings) {
  auto list = Json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"code", finding.code},
                    {"severity", severity_name(finding.severity)},
                    {"layers", finding.layers},
                    {"value", finding.value},
                    {"values", finding.values},
                    {"details", finding.details},
                    {"message", finding.message},
                    {"fix", finding.fix}});
  }
  return list;
}

Json examination_json(const Examination& examination) {
  auto layers = Json::array();
  for (const LayerExamination& layer : examination.layers) {
    Json json{{"name", layer.name}, {"op", layer.op}};
    json.update(moments_json(layer.predicted));
    if (layer.inference) json["inference"] = shift_json(layer.inference);
    if (layer.measured) {
      json["measured"] = moments_json(*layer.measured);
      json["measured"]["standard_error"] = moments_json(*layer.standard_error);
      json["fluctuation"] = {{"mean", layer.fluctuation->mean},
                             {"variance", layer.fluctuation->variance},
                             {"log_gradient", layer.fluctuation->log_gradient},
                             {"mean_shift", layer.fluctuation->mean_shift},
                             {"variance_shift", layer.fluctuation->variance_shift}};
      json["missed"] = layer.missed;
      if (layer.inference) json["measured"]["inference"] = shift_json(layer.measured_inference);
    }
    layers.push_back(json);
  }
  return {{"input", examination.input},
          {"samples", examination.samples},
          {"layers", layers},
          {"findings", findings_json(examination.findings)}};
}

}  // namespace selfnorm
