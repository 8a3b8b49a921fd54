#include <cmath>
#include <numbers>

#include "ops/rows.h"
#include "ops/rules.h"
#include "theory/gain.h"

namespace selfnorm {
namespace {

void fill(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::gelu}; }

double gain(const Settings&) {
  static const double tau =
      second_moment_gain([](double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); });
  return tau;
}

}  // namespace

OpRows gelu_rows() {
  return {activation_row("gelu", "xΦ(x), exact", schema<NoAttributes>(), fill, gain)};
}

}  // namespace selfnorm
