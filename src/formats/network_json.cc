// SPDX-License-Identifier: Apache-2.0
#include "formats/network_json.h"

#include <algorithm>

#include "formats/json.h"

namespace selfnorm {

std::string network_to_json(const Network& network) {
  nlohmann::json json{{"inputs", nlohmann::json::array()},
                      {"layers", nlohmann::json::array()},
                      {"outputs", network.outputs}};
  for (const auto& [name, shape] : network.inputs) {
    json["inputs"].push_back({{"name", name}, {"shape", shape}});
  }
  for (const Layer& layer : network.layers) {
    json["layers"].push_back({{"op", layer.op},
                              {"name", layer.name},
                              {"inputs", layer.inputs},
                              {"share", layer.share},
                              {"l2", layer.l2},
                              {"attributes", settings_to_json(layer.attributes)}});
  }
  return json.dump();
}

Network network_from_json(std::string_view text) {
  return read_json(text, "network", [](const nlohmann::json& json) {
    Network network;
    for (const nlohmann::json& input : json.at("inputs")) {
      network.inputs.emplace_back(input.at("name"), shape_from_json(input.at("shape")));
    }
    for (const nlohmann::json& layer : json.at("layers")) {
      network.layers.push_back(
          {layer.at("op"), settings_from_json(layer.at("attributes")), layer.at("name"),
           layer.at("inputs").get<std::vector<std::string>>(), layer.at("share"), layer.at("l2")});
    }
    network.outputs = json.at("outputs").get<std::vector<std::string>>();
    return network;
  });
}

}  // namespace selfnorm
