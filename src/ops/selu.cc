// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "ops/rows.h"
#include "ops/rules.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

struct Attributes {
  double alpha = kSeluAlpha;
  double lambda = kSeluLambda;
  double scale = 1;
  std::string shape;
  Options options() {
    return {{"alpha", &alpha, "α: the limit for x → −∞ is −λα", range::kPositive},
            {"lambda", &lambda, "λ: the slope for x > 0", range::kPositive},
            {"scale", &scale, "s: the input is multiplied by √s", range::kPositive},
            {"shape",
             &shape,
             "how α, λ and s are chosen; depth bounds the growth of gradients over the depth of "
             "the network",
             range::kAny,
             {"", "depth"}}};
  }
  void resolve(const NetworkContext& network) {
    if (shape.empty()) return;
    const Attributes published;
    if (alpha != published.alpha || lambda != published.lambda || scale != published.scale) {
      throw Error(
          ErrorKind::config,
          "shape = \"depth\" sets alpha, lambda and scale (leave these out, or leave `shape` out)");
    }
    DepthTunedSeluOptions tuning;
    tuning.depth = network.depth;
    tuning.width = network.width;
    tuning.dropout_growth = network.dropout_growth;
    tuning.is_orthogonal = network.orthogonal;
    const SeluConstants constants = selu_for_depth(tuning).constants;
    alpha = constants.alpha;
    lambda = constants.lambda;
    scale = constants.scale;
  }
};

void fill(const Settings& settings, Pointwise& pass) {
  const auto a = attributes_of<Attributes>(settings);
  pass.activation = {ActivationKind::selu, a.alpha, a.lambda, std::sqrt(a.scale)};
}

MomentRule moments(const Settings& settings) {
  const auto a = attributes_of<Attributes>(settings);
  return [=](const Gaussian& z) { return selu_moments(z, {a.alpha, a.lambda, a.scale}); };
}

}  // namespace

OpRows selu_rows() {
  return {activation_row(
      "selu", "λx for x > 0, else λα(eˣ − 1); preserves mean 0 and variance 1 of normal inputs",
      schema<Attributes>(), fill, moments, {{"alpha", 2.0}, {"lambda", 0.5}, {"scale", 0.7}})};
}

}  // namespace selfnorm
