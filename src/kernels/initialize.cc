// SPDX-License-Identifier: Apache-2.0
#include "kernels/initialize.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <vector>

#include "kernels/parallel.h"
#include "selfnorm/constants.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kGrain = 4096;
constexpr const char* kConstant = "constant";

// The variance of x² relative to (Var x)², for x uniform around 0, and for x ~ N(0, 1) truncated at
// ±2, where v = Var x = 1 − 4φ(2)/P(|x| < 2) and E x⁴ = 3v − 16φ(2)/P(|x| < 2).
constexpr double kUniformSquareVariance = 0.8;
constexpr double kTruncatedVariance =
    kTruncatedNormalStandardDeviation * kTruncatedNormalStandardDeviation;
constexpr double kTruncatedNormalSquareVariance =
    (7 * kTruncatedVariance - 4) / (kTruncatedVariance * kTruncatedVariance) - 1;

template <class Draw>
void fill_each(std::int64_t count, float* values, Draw draw) {
  parallel_rows(count, kGrain, [&](std::int64_t first, std::int64_t n) {
    for (std::int64_t i = first; i < first + n; ++i) {
      values[i] = static_cast<float>(draw(static_cast<std::uint64_t>(i)));
    }
  });
}

// How to draw values, and their moments for a gain of 1.
struct Initializer {
  std::function<void(double gain, const InitializerShape&, RandomKey, float*)> draw;
  std::function<InitializerMoments(const InitializerShape&)> moments;
};
using VarianceFunction = double (*)(const InitializerShape&);

double lecun(const InitializerShape& s) { return 1 / s.fan_in; }
double he(const InitializerShape& s) { return 2 / s.fan_in; }
double glorot(const InitializerShape& s) { return 2 / (s.fan_in + s.fan_out); }
double unit(const InitializerShape&) { return 1; }

Initializer truncated(VarianceFunction variance) {
  return {[=](double gain, const InitializerShape& s, RandomKey key, float* values) {
            const double standard_deviation =
                gain * std::sqrt(variance(s)) / kTruncatedNormalStandardDeviation;
            fill_each(s.count, values, [=](std::uint64_t i) {
              return standard_deviation * truncated_normal(key, i);
            });
          },
          [=](const InitializerShape& s) {
            return InitializerMoments{.variance = variance(s),
                                      .square_variance = kTruncatedNormalSquareVariance};
          }};
}

// Uniform within ±width·gain·√variance.
Initializer uniform_within(double width, VarianceFunction variance) {
  return {[=](double gain, const InitializerShape& s, RandomKey key, float* values) {
            const double limit = width * gain * std::sqrt(variance(s));
            fill_each(s.count, values,
                      [=](std::uint64_t i) { return limit * (2 * uniform(key, i) - 1); });
          },
          [=](const InitializerShape& s) {
            return InitializerMoments{.variance = width * width * variance(s) / 3,
                                      .square_variance = kUniformSquareVariance};
          }};
}

Initializer constant(double factor) {
  return {[=](double gain, const InitializerShape& s, RandomKey, float* values) {
            fill_each(s.count, values, [=](std::uint64_t) { return factor * gain; });
          },
          [=](const InitializerShape&) {
            return InitializerMoments{factor, 0};
          }};
}

void plain_normal(double gain, const InitializerShape& s, RandomKey key, float* values) {
  fill_each(s.count, values, [=](std::uint64_t i) { return gain * normal(key, i); });
}

// Accumulates several partial sums, since the compiler must not reorder a single sum.
double dot(const double* a, const double* b, std::size_t count) {
  constexpr std::size_t kSums = 8;
  double sums[kSums] = {};
  const std::size_t whole = count - count % kSums;
  for (std::size_t i = 0; i < whole; i += kSums) {
    for (std::size_t j = 0; j < kSums; ++j) sums[j] += a[i + j] * b[i + j];
  }
  for (std::size_t i = whole; i < count; ++i) sums[i - whole] += a[i] * b[i];
  return std::accumulate(sums, sums + kSums, 0.0);
}

// Applies modified Gram-Schmidt to a normal matrix: each vector is normalized and projected out of
// the vectors after it. The remaining inner products are about the condition number times the
// rounding error of a double, far below that of a float. The vectors of the shorter side become
// orthonormal.
void orthogonal(double gain, const InitializerShape& s, RandomKey key, float* values) {
  const std::int64_t rows = s.outputs, columns = s.count / s.outputs;
  const bool wide = columns >= rows;
  const std::int64_t vectors = wide ? rows : columns;
  const auto length = static_cast<std::size_t>(wide ? columns : rows);
  std::vector<double> basis(static_cast<std::size_t>(s.count));
  for (std::size_t i = 0; i < basis.size(); ++i) basis[i] = normal(key, i);
  const auto vector = [&](std::int64_t v) {
    return basis.data() + static_cast<std::size_t>(v) * length;
  };
  for (std::int64_t v = 0; v < vectors; ++v) {
    double* unit = vector(v);
    const double inverse = 1 / std::sqrt(dot(unit, unit, length));
    for (std::size_t i = 0; i < length; ++i) unit[i] *= inverse;
    const auto grain = static_cast<std::int64_t>(1 + kGrain / std::max<std::size_t>(length, 1));
    parallel_rows(vectors - v - 1, grain, [&](std::int64_t first, std::int64_t count) {
      for (std::int64_t w = v + 1 + first; w < v + 1 + first + count; ++w) {
        const double projection = dot(unit, vector(w), length);
        for (std::size_t i = 0; i < length; ++i) vector(w)[i] -= projection * unit[i];
      }
    });
  }
  const auto width = static_cast<std::size_t>(columns);
  for (std::size_t i = 0; i < static_cast<std::size_t>(s.count); ++i) {
    const std::size_t row = i / width, column = i % width;
    values[i] =
        static_cast<float>(gain * basis[wide ? row * length + column : column * length + row]);
  }
}

// The moments of `orthogonal`. The vectors have length 1 and max(rows, columns) elements. If the
// columns are orthonormal, the squared length of a row has a beta distribution.
InitializerMoments orthogonal_moments(const InitializerShape& s) {
  const double rows = static_cast<double>(s.outputs);
  const double columns = static_cast<double>(s.count) / rows;
  return {0, 1 / std::max(rows, columns), std::min(1.0, rows / columns),
          std::min(1.0, columns / rows), 2 * std::max(0.0, rows - columns) / (rows + 2)};
}

const std::map<std::string, Initializer>& initializers() {
  static const double uniform_limit = std::sqrt(3.0);
  static const std::map<std::string, Initializer> table = {
      {"lecun_normal", truncated(lecun)},
      {"lecun_uniform", uniform_within(uniform_limit, lecun)},
      {"he_normal", truncated(he)},
      {"he_uniform", uniform_within(uniform_limit, he)},
      {"glorot_normal", truncated(glorot)},
      {"glorot_uniform", uniform_within(uniform_limit, glorot)},
      {"pytorch_default", uniform_within(1, lecun)},
      {"normal",
       {plain_normal,
        [](const InitializerShape& s) {
          return InitializerMoments{0, unit(s)};
        }}},
      {"uniform", uniform_within(1, unit)},
      {"orthogonal", {orthogonal, orthogonal_moments}},
      {"zeros", constant(0)},
      {"ones", constant(1)},
      {kConstant, constant(1)},
  };
  return table;
}

}  // namespace

const std::vector<std::string>& initializer_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list = {"auto"};
    for (const auto& entry : initializers()) list.push_back(entry.first);
    return list;
  }();
  return names;
}

bool gain_is_value(const std::string& name) { return name == kConstant; }

InitializerMoments initializer_moments(const std::string& name, double gain,
                                       const InitializerShape& shape) {
  const InitializerMoments moments = initializers().at(name).moments(shape);
  return {gain * moments.mean, gain * gain * moments.variance, moments.preserved,
          moments.preserved_backward, moments.square_variance};
}

void initialize(const std::string& name, double gain, const InitializerShape& shape, RandomKey key,
                float* values) {
  initializers().at(name).draw(gain, shape, key, values);
}

}  // namespace selfnorm
