#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

void fill(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::tanh}; }

}  // namespace

OpRows tanh_rows() {
  return {activation_row("tanh", "hyperbolic tangent", schema<NoAttributes>(), fill,
                         Gap{"bounded by 1: no weights keep its second moment at 1"})};
}

}  // namespace selfnorm
