// SPDX-License-Identifier: Apache-2.0
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

struct Attributes {
  double alpha = 0.01;
  Options options() {
    return {{"alpha", &alpha, "slope of the negative side", range::kNonNegative}};
  }
};

void fill(const Settings& settings, Pointwise& pass) {
  pass.activation = {ActivationKind::leaky_relu, attributes_of<Attributes>(settings).alpha};
}

MomentRule moments(const Settings& settings) {
  const double alpha = attributes_of<Attributes>(settings).alpha;
  return [=](const Gaussian& z) { return leaky_relu_moments(z, alpha); };
}

}  // namespace

OpRows leaky_relu_rows() {
  return {activation_row("leaky_relu", "x for x > 0, else αx", schema<Attributes>(), fill, moments,
                         {{"alpha", 0.3}})};
}

}  // namespace selfnorm
