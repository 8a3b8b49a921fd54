// SPDX-License-Identifier: Apache-2.0
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

void fill(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::tanh}; }

}  // namespace

OpRows tanh_rows() {
  return {activation_row("tanh", "hyperbolic tangent", schema<NoAttributes>(), fill,
                         moments_by_quadrature<fill>)};
}

}  // namespace selfnorm
