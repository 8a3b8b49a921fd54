// SPDX-License-Identifier: Apache-2.0
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

void fill(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::relu}; }

MomentRule moments(const Settings&) {
  return [](const Gaussian& z) { return leaky_relu_moments(z, 0); };
}

}  // namespace

OpRows relu_rows() {
  return {activation_row("relu", "max(0, x)", schema<NoAttributes>(), fill, moments)};
}

}  // namespace selfnorm
