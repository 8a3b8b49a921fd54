// SPDX-License-Identifier: Apache-2.0
#include "ops/table.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "kernels/dropout.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// One line per op file, in the order of `selfnorm ops`.
constexpr OpRows (*kRowFunctions[])() = {
    dense_rows,
    weight_norm_dense_rows,
    conv2d_rows,
    conv_transpose2d_rows,
    pooling_rows,
    upsample2d_rows,
    whiten_rows,
    reshape_rows,
    concat_rows,
    embedding_rows,
    periodic_rows,
    packing_rows,
    pool_steps_rows,
    elementwise_rows,
    scale_features_rows,
    absolute_difference_rows,
    average_members_rows,
    normalization_rows,
    selu_rows,
    elu_rows,
    relu_rows,
    leaky_relu_rows,
    tanh_rows,
    sigmoid_rows,
    softplus_rows,
    gelu_rows,
    silu_rows,
    exponential_rows,
    softmax_rows,
    alpha_dropout_rows,
    dropout_rows,
    softmax_cross_entropy_rows,
    loss_rows,
    dice_rows,
    bias_gradient_rows,
    pointwise_gradient_rows,
    measure_rows,
};

}  // namespace

std::span<const OpRow> op_table() {
  static const OpRows table = [] {
    OpRows rows;
    for (const auto& file : kRowFunctions) std::ranges::move(file(), std::back_inserter(rows));
    return rows;
  }();
  return table;
}

const OpRow* find_op(const std::string& name) {
  static const auto index = [] {
    std::unordered_map<std::string_view, const OpRow*> rows;
    for (const OpRow& row : op_table()) rows.emplace(*row.name, &row);
    return rows;
  }();
  const auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

const OpRow& row_of(const Node& node) {
  const OpRow* row = find_op(node.op);
  if (row == nullptr) throw Error(ErrorKind::config, "unknown op '" + node.op + "'");
  return *row;
}

bool is_layer(const OpRow& row) {
  return *row.category != Category::internal && *row.category != Category::loss;
}

std::vector<std::string> layer_names() {
  std::vector<std::string> names;
  for (const OpRow& row : op_table()) {
    if (is_layer(row)) names.emplace_back(*row.name);
  }
  return names;
}

Pointwise pointwise_pass(const Node& node, Mode mode) {
  Pointwise pass;
  for (const Stage& stage : pointwise_stages(node)) {
    (*rule_of(find_op(stage.op)->pointwise))(stage.attributes, pass);
  }
  if (mode == Mode::inference) pass.dropout = inference_dropout(pass.dropout);
  return pass;
}

std::string mask_name(const Node& node) {
  return node.epilogue.empty() ? node.name : node.epilogue.back().name;
}

bool has_attribute(const OpRow& row, std::string_view name) {
  const Options options = row.attributes->describe();
  return std::ranges::count(options, name, &Option::name) > 0;
}

}  // namespace selfnorm
