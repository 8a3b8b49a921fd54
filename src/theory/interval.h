// SPDX-License-Identifier: Apache-2.0
// Interval arithmetic that provably encloses the exact result (Arb's balls). Only interval.cc
// includes Arb.
#pragma once

#include <memory>

namespace selfnorm {

/// All real numbers between two ends. The result of an operation contains every result for numbers
/// of its operands. Undefined operations (1/0, √−1) give an interval without finite ends.
class Interval {
 public:
  Interval(double value);  // NOLINT: a number is an interval of width 0
  Interval(double low, double high);
  Interval(const Interval& other);
  Interval& operator=(const Interval& other);
  Interval(Interval&& other) noexcept = default;
  Interval& operator=(Interval&& other) noexcept = default;
  ~Interval() = default;

  /// The ends, rounded outward.
  double low() const;
  double high() const;

  friend Interval operator+(const Interval& a, const Interval& b);
  friend Interval operator-(const Interval& a, const Interval& b);
  friend Interval operator*(const Interval& a, const Interval& b);
  friend Interval operator/(const Interval& a, const Interval& b);
  friend Interval square(const Interval& a);  ///< a·a of the same number, so never below 0
  /// Returns the intersection of intervals that are known to have a common number.
  friend Interval intersection(const Interval& a, const Interval& b);
  friend Interval sqrt(const Interval& a);
  friend Interval exp(const Interval& a);
  friend Interval erfc(const Interval& a);
  static Interval pi();

 private:
  struct Ball;
  struct Free {
    void operator()(Ball* ball) const;
  };
  Interval();
  std::unique_ptr<Ball, Free> ball_;
};

}  // namespace selfnorm
