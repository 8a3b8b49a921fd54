// SPDX-License-Identifier: Apache-2.0
#include "doctor/measured_inference.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "engine/program.h"
#include "ops/table.h"
#include "passes/inference_shifts.h"
#include "passes/views.h"
#include "train/weights.h"

namespace selfnorm {
namespace {

// Averages over the units for one draw: of the output x at inference, and of the outputs t and u
// with two masks. Covariances are over the rows of the batch.
struct Averages {
  double mean = 0, square = 0;
  double covariance_of_masks = 0;      // of t and u, which is the variance of the mean over masks
  double covariance_at_inference = 0;  // of x and (t + u)/2
  double difference = 0;               // of (x − t)(x − u), which has the mean (x − E t)²

  Averages(std::span<const float> x, std::span<const float> t, std::span<const float> u,
           std::int64_t batch) {
    const std::size_t units = x.size() / static_cast<std::size_t>(batch);
    std::vector<double> x_mean(units), t_mean(units), u_mean(units);
    const double row = 1 / static_cast<double>(batch), one = 1 / static_cast<double>(x.size());
    for (std::size_t first = 0; first < x.size(); first += units) {
      for (std::size_t unit = 0; unit < units; ++unit) {
        x_mean[unit] += row * x[first + unit];
        t_mean[unit] += row * t[first + unit];
        u_mean[unit] += row * u[first + unit];
      }
    }
    for (std::size_t first = 0; first < x.size(); first += units) {
      for (std::size_t unit = 0; unit < units; ++unit) {
        const double at_inference = x[first + unit], masked = t[first + unit];
        const double other_mask = u[first + unit];
        const double dt = masked - t_mean[unit], du = other_mask - u_mean[unit];
        mean += one * at_inference;
        square += one * at_inference * at_inference;
        covariance_of_masks += one * dt * du;
        covariance_at_inference += one * (at_inference - x_mean[unit]) * (dt + du) / 2;
        difference += one * (at_inference - masked) * (at_inference - other_mask);
      }
    }
  }
};

// Runs a network in training and at inference with the same weights and rows.
class InferenceProbe {
 public:
  InferenceProbe(const Network& network, std::int64_t batch,
                 const std::vector<PretrainedTable>& tables)
      : graph_(build_engine_graph(network, batch)),
        batch_(batch),
        tables_(tables),
        weights_(graph_),
        bindings_(weights_.bindings(graph_)),
        training_(graph_, Mode::training, 0, bindings_, outputs()),
        inference_(graph_, Mode::inference, 0, bindings_, outputs()),
        draws_(graph_.nodes.size()) {}

  void add_draw(std::uint64_t seed, const InputRows& rows) {
    weights_.initialize(graph_, seed);
    assign_pretrained_tables(tables_, weights_);
    fit_states(graph_, weights_, rows);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      std::ranges::copy(rows[i], training_.data(graph_.inputs[i]));
      std::ranges::copy(rows[i], inference_.data(graph_.inputs[i]));
    }
    inference_.run();
    training_.run(2 * seed);
    std::vector<std::vector<float>> first;
    for (const ValueId output : outputs()) {
      const auto values = values_of(training_, output);
      first.emplace_back(values.begin(), values.end());
    }
    training_.run(2 * seed + 1);  // another step has other masks
    for (std::size_t i = 0; i < draws_.size(); ++i) {
      const ValueId output = graph_.nodes[i].outputs[0];
      draws_[i].emplace_back(values_of(inference_, output), first[i], values_of(training_, output),
                             batch_);
    }
  }

  const std::vector<std::vector<Averages>>& draws() const { return draws_; }

 private:
  std::vector<ValueId> outputs() const {
    std::vector<ValueId> all;
    for (const Node& node : graph_.nodes) all.push_back(node.outputs[0]);
    return all;
  }

  std::span<const float> values_of(const Program& program, ValueId id) const {
    return {program.data(id), static_cast<std::size_t>(elements(graph_.value(id).shape))};
  }

  Graph graph_;
  std::int64_t batch_;
  const std::vector<PretrainedTable>& tables_;
  Weights weights_;
  Bindings bindings_;
  Program training_, inference_;
  std::vector<std::vector<Averages>> draws_;  ///< by node
};

// Ratios are of sums over the draws. The error of the amplification is that of a ratio, to first
// order.
std::optional<InferenceShift> shift_over(const std::vector<Averages>& draws) {
  double mean = 0, square = 0, of_masks = 0, at_inference = 0, difference = 0;
  for (const Averages& draw : draws) {
    mean += draw.mean / static_cast<double>(draws.size());
    square += draw.square / static_cast<double>(draws.size());
    of_masks += draw.covariance_of_masks;
    at_inference += draw.covariance_at_inference;
    difference += draw.difference;
  }
  if (!(of_masks > 0)) return std::nullopt;
  const double amplification = at_inference / of_masks;
  double squared_residuals = 0;
  for (const Averages& draw : draws) {
    squared_residuals +=
        std::pow(draw.covariance_at_inference - amplification * draw.covariance_of_masks, 2);
  }
  return InferenceShift{mean, square - mean * mean, amplification,
                        std::sqrt(std::max(0.0, difference) / of_masks),
                        std::sqrt(squared_residuals) / of_masks};
}

}  // namespace

std::vector<std::optional<InferenceShift>> measure_inference_shifts(
    const Network& network, const std::function<InputRows(std::uint64_t seed)>& rows,
    std::int64_t batch, const std::vector<PretrainedTable>& tables,
    const std::vector<std::uint64_t>& seeds) {
  const Graph graph = build_engine_graph(network, batch);
  if (!has_active_dropout(graph) || has_running_statistics(graph)) return {};
  InferenceProbe probe(network, batch, tables);
  for (const std::uint64_t seed : seeds) probe.add_draw(seed, rows(seed));
  std::vector<std::optional<InferenceShift>> shifts;
  for (const std::vector<Averages>& draws : probe.draws()) shifts.push_back(shift_over(draws));
  return shifts;
}

}  // namespace selfnorm
