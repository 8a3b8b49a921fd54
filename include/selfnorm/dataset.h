#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "selfnorm/tensor.h"

namespace selfnorm {

/// One named block of features: rows × elements(sample_shape) numbers, row-major, in the order of
/// sample_shape (images: channels, height, width). A byte v stands for v / 255.
struct Field {
  std::string name;
  Shape sample_shape;
  std::variant<std::vector<std::uint8_t>, std::vector<float>> values;
};

/// What is to be predicted: one class a row, or `width` numbers a row, or nothing.
struct Targets {
  std::string name;
  std::vector<std::int32_t> classes;     ///< rows class indexes from 0, or empty
  std::vector<std::string> class_names;  ///< by class index; empty when `classes` is
  std::vector<float> values;  ///< rows × width numbers, NaN for a missing label, or empty
  std::int64_t width = 0;     ///< numbers a row in `values`
};

/// Rows of named features with their targets.
struct Dataset {
  std::string name;
  std::int64_t rows = 0;
  std::vector<Field> inputs;
  Targets targets;
};

}  // namespace selfnorm
