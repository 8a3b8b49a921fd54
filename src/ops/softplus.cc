#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

void fill(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::softplus}; }

}  // namespace

OpRows softplus_rows() {
  return {activation_row("softplus", "log(1 + eˣ)", schema<NoAttributes>(), fill,
                         Gap{"its mean grows with every layer: no weights keep it at 0"})};
}

}  // namespace selfnorm
