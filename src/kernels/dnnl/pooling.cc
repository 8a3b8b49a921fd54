// SPDX-License-Identifier: Apache-2.0
#include "kernels/dnnl/pooling.h"

#include "kernels/dnnl/runtime.h"

namespace selfnorm {
namespace {

using onednn::Desc;
using onednn::Executable;
using onednn::Tag;
using Dims = dnnl::memory::dims;

struct Descriptors {
  Descriptors(PoolingKind kind, const PoolingShape& s)
      : algorithm(kind == PoolingKind::max ? dnnl::algorithm::pooling_max
                                           : dnnl::algorithm::pooling_avg_exclude_padding),
        x(onednn::descriptor({s.batch, s.channels, s.in[0], s.in[1]}, Tag::nhwc)),
        y(onednn::descriptor({s.batch, s.channels, s.out[0], s.out[1]}, Tag::nhwc)),
        stride{s.window.stride[0], s.window.stride[1]},
        kernel{s.window.kernel[0], s.window.kernel[1]},
        dilation{s.window.dilation[0] - 1, s.window.dilation[1] - 1},
        before{s.window.pad_before[0], s.window.pad_before[1]},
        after{s.window.pad_after[0], s.window.pad_after[1]} {}

  onednn::PoolingForward::primitive_desc forward(bool training) const {
    return onednn::describe<onednn::PoolingForward>(
        training ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference,
        algorithm, x, y, stride, kernel, dilation, before, after);
  }

  dnnl::algorithm algorithm;
  Desc x, y;
  Dims stride, kernel, dilation, before, after;
};

}  // namespace

struct PoolingForward::Plan {
  Plan(PoolingKind kind, const PoolingShape& shape, bool training) {
    const Descriptors d(kind, shape);
    const auto desc = d.forward(training);
    scratch = desc.scratchpad_desc().get_size();
    writes_workspace = training && kind == PoolingKind::max;
    std::vector<std::pair<int, Desc>> arguments = {
        {DNNL_ARG_SRC, d.x}, {DNNL_ARG_DST, d.y}, {DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc()}};
    if (writes_workspace) arguments.emplace_back(DNNL_ARG_WORKSPACE, desc.workspace_desc());
    run = Executable(onednn::PoolingForward(desc), arguments);
  }
  bool writes_workspace = false;
  Executable run;
  std::size_t scratch = 0;
};

PoolingForward::PoolingForward(PoolingKind kind, const PoolingShape& shape, bool training)
    : plan_(onednn::make_plan<Plan>(kind, shape, training)) {}

std::size_t PoolingForward::scratch_bytes() const { return plan_->scratch; }

void PoolingForward::run(const float* x, float* y, void* workspace, std::byte* scratch) const {
  if (plan_->writes_workspace) plan_->run.run({x, y, scratch, workspace});
  else plan_->run.run({x, y, scratch});
}

struct PoolingBackward::Plan {
  Plan(PoolingKind kind, const PoolingShape& shape) {
    const Descriptors d(kind, shape);
    const auto forward = d.forward(true);
    const auto desc = onednn::describe_backward<onednn::PoolingBackward>(
        forward, d.algorithm, d.x, d.y, d.stride, d.kernel, d.dilation, d.before, d.after);
    scratch = desc.scratchpad_desc().get_size();
    reads_workspace = kind == PoolingKind::max;
    std::vector<std::pair<int, Desc>> arguments = {{DNNL_ARG_DIFF_DST, d.y},
                                                   {DNNL_ARG_DIFF_SRC, d.x},
                                                   {DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc()}};
    if (reads_workspace) arguments.emplace_back(DNNL_ARG_WORKSPACE, forward.workspace_desc());
    run = Executable(onednn::PoolingBackward(desc), arguments);
  }
  bool reads_workspace = false;
  Executable run;
  std::size_t scratch = 0;
};

PoolingBackward::PoolingBackward(PoolingKind kind, const PoolingShape& shape)
    : plan_(onednn::make_plan<Plan>(kind, shape)) {}

std::size_t PoolingBackward::scratch_bytes() const { return plan_->scratch; }

void PoolingBackward::run(const float* dy, const void* workspace, float* dx,
                          std::byte* scratch) const {
  if (plan_->reads_workspace) plan_->run.run({dy, dx, scratch, workspace});
  else plan_->run.run({dy, dx, scratch});
}

}  // namespace selfnorm
