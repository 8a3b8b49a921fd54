#pragma once

#include <stdexcept>
#include <string>

namespace selfnorm {

/// What went wrong; the command line maps each kind to an exit status.
enum class ErrorKind {
  config,       ///< a network file, a flag, an attribute or an option is wrong (exit 2)
  shape,        ///< shapes that do not fit together (exit 2)
  data,         ///< a data set cannot be read or used (exit 3)
  model_file,   ///< a model file or checkpoint cannot be read (exit 4)
  numeric,      ///< a value became NaN or infinite (exit 5)
  io,           ///< a file cannot be written (exit 3)
  interrupted,  ///< stopped by the user (exit 130)
};

/// The one exception of the library. `what()` starts with the kind and says where the fault is,
/// what was expected, what came, and how to fix it.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message);
  ErrorKind kind() const noexcept { return kind_; }
  /// The message without the kind that `what()` starts with.
  std::string detail() const;

 private:
  ErrorKind kind_;
};

/// The word that starts the message of an error of this kind, as "shape" or "model file".
const char* kind_name(ErrorKind kind);

}  // namespace selfnorm
