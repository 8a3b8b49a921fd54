#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fits the float polynomials of src/kernels/simd/math-inl.h and prints them with their errors.

Each polynomial has the smallest maximal weighted error of its degree (Remez's exchange algorithm on a
Chebyshev grid, with 50 digits). Coefficients are rounded to float one after the other, the lowest
first, and the others are fitted again each time. So the printed error is that of the rounded
coefficients in exact arithmetic. Needs mpmath (Debian: python3-mpmath).
"""
import struct

import mpmath as mp

mp.mp.dps = 50
GRID = 400


def to_float(x):
    return mp.mpf(struct.unpack("f", struct.pack("f", float(x)))[0])


def remez(values, basis, weights):
    """Returns the coefficients c that minimize max |w (value - basis . c)|, and this maximum."""
    count = len(basis[0])
    n = len(values)
    picks = [round(i * (n - 1) / count) for i in range(count + 1)]
    for _ in range(60):
        system = mp.matrix(count + 1, count + 1)
        right = mp.matrix(count + 1, 1)
        for row, i in enumerate(picks):
            for k in range(count):
                system[row, k] = basis[i][k]
            system[row, count] = (-1) ** row / weights[i]
            right[row] = values[i]
        solution = mp.lu_solve(system, right)
        coefficients = [solution[k] for k in range(count)]
        errors = [w * (v - mp.fdot(b, coefficients))
                  for v, b, w in zip(values, basis, weights)]
        # Find one extremum per run of equal sign. Keep the alternating sequence with the largest.
        runs = []
        for i, e in enumerate(errors):
            if runs and (e >= 0) == (errors[runs[-1]] >= 0):
                if abs(e) > abs(errors[runs[-1]]):
                    runs[-1] = i
            else:
                runs.append(i)
        while len(runs) > count + 1:
            runs.pop(0 if abs(errors[runs[0]]) < abs(errors[runs[-1]]) else -1)
        if len(runs) < count + 1 or runs == picks:
            break
        picks = runs
    return coefficients, max(abs(e) for e in errors)


def fit(name, function, weight, low, high, degree):
    points = [low + (high - low) * (1 - mp.cos(mp.pi * (i + mp.mpf(1) / 2) / GRID)) / 2
              for i in range(GRID)]
    values = [function(x) for x in points]
    weights = [weight(x) for x in points]
    fixed = []
    for start in range(degree + 1):
        rest = [v - mp.polyval(fixed[::-1] or [0], x) for v, x in zip(values, points)]
        basis = [[x ** k for k in range(start, degree + 1)] for x in points]
        coefficients, error = remez(rest, basis, weights)
        if start == 0:
            best = error
        fixed.append(to_float(coefficients[0]))
    error = max(abs(w * (v - mp.polyval(fixed[::-1], x)))
                for v, x, w in zip(values, points, weights))
    print(f"{name}: degree {degree}, error 2^{mp.nstr(mp.log(error, 2), 4)} "
          f"(unrounded 2^{mp.nstr(mp.log(best, 2), 4)})")
    print("    " + ", ".join(f"{mp.nstr(c, 9)}f" for c in fixed))


def erfcx_half(t):
    """Returns Phi(-t) exp(t^2 / 2)."""
    return mp.erfc(t / mp.sqrt(2)) * mp.exp(t * t / 2) / 2


def main():
    half = mp.log(2) / 2 * mp.mpf("1.001")  # rounding may enlarge the reduced argument
    fit("kExpm1: expm1(r) = r + r^2 P(r)", lambda r: (mp.expm1(r) - r) / r ** 2,
        lambda r: abs(r ** 2 / mp.expm1(r)), -half, half, 5)
    fit("kLog1p: log1p(z) = z + z^2 P(z)", lambda z: (mp.log1p(z) - z) / z ** 2,
        lambda z: z ** 2 / mp.log1p(z), mp.mpf(0), mp.mpf(1), 8)
    c = mp.mpf("0.3")  # the value among 0.18, 0.2 ... 0.6 with the smallest error at this degree
    t = lambda v: v / (1 - v) / c
    fit("kTail: Phi(-t) exp(t^2/2) = (1 - v) P(v), v = 0.3 t / (1 + 0.3 t), t to 14.7",
        lambda v: erfcx_half(t(v)) / (1 - v), lambda v: (1 - v) / erfcx_half(t(v)),
        mp.mpf(0), 1 - 1 / (1 + c * mp.mpf("14.7")), 9)
    turn = 2 * mp.pi
    sine = lambda v: mp.sin(turn * mp.sqrt(v)) / mp.sqrt(v)
    fit("kSine: sin(2 pi u) = 2 pi u + u^3 P(u^2), u to 1/4", lambda v: (sine(v) - turn) / v,
        lambda v: v / sine(v), mp.mpf(0), mp.mpf(1) / 16, 4)


if __name__ == "__main__":
    main()
