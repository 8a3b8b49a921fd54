// SPDX-License-Identifier: Apache-2.0
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

void fill(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::silu}; }

}  // namespace

OpRows silu_rows() {
  return {activation_row("silu", "x / (1 + e⁻ˣ)", schema<NoAttributes>(), fill,
                         moments_by_quadrature<fill>)};
}

}  // namespace selfnorm
