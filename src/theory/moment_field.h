// SPDX-License-Identifier: Apache-2.0
// A predicted signal as plain data: the moments of a value for every sample and position, averaged
// over channels and over draws of the weights. Weights are independent with a mean of about 0, so
// that layers depend on these moments only (Poole et al. 2016; Novak et al. 2019 for convolutions).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

namespace selfnorm {

/// The numbers of samples and of positions of an image. Rows of features have one position. Samples
/// may be copies of rows with independent noise, in groups of `copies` consecutive samples. The
/// first kSameRowLinks sample links of a group lead from a copy of a row to another copy of it. The
/// others lead to another row.
struct Extent {
  std::int64_t samples = 1, height = 1, width = 1;
  std::int64_t copies = 1;
  static constexpr std::int64_t kSameRowLinks = 2;
  bool links_copies(std::int64_t sample) const {
    return copies > 1 && sample % copies < kSameRowLinks;
  }
  std::int64_t positions() const { return height * width; }
  std::int64_t elements() const { return samples * positions(); }
  bool operator==(const Extent&) const = default;
};

/// The pairs of elements for which a field has products. Links within a sample lead to positions
/// one, two, four or eight steps away. In a sequence, which has one row, they have other lengths
/// (kSequenceOffsets). `sample` leads to the same position of the next sample, and from the last
/// sample to the first. If there is only one sample, the next one is another sample of the same
/// distribution. `far` leads to a distant position of the next sample.
enum class Link : std::uint8_t {
  right,
  below,
  diagonal,
  antidiagonal,
  two_right,
  two_below,
  four_right,
  four_below,
  eight_right,
  eight_below,
  sample,
  far
};
inline constexpr Link kLinks[] = {Link::right,        Link::below,      Link::diagonal,
                                  Link::antidiagonal, Link::two_right,  Link::two_below,
                                  Link::four_right,   Link::four_below, Link::eight_right,
                                  Link::eight_below,  Link::sample,     Link::far};
inline constexpr std::size_t kLinkCount = std::size(kLinks);

/// The offset of a link within a sample: rows down and columns to the right.
struct Offset {
  Link link;
  std::int64_t rows, columns;
};
using Offsets = std::array<Offset, 10>;
inline constexpr Offsets kImageOffsets = {{{Link::right, 0, 1},
                                           {Link::below, 1, 0},
                                           {Link::diagonal, 1, 1},
                                           {Link::antidiagonal, 1, -1},
                                           {Link::two_right, 0, 2},
                                           {Link::two_below, 2, 0},
                                           {Link::four_right, 0, 4},
                                           {Link::four_below, 4, 0},
                                           {Link::eight_right, 0, 8},
                                           {Link::eight_below, 8, 0}}};
inline constexpr Offsets kSequenceOffsets = {{{Link::right, 0, 1},
                                              {Link::below, 0, 3},
                                              {Link::diagonal, 0, 5},
                                              {Link::antidiagonal, 0, 8},
                                              {Link::two_right, 0, 2},
                                              {Link::two_below, 0, 13},
                                              {Link::four_right, 0, 4},
                                              {Link::four_below, 0, 21},
                                              {Link::eight_right, 0, 34},
                                              {Link::eight_below, 0, 55}}};
constexpr const Offsets& offsets_of(const Extent& extent) {
  return extent.height == 1 ? kSequenceOffsets : kImageOffsets;
}
constexpr bool is_within_sample(Link link) { return link != Link::sample && link != Link::far; }

/// The offset of `Link::far` in rows and columns of an image that wraps around. It is between a
/// quarter and three quarters of the image and differs from sample to sample.
struct DistantOffset {
  std::int64_t rows, columns;
};
DistantOffset distant_offset(const Extent& extent, std::int64_t sample);

struct MomentField {
  Extent extent;
  std::vector<double> mean;    ///< E x
  std::vector<double> square;  ///< E x²
  std::array<std::vector<double>, kLinkCount>
      products;  ///< E x·x′ by link; 0 where there is no neighbor

  double variance(std::size_t e) const { return square[e] - mean[e] * mean[e]; }
  std::vector<double>& product(Link link) { return products[static_cast<std::size_t>(link)]; }
  const std::vector<double>& product(Link link) const {
    return products[static_cast<std::size_t>(link)];
  }
};

/// A field of zeros, and a field of independent elements with this mean and second moment.
MomentField zero_field(const Extent& extent);
MomentField uniform_field(const Extent& extent, double mean, double square);

/// The element at the other end of a link, or −1 if there is none.
std::int64_t linked_element(const Extent& extent, std::int64_t element, Link link);

/// The samples from `first` to before `last`.
struct SampleRange {
  std::int64_t first, last;
};

/// Calls body(element, linked element) for every element of these samples that has such a link. It
/// avoids the divisions of `linked_element`.
template <class Body>
void for_each_linked(const Extent& extent, Link link, const SampleRange& samples, Body body);
template <class Body>
void for_each_linked(const Extent& extent, Link link, Body body) {
  for_each_linked(extent, link, {0, extent.samples}, body);
}

/// The correlation across a link, within [−1, 1]. 0 if there is no neighbor or no variance.
double correlation(const MomentField& x, std::int64_t element, Link link);
/// As above, for a link that leads to `other`.
double correlation(const MomentField& x, std::int64_t element, std::int64_t other, Link link);

/// The variance of the mean over all positions of a sample, from averages over its links.
double variance_of_position_mean(const MomentField& x, std::int64_t sample);

/// The variance of the mean over all positions of this number of samples with the field's
/// distribution. Correlation decays with distance as within a sample. Differences between the means
/// of elements do not count as variance.
double variance_of_batch_mean(const MomentField& x, std::int64_t samples);

/// The first samples of a field, at most `count`.
MomentField first_samples(const MomentField& x, std::int64_t count);

/// Merges all positions of a sample into one element, averaged like channels.
MomentField flatten_positions(const MomentField& x);

/// A term of Σ factor·x over fields that are independent except for their means.
struct WeightedField {
  const MomentField* field;
  double factor;
};
MomentField sum_independent_fields(const std::vector<WeightedField>& terms);

/// Adds a component of a mixture with weight `fraction`. The weights of a mixture sum to 1.
void accumulate_mixture(MomentField& sum, const MomentField& x, double fraction);

/// The field with this correlation added between samples and between distant positions.
MomentField add_correlation(const MomentField& x, double correlation);
/// The increase of the correlation between samples, relative to the variance.
double correlation_gain(const MomentField& more, const MomentField& less);

/// a·x + b.
MomentField affine(const MomentField& x, double a, double b);

/// Averages over elements of the mean, the second moment, the product of two samples, and the
/// product of any two elements. The last decays from the third with distance, as within a sample.
struct FieldAverage {
  double mean = 0, square = 0, sample_pair_product = 0, any_pair_product = 0;
  double variance() const { return square - mean * mean; }
};
FieldAverage field_average(const MomentField& x);
double mean_second_moment(const MomentField& x);

template <class Body>
void for_each_linked(const Extent& extent, Link link, const SampleRange& samples, Body body) {
  const std::int64_t positions = extent.positions();
  for (std::int64_t s = samples.first; s < samples.last; ++s) {
    const std::int64_t first = s * positions;
    if (is_within_sample(link)) {
      const Offset& offset = offsets_of(extent)[static_cast<std::size_t>(link)];
      const std::int64_t from = std::max<std::int64_t>(0, -offset.columns);
      const std::int64_t to = extent.width - std::max<std::int64_t>(0, offset.columns);
      const std::int64_t step = offset.rows * extent.width + offset.columns;
      for (std::int64_t i = 0; i + offset.rows < extent.height; ++i) {
        for (std::int64_t j = from; j < to; ++j) {
          const std::int64_t e = first + i * extent.width + j;
          body(e, e + step);
        }
      }
      continue;
    }
    const std::int64_t next = (s + 1) % extent.samples * positions;
    const DistantOffset step = link == Link::far ? distant_offset(extent, s) : DistantOffset{0, 0};
    for (std::int64_t i = 0; i < extent.height; ++i) {
      const std::int64_t row = next + (i + step.rows) % extent.height * extent.width;
      const std::int64_t e = first + i * extent.width;
      const std::int64_t turn = extent.width - step.columns;  // where the row wraps around
      for (std::int64_t j = 0; j < turn; ++j) body(e + j, row + j + step.columns);
      for (std::int64_t j = turn; j < extent.width; ++j) body(e + j, row + j - turn);
    }
  }
}

}  // namespace selfnorm
