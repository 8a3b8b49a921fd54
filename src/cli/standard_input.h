// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "files/temporary_file.h"

namespace selfnorm::cli {

/// Copies standard input to a temporary file, which readers may open more than once. They recognize
/// it by its content.
class StandardInput {
 public:
  StandardInput();
  const std::string& path() const { return file_.path(); }

  /// Replaces the file's name in a message by "standard input".
  std::string replace_file_name(std::string message) const;

 private:
  TemporaryFile file_;
};

}  // namespace selfnorm::cli
