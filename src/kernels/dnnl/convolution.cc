// SPDX-License-Identifier: Apache-2.0
#include "kernels/dnnl/convolution.h"

#include <algorithm>

#include "kernels/dnnl/runtime.h"

namespace selfnorm {
namespace {

using onednn::Desc;
using onednn::Executable;
using onednn::Reorder;
using onednn::Tag;
using Dims = dnnl::memory::dims;

// Descriptors of images in our layout, and of weights in our layout and in any that oneDNN prefers.
struct Descriptors {
  explicit Descriptors(const ConvolutionShape& s)
      : x(onednn::descriptor({s.batch, s.in_channels, s.in[0], s.in[1]}, Tag::nhwc)),
        y(onednn::descriptor({s.batch, s.out_channels, s.out[0], s.out[1]}, Tag::nhwc)),
        b(onednn::descriptor({s.out_channels}, Tag::x)) {
    const Window& w = s.window;
    const bool grouped = s.groups > 1;
    const Dims dims = grouped ? Dims{s.groups, s.out_channels / s.groups, s.in_channels / s.groups,
                                     w.kernel[0], w.kernel[1]}
                              : Dims{s.out_channels, s.in_channels, w.kernel[0], w.kernel[1]};
    w_plain_layout = onednn::descriptor(dims, grouped ? Tag::goihw : Tag::oihw);
    w_any = onednn::descriptor(dims, Tag::any);
    stride = {w.stride[0], w.stride[1]};
    dilation = {w.dilation[0] - 1, w.dilation[1] - 1};  // oneDNN counts the gaps between taps
    before = {w.pad_before[0], w.pad_before[1]};
    after = {w.pad_after[0], w.pad_after[1]};
  }

  dnnl::convolution_forward::primitive_desc forward(bool with_bias) const {
    return onednn::describe<dnnl::convolution_forward>(
        dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, x, w_any,
        with_bias ? b : Desc(), y, stride, dilation, before, after);
  }

  Desc x, y, b, w_plain_layout, w_any;
  Dims stride, dilation, before, after;
};

// A primitive with weights that are staged in oneDNN's own layout. The scratch buffer holds the
// staged weights, then the larger scratchpad of the reorder and the primitive.
struct StagedPrimitive {
  template <class Desc_>
  void make(const Desc_& desc, const Reorder& r, const Desc& staged_desc, dnnl::primitive primitive,
            std::vector<std::pair<int, Desc>> arguments) {
    reorder = r;
    staged_bytes = reorder.is_needed() ? align_up(staged_desc.get_size()) : 0;
    const Desc pad = desc.scratchpad_desc();
    scratch_bytes = staged_bytes + std::max(align_up(pad.get_size()), reorder.scratch_bytes());
    arguments.insert(arguments.begin(), {DNNL_ARG_SCRATCHPAD, pad});
    executable = Executable(std::move(primitive), arguments);
  }

  const void* stage(const float* w, std::byte* scratch) {
    if (!reorder.is_needed()) return w;
    reorder.run(w, scratch, scratch + staged_bytes);
    return scratch;
  }

  Reorder reorder;
  Executable executable;
  std::size_t staged_bytes = 0, scratch_bytes = 0;
};

}  // namespace

struct ConvolutionForward::Plan : StagedPrimitive {
  Plan(const ConvolutionShape& shape, bool with_bias) : has_bias(with_bias) {
    const Descriptors d(shape);
    const auto desc = d.forward(with_bias);
    std::vector<std::pair<int, Desc>> arguments = {
        {DNNL_ARG_SRC, d.x}, {DNNL_ARG_WEIGHTS, desc.weights_desc()}, {DNNL_ARG_DST, d.y}};
    if (with_bias) arguments.emplace_back(DNNL_ARG_BIAS, d.b);
    make(desc, Reorder(d.w_plain_layout, desc.weights_desc()), desc.weights_desc(),
         dnnl::convolution_forward(desc), arguments);
  }
  bool has_bias;
};

ConvolutionForward::ConvolutionForward(const ConvolutionShape& shape, bool with_bias)
    : plan_(onednn::make_plan<Plan>(shape, with_bias)) {}

std::size_t ConvolutionForward::scratch_bytes() const { return plan_->scratch_bytes; }

void ConvolutionForward::run(const float* x, const float* w, const float* b, float* y,
                             std::byte* scratch) const {
  const void* weights = plan_->stage(w, scratch);
  std::byte* pad = scratch + plan_->staged_bytes;
  if (plan_->has_bias) plan_->executable.run({pad, x, weights, y, b});
  else plan_->executable.run({pad, x, weights, y});
}

struct ConvolutionBackwardInput::Plan : StagedPrimitive {
  explicit Plan(const ConvolutionShape& shape) {
    const Descriptors d(shape);
    const auto desc = onednn::describe_backward<dnnl::convolution_backward_data>(
        d.forward(false), dnnl::algorithm::convolution_direct, d.x, d.w_any, d.y, d.stride,
        d.dilation, d.before, d.after);
    make(desc, Reorder(d.w_plain_layout, desc.weights_desc()), desc.weights_desc(),
         dnnl::convolution_backward_data(desc),
         {{DNNL_ARG_DIFF_DST, d.y},
          {DNNL_ARG_WEIGHTS, desc.weights_desc()},
          {DNNL_ARG_DIFF_SRC, d.x}});
  }
};

ConvolutionBackwardInput::ConvolutionBackwardInput(const ConvolutionShape& shape)
    : plan_(onednn::make_plan<Plan>(shape)) {}

std::size_t ConvolutionBackwardInput::scratch_bytes() const { return plan_->scratch_bytes; }

void ConvolutionBackwardInput::run(const float* dy, const float* w, float* dx,
                                   std::byte* scratch) const {
  const void* weights = plan_->stage(w, scratch);
  plan_->executable.run({scratch + plan_->staged_bytes, dy, weights, dx});
}

struct ConvolutionBackwardWeights::Plan : StagedPrimitive {
  explicit Plan(const ConvolutionShape& shape) {
    const Descriptors d(shape);
    const auto desc = onednn::describe_backward<dnnl::convolution_backward_weights>(
        d.forward(false), dnnl::algorithm::convolution_direct, d.x, d.w_any, d.y, d.stride,
        d.dilation, d.before, d.after);
    make(desc, Reorder(desc.diff_weights_desc(), d.w_plain_layout), desc.diff_weights_desc(),
         dnnl::convolution_backward_weights(desc),
         {{DNNL_ARG_DIFF_DST, d.y},
          {DNNL_ARG_SRC, d.x},
          {DNNL_ARG_DIFF_WEIGHTS, desc.diff_weights_desc()}});
  }
};

ConvolutionBackwardWeights::ConvolutionBackwardWeights(const ConvolutionShape& shape)
    : plan_(onednn::make_plan<Plan>(shape)) {}

std::size_t ConvolutionBackwardWeights::scratch_bytes() const { return plan_->scratch_bytes; }

void ConvolutionBackwardWeights::run(const float* dy, const float* x, float* dw,
                                     std::byte* scratch) const {
  std::byte* pad = scratch + plan_->staged_bytes;
  void* weights = plan_->reorder.is_needed() ? static_cast<void*>(scratch) : dw;
  plan_->executable.run({pad, dy, x, weights});
  if (plan_->reorder.is_needed()) plan_->reorder.run(weights, dw, pad);
}

}  // namespace selfnorm
