// SPDX-License-Identifier: Apache-2.0
// Real intervals whose arithmetic is proved to enclose the exact result (Arb's balls): the only
// files that see Arb are these two.
#pragma once

#include <memory>

namespace selfnorm {

/// All real numbers between two ends. The result of an operation contains every result for numbers
/// of its operands; operations on what is undefined (1/0, √−1) give an interval without finite
/// ends.
class Interval {
 public:
  Interval(double value);  // NOLINT: numbers are intervals of no width
  Interval(double low, double high);
  Interval(const Interval& other);
  Interval& operator=(const Interval& other);
  Interval(Interval&& other) noexcept = default;
  Interval& operator=(Interval&& other) noexcept = default;
  ~Interval() = default;

  /// The ends, rounded outwards.
  double low() const;
  double high() const;

  friend Interval operator+(const Interval& a, const Interval& b);
  friend Interval operator-(const Interval& a, const Interval& b);
  friend Interval operator*(const Interval& a, const Interval& b);
  friend Interval operator/(const Interval& a, const Interval& b);
  friend Interval square(const Interval& a);  ///< a·a for one and the same number: never below 0
  /// What both hold, where it is known that they have a number in common.
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
