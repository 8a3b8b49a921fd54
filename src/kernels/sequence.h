// Sequences of steps: rows of a table for the numbers of words, and what is pooled over the steps
// that are there. A step whose number is 0 is padding.
#pragma once

#include <cstdint>

namespace selfnorm {

/// Numbers of words travel as floats, which count so far.
inline constexpr std::int64_t kMostWords = std::int64_t{1} << 24;

/// Numbers that name no row of the table count as padding; nobody reads beyond it.
std::int64_t row_of_id(float id, std::int64_t rows);

/// y[i] = table[ids[i]], `width` numbers each; 0 for padding.
void look_up(const float* ids, std::int64_t count, const float* table, std::int64_t rows,
             std::int64_t width, float* y);

/// dtable = 0, then dtable[ids[i]] += dy[i], in the order of i whatever the thread count.
void add_up(const float* ids, std::int64_t count, const float* dy, std::int64_t rows,
            std::int64_t width, float* dtable);

/// Samples × steps × width numbers. `ids` tells the steps that are there; null: all are.
struct StepsShape {
  std::int64_t samples = 0, steps = 0, width = 0;
};

/// y = n^(-power) · Σ over the n steps of a sample that are there; 0 where there are none.
void sum_steps(const float* x, const float* ids, const StepsShape& shape, double power, float* y);
void sum_steps_gradient(const float* dy, const float* ids, const StepsShape& shape, double power,
                        float* dx);

/// The largest over those steps, and which it is (the first of equal ones; −1 without any).
void max_steps(const float* x, const float* ids, const StepsShape& shape, float* y, float* which);
void max_steps_gradient(const float* dy, const float* which, const StepsShape& shape, float* dx);

}  // namespace selfnorm
