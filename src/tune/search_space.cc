// SPDX-License-Identifier: Apache-2.0
#include "tune/search_space.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/index.h"
#include "base/random.h"
#include "base/text.h"

namespace selfnorm {
namespace {

// The draws of a candidate, by their index in its stream of random numbers.
enum Draw : std::uint64_t { kDepth, kWidth, kShape, kRate, kDropout, kDecay, kScaling, kEmbedding };

class CandidateDraws {
 public:
  CandidateDraws(std::uint64_t seed, std::int64_t id)
      : key_(random_key(seed, "tune", std::to_string(id))) {}

  template <class T, std::size_t N>
  T one_of(Draw draw, const std::array<T, N>& list) const {
    return list[std::min(N - 1, static_cast<std::size_t>(unit(draw) * static_cast<double>(N)))];
  }
  // Returns a number between 1/factor and factor, whose logarithm is uniform.
  double around_one(Draw draw, double factor) const { return std::pow(factor, 2 * unit(draw) - 1); }
  double unit(Draw draw) const { return uniform(key_, draw); }

 private:
  RandomKey key_;
};

// Draws rectangular layers, or layers of half the width each. Deep networks are narrower, so that
// the trials of a rung take about the same time.
std::vector<std::int64_t> draw_hidden(const CandidateDraws& draws) {
  constexpr std::int64_t kUnitsOfAllLayers = 1024, kFewestUnits = 16;
  const auto depth = draws.one_of(kDepth, std::array<std::int64_t, 6>{1, 2, 3, 4, 6, 8});
  auto width = draws.one_of(kWidth, std::array<std::int64_t, 4>{64, 128, 256, 512});
  while (width * depth > kUnitsOfAllLayers) width /= 2;
  const bool is_conic = draws.unit(kShape) < 0.5;
  std::vector<std::int64_t> hidden;
  for (std::int64_t i = 0; i < depth; ++i)
    hidden.push_back(is_conic ? std::max(width >> i, kFewestUnits) : width);
  return hidden;
}

// Returns a weight decay that shrinks weights as much in a training as that of the default, times a
// factor. AdamW multiplies the decay by the learning rate.
double draw_weight_decay(const CandidateDraws& draws, const Candidate& standard, double rate) {
  constexpr double kWithout = 0.15, kFactor = 10;
  const double at = draws.unit(kDecay);
  if (at < kWithout) return 0;
  const double share = (at - kWithout) / (1 - kWithout);
  return standard.weight_decay * standard.learning_rate / rate * std::pow(kFactor, 2 * share - 1);
}

}  // namespace

Candidate draw_candidate(const SearchSpace& space, std::int64_t id) {
  if (id == 0) return space.standard;
  constexpr double kRateFactor = 4;
  const CandidateDraws draws(space.seed, id);
  const auto is_free = [&](const char* option) { return !is_listed(space.given, option); };
  Candidate drawn = space.standard;
  if (is_free("hidden")) drawn.hidden = draw_hidden(draws);
  if (is_free("dropout_rate"))
    drawn.dropout_rate = draws.one_of(kDropout, std::array{0.0, 0.05, 0.1, 0.2, 0.3});
  if (is_free("optimizer.learning_rate"))
    drawn.learning_rate =
        round_to_digits(space.standard.learning_rate * draws.around_one(kRate, kRateFactor), 3);
  if (is_free("optimizer.weight_decay"))
    drawn.weight_decay =
        round_to_digits(draw_weight_decay(draws, space.standard, drawn.learning_rate), 3);
  if (is_free("scaling"))
    drawn.scaling =
        draws.one_of(kScaling, std::array<const char*, 3>{"standard", "robust", "quantile"});
  if (space.has_numeric_embeddings && is_free("numeric_embedding"))
    drawn.numeric_embedding =
        draws.one_of(kEmbedding, std::array<const char*, 4>{"none", "none", "periodic", "pbld"});
  return drawn;
}

RunConfig with_candidate(const RunConfig& config, const Candidate& candidate, std::int64_t epochs) {
  RunConfig changed = config;
  changed.default_network.hidden = candidate.hidden;
  changed.default_network.dropout_rate = candidate.dropout_rate;
  changed.default_network.numeric_embedding = candidate.numeric_embedding;
  changed.data.scaling = candidate.scaling;
  changed.train.optimizer.learning_rate = candidate.learning_rate;
  changed.train.optimizer.weight_decay = candidate.weight_decay;
  changed.train.epochs = epochs;
  for (const char* name : {"hidden", "dropout_rate", "numeric_embedding", "epochs",
                           "optimizer.learning_rate", "optimizer.weight_decay"})
    if (!is_listed(changed.given, name)) changed.given.emplace_back(name);
  return changed;
}

std::string to_string(const Candidate& candidate) {
  std::string text = fmt::format("{}, rate {}, dropout {}, decay {}, {}",
                                 fmt::join(candidate.hidden, "-"), candidate.learning_rate,
                                 candidate.dropout_rate, candidate.weight_decay, candidate.scaling);
  if (candidate.numeric_embedding != "none") text += ", " + candidate.numeric_embedding;
  return text;
}

}  // namespace selfnorm
