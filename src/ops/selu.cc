#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

struct Attributes {
  double alpha = kSeluAlpha;
  double lambda = kSeluLambda;
  double scale = 1;
  Options options() {
    return {{"alpha", &alpha, "α: depth of the negative side", range::kPositive},
            {"lambda", &lambda, "λ: slope of the positive side", range::kPositive},
            {"scale", &scale, "s: the input is multiplied by it first", range::kPositive}};
  }
};

void fill(const Settings& settings, Pointwise& pass) {
  const auto a = attributes_of<Attributes>(settings);
  pass.activation = {ActivationKind::selu, a.alpha, a.lambda, a.scale};
}

// (α, λ) are made so that unit normals stay unit normals: weights of variance 1/fan_in.
double gain(const Settings&) { return 1; }

}  // namespace

OpRows selu_rows() {
  return {activation_row("selu", "λx for x > 0, else λα(eˣ − 1): keeps unit normals unit normal",
                         schema<Attributes>(), fill, gain,
                         {{"alpha", 2.0}, {"lambda", 0.5}, {"scale", 0.7}})};
}

}  // namespace selfnorm
