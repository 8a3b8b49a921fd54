// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace selfnorm {

/// Whether a reader compares the contents of a model file with the checksums in it, which takes
/// about 0.1 s for 1 GB. Files without checksums are read either way.
enum class Checksums { verify, ignore };

}  // namespace selfnorm
