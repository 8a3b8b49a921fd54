#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

void fill(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::relu}; }

// Half of a symmetric input's second moment is lost (He et al. 2015).
double gain(const Settings&) { return 2; }

}  // namespace

OpRows relu_rows() {
  return {activation_row("relu", "max(0, x)", schema<NoAttributes>(), fill, gain)};
}

}  // namespace selfnorm
