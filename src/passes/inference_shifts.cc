// SPDX-License-Identifier: Apache-2.0
#include "passes/inference_shifts.h"

#include <algorithm>
#include <cmath>

#include "base/index.h"
#include "kernels/pointwise.h"
#include "ops/table.h"
#include "passes/signals.h"

namespace selfnorm {
namespace {

// Each row of the known fields becomes five samples: the row in training with one mask and with
// another one, at inference, the next row in training, and the row in training with a third mask.
// A field has the products of neighboring samples, which are those that a shift needs.
enum Copy : std::int64_t { kTraining, kOtherMask, kInference, kNextRow, kThirdMask, kCopies };
constexpr std::int64_t kMaxRows = 8;

// The sample of `x` from which a sample of the copied field is made.
std::int64_t source_of(const Extent& extent, std::int64_t sample) {
  const bool is_next = sample % kCopies == kNextRow;
  return (sample / kCopies + (is_next ? 1 : 0)) % extent.samples;
}

MomentField copy_rows(const MomentField& x) {
  const std::int64_t rows = std::min(x.extent.samples, kMaxRows), positions = x.extent.positions();
  MomentField y = zero_field({rows * kCopies, x.extent.height, x.extent.width, kCopies});
  const auto source = [&](std::int64_t e) {
    return source_of(x.extent, e / positions) * positions + e % positions;
  };
  for (std::int64_t e = 0; e < y.extent.elements(); ++e) {
    const std::size_t at = as_index(e), from = as_index(source(e));
    y.mean[at] = x.mean[from];
    y.square[at] = x.square[from];
    for (const Link link : kLinks) {
      if (is_within_sample(link)) y.product(link)[at] = x.product(link)[from];
    }
  }
  for (const Link link : {Link::sample, Link::far}) {
    for_each_linked(y.extent, link, [&](std::int64_t e, std::int64_t other) {
      const std::size_t at = as_index(e), to = as_index(other);
      const std::int64_t copy = e / positions % kCopies, row = e / positions / kCopies;
      const bool is_same_row = link == Link::sample && y.extent.links_copies(copy);
      // The correlation of a row with the next one serves for both directions.
      const double rho = is_same_row ? 1 : correlation(x, row * positions + e % positions, link);
      const double variances = std::max(0.0, y.variance(at)) * std::max(0.0, y.variance(to));
      y.product(link)[at] = y.mean[at] * y.mean[to] + rho * std::sqrt(variances);
    });
  }
  return y;
}

// Averages over rows and positions of the products of two copies.
struct Products {
  double inference_mean = 0, inference_square = 0;
  double two_masks = 0;           // of one row
  double mask_and_inference = 0;  // of one row
  double rows_at_inference = 0;   // a row at inference and the next one in training
  double rows_in_training = 0;    // two rows in training
};

Products average_products(const MomentField& y) {
  Products all;
  const std::int64_t positions = y.extent.positions();
  const double one = static_cast<double>(kCopies) / static_cast<double>(y.extent.elements());
  for (std::int64_t e = 0; e < y.extent.elements(); ++e) {
    const std::size_t at = as_index(e);
    const double product = one * y.product(Link::sample)[at];
    switch (e / positions % kCopies) {
      case kTraining: all.two_masks += product; break;
      case kOtherMask: all.mask_and_inference += product; break;
      case kInference:
        all.rows_at_inference += product;
        all.inference_mean += one * y.mean[at];
        all.inference_square += one * y.square[at];
        break;
      case kNextRow: all.rows_in_training += product; break;
      default: break;
    }
  }
  return all;
}

// The variance over rows of a unit is its second moment less the product of two rows, which the
// weights give to all rows.
std::optional<InferenceShift> shift_of(const MomentField& y) {
  const Products all = average_products(y);
  const double over_rows = all.two_masks - all.rows_in_training;
  if (!(over_rows > 1e-9 * all.two_masks)) return std::nullopt;
  const double distance = all.inference_square - 2 * all.mask_and_inference + all.two_masks;
  return InferenceShift{all.inference_mean,
                        all.inference_square - all.inference_mean * all.inference_mean,
                        (all.mask_and_inference - all.rows_at_inference) / over_rows,
                        std::sqrt(std::max(0.0, distance) / over_rows)};
}

}  // namespace

bool has_active_dropout(const Graph& graph) {
  return std::ranges::any_of(graph.nodes, [](const Node& node) {
    if (*row_of(node).category != Category::dropout) return false;
    return std::get<double>(node.attributes.at("rate")) > 0;
  });
}

std::vector<std::optional<InferenceShift>> predict_inference_shifts(
    const Graph& graph, const std::map<ValueId, MomentField>& known) {
  std::map<ValueId, MomentField> copies;
  for (const auto& [value, field] : known) copies[value] = copy_rows(field);
  const std::int64_t samples = copies.begin()->second.extent.samples;
  std::vector<bool> at_inference;
  for (std::int64_t s = 0; s < samples; ++s) at_inference.push_back(s % kCopies == kInference);
  const auto signals = predict_forward_signals(graph, copies, at_inference);
  std::vector<std::optional<InferenceShift>> shifts(graph.values.size());
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    if (signals[i]) shifts[i] = shift_of(signals[i]->field());
  }
  return shifts;
}

}  // namespace selfnorm
