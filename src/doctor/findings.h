// SPDX-License-Identifier: Apache-2.0
// The kinds of findings: what each looks for in a network, and how to fix it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/network_analysis.h"
#include "selfnorm/doctor.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// A change of a network, or of the standardization of its data.
struct Edit {
  std::string layer;  ///< the layer to change; empty: standardize the data
  /// Changes the layer as the user wrote it. Without this and `inserted`, the layer is removed.
  std::function<void(Layer&)> change = {};
  Layer inserted = {};      ///< if it has an op, it is inserted after `layer`
  std::string reader = {};  ///< the layer that reads `inserted`; empty: all readers of `layer`
};

/// A finding at one layer.
struct LayerFinding {
  std::string layer;  ///< empty: the data
  double value = 0;   ///< 1 is normal
  Severity severity = Severity::warning;
  std::string detail = {};  ///< text about the value, for the message
  std::vector<Edit> fixes = {};
  std::string remedy = {};  ///< numbers of this network for the text of the fix
};

/// The order of fixes: the layers, then their scales, then the scales of concatenated values, then
/// the shape of the activations for the resulting depth.
enum class FixPhase : std::uint8_t { layers, scales, concatenations, activation_shapes };

/// A kind of finding.
struct FindingKind {
  std::string_view code;
  std::string_view value;    ///< the meaning of the number
  std::string_view message;  ///< with {value} and {detail}
  std::string_view fix;      ///< with {remedy}
  FixPhase phase;
  std::vector<LayerFinding> (*find)(const NetworkAnalysis& analysis);
};

/// Returns all kinds, in the order in which findings of the same severity are listed.
const std::vector<FindingKind>& finding_kinds();

/// A finding with the fixes of all its symptoms.
struct Diagnosis {
  Finding finding;
  FixPhase phase = FixPhase::layers;
  std::vector<Edit> fixes;
};

/// Looks for all kinds of findings. Returns errors first.
std::vector<Diagnosis> diagnose(const NetworkAnalysis& analysis);

// ---- the functions that look for each kind, by file ----------------------------------------

// weight_findings.cc
std::vector<LayerFinding> find_wrong_initial_variance(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_zero_padding_loss(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_weights_outside_domain(const NetworkAnalysis& analysis);

// input_findings.cc
std::vector<LayerFinding> find_unstandardized_inputs(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_correlated_inputs(const NetworkAnalysis& analysis);

// layer_findings.cc
std::vector<LayerFinding> find_plain_dropout(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_alpha_dropout_without_selu(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_dropout_inference_shift(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_normalization_beside_selu(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_mixed_activations(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_gradient_growth(const NetworkAnalysis& analysis);

// output_findings.cc
std::vector<LayerFinding> find_activation_before_loss(const NetworkAnalysis& analysis);

// scale_findings.cc
std::vector<LayerFinding> find_unscaled_sums(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_unlike_concatenations(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_unstandardized_embeddings(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_summed_steps(const NetworkAnalysis& analysis);
std::vector<LayerFinding> find_pooling_shifts(const NetworkAnalysis& analysis);

/// Returns whether a second moment that is `ratio` times its target is off by more than 10 %.
bool is_off_target(double ratio);
/// Returns error for a ratio that is off by a factor of 2 or more, else warning.
Severity severity_of(double ratio);

}  // namespace selfnorm
