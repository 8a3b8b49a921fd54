#include "doctor/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>

namespace selfnorm {
namespace {

// How far a value is from 1, upwards or downwards.
double distance(const Symptom& symptom) {
  const double off = std::abs(std::log(symptom.value));
  return std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
}

bool is_milder(const Symptom& a, const Symptom& b) {
  if (a.severity != b.severity) return a.severity < b.severity;
  return distance(a) < distance(b);
}

std::string value_text(double value) {
  return std::isinf(value) ? "infinity" : fmt::format("{:.4g}", value);
}

std::string filled(std::string_view text, const Symptom& worst) {
  return fmt::format(fmt::runtime(text), fmt::arg("value", value_text(worst.value)),
                     fmt::arg("detail", worst.detail));
}

Diagnosis gathered(const FindingKind& kind, const std::vector<Symptom>& symptoms) {
  const Symptom& worst = *std::ranges::max_element(symptoms, is_milder);
  Diagnosis diagnosis;
  diagnosis.phase = kind.phase;
  Finding& finding = diagnosis.finding;
  finding.code = kind.code;
  finding.severity = worst.severity;
  finding.value = worst.value;
  finding.message = filled(kind.message, worst);
  finding.fix = kind.fix;
  std::set<std::string> told;
  for (const Symptom& symptom : symptoms) {
    if (!symptom.layer.empty() && told.insert(symptom.layer).second) {
      finding.layers.push_back(symptom.layer);
      finding.values.push_back(symptom.value);
      finding.details.push_back(symptom.detail);
    }
    diagnosis.fixes.insert(diagnosis.fixes.end(), symptom.fixes.begin(), symptom.fixes.end());
  }
  return diagnosis;
}

}  // namespace

const std::vector<FindingKind>& finding_kinds() {
  static const std::vector<FindingKind> kinds = {
      {"input-not-standardized", "mean square of the input",
       "The input's {detail}, where mean 0 and variance 1 are normal. The first layers spend the "
       "contraction on getting back, and what is far from 0 shares its mean with all samples.",
       "standardize = true in [data]", FixPhase::parts, look_at_inputs},
      {"embedding-not-standardized", "mean square of the words' vectors",
       "The vectors of words have {detail}, where mean 0 and variance 1 are normal. What is made "
       "of "
       "them starts as far from it.",
       "standardize = true at an embedding that reads vectors of words, else scale behind it",
       FixPhase::parts, look_at_embeddings},
      {"correlated-inputs", "independent values over the values that a window holds",
       "Neighbouring inputs are so alike that the {detail} independent ones. A unit's variance "
       "then hangs on a single draw of its weights, and the gradient on what all inputs have in "
       "common.",
       "whiten in front of the convolution", FixPhase::parts, look_at_correlation},
      {"initial-variance", "the weights' variance times fan-in, over what keeps the signal",
       "The weights' initial variance times fan-in is {value} times what keeps the signal: "
       "{detail}. Every such layer multiplies the signal's second moment by it, and the gradient's "
       "too.",
       "leave `init` out: it is then chosen for the activation, with the true fan-in",
       FixPhase::parts, look_at_initial_variance},
      {"plain-dropout", "deviation behind the dropout after many layers",
       "Plain dropout at rate {detail} adds variance that SELU cannot take back: the deviation "
       "goes "
       "to {value}. It also puts zeros where the lowest value of SELU is -1.758.",
       "alpha_dropout in its place, at the rate that leaves as much of the signal (0.058 for 0.2)",
       FixPhase::parts, look_at_plain_dropout},
      {"alpha-dropout-without-selu", "second moment in front of the dropout",
       "Alpha dropout stands behind {detail}, which does not keep mean 0 and variance 1. It then "
       "puts in values of -1.758 that belong to no such activation, and shifts what it keeps.",
       "dropout in its place, or selu as the activation", FixPhase::parts, look_at_alpha_dropout},
      {"normalization-beside-selu", "variance of what is normalised",
       "A layer normalises what SELU keeps normal; its input has variance {value}. It costs time, "
       "makes samples of a batch depend on each other or takes out what they differ in, and hides "
       "wrong scales.",
       "take it out", FixPhase::parts, look_at_normalization},
      {"activations-mixed", "second moment behind the activation, given N(0, 1)",
       "The network has SELU and, elsewhere, {detail}, which makes second moment {value} of N(0, "
       "1). One layer that does not keep mean and variance moves all behind it.",
       "selu in its place", FixPhase::parts, look_at_activations},
      {"summed-steps", "second moment of the sum over that of a step",
       "A sum over the steps of a sequence has {value} times the second moment of a step: n steps "
       "multiply the variance by n, and more where they are alike. Long sequences then outweigh "
       "short ones, and the layers behind work far from their fixed point.",
       "mode = \"sqrt\" at the pool_steps", FixPhase::parts, look_at_summed_steps},
      {"zero-padding", "share of the variance that windows at the border leave",
       "Windows at the border see zeros, which leaves {value} of the variance. Small images have "
       "more border: layer by layer their signal dies from the edge inwards.",
       "a gain that makes up for it", FixPhase::scales, look_at_zero_padding},
      {"unscaled-add", "the sum's second moment over that of its inputs",
       "The sum's second moment is {value} times that of its inputs. Block by block it grows, and "
       "the gradient with it.",
       "weights for the branches, √(1−β²) and β in the proportion they had, less what the branches "
       "have in common",
       FixPhase::scales, look_at_sums},
      {"concat-unlike", "largest over smallest second moment of the inputs",
       "Second moments of the values that are joined differ by a factor of {value}. The layer "
       "behind listens to the larger one alone.",
       "scale in front of those that are off", FixPhase::joins, look_at_concatenations},
      {"pooling-shift", "second moment behind the pooling over that in front",
       "Pooling, or a difference or product, leaves {detail} of what comes in. The activations "
       "behind it work away from their "
       "fixed point.",
       "scale with a factor and a shift behind it", FixPhase::scales, look_at_pooling},
      {"weights-left-domain", "mean over a layer's units of the sum of squared weights, tau",
       "Training took the sum of a unit's squared weights, tau, to {value} in the mean of a layer "
       "(less what zero padding takes): {detail}. Theorems 2 and 3, which keep the variance in "
       "bounds, hold from 0.8 to 1.25; below 0.4768 signals die out, above 1.8116 they grow "
       "without end. Omega, the sum of a unit's weights, counts where a layer's input has a mean.",
       "a lower learning rate, or weight decay (adamw, l2)", FixPhase::parts,
       look_at_trained_weights},
      {"gradient-growth", "the gradient's sum of squares at the first SELU over that at the last",
       "The gradient's sum of squares at the first SELU is {value} times that at the last. SELU "
       "keeps "
       "signals normal, not gradients: they grow by up to 1.0716 a layer, and one learning rate "
       "does "
       "not fit all layers.",
       "shape = \"depth\" at the SELUs, and orthogonal weights in front (init left to choose)",
       FixPhase::shape, look_at_gradients},
  };
  return kinds;
}

std::vector<FindingDescription> finding_codes() {
  std::vector<FindingDescription> codes;
  for (const FindingKind& kind : finding_kinds()) {
    std::string message =
        fmt::format(fmt::runtime(kind.message), fmt::arg("value", "…"), fmt::arg("detail", "…"));
    codes.push_back(
        {std::string(kind.code), std::string(kind.value), message, std::string(kind.fix)});
  }
  return codes;
}

std::vector<Diagnosis> diagnose(const NetworkAnalysis& chart) {
  std::vector<Diagnosis> found;
  for (const FindingKind& kind : finding_kinds()) {
    const std::vector<Symptom> symptoms = kind.look(chart);
    if (!symptoms.empty()) found.push_back(gathered(kind, symptoms));
  }
  std::ranges::stable_sort(found, std::ranges::greater{},
                           [](const Diagnosis& d) { return d.finding.severity; });
  return found;
}

bool is_off(double ratio) { return !(ratio > 0.9 && ratio < 1.1); }

Severity severity_of(double ratio) {
  return ratio > 0.5 && ratio < 2 ? Severity::warning : Severity::error;
}

}  // namespace selfnorm
