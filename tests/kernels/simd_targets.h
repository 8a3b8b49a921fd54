// SPDX-License-Identifier: Apache-2.0
// Runs a test body on every instruction set of this processor.
#pragma once

#include <gtest/gtest.h>

#define HWY_DISABLED_TARGETS HWY_SSSE3  // as in kernels/simd/pointwise.cc
#include <hwy/targets.h>

namespace selfnorm {

/// Calls body() once for each instruction set that was compiled and that the processor supports.
/// All dispatching kernels then use this instruction set. Restores the choice afterward.
template <class Body>
void for_each_simd_target(const Body& body) {
  for (const auto target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace selfnorm
