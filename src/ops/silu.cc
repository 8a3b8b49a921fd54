#include <cmath>

#include "ops/rows.h"
#include "ops/rules.h"
#include "theory/gain.h"

namespace selfnorm {
namespace {

void fill(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::silu}; }

double gain(const Settings&) {
  static const double tau = second_moment_gain([](double x) { return x / (1 + std::exp(-x)); });
  return tau;
}

}  // namespace

OpRows silu_rows() {
  return {activation_row("silu", "x / (1 + e⁻ˣ)", schema<NoAttributes>(), fill, gain)};
}

}  // namespace selfnorm
