// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace selfnorm {

/// A library behind the kernels does not take these extents. Kernels know no node and throw no
/// Error: whoever lowers a node catches this and names it.
class UnsupportedConfiguration : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace selfnorm
