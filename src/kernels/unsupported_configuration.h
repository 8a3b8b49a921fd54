// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>

namespace selfnorm {

/// A library that the kernels use does not support these extents. Kernels do not know the node and
/// do not throw Error. The code that lowers a node catches this exception and adds the node's name.
class UnsupportedConfiguration : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace selfnorm
