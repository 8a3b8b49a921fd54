// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace selfnorm {

/// Images, N,H,W,C in memory, and the window around each value that it is whitened within; its
/// extents are odd.
struct WhiteningShape {
  std::int64_t batch = 0, height = 0, width = 0, channels = 0;
  std::int64_t kernel[2] = {1, 1};
  std::int64_t padded_height() const { return height + kernel[0] - 1; }
  std::int64_t padded_width() const { return width + kernel[1] - 1; }
  std::int64_t padded_elements() const {
    return batch * padded_height() * padded_width() * channels;
  }
};

/// A convolution that whitens: weights O,I,H,W, and a bias a channel.
struct Whitening {
  std::vector<float> filter, bias;
};

/// The middle of ZCA over patches of these images, borders repeated: of (C + εI)^(-1/2) for the
/// patches' covariance C and ε = `epsilon` times its mean eigenvalue, the rows that make the middle
/// pixel's channels, each scaled so that it makes mean 0 and variance 1 of these images. Channels
/// without variance are left out. Computed in double. Source: Bell and Sejnowski 1997 (ZCA);
/// Krizhevsky 2009, appendix (of images, with ε).
Whitening fit_whitening(const float* x, const WhiteningShape& shape, double epsilon);

/// The images with their borders repeated half a window outwards; and the gradient of that: what
/// arrives at repeated pixels is added to the one they repeat.
void replicate_pad(const float* x, float* padded, const WhiteningShape& shape);
void replicate_pad_gradient(const float* padded, float* x, const WhiteningShape& shape);

}  // namespace selfnorm
