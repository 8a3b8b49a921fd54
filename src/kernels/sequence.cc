#include "kernels/sequence.h"

#include <cmath>

#include "kernels/parallel.h"
#include "kernels/simd/arithmetic.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kGrain = 16384;  // numbers for which a second thread is worth it

std::int64_t grain(std::int64_t numbers_a_row) { return 1 + kGrain / numbers_a_row; }

bool is_there(const float* ids, std::int64_t step) { return ids == nullptr || ids[step] != 0; }

// Calls f(sample's x, its ids, its y) for every sample.
template <class F>
void for_each_sample(const StepsShape& s, const float* ids, F f) {
  parallel_rows(s.samples, grain(s.steps * s.width), [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t n = first; n < first + count; ++n) {
      f(n * s.steps * s.width, ids == nullptr ? nullptr : ids + n * s.steps, n * s.width);
    }
  });
}

float factor_of(const float* ids, std::int64_t steps, double power) {
  double there = 0;
  for (std::int64_t t = 0; t < steps; ++t) there += is_there(ids, t) ? 1 : 0;
  return there > 0 ? static_cast<float>(std::pow(there, -power)) : 0;
}

}  // namespace

std::int64_t row_of_id(float id, std::int64_t rows) {
  return id >= 0 && id < static_cast<float>(rows) ? static_cast<std::int64_t>(id) : 0;
}

void look_up(const float* ids, std::int64_t count, const float* table, std::int64_t rows,
             std::int64_t width, float* y) {
  parallel_rows(count, grain(width), [&](std::int64_t first, std::int64_t size) {
    for (std::int64_t i = first; i < first + size; ++i) {
      const std::int64_t row = row_of_id(ids[i], rows);
      if (row > 0) kernels::copy(table + row * width, y + i * width, width);
      else kernels::fill(0, y + i * width, width);
    }
  });
}

void add_up(const float* ids, std::int64_t count, const float* dy, std::int64_t rows,
            std::int64_t width, float* dtable) {
  kernels::fill(0, dtable, rows * width);
  // Columns are divided, so that every number is summed in one order.
  parallel_rows(width, 1 + kGrain / (count + 1), [&](std::int64_t first, std::int64_t size) {
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t row = row_of_id(ids[i], rows);
      if (row > 0) kernels::accumulate(dy + i * width + first, dtable + row * width + first, size);
    }
  });
}

void sum_steps(const float* x, const float* ids, const StepsShape& shape, double power, float* y) {
  for_each_sample(shape, ids, [&](std::int64_t from, const float* of, std::int64_t to) {
    float* out = y + to;
    kernels::fill(0, out, shape.width);
    for (std::int64_t t = 0; t < shape.steps; ++t) {
      if (is_there(of, t)) kernels::accumulate(x + from + t * shape.width, out, shape.width);
    }
    kernels::scale(factor_of(of, shape.steps, power), out, out, shape.width);
  });
}

void sum_steps_gradient(const float* dy, const float* ids, const StepsShape& shape, double power,
                        float* dx) {
  for_each_sample(shape, ids, [&](std::int64_t to, const float* of, std::int64_t from) {
    const float factor = factor_of(of, shape.steps, power);
    for (std::int64_t t = 0; t < shape.steps; ++t) {
      kernels::scale(is_there(of, t) ? factor : 0, dy + from, dx + to + t * shape.width,
                     shape.width);
    }
  });
}

void max_steps(const float* x, const float* ids, const StepsShape& shape, float* y, float* which) {
  for_each_sample(shape, ids, [&](std::int64_t from, const float* of, std::int64_t to) {
    kernels::fill(0, y + to, shape.width);
    kernels::fill(-1, which + to, shape.width);
    for (std::int64_t t = 0; t < shape.steps; ++t) {
      if (!is_there(of, t)) continue;
      const float* step = x + from + t * shape.width;
      for (std::int64_t k = 0; k < shape.width; ++k) {
        if (which[to + k] >= 0 && !(step[k] > y[to + k])) continue;
        y[to + k] = step[k];
        which[to + k] = static_cast<float>(t);
      }
    }
  });
}

void max_steps_gradient(const float* dy, const float* which, const StepsShape& shape, float* dx) {
  for_each_sample(shape, nullptr, [&](std::int64_t to, const float*, std::int64_t from) {
    kernels::fill(0, dx + to, shape.steps * shape.width);
    for (std::int64_t k = 0; k < shape.width; ++k) {
      const auto step = static_cast<std::int64_t>(which[from + k]);
      if (step >= 0) dx[to + step * shape.width + k] = dy[from + k];
    }
  });
}

}  // namespace selfnorm
