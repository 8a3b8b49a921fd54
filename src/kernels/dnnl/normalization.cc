// SPDX-License-Identifier: Apache-2.0
#include "kernels/dnnl/normalization.h"

#include "kernels/dnnl/runtime.h"

namespace selfnorm {
namespace {

using onednn::Desc;
using onednn::Executable;
using onednn::Tag;
using Flags = dnnl::normalization_flags;

Desc block(NormalizationKind kind, std::int64_t rows, std::int64_t features) {
  // Batch normalization requires images, so each row is an image of one pixel.
  if (kind == NormalizationKind::batch) {
    return onednn::descriptor({rows, features, 1, 1}, Tag::nhwc);
  }
  return onednn::descriptor({rows, features}, Tag::ab);
}

Desc statistics(NormalizationKind kind, std::int64_t rows, std::int64_t features) {
  return onednn::descriptor({kind == NormalizationKind::batch ? features : rows}, Tag::a);
}

#if DNNL_VERSION_MAJOR >= 3
// oneDNN 3 requires the unused shift only in the backward pass of layer normalization, and oneDNN
// 2.6 in that of both kinds.
bool backward_takes_shift(NormalizationKind kind) { return kind == NormalizationKind::layer; }
template <class Primitive>
typename Primitive::primitive_desc forward(const Desc& x, float epsilon, Flags flags,
                                           dnnl::prop_kind kind) {
  return onednn::describe<Primitive>(kind, x, x, epsilon, flags);
}
template <class Primitive, class Hint>
typename Primitive::primitive_desc backward(const Hint& hint, const Desc& x, float epsilon,
                                            Flags flags) {
  return onednn::describe_backward<Primitive>(hint, dnnl::prop_kind::backward, x, x, x, epsilon,
                                              flags);
}
#else
bool backward_takes_shift(NormalizationKind) { return true; }
template <class Primitive>
typename Primitive::primitive_desc forward(const Desc& x, float epsilon, Flags flags,
                                           dnnl::prop_kind kind) {
  return onednn::describe<Primitive>(kind, x, epsilon, flags);
}
template <class Primitive, class Hint>
typename Primitive::primitive_desc backward(const Hint& hint, const Desc& x, float epsilon,
                                            Flags flags) {
  return onednn::describe_backward<Primitive>(hint, dnnl::prop_kind::backward, x, x, epsilon,
                                              flags);
}
#endif

const Flags kAffine = Flags::use_scale | Flags::use_shift;

}  // namespace

struct NormalizationForward::Plan {
  Plan(NormalizationKind kind, std::int64_t rows, std::int64_t features, float epsilon,
       bool use_running_statistics) {
    if (kind == NormalizationKind::batch) {
      make<dnnl::batch_normalization_forward>(kind, rows, features, epsilon,
                                              use_running_statistics);
    } else {
      make<dnnl::layer_normalization_forward>(kind, rows, features, epsilon, false);
    }
  }
  template <class Primitive>
  void make(NormalizationKind kind, std::int64_t rows, std::int64_t features, float epsilon,
            bool use_running_statistics) {
    const Desc x = block(kind, rows, features), s = statistics(kind, rows, features);
    const Desc affine = onednn::descriptor({features}, Tag::a);
    const auto desc = forward<Primitive>(
        x, epsilon, use_running_statistics ? kAffine | Flags::use_global_stats : kAffine,
        use_running_statistics ? dnnl::prop_kind::forward_inference
                               : dnnl::prop_kind::forward_training);
    scratch = desc.scratchpad_desc().get_size();
    run = Executable(Primitive(desc), {{DNNL_ARG_SRC, x},
                                       {DNNL_ARG_SCALE, affine},
                                       {DNNL_ARG_SHIFT, affine},
                                       {DNNL_ARG_MEAN, s},
                                       {DNNL_ARG_VARIANCE, s},
                                       {DNNL_ARG_DST, x},
                                       {DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc()}});
  }
  Executable run;
  std::size_t scratch = 0;
};

NormalizationForward::NormalizationForward(NormalizationKind kind, std::int64_t rows,
                                           std::int64_t features, double epsilon,
                                           bool use_running_statistics)
    : plan_(onednn::make_plan<Plan>(kind, rows, features, static_cast<float>(epsilon),
                                    use_running_statistics)) {}

std::size_t NormalizationForward::scratch_bytes() const { return plan_->scratch; }

void NormalizationForward::run(const float* x, const float* scale, const float* shift, float* mean,
                               float* variance, float* y, std::byte* scratch) const {
  plan_->run.run({x, scale, shift, mean, variance, y, scratch});
}

struct NormalizationBackward::Plan {
  Plan(NormalizationKind kind, std::int64_t rows, std::int64_t features, float epsilon) {
    if (kind == NormalizationKind::batch) {
      make<dnnl::batch_normalization_forward, dnnl::batch_normalization_backward>(
          kind, rows, features, epsilon);
    } else {
      make<dnnl::layer_normalization_forward, dnnl::layer_normalization_backward>(
          kind, rows, features, epsilon);
    }
  }
  template <class Forward, class Backward>
  void make(NormalizationKind kind, std::int64_t rows, std::int64_t features, float epsilon) {
    const Desc x = block(kind, rows, features), s = statistics(kind, rows, features);
    const Desc affine = onednn::descriptor({features}, Tag::a);
    const auto hint = forward<Forward>(x, epsilon, kAffine, dnnl::prop_kind::forward_training);
    const auto desc = backward<Backward>(hint, x, epsilon, kAffine);
    scratch = desc.scratchpad_desc().get_size();
    std::vector<std::pair<int, Desc>> arguments = {{DNNL_ARG_DIFF_DST, x},
                                                   {DNNL_ARG_SRC, x},
                                                   {DNNL_ARG_SCALE, affine},
                                                   {DNNL_ARG_MEAN, s},
                                                   {DNNL_ARG_VARIANCE, s},
                                                   {DNNL_ARG_DIFF_SRC, x},
                                                   {DNNL_ARG_DIFF_SCALE, affine},
                                                   {DNNL_ARG_DIFF_SHIFT, affine},
                                                   {DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc()}};
    takes_shift = backward_takes_shift(kind);
    if (takes_shift) arguments.emplace_back(DNNL_ARG_SHIFT, affine);
    run = Executable(Backward(desc), arguments);
  }
  Executable run;
  bool takes_shift = false;
  std::size_t scratch = 0;
};

NormalizationBackward::NormalizationBackward(NormalizationKind kind, std::int64_t rows,
                                             std::int64_t features, double epsilon)
    : plan_(onednn::make_plan<Plan>(kind, rows, features, static_cast<float>(epsilon))) {}

std::size_t NormalizationBackward::scratch_bytes() const { return plan_->scratch; }

void NormalizationBackward::run(const float* dy, const float* x, const float* scale,
                                const float* mean, const float* variance, float* dx, float* dscale,
                                float* dshift, std::byte* scratch) const {
  // The values of the shift are not used, so any memory of its size works.
  if (plan_->takes_shift) {
    plan_->run.run({dy, x, scale, mean, variance, dx, dscale, dshift, scratch, scale});
  } else {
    plan_->run.run({dy, x, scale, mean, variance, dx, dscale, dshift, scratch});
  }
}

}  // namespace selfnorm
