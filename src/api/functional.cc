// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/functional.h"

#include <fmt/format.h>

#include <cmath>

#include "kernels/dropout.h"
#include "kernels/simd/pointwise.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr Activation kIdentity{ActivationKind::identity};
constexpr Activation kSelu{ActivationKind::selu};

void check_lengths(const char* function, const char* first, std::size_t got, const char* second,
                   std::size_t want) {
  if (got == want) return;
  throw Error(ErrorKind::shape, fmt::format("{}: {} has {} elements, {} has {} (give spans of "
                                            "equal length)",
                                            function, first, got, second, want));
}

// The comparison is written so that NaN fails it.
void check_number(const char* function, const char* name, double got, bool good, const char* want) {
  if (good) return;
  throw Error(ErrorKind::config,
              fmt::format("{}: {} is {}, expected {}", function, name, got, want));
}

Activation checked_elu(const char* function, double alpha) {
  check_number(function, "alpha", alpha, alpha >= 0 && std::isfinite(alpha),
               "a finite number, 0 or more");
  return {ActivationKind::elu, alpha};
}

void check_rate(const char* function, double rate) {
  check_number(function, "rate", rate, rate >= 0 && rate < 1,
               "the probability to drop an element, 0 or more and less than 1");
}

Dropout checked_alpha(const char* function, double rate, double mean, double variance) {
  check_rate(function, rate);
  check_number(function, "mean", mean, std::isfinite(mean), "a finite number");
  check_number(function, "variance", variance, variance > 0 && std::isfinite(variance),
               "a finite number above 0");
  return make_dropout(DropoutKind::alpha, rate, mean, variance);
}

Dropout checked_plain(const char* function, double rate) {
  check_rate(function, rate);
  return make_dropout(DropoutKind::plain, rate);
}

MaskStream stream(std::uint64_t seed, std::uint64_t step, std::string_view name) {
  return {random_key(seed, "mask", name), step, 0};
}

void forward(const char* function, std::span<const float> x, std::span<float> y,
             const Activation& f, const Dropout& dropout = {}, const MaskStream& mask = {}) {
  check_lengths(function, "y", y.size(), "x", x.size());
  pointwise_forward(x.data(), nullptr, y.data(), 1, std::ssize(x), f, dropout, mask);
}

void backward_from_input(const char* function, std::span<const float> dy, std::span<const float> x,
                         std::span<float> dx, const Activation& f) {
  check_lengths(function, "dx", dx.size(), "dy", dy.size());
  check_lengths(function, "x", x.size(), "dy", dy.size());
  selu_backward_from_input(dy.data(), x.data(), dx.data(), std::ssize(dy), f);
}

void backward(const char* function, std::span<const float> dy, std::span<const float> y,
              std::span<float> dx, const Activation& f, const Dropout& dropout = {},
              const MaskStream& mask = {}) {
  check_lengths(function, "dx", dx.size(), "dy", dy.size());
  check_lengths(function, "y", y.size(), "dy", dy.size());
  pointwise_backward(dy.data(), y.data(), dx.data(), 1, std::ssize(dy), f, dropout, mask);
}

}  // namespace

void elu(std::span<const float> x, std::span<float> y, double alpha) {
  forward("elu", x, y, checked_elu("elu", alpha));
}

void elu_backward(std::span<const float> dy, std::span<const float> y, std::span<float> dx,
                  double alpha) {
  backward("elu_backward", dy, y, dx, checked_elu("elu_backward", alpha));
}

void elu_backward_from_input(std::span<const float> dy, std::span<const float> x,
                             std::span<float> dx, double alpha) {
  backward_from_input("elu_backward_from_input", dy, x, dx,
                      checked_elu("elu_backward_from_input", alpha));
}

void selu(std::span<const float> x, std::span<float> y) { forward("selu", x, y, kSelu); }

void selu_backward(std::span<const float> dy, std::span<const float> y, std::span<float> dx) {
  backward("selu_backward", dy, y, dx, kSelu);
}

void selu_backward_from_input(std::span<const float> dy, std::span<const float> x,
                              std::span<float> dx) {
  backward_from_input("selu_backward_from_input", dy, x, dx, kSelu);
}

void dropout(std::span<const float> x, std::span<float> y, double rate, std::uint64_t seed,
             std::uint64_t step, std::string_view name) {
  forward("dropout", x, y, kIdentity, checked_plain("dropout", rate), stream(seed, step, name));
}

void dropout_backward(std::span<const float> dy, std::span<float> dx, double rate,
                      std::uint64_t seed, std::uint64_t step, std::string_view name) {
  backward("dropout_backward", dy, dy, dx, kIdentity, checked_plain("dropout_backward", rate),
           stream(seed, step, name));
}

void alpha_dropout(std::span<const float> x, std::span<float> y, double rate, std::uint64_t seed,
                   std::uint64_t step, std::string_view name, double mean, double variance) {
  forward("alpha_dropout", x, y, kIdentity, checked_alpha("alpha_dropout", rate, mean, variance),
          stream(seed, step, name));
}

void alpha_dropout_expectation(std::span<const float> x, std::span<float> y, double rate,
                               double mean, double variance) {
  Dropout dropout = checked_alpha("alpha_dropout_expectation", rate, mean, variance);
  dropout.inference = DropoutInference::expectation;
  forward("alpha_dropout_expectation", x, y, kIdentity, inference_dropout(dropout));
}

void alpha_dropout_backward(std::span<const float> dy, std::span<float> dx, double rate,
                            std::uint64_t seed, std::uint64_t step, std::string_view name,
                            double mean, double variance) {
  backward("alpha_dropout_backward", dy, dy, dx, kIdentity,
           checked_alpha("alpha_dropout_backward", rate, mean, variance), stream(seed, step, name));
}

}  // namespace selfnorm
