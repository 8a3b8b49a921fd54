// SPDX-License-Identifier: Apache-2.0
#include "kernels/dropout.h"

#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

struct Attributes {
  double rate = 0.5;
  Options options() { return {{"rate", &rate, "fraction of the elements to drop", range::kRate}}; }
};

void fill(const Settings& settings, Pointwise& pass) {
  pass.dropout = make_dropout(DropoutKind::plain, attributes_of<Attributes>(settings).rate);
}

}  // namespace

OpRows dropout_rows() {
  return {dropout_row(
      "dropout",
      "sets dropped elements to 0 and divides the others by 1 − rate; not suitable for SELU",
      schema<Attributes>(), fill, {{"rate", 0.2}})};
}

}  // namespace selfnorm
