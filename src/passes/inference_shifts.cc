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

// The number of rows to copy: 64 without positions, which are cheap, and else 8.
std::int64_t rows_to_copy(const std::map<ValueId, MomentField>& known) {
  std::int64_t rows = 1, limit = 64;
  for (const auto& [value, field] : known) {
    rows = std::max(rows, field.extent.samples);
    if (field.extent.positions() > 1) limit = 8;
  }
  return std::min(rows, limit);
}

// The sample of `x` from which a sample of the copied field is made. A field with one sample stands
// for any number of rows.
std::int64_t source_of(const Extent& extent, std::int64_t sample) {
  const bool is_next = sample % kCopies == kNextRow;
  return (sample / kCopies + (is_next ? 1 : 0)) % extent.samples;
}

MomentField copy_rows(const MomentField& x, std::int64_t rows) {
  const std::int64_t positions = x.extent.positions();
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
      const std::int64_t copy = e / positions % kCopies;
      const std::int64_t row = e / positions / kCopies % x.extent.samples;
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

// The variance over rows of the mean over masks is E t·u − E t·t′, where t and u are outputs for
// one row with different masks, and t′ is an output for another row.
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

// Whether a node compares two outputs of the same weights. Its rule needs covariances of rows that
// copies do not have.
bool compares_shared_weights(const Graph& graph) {
  return std::ranges::any_of(graph.nodes, [&](const Node& node) {
    return depends_on_correlation(node) && share_weights(graph, node.inputs[0], node.inputs[1]);
  });
}

}  // namespace

bool has_running_statistics(const Graph& graph) {
  return std::ranges::any_of(graph.nodes, [&](const Node& node) {
    return row_of(node).traits.normalizes && std::ranges::any_of(node.inputs, [&](ValueId input) {
             return graph.value(input).role == Role::state;
           });
  });
}

bool has_active_dropout(const Graph& graph) {
  return std::ranges::any_of(graph.nodes, [](const Node& node) {
    if (*row_of(node).category != Category::dropout) return false;
    return std::get<double>(node.attributes.at("rate")) > 0;
  });
}

std::vector<std::optional<InferenceShift>> predict_inference_shifts(
    const Graph& graph, const std::map<ValueId, MomentField>& known) {
  const bool is_predictable = has_active_dropout(graph) && !has_running_statistics(graph) &&
                              !compares_shared_weights(graph);
  if (!is_predictable) return {};
  const std::int64_t rows = rows_to_copy(known);
  std::map<ValueId, MomentField> copies;
  for (const auto& [value, field] : known) copies[value] = copy_rows(field, rows);
  std::vector<bool> at_inference;
  for (std::int64_t s = 0; s < rows * kCopies; ++s) {
    at_inference.push_back(s % kCopies == kInference);
  }
  const auto signals = predict_forward_signals(graph, copies, at_inference);
  std::vector<std::optional<InferenceShift>> shifts(graph.values.size());
  for (std::size_t i = 0; i < shifts.size(); ++i) {
    if (signals[i]) shifts[i] = shift_of(signals[i]->field());
  }
  return shifts;
}

}  // namespace selfnorm
