// SPDX-License-Identifier: Apache-2.0
// The functions of the op files that return their rows. table.cc lists them.
#pragma once

#include "ops/row.h"

namespace selfnorm {

OpRows dense_rows();
OpRows weight_norm_dense_rows();
OpRows conv2d_rows();
OpRows conv_transpose2d_rows();
OpRows pooling_rows();
OpRows upsample2d_rows();
OpRows whiten_rows();
OpRows reshape_rows();
OpRows concat_rows();
OpRows embedding_rows();
OpRows periodic_rows();
OpRows packing_rows();
OpRows pool_steps_rows();
OpRows absolute_difference_rows();
OpRows average_members_rows();
OpRows elementwise_rows();
OpRows scale_features_rows();
OpRows normalization_rows();

OpRows selu_rows();
OpRows elu_rows();
OpRows relu_rows();
OpRows leaky_relu_rows();
OpRows tanh_rows();
OpRows sigmoid_rows();
OpRows softplus_rows();
OpRows gelu_rows();
OpRows silu_rows();
OpRows exponential_rows();
OpRows softmax_rows();

OpRows alpha_dropout_rows();
OpRows dropout_rows();

OpRows softmax_cross_entropy_rows();
OpRows loss_rows();
OpRows dice_rows();

OpRows bias_gradient_rows();
OpRows pointwise_gradient_rows();
OpRows measure_rows();

}  // namespace selfnorm
