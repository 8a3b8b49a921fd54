// SPDX-License-Identifier: Apache-2.0
#include "theory/interval.h"

#include <arb.h>
#include <arb_hypgeom.h>

#include <limits>

namespace selfnorm {
namespace {

// Far more bits than a double has, so that the width of a result comes from the operands and the
// formula, not from rounding.
constexpr slong kBits = 96;

double rounded(const arf_t end, arf_rnd_t direction) { return arf_get_d(end, direction); }

}  // namespace

struct Interval::Ball {
  Ball() { arb_init(value); }
  ~Ball() { arb_clear(value); }
  Ball(const Ball&) = delete;
  Ball& operator=(const Ball&) = delete;
  arb_t value;
};

void Interval::Free::operator()(Ball* ball) const { delete ball; }

Interval::Interval() : ball_(new Ball) {}
Interval::Interval(double value) : Interval() { arb_set_d(ball_->value, value); }
Interval::Interval(double low, double high) : Interval() {
  arf_t a, b;
  arf_init(a), arf_init(b);
  arf_set_d(a, low), arf_set_d(b, high);
  arb_set_interval_arf(ball_->value, a, b, kBits);
  arf_clear(a), arf_clear(b);
}
Interval::Interval(const Interval& other) : Interval() {
  arb_set(ball_->value, other.ball_->value);
}
Interval& Interval::operator=(const Interval& other) {
  arb_set(ball_->value, other.ball_->value);
  return *this;
}

double Interval::low() const {
  if (!arb_is_finite(ball_->value)) return -std::numeric_limits<double>::infinity();
  arf_t end;
  arf_init(end);
  arb_get_lbound_arf(end, ball_->value, kBits);
  const double result = rounded(end, ARF_RND_FLOOR);
  arf_clear(end);
  return result;
}

double Interval::high() const {
  if (!arb_is_finite(ball_->value)) return std::numeric_limits<double>::infinity();
  arf_t end;
  arf_init(end);
  arb_get_ubound_arf(end, ball_->value, kBits);
  const double result = rounded(end, ARF_RND_CEIL);
  arf_clear(end);
  return result;
}

Interval operator+(const Interval& a, const Interval& b) {
  Interval c;
  arb_add(c.ball_->value, a.ball_->value, b.ball_->value, kBits);
  return c;
}
Interval operator-(const Interval& a, const Interval& b) {
  Interval c;
  arb_sub(c.ball_->value, a.ball_->value, b.ball_->value, kBits);
  return c;
}
Interval operator*(const Interval& a, const Interval& b) {
  Interval c;
  arb_mul(c.ball_->value, a.ball_->value, b.ball_->value, kBits);
  return c;
}
Interval operator/(const Interval& a, const Interval& b) {
  Interval c;
  arb_div(c.ball_->value, a.ball_->value, b.ball_->value, kBits);
  return c;
}
Interval square(const Interval& a) {
  Interval c;
  arb_sqr(c.ball_->value, a.ball_->value, kBits);
  arb_nonnegative_part(c.ball_->value, c.ball_->value);
  return c;
}
Interval intersection(const Interval& a, const Interval& b) {
  Interval c;
  if (arb_intersection(c.ball_->value, a.ball_->value, b.ball_->value, kBits) == 0) return a;
  return c;
}
Interval sqrt(const Interval& a) {
  Interval c;
  arb_sqrt(c.ball_->value, a.ball_->value, kBits);
  return c;
}
Interval exp(const Interval& a) {
  Interval c;
  arb_exp(c.ball_->value, a.ball_->value, kBits);
  return c;
}
Interval erfc(const Interval& a) {
  Interval c;
  arb_hypgeom_erfc(c.ball_->value, a.ball_->value, kBits);
  return c;
}
Interval Interval::pi() {
  Interval c;
  arb_const_pi(c.ball_->value, kBits);
  return c;
}

}  // namespace selfnorm
