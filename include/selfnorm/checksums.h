// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace selfnorm {

/// Whether a reader compares the contents of a model file with the checksums in it, which is one
/// more pass over the weights. Files without checksums are read either way.
enum class Checksums { verify, ignore };

}  // namespace selfnorm
