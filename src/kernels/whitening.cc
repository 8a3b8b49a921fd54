// SPDX-License-Identifier: Apache-2.0
#include "kernels/whitening.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/parallel.h"

namespace selfnorm {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

// Accumulates sums over all patches, one image row after the other. The elements of a patch are in
// the order I,H,W of the weights.
class PatchMoments {
 public:
  explicit PatchMoments(const WhiteningShape& shape)
      : shape_(shape),
        patches_(shape.channels * shape.kernel[0] * shape.kernel[1], shape.width),
        sum_(VectorXd::Zero(patches_.rows())),
        products_(MatrixXd::Zero(patches_.rows(), patches_.rows())) {}

  void add(const float* padded) {
    for (std::int64_t n = 0; n < shape_.batch; ++n) {
      for (std::int64_t i = 0; i < shape_.height; ++i) {
        gather(padded, n, i);
        sum_ += patches_.rowwise().sum();
        products_.selfadjointView<Eigen::Lower>().rankUpdate(patches_);
      }
    }
  }

  VectorXd mean() const { return sum_ / count(); }
  MatrixXd covariance() const {
    const MatrixXd products = products_.selfadjointView<Eigen::Lower>();
    return products / count() - mean() * mean().transpose();
  }

 private:
  double count() const { return static_cast<double>(shape_.batch * shape_.height * shape_.width); }

  void gather(const float* padded, std::int64_t n, std::int64_t i) {
    Eigen::Index element = 0;
    for (std::int64_t c = 0; c < shape_.channels; ++c) {
      for (std::int64_t u = 0; u < shape_.kernel[0]; ++u) {
        const float* row =
            padded + (n * shape_.padded_height() + i + u) * shape_.padded_width() * shape_.channels;
        for (std::int64_t v = 0; v < shape_.kernel[1]; ++v, ++element) {
          for (std::int64_t j = 0; j < shape_.width; ++j) {
            patches_(element, j) = row[(j + v) * shape_.channels + c];
          }
        }
      }
    }
  }

  WhiteningShape shape_;
  MatrixXd patches_;
  VectorXd sum_;
  MatrixXd products_;
};

// Calls f(pixel of the padded image, pixel of the image that it copies) for every padded pixel.
template <class F>
void for_each_padded(const WhiteningShape& s, F f) {
  const auto inside = [](std::int64_t at, std::int64_t kernel, std::int64_t extent) {
    return std::clamp<std::int64_t>(at - kernel / 2, 0, extent - 1);
  };
  for (std::int64_t i = 0; i < s.padded_height(); ++i) {
    for (std::int64_t j = 0; j < s.padded_width(); ++j) {
      f(i * s.padded_width() + j,
        inside(i, s.kernel[0], s.height) * s.width + inside(j, s.kernel[1], s.width));
    }
  }
}

// Calls f(padded image, image) for every sample.
template <class Padded, class Image, class F>
void for_each_image(const WhiteningShape& s, Padded* padded, Image* images, F f) {
  const std::int64_t padded_size = s.padded_elements() / std::max<std::int64_t>(s.batch, 1);
  const std::int64_t size = s.height * s.width * s.channels;
  parallel_rows(s.batch, 1, [&](std::int64_t first, std::int64_t count) {
    for (std::int64_t n = first; n < first + count; ++n) {
      f(padded + n * padded_size, images + n * size);
    }
  });
}

}  // namespace

Whitening fit_whitening(const float* x, const WhiteningShape& shape, double epsilon) {
  std::vector<float> padded(static_cast<std::size_t>(shape.padded_elements()));
  replicate_pad(x, padded.data(), shape);
  PatchMoments moments(shape);
  moments.add(padded.data());
  const MatrixXd covariance = moments.covariance();
  const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(covariance);
  const double variance = covariance.trace() / static_cast<double>(covariance.rows());
  // Relative variances below this are rounding errors of the sums.
  constexpr double kRounding = 1e-12;
  const VectorXd roots = eigen.eigenvalues().unaryExpr([&](double value) {
    const double square = std::max(value, 0.0) + epsilon * variance;
    return square > kRounding * variance ? 1 / std::sqrt(square) : 0;
  });
  const MatrixXd zca = eigen.eigenvectors() * roots.asDiagonal() * eigen.eigenvectors().transpose();
  const Eigen::Index taps = shape.kernel[0] * shape.kernel[1];
  Whitening whitening;
  for (Eigen::Index channel = 0; channel < shape.channels; ++channel) {
    const Eigen::Index middle = channel * taps + taps / 2;
    VectorXd filter = zca.row(middle);
    const double mean = moments.mean()[middle];
    const bool varies = covariance(middle, middle) > kRounding * (variance + mean * mean);
    const double made = filter.dot(covariance * filter);
    filter *= varies && made > 0 ? 1 / std::sqrt(made) : 0;
    for (const double weight : filter) whitening.filter.push_back(static_cast<float>(weight));
    whitening.bias.push_back(static_cast<float>(-filter.dot(moments.mean())));
  }
  return whitening;
}

void replicate_pad(const float* x, float* padded, const WhiteningShape& shape) {
  const auto bytes = static_cast<std::size_t>(shape.channels) * sizeof(float);
  for_each_image(shape, padded, x, [&](float* to, const float* image) {
    for_each_padded(shape, [&](std::int64_t at, std::int64_t inside) {
      std::memcpy(to + at * shape.channels, image + inside * shape.channels, bytes);
    });
  });
}

void replicate_pad_gradient(const float* padded, float* x, const WhiteningShape& shape) {
  for_each_image(shape, padded, x, [&](const float* from, float* image) {
    std::fill_n(image, shape.height * shape.width * shape.channels, 0.0F);
    for_each_padded(shape, [&](std::int64_t at, std::int64_t inside) {
      for (std::int64_t c = 0; c < shape.channels; ++c) {
        image[inside * shape.channels + c] += from[at * shape.channels + c];
      }
    });
  });
}

}  // namespace selfnorm
