#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

void fill(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::sigmoid}; }

}  // namespace

OpRows sigmoid_rows() {
  return {activation_row("sigmoid", "1 / (1 + e⁻ˣ)", schema<NoAttributes>(), fill,
                         Gap{"bounded by 1: no weights keep its second moment at 1"})};
}

}  // namespace selfnorm
