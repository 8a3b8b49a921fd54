// What the doctor looks for in a chart, and how it fixes what it finds.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/network_analysis.h"
#include "selfnorm/doctor.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// A change of a network, or of how its data come in.
struct Edit {
  std::string layer;  ///< whose; empty: the data are to be standardised
  /// Of the layer as the user wrote it. Neither this nor `inserted`: the layer is taken out.
  std::function<void(Layer&)> change = {};
  Layer inserted = {};      ///< where it has an op: put behind the layer
  std::string reader = {};  ///< of `inserted`: the one layer that reads it; empty: all that did
};

/// One layer's part in a finding.
struct Symptom {
  std::string layer;  ///< empty: the data
  double value = 0;   ///< 1 were normal
  Severity severity = Severity::warning;
  std::string detail = {};  ///< of the value, in words
  std::vector<Edit> fixes = {};
};

/// When fixes are made: what a network is made of, then its scales, then those of values that are
/// joined, then the shape of activations for the depth that comes out.
enum class FixPhase : std::uint8_t { parts, scales, joins, shape };

struct FindingKind {
  std::string_view code;
  std::string_view value;    ///< what the number is
  std::string_view message;  ///< with {value} and {detail}
  std::string_view fix;
  FixPhase phase;
  std::vector<Symptom> (*look)(const NetworkAnalysis& chart);
};

/// In the order in which findings of one severity are told.
const std::vector<FindingKind>& finding_kinds();

/// A finding with the fixes of all its symptoms.
struct Diagnosis {
  Finding finding;
  FixPhase phase = FixPhase::parts;
  std::vector<Edit> fixes;
};
std::vector<Diagnosis> diagnose(const NetworkAnalysis& chart);

// ---- what the kinds look for, by file ---------------------------------------------------------

// weight_findings.cc
std::vector<Symptom> look_at_initial_variance(const NetworkAnalysis& chart);
std::vector<Symptom> look_at_zero_padding(const NetworkAnalysis& chart);
std::vector<Symptom> look_at_trained_weights(const NetworkAnalysis& chart);

// input_findings.cc
std::vector<Symptom> look_at_inputs(const NetworkAnalysis& chart);
std::vector<Symptom> look_at_correlation(const NetworkAnalysis& chart);

// part_findings.cc
std::vector<Symptom> look_at_plain_dropout(const NetworkAnalysis& chart);
std::vector<Symptom> look_at_alpha_dropout(const NetworkAnalysis& chart);
std::vector<Symptom> look_at_normalization(const NetworkAnalysis& chart);
std::vector<Symptom> look_at_activations(const NetworkAnalysis& chart);
std::vector<Symptom> look_at_gradients(const NetworkAnalysis& chart);

// scale_findings.cc
std::vector<Symptom> look_at_sums(const NetworkAnalysis& chart);
std::vector<Symptom> look_at_concatenations(const NetworkAnalysis& chart);
std::vector<Symptom> look_at_embeddings(const NetworkAnalysis& chart);
std::vector<Symptom> look_at_summed_steps(const NetworkAnalysis& chart);
std::vector<Symptom> look_at_pooling(const NetworkAnalysis& chart);

/// Severity of a second moment that is `ratio` times what it should be; nothing within 10 %, an
/// error beyond a factor of 2.
bool is_off(double ratio);
Severity severity_of(double ratio);

}  // namespace selfnorm
