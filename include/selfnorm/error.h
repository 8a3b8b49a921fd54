// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace selfnorm {

/// The kind of an error. The command line maps each kind to an exit status.
enum class ErrorKind {
  config,       ///< a network file, a flag, an attribute or an option is wrong (exit 2)
  shape,        ///< shapes do not fit together (exit 2)
  data,         ///< a data set cannot be read or used (exit 3)
  model_file,   ///< a model file or checkpoint cannot be read (exit 4)
  numeric,      ///< a value became NaN or infinite (exit 5)
  io,           ///< a file cannot be written (exit 3)
  interrupted,  ///< the user stopped the program (exit 130)
};

/// The only exception type of the library. `what()` starts with the kind. It says where the error
/// is, what was expected, what was found, and how to fix it.
class Error : public std::runtime_error {
 public:
  /// An error of this kind. `what()` is the name of the kind, a colon and `message`.
  Error(ErrorKind kind, const std::string& message);
  /// Returns the kind of the error.
  ErrorKind kind() const noexcept { return kind_; }
  /// Returns the message without the kind.
  std::string detail() const;

 private:
  ErrorKind kind_;
};

/// Returns the name of a kind, with which messages start: "shape" or "model file", for example.
const char* kind_name(ErrorKind kind);

}  // namespace selfnorm
