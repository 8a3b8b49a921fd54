#include <cmath>

#include "ops/rows.h"
#include "ops/rules.h"
#include "theory/gain.h"

namespace selfnorm {
namespace {

struct Attributes {
  double alpha = 1;
  Options options() { return {{"alpha", &alpha, "depth of the negative side", range::kPositive}}; }
};

void fill(const Settings& settings, Pointwise& pass) {
  pass.activation = {ActivationKind::elu, attributes_of<Attributes>(settings).alpha};
}

double gain(const Settings& settings) {
  const double alpha = attributes_of<Attributes>(settings).alpha;
  return second_moment_gain([=](double x) { return x > 0 ? x : alpha * std::expm1(x); });
}

}  // namespace

OpRows elu_rows() {
  return {activation_row("elu", "x for x > 0, else α(eˣ − 1)", schema<Attributes>(), fill, gain,
                         {{"alpha", 0.5}})};
}

}  // namespace selfnorm
