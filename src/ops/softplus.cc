// SPDX-License-Identifier: Apache-2.0
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

void fill(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::softplus}; }

}  // namespace

OpRows softplus_rows() {
  return {activation_row("softplus", "log(1 + eˣ)", schema<NoAttributes>(), fill,
                         moments_by_quadrature<fill>)};
}

}  // namespace selfnorm
