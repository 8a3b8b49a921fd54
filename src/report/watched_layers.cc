// SPDX-License-Identifier: Apache-2.0
#include "report/watched_layers.h"

#include <algorithm>

namespace selfnorm {

std::vector<std::string> layers_after_last_weights(const EpochRecord& record) {
  std::vector<std::string> names;
  if (record.weights.empty()) return names;
  auto layer = std::ranges::find(record.moments, record.weights.back().layer, &LayerMoments::layer);
  if (layer == record.moments.end()) return names;
  for (++layer; layer != record.moments.end(); ++layer) names.push_back(layer->layer);
  return names;
}

std::vector<LayerHistogram> hidden_layer_histograms(const EpochRecord& record) {
  const std::vector<std::string> outer = layers_after_last_weights(record);
  std::vector<LayerHistogram> inner = record.histograms;
  std::erase_if(inner, [&](const LayerHistogram& layer) {
    return std::ranges::count(outer, layer.layer) > 0;
  });
  return inner;
}

}  // namespace selfnorm
