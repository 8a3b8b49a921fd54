// SPDX-License-Identifier: Apache-2.0
#include "doctor/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>

namespace selfnorm {
namespace {

// Returns the distance of a finding's value from 1 on a logarithmic scale; infinity for NaN.
double distance(const LayerFinding& layer_finding) {
  const double off = std::abs(std::log(layer_finding.value));
  return std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
}

bool is_milder(const LayerFinding& a, const LayerFinding& b) {
  if (a.severity != b.severity) return a.severity < b.severity;
  return distance(a) < distance(b);
}

std::string value_text(double value) {
  return std::isinf(value) ? "infinity" : fmt::format("{:.4g}", value);
}

std::string fill_template(std::string_view text, const LayerFinding& worst) {
  return fmt::format(fmt::runtime(text), fmt::arg("value", value_text(worst.value)),
                     fmt::arg("detail", worst.detail), fmt::arg("remedy", worst.remedy));
}

Diagnosis make_diagnosis(const FindingKind& kind, const std::vector<LayerFinding>& layer_findings) {
  const LayerFinding& worst = *std::ranges::max_element(layer_findings, is_milder);
  Diagnosis diagnosis;
  diagnosis.phase = kind.phase;
  Finding& finding = diagnosis.finding;
  finding.code = kind.code;
  finding.severity = worst.severity;
  finding.value = worst.value;
  finding.message = fill_template(kind.message, worst);
  finding.fix = fill_template(kind.fix, worst);
  std::set<std::string> seen_layers;
  for (const LayerFinding& layer_finding : layer_findings) {
    if (!layer_finding.layer.empty() && seen_layers.insert(layer_finding.layer).second) {
      finding.layers.push_back(layer_finding.layer);
      finding.values.push_back(layer_finding.value);
      finding.details.push_back(layer_finding.detail);
    }
    diagnosis.fixes.insert(diagnosis.fixes.end(), layer_finding.fixes.begin(),
                           layer_finding.fixes.end());
  }
  return diagnosis;
}

}  // namespace

const std::vector<FindingKind>& finding_kinds() {
  static const std::vector<FindingKind> kinds = {
      {"input-not-standardized", "mean square of the input",
       "The input has {detail} instead of mean 0 and variance 1. The first layers must correct "
       "this, and all samples share a large common component.",
       "set standardize = true in [data]", FixPhase::layers, find_unstandardized_inputs},
      {"embedding-not-standardized", "mean square of the embedding vectors",
       "The embedding vectors have {detail} instead of mean 0 and variance 1. The layers after "
       "them start far from the fixed point.",
       "standardize the vectors: {remedy}", FixPhase::layers, find_unstandardized_embeddings},
      {"correlated-inputs",
       "effective number of independent values in a convolution window, divided by the number of "
       "values in it",
       "Neighboring inputs are strongly correlated: {detail}. The variance of a unit then depends "
       "strongly on its drawn weights, and the gradient on the component that all inputs share.",
       "insert a whiten layer before the convolution", FixPhase::layers, find_correlated_inputs},
      {"initial-variance", "variance of the weights times fan-in, relative to the value needed",
       "The product of the fan-in and the initial variance of the weights is {value} times the "
       "value that preserves the signal: {detail}. Every such layer multiplies the second moments "
       "of the signal and of the gradient by this factor.",
       "remove `init`, so that the initializer is chosen for the activation and the true fan-in",
       FixPhase::layers, find_wrong_initial_variance},
      {"plain-dropout", "standard deviation of the signal after many layers",
       "Plain dropout at rate {detail} adds variance that SELU does not remove: after many layers "
       "the standard deviation is {value} instead of 1. It also sets elements to 0, while SELU "
       "saturates at -1.758.",
       "replace it with alpha_dropout at rate {remedy}, which preserves the same amount of signal",
       FixPhase::layers, find_plain_dropout},
      {"alpha-dropout-without-selu", "second moment of the input of the dropout",
       "Alpha dropout follows {detail}, whose output does not have mean 0 and variance 1 (second "
       "moment {value}). It inserts values of -1.758, which this activation never produces, and "
       "shifts the others.",
       "match the dropout and the activation: {remedy}", FixPhase::layers,
       find_alpha_dropout_without_selu},
      {"dropout-inference-shift",
       "slope of the output at inference on its mean over the masks of training",
       "Alpha dropout does nothing at inference. In training, the mean of its output over the "
       "masks has a smaller slope in its input: {detail}. The layers after it are fitted to this "
       "mean. At inference, they multiply the signal by {value}: a regression overshoots, and a "
       "classifier is too confident.",
       "set inference = \"expectation\" in the dropout layers", FixPhase::layers,
       find_dropout_inference_shift},
      {"normalization-beside-selu", "variance of the input of the normalization",
       "A layer normalizes what SELU already keeps normal: its input has variance {value}. The "
       "normalization costs time and hides wrong scales. It also couples the samples of a batch or "
       "removes differences between samples.",
       "remove it", FixPhase::layers, find_normalization_beside_selu},
      {"activations-mixed", "second moment of the activation's output for N(0, 1)",
       "The network uses SELU and also {detail}, whose output for N(0, 1) has second moment "
       "{value}. One layer that does not preserve mean and variance shifts the moments of all "
       "layers after it.",
       "use {remedy} instead", FixPhase::layers, find_mixed_activations},
      {"activation-before-loss",
       "fraction of the probabilities from 0 to 1, or of the targets, that the output can reach",
       "An activation is the last layer before the loss: {detail}.", "remove it{remedy}",
       FixPhase::layers, find_activation_before_loss},
      {"summed-steps", "second moment of the sum divided by that of a step",
       "A sum over the steps of a sequence has {value} times the second moment of one step: n "
       "steps multiply the variance by n, and by more if they are correlated. Long sequences "
       "outweigh short ones, and the layers after the sum operate far from the fixed point.",
       "set mode = \"sqrt\" in pool_steps", FixPhase::layers, find_summed_steps},
      {"zero-padding", "fraction of the variance that remains with zero padding",
       "Windows at the border include zeros, so only a fraction {value} of the variance remains. "
       "Small images have relatively more border, so the signal decays layer by layer from the "
       "edges.",
       "multiply the gain of the initializer by {remedy}", FixPhase::scales,
       find_zero_padding_loss},
      {"unscaled-add", "second moment of the sum divided by the mean second moment of its inputs",
       "The sum has {value} times the mean second moment of its inputs. Every block with such a "
       "sum multiplies the signal and the gradient by this factor.",
       "scale the sum to the second moment of its inputs: {remedy}", FixPhase::scales,
       find_unscaled_sums},
      {"concat-unlike", "ratio of the largest to the smallest second moment of the inputs",
       "The second moments of the concatenated values differ by a factor of {value}. The next "
       "layer depends almost only on the largest values.",
       "scale the inputs to equal second moments: {remedy}", FixPhase::concatenations,
       find_unlike_concatenations},
      {"pooling-shift", "second moment after the layer divided by that before it",
       "The output of a pooling layer, difference or product has {detail}. Its second moment is "
       "{value} times that of its input. The activations after it operate away from their fixed "
       "point.",
       "restore mean 0 and variance 1: {remedy}", FixPhase::scales, find_pooling_shifts},
      {"weights-left-domain",
       "mean of tau, the sum of a unit's squared weights, over the layer's units",
       "Training moved tau, the sum of a unit's squared weights, to a mean of {value} over the "
       "layer's units (corrected for zero padding): {detail}. Theorems 2 and 3 of Klambauer et al. "
       "(2017), which bound the variance, hold for tau from 0.8 to 1.25. Signals vanish below "
       "0.4768 and grow without bound above 1.8116. Omega, the sum of a unit's weights, changes "
       "the signal only if the layer's input has a nonzero mean.",
       "keep tau near 1: {remedy}", FixPhase::layers, find_weights_outside_domain},
      {"gradient-growth",
       "sum of squares of the gradient at the first SELU divided by that at the last",
       "The sum of squares of the gradient at the first SELU is {value} times that at the last. "
       "SELU keeps signals normal, but not gradients: their second moment grows by a factor of up "
       "to 1.0716 per layer, so one learning rate does not fit all layers.",
       "set shape = \"depth\" for the SELUs, and remove `init` from the layers before them, so "
       "that their weights are orthogonal",
       FixPhase::activation_shapes, find_gradient_growth},
  };
  return kinds;
}

std::vector<FindingDescription> finding_descriptions() {
  std::vector<FindingDescription> codes;
  for (const FindingKind& kind : finding_kinds()) {
    const auto blank = [](std::string_view text) {
      return fmt::format(fmt::runtime(text), fmt::arg("value", "…"), fmt::arg("detail", "…"),
                         fmt::arg("remedy", "…"));
    };
    codes.push_back(
        {std::string(kind.code), std::string(kind.value), blank(kind.message), blank(kind.fix)});
  }
  return codes;
}

std::vector<Diagnosis> diagnose(const NetworkAnalysis& analysis) {
  std::vector<Diagnosis> found;
  for (const FindingKind& kind : finding_kinds()) {
    const std::vector<LayerFinding> layer_findings = kind.find(analysis);
    if (!layer_findings.empty()) found.push_back(make_diagnosis(kind, layer_findings));
  }
  std::ranges::stable_sort(found, std::ranges::greater{},
                           [](const Diagnosis& d) { return d.finding.severity; });
  return found;
}

bool is_off_target(double ratio) { return !(ratio > 0.9 && ratio < 1.1); }

Severity severity_of(double ratio) {
  return ratio > 0.5 && ratio < 2 ? Severity::warning : Severity::error;
}

}  // namespace selfnorm
