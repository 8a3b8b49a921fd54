// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace selfnorm {

/// The shape of images (N,H,W,C in memory) and of the patch around each pixel that whitening uses.
/// The extents of the patch are odd.
struct WhiteningShape {
  std::int64_t batch = 0, height = 0, width = 0, channels = 0;
  std::int64_t kernel[2] = {1, 1};
  std::int64_t padded_height() const { return height + kernel[0] - 1; }
  std::int64_t padded_width() const { return width + kernel[1] - 1; }
  std::int64_t padded_elements() const {
    return batch * padded_height() * padded_width() * channels;
  }
};

/// A whitening convolution: weights (O,I,H,W) and one bias per channel.
struct Whitening {
  std::vector<float> filter, bias;
};

/// Fits a ZCA whitening to patches of these images, with replicated borders. The filters are the
/// rows of (C + εI)^(-1/2) for the channels of the center pixel, where C is the covariance of the
/// patches and ε is `epsilon` times its mean eigenvalue. Each filter is scaled so that its output
/// has mean 0 and variance 1 on these images. Filters of channels without variance are 0. Computed
/// in double. Source: Bell and Sejnowski 1997 (ZCA); Krizhevsky 2009, appendix (images, with ε).
Whitening fit_whitening(const float* x, const WhiteningShape& shape, double epsilon);

/// Pads the images by half a patch on each side with copies of their border pixels. The gradient
/// adds the values at copied pixels to the pixel that they copy.
void replicate_pad(const float* x, float* padded, const WhiteningShape& shape);
void replicate_pad_gradient(const float* padded, float* x, const WhiteningShape& shape);

}  // namespace selfnorm
