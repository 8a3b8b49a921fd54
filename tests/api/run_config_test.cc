// SPDX-License-Identifier: Apache-2.0
#include "api/run_config.h"

#include <gtest/gtest.h>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr const char* kFull = R"(
[data]
source = "table.csv"
target = "y"
validation_split = 0.2
inputs = { second = ["age", "height", "weight", "pulse"], first = "pixels" }

[model]
inputs = { second = [4], first = [1, 28, 28] }
layers = [
  { op = "conv2d", name = "c", inputs = ["first"], channels = 8, kernel = [3, 3], padding = [[1, 2], [0, 1]], init = { name = "he_normal", gain = 0.5 }, l2 = 1e-4 },
  { op = "flatten" },
  { op = "dense", units = 10, init = "orthogonal" },
]
outputs = ["dense_1"]

[train]
loss = { name = "softmax_cross_entropy", label_smoothing = 0.1, class_weights = [1, 2.5] }
optimizer = { name = "sgd", learning_rate = 0.1, momentum = 0.9, nesterov = true }
schedule = "cosine"
early_stopping = { patience = 3 }
metrics = ["accuracy", "auc"]
)";

TEST(RunConfig, ReadsNetworkFile) {
  const RunConfig config = parse_run_config(kFull, "net.toml");
  EXPECT_EQ(config.data.source, "table.csv");
  EXPECT_EQ(config.data.inputs.at("second").size(), 4u);
  EXPECT_EQ(config.data.inputs.at("first"), std::vector<std::string>{"pixels"});
  EXPECT_EQ(config.network.inputs[0].first, "second") << "inputs stand as in the file";
  const Layer& layer = config.network.layers[0];
  EXPECT_EQ(layer.attributes.at("padding"), Setting(std::vector<std::int64_t>{1, 2, 0, 1}));
  EXPECT_EQ(layer.attributes.at("init"), Setting("he_normal"));
  EXPECT_EQ(layer.attributes.at("init.gain"), Setting(0.5));
  EXPECT_EQ(layer.l2, 1e-4);
  EXPECT_EQ(config.train.loss, "softmax_cross_entropy");
  EXPECT_EQ(config.train.loss_attributes.size(), 2u);
  EXPECT_TRUE(config.train.optimizer.nesterov);
  EXPECT_EQ(config.train.schedule.name, "cosine");
  EXPECT_EQ(config.train.early_stopping.patience, 3);
  EXPECT_EQ(config.train.metrics.size(), 2u);
}

TEST(RunConfig, RoundTrip) {
  const std::string once = to_toml(parse_run_config(kFull, "net.toml"));
  EXPECT_EQ(to_toml(parse_run_config(once, "again")), once);
  RunConfig spaced;
  spaced.network = {{{"two words", {4}}}, {{"dense", {{"units", std::int64_t{2}}}}}};
  EXPECT_EQ(parse_run_config(to_toml(spaced), "again").network.inputs, spaced.network.inputs);
  const std::string plain = to_toml(RunConfig{});
  EXPECT_EQ(to_toml(parse_run_config(plain, "again")), plain);
}

std::string message(const std::string& text) {
  try {
    parse_run_config(text, "net.toml");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    return error.what();
  }
  return "";
}

TEST(RunConfig, ErrorsNameLocation) {
  EXPECT_EQ(message("[trian]\nepochs = 1\n"),
            "config: net.toml: [trian]: unknown table (did you mean 'train'?)");
  EXPECT_EQ(message("[train]\nepoch = 1\n"),
            "config: net.toml: [train]: unknown key 'epoch' (did you mean 'epochs'?)");
  EXPECT_EQ(message("[train]\noptimizer = { name = \"adm\" }\n"),
            "config: net.toml: [train]: unknown optimizer 'adm' (did you mean 'adam'?)");
  EXPECT_NE(message("[train\n").find("net.toml:1:"), std::string::npos);
  EXPECT_NE(message("[model]\nlayers = [\n  { op = \"dense\", nme = \"a\", units = 2 },\n]\n")
                .find("net.toml:3: layer"),
            std::string::npos);
  EXPECT_NE(message("[model]\nhidden = [3]\nlayers = [{ op = \"selu\" }]\n"), "");
  EXPECT_NE(message("[data]\nsource = 2026-01-01\n"), "");
}

}  // namespace
}  // namespace selfnorm
