// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "cli/temporary_file.h"

namespace selfnorm::cli {

/// What comes on standard input as a file, which readers may open more than once: JSON lines where
/// it begins with {, else a table; gzip or not. Bytes pass through, they are not held in memory.
class StandardInput {
 public:
  StandardInput();
  const std::string& path() const { return file_.path(); }

  /// A message about the file as one about standard input.
  std::string renamed(std::string message) const;

 private:
  TemporaryFile file_;
};

}  // namespace selfnorm::cli
