// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/error.h"

namespace selfnorm {

const char* kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::config: return "config";
    case ErrorKind::shape: return "shape";
    case ErrorKind::data: return "data";
    case ErrorKind::model_file: return "model file";
    case ErrorKind::numeric: return "numeric";
    case ErrorKind::io: return "io";
    case ErrorKind::interrupted: return "interrupted";
  }
  return "error";
}

Error::Error(ErrorKind kind, const std::string& message)
    : std::runtime_error(std::string(kind_name(kind)) + ": " + message), kind_(kind) {}

std::string Error::detail() const {
  return std::string(what()).substr(std::string(kind_name(kind_)).size() + 2);
}

}  // namespace selfnorm
