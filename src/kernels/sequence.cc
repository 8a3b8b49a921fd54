// SPDX-License-Identifier: Apache-2.0
#include "kernels/sequence.h"

#include <algorithm>
#include <cmath>

#include "kernels/parallel.h"
#include "kernels/simd/arithmetic.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kGrain = 16384;  // fewest numbers that are worth a second thread

std::int64_t grain(std::int64_t row_width) { return 1 + kGrain / row_width; }

bool is_present(const float* ids, std::int64_t step) { return ids == nullptr || ids[step] != 0; }

// Returns the row of a step, counted over all samples, or a negative number for padding.
std::int64_t row_of_step(const StepRowIndex& rows, std::int64_t step) {
  if (!is_present(rows.ids, step)) return -1;
  return rows.step_rows != nullptr ? static_cast<std::int64_t>(rows.step_rows[step]) : step;
}

// Calls f(sample, first step of the sample) for every sample.
template <class F>
void for_each_sample(const SequenceShape& s, F f) {
  parallel_rows(s.samples, grain(s.steps * s.width), [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t n = first; n < first + count; ++n) f(n, n * s.steps);
  });
}

float pooling_factor(const StepRowIndex& rows, std::int64_t first, std::int64_t steps,
                     double power) {
  double present_steps = 0;
  for (std::int64_t t = 0; t < steps; ++t)
    present_steps += row_of_step(rows, first + t) >= 0 ? 1 : 0;
  return present_steps > 0 ? static_cast<float>(std::pow(present_steps, -power)) : 0;
}

// Calls f(row, times) for the rows of a sample's steps, once for consecutive equal rows.
template <class F>
void for_each_row(const StepRowIndex& rows, std::int64_t first, std::int64_t steps, F f) {
  for (std::int64_t t = 0, next = 0; t < steps; t = next) {
    const std::int64_t row = row_of_step(rows, first + t);
    next = t + 1;
    while (next < steps && row_of_step(rows, first + next) == row) ++next;
    if (row >= 0) f(row, static_cast<float>(next - t));
  }
}

}  // namespace

std::int64_t row_of_id(float id, std::int64_t rows) {
  return id >= 0 && id < static_cast<float>(rows) ? static_cast<std::int64_t>(id) : 0;
}

void embedding_lookup(const float* ids, std::int64_t count, const float* table, std::int64_t rows,
                      std::int64_t width, float* y) {
  parallel_rows(count, grain(width), [&](std::int64_t first, std::int64_t size) {
    for (std::int64_t i = first; i < first + size; ++i) {
      const std::int64_t row = row_of_id(ids[i], rows);
      if (row > 0) kernels::copy(table + row * width, y + i * width, width);
      else kernels::fill(0, y + i * width, width);
    }
  });
}

void embedding_lookup_gradient(const float* ids, std::int64_t count, const float* dy,
                               std::int64_t rows, std::int64_t width, float* dtable) {
  kernels::fill(0, dtable, rows * width);
  // Threads divide the columns, so that the order of each sum is fixed.
  parallel_rows(width, 1 + kGrain / (count + 1), [&](std::int64_t first, std::int64_t size) {
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t row = row_of_id(ids[i], rows);
      if (row > 0) kernels::accumulate(dy + i * width + first, dtable + row * width + first, size);
    }
  });
}

void sum_steps(const float* x, const StepRowIndex& rows, const SequenceShape& shape, double power,
               float* y) {
  const std::int64_t width = shape.width;
  for_each_sample(shape, [&](std::int64_t n, std::int64_t first) {
    float* out = y + n * width;
    kernels::fill(0, out, width);
    for_each_row(rows, first, shape.steps, [&](std::int64_t row, float times) {
      if (times == 1) kernels::accumulate(x + row * width, out, width);
      else kernels::accumulate_scaled(times, x + row * width, out, width);
    });
    kernels::scale(pooling_factor(rows, first, shape.steps, power), out, out, width);
  });
}

void sum_steps_gradient(const float* dy, const float* ids, const SequenceShape& shape, double power,
                        float* dx) {
  for_each_sample(shape, [&](std::int64_t n, std::int64_t first) {
    const float factor = pooling_factor({ids}, first, shape.steps, power);
    for (std::int64_t t = first; t < first + shape.steps; ++t) {
      kernels::scale(is_present(ids, t) ? factor : 0, dy + n * shape.width, dx + t * shape.width,
                     shape.width);
    }
  });
}

void max_steps(const float* x, const StepRowIndex& rows, const SequenceShape& shape, float* y,
               float* argmax) {
  const std::int64_t width = shape.width;
  for_each_sample(shape, [&](std::int64_t n, std::int64_t first) {
    float *out = y + n * width, *from = argmax + n * width;
    kernels::fill(0, out, width);
    kernels::fill(-1, from, width);
    for (std::int64_t t = 0; t < shape.steps; ++t) {
      const std::int64_t row = row_of_step(rows, first + t);
      if (row < 0) continue;
      const float* step = x + row * width;
      for (std::int64_t k = 0; k < width; ++k) {
        if (from[k] >= 0 && !(step[k] > out[k])) continue;
        out[k] = step[k];
        from[k] = static_cast<float>(t);
      }
    }
  });
}

void max_steps_gradient(const float* dy, const float* argmax, const SequenceShape& shape,
                        float* dx) {
  for_each_sample(shape, [&](std::int64_t n, std::int64_t first) {
    float* to = dx + first * shape.width;
    kernels::fill(0, to, shape.steps * shape.width);
    for (std::int64_t k = 0; k < shape.width; ++k) {
      const auto step = static_cast<std::int64_t>(argmax[n * shape.width + k]);
      if (step >= 0) to[step * shape.width + k] = dy[n * shape.width + k];
    }
  });
}

void sum_packed_gradient(const float* dy, const StepRowIndex& rows, const SequenceShape& shape,
                         double power, std::int64_t packed, float* dx) {
  const std::int64_t width = shape.width;
  kernels::fill(0, dx, packed * width);
  // Threads divide the columns, so that the order of each sum is fixed.
  parallel_rows(width, 1 + kGrain / (shape.samples * shape.steps + 1),
                [&](std::int64_t column, std::int64_t size) {
                  for (std::int64_t n = 0; n < shape.samples; ++n) {
                    const std::int64_t first = n * shape.steps;
                    const float factor = pooling_factor(rows, first, shape.steps, power);
                    for_each_row(rows, first, shape.steps, [&](std::int64_t row, float times) {
                      kernels::accumulate_scaled(factor * times, dy + n * width + column,
                                                 dx + row * width + column, size);
                    });
                  }
                });
}

void max_packed_gradient(const float* dy, const float* argmax, const float* step_rows,
                         const SequenceShape& shape, std::int64_t packed, float* dx) {
  const std::int64_t width = shape.width;
  kernels::fill(0, dx, packed * width);
  parallel_rows(width, grain(shape.samples), [&](std::int64_t column, std::int64_t size) {
    for (std::int64_t n = 0; n < shape.samples; ++n) {
      for (std::int64_t k = column; k < column + size; ++k) {
        const auto step = static_cast<std::int64_t>(argmax[n * width + k]);
        if (step < 0) continue;
        const auto row = static_cast<std::int64_t>(step_rows[n * shape.steps + step]);
        dx[row * width + k] += dy[n * width + k];
      }
    }
  });
}

void pack_unique_tokens(const float* ids, const SequenceShape& shape, std::int64_t table_rows,
                        bool padding, std::int32_t* scratch, const PackedRows& packed) {
  std::fill(scratch, scratch + table_rows, -1);
  std::int32_t count = 0;
  for (std::int64_t i = 0; i < shape.samples * shape.steps; ++i) {
    if (ids[i] == 0 && !padding) {
      packed.step_rows[i] = -1;
      continue;
    }
    const std::int64_t token = row_of_id(ids[i], table_rows);
    if (scratch[token] < 0) {
      packed.token_ids[count] = static_cast<float>(token);
      scratch[token] = count++;
    }
    packed.step_rows[i] = static_cast<float>(scratch[token]);
  }
  kernels::fill(0, packed.starts, shape.samples);
  packed.starts[shape.samples] = static_cast<float>(count);
}

void pack_unpadded_steps(const float* ids, const SequenceShape& shape, const PackedRows& packed) {
  std::int64_t count = 0;
  for (std::int64_t n = 0; n < shape.samples; ++n) {
    const float* sample = ids + n * shape.steps;
    std::int64_t length = shape.steps;
    while (length > 0 && sample[length - 1] == 0) --length;
    packed.starts[n] = static_cast<float>(count);
    for (std::int64_t t = 0; t < shape.steps; ++t) {
      packed.step_rows[n * shape.steps + t] = sample[t] == 0 ? -1 : static_cast<float>(count + t);
      if (t < length) packed.token_ids[count + t] = sample[t];
    }
    count += length;
  }
  packed.starts[shape.samples] = static_cast<float>(count);
}

}  // namespace selfnorm
