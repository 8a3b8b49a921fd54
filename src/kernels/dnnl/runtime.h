// SPDX-License-Identifier: Apache-2.0
// Common code of this folder: the only engine, the stream of each thread, and the differences
// between oneDNN 2 and 3 (listed in docs/adr/0002-onednn.md). Do not include it from other folders.
#pragma once

#include <cstddef>
#include <dnnl.hpp>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "base/aligned_buffer.h"
#include "kernels/unsupported_configuration.h"

namespace selfnorm::onednn {

using Desc = dnnl::memory::desc;
using Tag = dnnl::memory::format_tag;

inline dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

// Streams are not thread-safe, so each thread has one.
inline dnnl::stream& stream() {
  thread_local dnnl::stream own(engine());
  return own;
}

inline Desc descriptor(const dnnl::memory::dims& dims, Tag tag) {
  return Desc(dims, dnnl::memory::data_type::f32, tag);
}

// The caller provides scratch memory, so that a primitive does not allocate any.
inline dnnl::primitive_attr attributes() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

#if DNNL_VERSION_MAJOR >= 3

template <class Primitive, class... Args>
typename Primitive::primitive_desc describe(Args&&... args) {
  return typename Primitive::primitive_desc(engine(), std::forward<Args>(args)..., attributes());
}

/// Returns the descriptor of a backward primitive. `hint` is the descriptor of the forward one.
template <class Primitive, class Hint, class... Args>
typename Primitive::primitive_desc describe_backward(const Hint& hint, Args&&... args) {
  return
      typename Primitive::primitive_desc(engine(), std::forward<Args>(args)..., hint, attributes());
}

using PoolingForward = dnnl::pooling_forward;
using PoolingBackward = dnnl::pooling_backward;

#else

template <class Primitive, class... Args>
typename Primitive::primitive_desc describe(Args&&... args) {
  return typename Primitive::primitive_desc(typename Primitive::desc(std::forward<Args>(args)...),
                                            attributes(), engine());
}

template <class Primitive, class Hint, class... Args>
typename Primitive::primitive_desc describe_backward(const Hint& hint, Args&&... args) {
  return typename Primitive::primitive_desc(typename Primitive::desc(std::forward<Args>(args)...),
                                            attributes(), engine(), hint);
}

using PoolingForward = dnnl::pooling_v2_forward;
using PoolingBackward = dnnl::pooling_v2_backward;

#endif

/// Constructs a Plan from these arguments. Converts an error of oneDNN to
/// UnsupportedConfiguration.
template <class Plan, class... Args>
std::shared_ptr<Plan> make_plan(Args&&... args) {
  try {
    return std::make_shared<Plan>(std::forward<Args>(args)...);
  } catch (const dnnl::error& error) {
    throw UnsupportedConfiguration(error.what());
  }
}

/// A primitive with a prepared argument list, so that `run` itself does not allocate.
class Executable {
 public:
  Executable() = default;
  Executable(dnnl::primitive primitive, const std::vector<std::pair<int, Desc>>& arguments)
      : primitive_(std::move(primitive)) {
    memories_.reserve(arguments.size());
    for (const auto& [index, desc] : arguments) {
      memories_.emplace_back(desc, engine(), nullptr);
      arguments_.push_back({index, memories_.back().get()});
    }
  }

  /// Runs the primitive on these buffers, in the order of the arguments.
  void run(std::initializer_list<const void*> buffers) {
    auto memory = memories_.begin();
    for (const void* buffer : buffers) (memory++)->set_data_handle(const_cast<void*>(buffer));
    dnnl::error::wrap_c_api(
        dnnl_primitive_execute(primitive_.get(), stream().get(),
                               static_cast<int>(arguments_.size()), arguments_.data()),
        "could not execute a primitive");
  }

 private:
  dnnl::primitive primitive_;
  std::vector<dnnl::memory> memories_;
  std::vector<dnnl_exec_arg_t> arguments_;
};

/// Copies a tensor to another layout. If both layouts are equal, `is_needed` is false and `run`
/// must not be called.
class Reorder {
 public:
  Reorder() = default;
  Reorder(const Desc& from, const Desc& to) : is_needed_(from != to) {
    if (!is_needed_) return;
    const dnnl::reorder::primitive_desc desc(engine(), from, engine(), to, attributes());
    scratch_bytes_ = desc.scratchpad_desc().get_size();
    executable_ = Executable(
        dnnl::reorder(desc),
        {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}, {DNNL_ARG_SCRATCHPAD, desc.scratchpad_desc()}});
  }

  bool is_needed() const { return is_needed_; }
  std::size_t scratch_bytes() const { return align_up(scratch_bytes_); }
  void run(const void* from, void* to, std::byte* scratch) { executable_.run({from, to, scratch}); }

 private:
  bool is_needed_ = false;
  std::size_t scratch_bytes_ = 0;
  Executable executable_;
};

}  // namespace selfnorm::onednn
