// SPDX-License-Identifier: Apache-2.0
#include "cli/examination_text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "cli/terminal.h"
#include "report/examination_json.h"

namespace selfnorm::cli {
namespace {

// A measured value with its standard error, which for gradients is that of the logarithm.
std::string measurement(const LayerExamination& layer, double SignalMoments::*member) {
  const double value = (*layer.measured).*member;
  if (std::isnan(value)) return "-";
  const double error = (*layer.standard_error).*member;
  const bool is_relative = member == &SignalMoments::gradient_second_moment;
  return fmt::format("{} ± {:.1g}", number(value), is_relative ? error * value : error);
}

// A predicted value, corrected for this width if something was measured.
std::string prediction(const LayerExamination& layer, double SignalMoments::*member) {
  double value = layer.predicted.*member;
  if (layer.fluctuation && member == &SignalMoments::mean) value += layer.fluctuation->mean_shift;
  if (layer.fluctuation && member == &SignalMoments::variance) {
    value += layer.fluctuation->variance_shift;
  }
  return number(value);
}

// The measured value if there is one, else the predicted.
double observed(const LayerExamination& layer, double SignalMoments::*member) {
  return (layer.measured ? *layer.measured : layer.predicted).*member;
}

// The amplification at inference, with its standard error if it was measured.
std::string amplification(const std::optional<InferenceShift>& shift) {
  if (!shift) return "-";
  if (shift->amplification_error == 0) return fmt::format("{:.3f}", shift->amplification);
  return fmt::format("{:.3f} ± {:.1g}", shift->amplification, shift->amplification_error);
}

// Whether a layer has an output at inference that differs visibly from the mean over masks.
bool differs_at_inference(const Examination& examination) {
  constexpr double kVisible = 5e-3;
  return std::ranges::any_of(examination.layers, [](const LayerExamination& layer) {
    return layer.inference && std::abs(layer.inference->amplification - 1) > kVisible;
  });
}

constexpr const char* kInferenceLegend =
    "at inference: slope of the output at inference on its mean over the masks of training.";

constexpr std::size_t kMaxPrinted = 4;  // layers of a finding that are printed

// The details of each layer, if they differ.
void print_details(const Finding& finding) {
  const std::vector<std::string>& details = finding.details;
  if (std::ranges::adjacent_find(details, std::ranges::not_equal_to{}) == details.end()) return;
  for (std::size_t i = 0; i < std::min(details.size(), kMaxPrinted); ++i) {
    print("    {}: {}\n", finding.layers[i], details[i]);
  }
  if (details.size() > kMaxPrinted) print("    (all of them: --json)\n");
}

// The first few names of a list.
std::string first_names(const std::vector<std::string>& names) {
  std::vector<std::string> shown(
      names.begin(),
      names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kMaxPrinted)));
  const std::string rest =
      names.size() > kMaxPrinted ? fmt::format(" and {} more", names.size() - kMaxPrinted) : "";
  return join(shown, ", ") + rest;
}

std::string first_sentence(const std::string& text) {
  const std::size_t end = text.find(". ");
  return end == std::string::npos ? text : text.substr(0, end + 1);
}

// Returns the severity and the code.
std::string title(const Finding& finding) {
  const std::string text = fmt::format("{}: {}", severity_name(finding.severity), finding.code);
  return finding.severity == Severity::error ? red(text) : bold(text);
}

}  // namespace

const char* const kColumnLegend =
    "mean, variance: over samples, positions and units.\n"
    "unit means: standard deviation, over the units, of a unit's mean over the samples.\n"
    "gradient²: mean square of the gradient for an N(0, 1) cotangent at the output.";

void print_examination(const Examination& examination, bool measured) {
  const bool shows_inference = differs_at_inference(examination);
  print("{} samples of {}; predicted{}\n{}\n{}\n", examination.samples, examination.input,
        measured ? " | measured" : "", kColumnLegend,
        shows_inference ? std::string(kInferenceLegend) + "\n" : "");
  std::vector<std::vector<std::string>> rows = {{"layer", "op"}};
  for (const char* name : {"mean", "variance", "unit means", "gradient²"}) {
    rows[0].emplace_back(name);
    if (measured) rows[0].emplace_back("measured");
  }
  if (shows_inference) {
    rows[0].emplace_back("at inference");
    if (measured) rows[0].emplace_back("measured");
  }
  if (measured) {
    rows[0].emplace_back("one draw ±");
    rows[0].emplace_back("");
  }
  for (const LayerExamination& layer : examination.layers) {
    auto& row = rows.emplace_back(std::vector<std::string>{layer.name, layer.op});
    for (const auto member :
         {&SignalMoments::mean, &SignalMoments::variance,
          &SignalMoments::unit_mean_standard_deviation, &SignalMoments::gradient_second_moment}) {
      row.push_back(prediction(layer, member));
      if (measured) row.push_back(measurement(layer, member));
    }
    if (shows_inference) {
      row.push_back(amplification(layer.inference));
      if (measured) row.push_back(amplification(layer.measured_inference));
    }
    if (measured) {
      row.push_back(number(layer.fluctuation->variance));
      row.emplace_back(layer.missed ? "missed" : "");
    }
  }
  print("{}", table(rows));
}

void print_before_and_after(const Examination& before, const Examination& after) {
  std::vector<std::vector<std::string>> rows = {{"layer", "op"}};
  const auto members = {&SignalMoments::mean, &SignalMoments::variance,
                        &SignalMoments::gradient_second_moment};
  for (const char* name : {"mean", "variance", "gradient²"}) {
    rows[0].push_back(fmt::format("{} before", name));
    rows[0].emplace_back("after");
  }
  const auto find = [](const Examination& examination, const std::string& name) {
    const auto found = std::ranges::find(examination.layers, name, &LayerExamination::name);
    return found == examination.layers.end() ? nullptr : &*found;
  };
  const auto add = [&](const LayerExamination* old, const LayerExamination* repaired) {
    const LayerExamination& present = repaired != nullptr ? *repaired : *old;
    auto& row = rows.emplace_back(std::vector<std::string>{present.name, present.op});
    for (const auto member : members) {
      for (const LayerExamination* layer : {old, repaired}) {
        row.push_back(layer == nullptr ? "-" : number(observed(*layer, member)));
      }
    }
  };
  for (const LayerExamination& layer : after.layers) add(find(before, layer.name), &layer);
  for (const LayerExamination& layer : before.layers) {
    if (find(after, layer.name) == nullptr) add(&layer, nullptr);
  }
  print("measured before and after the repair\n\n{}\n", table(rows));
}

void print_findings(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    const std::string where = finding.layers.empty() ? "" : ": " + first_names(finding.layers);
    print("\n{}{}\n  {}\n", title(finding), where, finding.message);
    print_details(finding);
    print("  fix: {}\n", finding.fix);
  }
}

void print_brief_findings(const std::vector<Finding>& findings, const std::string& examined) {
  std::string lines;
  for (const Finding& finding : findings) {
    const std::string start = fmt::format("{}:", severity_name(finding.severity));
    const std::string where = finding.layers.empty() ? "" : first_names(finding.layers) + ": ";
    lines += fmt::format("{} {}{} ({})\n",
                         finding.severity == Severity::error ? red(start) : bold(start), where,
                         first_sentence(finding.message), finding.code);
  }
  if (!findings.empty()) {
    lines += fmt::format("details: selfnorm doctor {} (--repair NEW.toml fixes it)\n", examined);
  }
  print_progress(lines);
}

void print_finding_codes() {
  print(
      "# Findings\n"
      "\n"
      "The findings of `selfnorm doctor`, printed by `selfnorm doctor --codes`. A finding is "
      "usually a warning if its value is within a factor of two of the value that it should have, "
      "and an error otherwise.\n"
      "`--fail-on` sets the lowest severity for which the exit status is 1. An infinite value is "
      "null in JSON. In the messages and fixes, … stands for text that depends on the network. "
      "`selfnorm doctor NETWORK.toml --repair OUT.toml` applies the fixes.\n");
  for (const FindingDescription& code : finding_descriptions()) {
    print("\n## {}\n\n{}\n\n- value: {}\n- fix: {}\n", code.code, code.message, code.value,
          code.fix);
  }
}

}  // namespace selfnorm::cli
