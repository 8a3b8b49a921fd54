// SPDX-License-Identifier: Apache-2.0
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

struct Attributes {
  double alpha = 1;
  Options options() {
    return {{"alpha", &alpha, "α: the limit for x → −∞ is −α", range::kPositive}};
  }
};

void fill(const Settings& settings, Pointwise& pass) {
  pass.activation = {ActivationKind::elu, attributes_of<Attributes>(settings).alpha};
}

MomentRule moments(const Settings& settings) {
  const double alpha = attributes_of<Attributes>(settings).alpha;
  return [=](const Gaussian& z) { return selu_moments(z, {alpha, 1}); };
}

}  // namespace

OpRows elu_rows() {
  return {activation_row("elu", "x for x > 0, else α(eˣ − 1)", schema<Attributes>(), fill, moments,
                         {{"alpha", 0.5}})};
}

}  // namespace selfnorm
