// SPDX-License-Identifier: Apache-2.0
// Compares the predicted moments of every layer with networks that run, averaged over draws of the
// weights.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "passes/build.h"
#include "selfnorm/doctor.h"

namespace selfnorm {
namespace {

using Ints = std::vector<std::int64_t>;

// Checks that no layer is off by more than the promise of the doctor and three standard errors.
void expect_predicted(const Network& network, const std::string& data) {
  RunConfig config;
  config.data.source = data;
  config.network = network;
  ExaminationOptions options;
  options.draws = 20;
  const Examination examination = examine(config, options);
  for (const LayerExamination& layer : examination.layers) {
    const SignalMoments &want = layer.predicted, &got = *layer.measured;
    EXPECT_FALSE(layer.missed) << layer.name << ": mean " << want.mean << " for " << got.mean
                               << ", variance " << want.variance << " for " << got.variance
                               << ", gradient " << want.gradient_second_moment << " for "
                               << got.gradient_second_moment;
  }
}

Layer dense(std::int64_t units) { return {"dense", {{"units", units}}}; }
Layer conv(std::int64_t channels, std::int64_t kernel = 3, std::int64_t stride = 1) {
  return {"conv2d",
          {{"channels", channels},
           {"kernel", Ints{kernel, kernel}},
           {"stride", Ints{stride, stride}},
           {"padding", std::string("same")}}};
}
const Layer kSelu{"selu"}, kRelu{"relu"}, kPool{"max_pool2d", {{"kernel", Ints{2, 2}}}};

TEST(PredictSignals, DenseLayers) {
  Network network{{{"x", {64}}}, {}};
  for (int i = 0; i < 8; ++i) network.layers.insert(network.layers.end(), {dense(256), kSelu});
  network.layers.push_back(dense(10));
  expect_predicted(network, "");
}

TEST(PredictSignals, DropoutsAndOtherActivations) {
  Network network{{{"x", {64}}}, {}};
  network.layers = {dense(256), kSelu,      {"alpha_dropout", {{"rate", 0.2}}},
                    dense(256), kSelu,      {"dropout", {{"rate", 0.2}}},
                    dense(256), kRelu,      dense(256),
                    {"tanh"},   dense(256), {"gelu"},
                    dense(10)};
  expect_predicted(network, "");
}

TEST(PredictSignals, WeightNormalization) {
  const Layer layer{"weight_norm_dense",
                    {{"units", std::int64_t{256}}, {"gain", 1.4142135623730951}}};
  Network network{{{"x", {64}}}, {layer, kRelu, layer, kRelu, layer, kSelu, dense(10)}};
  expect_predicted(network, "");
}

// Low frequencies make the rows of the layers after them similar, high ones make them independent.
TEST(PredictSignals, PeriodicFeatures) {
  for (const double sigma : {0.05, 0.3, 2.0}) {
    const Layer waves{"periodic", {{"frequencies", std::int64_t{16}}, {"sigma", sigma}}, "waves"};
    Network network{{{"x", {64}}}, {waves, dense(256), kSelu, dense(256), kSelu, dense(10)}};
    expect_predicted(network, "");
    const Layer both{"concat", {}, "both", {"x", "waves"}};
    network.layers.insert(network.layers.begin() + 1, both);
    expect_predicted(network, "");
  }
  Network hidden{{{"x", {64}}}, {dense(64), kSelu, {"periodic"}, dense(128), kSelu, dense(10)}};
  expect_predicted(hidden, "");
}

TEST(PredictSignals, ConvolutionsOfDigits) {
  Network network{{{"x", {1, 8, 8}}}, {}};
  network.layers = {conv(32), kSelu,       conv(64),   kSelu, kPool,    conv(64),
                    kSelu,    {"flatten"}, dense(128), kSelu, dense(10)};
  expect_predicted(network, "digits");
}

TEST(PredictSignals, SeluStridesAndAverages) {
  Network network{{{"x", {1, 8, 8}}}, {}};
  network.layers = {conv(64),
                    kSelu,
                    conv(64, 3, 2),
                    kSelu,
                    conv(64),
                    kSelu,
                    {"avg_pool2d", {{"kernel", Ints{2, 2}}}},
                    conv(64),
                    kSelu,
                    {"flatten"},
                    dense(10)};
  expect_predicted(network, "digits");
}

// If nothing varies, as in a dark background, the slope is that of f at 0 itself and not the mean
// of both sides. This also holds before a maximum.
TEST(PredictSignals, UseTheSlopeAtZeroForDarkImages) {
  Network network{{{"x", {1, 8, 8}}}, {}};
  network.layers = {{"scale", {{"factor", 0.0}}},
                    conv(16),
                    kSelu,
                    kPool,
                    conv(16),
                    kSelu,
                    {"flatten"},
                    dense(10)};
  RunConfig config;
  config.network = network;
  ExaminationOptions options;
  options.draws = 5;
  const Examination examination = examine(config, options);
  for (const LayerExamination& layer : examination.layers) {
    EXPECT_NEAR(layer.measured->gradient_second_moment / layer.predicted.gradient_second_moment, 1,
                4 * layer.standard_error->gradient_second_moment + 0.02)
        << layer.name;
  }
}

// The windows overlap and extend over the border.
TEST(PredictSignals, PoolingOverBordersAndOverlappingWindows) {
  Network network{{{"x", {1, 8, 8}}}, {}};
  const Settings overlapping = {
      {"kernel", Ints{3, 3}}, {"stride", Ints{2, 2}}, {"padding", "same"}};
  network.layers = {
      conv(64), kSelu, {"max_pool2d", overlapping}, conv(64), kSelu, {"avg_pool2d", overlapping},
      conv(64), kSelu, {"global_avg_pool"},         dense(10)};
  expect_predicted(network, "digits");
}

// The maximum over a window depends on the distribution before batch norm, an activation of
// normals.
TEST(PredictSignals, PoolingAfterBatchNorm) {
  for (const Shape& image : {Shape{1, 8, 8}, Shape{8, 8, 8}}) {
    Network network{{{"x", image}}, {}};
    network.layers = {conv(32), kSelu, conv(64), kSelu,       {"batch_norm"}, kPool,
                      conv(64), kSelu, kPool,    {"flatten"}, dense(10)};
    expect_predicted(network, image[0] == 1 ? "digits" : "");
  }
}

// Downsampling and upsampling, as in a U-Net.
TEST(PredictSignals, TransposedConvolutionsAndUpsampling) {
  const Ints two{2, 2};
  Network network{{{"x", {1, 8, 8}}}, {}};
  network.layers = {
      conv(32),
      kSelu,
      conv(64, 3, 2),
      kSelu,
      {"conv_transpose2d", {{"channels", std::int64_t{32}}, {"kernel", two}, {"stride", two}}},
      kSelu,
      {"upsample2d", {{"factor", two}}},
      conv(32),
      kSelu};
  expect_predicted(network, "digits");
}

TEST(PredictSignals, Concatenations) {
  Network network{{{"x", {1, 8, 8}}}, {}};
  network.layers = {{"conv2d",
                     {{"channels", std::int64_t{32}}, {"kernel", Ints{3, 3}}, {"padding", "same"}},
                     "first"},
                    {"selu", {}, "left"},
                    {"conv2d",
                     {{"channels", std::int64_t{32}}, {"kernel", Ints{3, 3}}, {"padding", "same"}},
                     "second"},
                    {"relu", {}, "right"},
                    {"concat", {}, "both", {"left", "right"}},
                    conv(32)};
  expect_predicted(network, "digits");
}

TEST(PredictSignals, Residuals) {
  Network network{{{"x", {64}}}, {}};
  std::string before = "stem";
  network.layers = {{"dense", {{"units", std::int64_t{256}}}, "stem"}};
  for (int i = 0; i < 6; ++i) {
    const std::string n = std::to_string(i);
    network.layers.push_back({"dense", {{"units", std::int64_t{256}}}, "f" + n, {before}});
    network.layers.push_back({"selu", {}, "a" + n, {"f" + n}});
    network.layers.push_back({"add", {}, "s" + n, {before, "a" + n}});
    before = "s" + n;
  }
  network.layers.push_back({"dense", {{"units", std::int64_t{10}}}, "out", {before}});
  expect_predicted(network, "");
}

// The same value twice: its gradients add coherently, and the gradient of a difference is 0.
TEST(PredictSignals, GradientsOfRejoiningPathsAddCoherently) {
  for (const auto& [weights, growth] :
       {std::pair(std::vector<double>{1, 1}, 4.0), {{0.6, 0.8}, 1.96}, {{1, -1}, 0.0}}) {
    RunConfig config;
    config.network = {{{"x", {8}}},
                      {{"dense", {{"units", std::int64_t{64}}}, "z"},
                       {"scale", {{"factor", 1.0}}, "same", {"z"}},
                       {"add", {{"weights", weights}}, "sum", {"z", "same"}}}};
    EXPECT_NEAR(examine(config).layers[0].predicted.gradient_second_moment, growth, 1e-12);
  }
}

TEST(PredictSignals, SeveralOutputs) {
  const auto layer = [](const char* name, const char* input, std::int64_t units) {
    return Layer{"dense", {{"units", units}}, name, {input}};
  };
  Network network{{{"x", {32}}}, {layer("a", "x", 64), layer("b", "a", 32), layer("c", "a", 128)}};
  network.outputs = {"b", "c"};
  expect_predicted(network, "");
}

// If all weights are equal, a unit is the sum of the inputs, which varies.
TEST(PredictSignals, ConstantWeightsSumTheirInputs) {
  RunConfig config;
  config.network = {
      {{"x", {8}}},
      {{"dense", {{"units", std::int64_t{4}}, {"init", "constant"}, {"init.gain", 0.5}}}}};
  EXPECT_NEAR(examine(config).layers[0].predicted.variance, 8 * 0.25, 1e-12);
}

// x + x is 2x, whatever is in between: identity paths that rejoin are one signal.
TEST(PredictSignals, RejoiningPathsAddCoherently) {
  const Network network{{{"x", {8}}},
                        {{"dense", {{"units", std::int64_t{64}}}, "z"},
                         {"scale", {{"factor", 0.5}}, "half", {"z"}},
                         {"add", {}, "sum", {"z", "half"}}}};
  RunConfig config;
  config.network = network;
  const Examination examination = examine(config);
  EXPECT_NEAR(examination.layers[2].predicted.variance, 2.25, 1e-12);
}

// 3×3 windows contain zeros at the border: (3n − 2)² of (3n)² taps are inside.
TEST(PredictSignals, ZeroPaddingReducesTheVariance) {
  for (const std::int64_t pixels : {32, 8, 4}) {
    const double n = static_cast<double>(pixels), share = (3 * n - 2) / (3 * n);
    Network network{{{"x", {16, pixels, pixels}}}, {conv(16)}};
    RunConfig config;
    config.network = network;
    EXPECT_NEAR(examine(config).layers[0].predicted.variance, share * share, 1e-12);
  }
}

// The variance of the average of independent pixels is 1/positions, for any number of them.
TEST(PredictSignals, AveragesOfWholeImages) {
  for (const std::int64_t pixels : {4, 31, 64}) {
    RunConfig config;
    config.network = {{{"x", {16, pixels, pixels}}}, {{"global_avg_pool"}}};
    const double positions = static_cast<double>(pixels * pixels);
    EXPECT_NEAR(examine(config).layers[0].predicted.variance * positions, 1, 1e-9);
  }
}

// The part that all elements of a layer with few channels have in common is not variance within it.
TEST(PredictSignals, FewChannels) {
  RunConfig config;
  config.data.source = "digits";
  config.data.standardize = false;
  config.network = {{{"x", {1, 8, 8}}}, {conv(1), {"flatten"}, dense(2)}};
  ExaminationOptions options;
  options.draws = 200;
  const LayerExamination layer = examine(config, options).layers[0];
  EXPECT_NEAR(layer.predicted.variance, layer.measured->variance,
              4 * layer.standard_error->variance);
}

// The variance of a unit that sums nine values, or scales one, depends on these values. So channels
// differ, and the effect of SELU is not its effect at the mean variance.
TEST(PredictSignals, DepthwiseConvolutions) {
  Network network{{{"x", {1, 8, 8}}}, {conv(64), kSelu}};
  for (const std::int64_t kernel : {3, 1, 3, 1}) {
    Layer depthwise = conv(64, kernel);
    depthwise.attributes["groups"] = std::int64_t{64};
    network.layers.insert(network.layers.end(), {depthwise, kSelu, conv(64, 1), kSelu});
  }
  network.layers.insert(network.layers.end(), {{"flatten"}, dense(10)});
  expect_predicted(network, "digits");
}

// Two rows that pass through the same weights are as correlated as two samples.
TEST(PredictSignals, DifferencesAndProductsWithSharedWeights) {
  Network network{{{"x", {64}}, {"y", {64}}}, {}};
  std::vector<Layer>& layers = network.layers;
  for (const std::string side : {"x", "y"}) {
    const bool first = side == "x";
    layers.push_back({"scale", {{"shift", 1.0}}, "shifted " + side, {side}});
    layers.push_back({"dense", {}, "dense " + side, {"shifted " + side}, first ? "" : "dense x"});
    if (first) layers.back().attributes = {{"units", std::int64_t{256}}};
    layers.push_back({"selu", {}, "selu " + side, {"dense " + side}});
  }
  layers.push_back({"absolute_difference", {}, "difference", {"selu x", "selu y"}});
  layers.push_back({"multiply", {}, "product", {"selu x", "selu y"}});
  layers.push_back({"concat", {}, "both", {"difference", "product"}});
  layers.push_back(dense(8));
  expect_predicted(network, "");
}

// The sum of the two rows contains the correlation twice.
TEST(PredictSignals, SumsWithSharedWeights) {
  Network network{{{"x", {64}}, {"y", {64}}}, {}};
  network.layers = {{"scale", {{"shift", 1.0}}, "shifted x", {"x"}},
                    {"scale", {{"shift", 1.0}}, "shifted y", {"y"}},
                    {"dense", {{"units", std::int64_t{256}}}, "dense x", {"shifted x"}},
                    {"dense", {}, "dense y", {"shifted y"}, "dense x"},
                    {"add", {{"weights", std::vector<double>{0.6, 0.8}}}, "sum", {}},
                    {"dense", {{"units", std::int64_t{8}}}, "out", {"sum"}}};
  network.layers[4].inputs = {"dense x", "dense y"};
  RunConfig config;
  config.network = network;
  // The rows have variance 1 and mean 1, so half of the second moment is common to both rows. The
  // mean of this part over the units of the layer is not 0.
  const double common = (0.6 + 0.8) * (0.6 + 0.8);
  EXPECT_NEAR(examine(config).layers[4].predicted.variance, 1 + common - common / 256, 1e-9);
  expect_predicted(network, "");
}

// Layers that share weights and input are one signal.
TEST(PredictSignals, RepeatedLayersAreOneSignal) {
  Network network{{{"x", {64}}}, {}};
  for (const std::string side : {"a", "b"}) {
    const bool first = side == "a";
    network.layers.push_back({"dense", {}, "dense " + side, {"x"}, first ? "" : "dense a"});
    if (first) network.layers.back().attributes = {{"units", std::int64_t{256}}};
    network.layers.push_back({"selu", {}, "selu " + side, {"dense " + side}});
  }
  network.layers.push_back({"add", {}, "sum", {"selu a", "selu b"}});
  network.layers.push_back({"dense", {{"units", std::int64_t{256}}}, "out", {"sum"}});
  RunConfig config;
  config.network = network;
  const std::vector<LayerExamination> layers = examine(config).layers;
  EXPECT_NEAR(layers[4].predicted.variance, 4, 1e-6);  // the error of the table of SELU's moments
  EXPECT_NEAR(layers[1].predicted.gradient_second_moment, 1, 1e-9);
  expect_predicted(network, "");
}

// Repeated words have the same vector, and a short sentence sums fewer words.
TEST(PredictSignals, SequencesOfWords) {
  for (const char* mode : {"sum", "sqrt", "mean", "max"}) {
    SCOPED_TRACE(mode);
    Network network{{{"words", {12}}}, {}};
    network.layers = {
        {"embedding", {{"vocabulary", std::int64_t{40}}, {"dimension", std::int64_t{128}}}},
        dense(128),
        kSelu,
        {"pool_steps", {{"mode", mode}}},
        dense(128),
        kSelu,
        dense(10)};
    expect_predicted(network, "");
  }
}

// The maximum of four unit normals, and of their SELUs.
TEST(PredictSignals, MaxPoolingShifts) {
  Network network{{{"x", {16, 8, 8}}}, {{"max_pool2d", {{"kernel", Ints{2, 2}}}}}};
  RunConfig config;
  config.network = network;
  const SignalMoments normals = examine(config).layers[0].predicted;
  EXPECT_NEAR(normals.mean, 1.0294, 1e-3);
  EXPECT_NEAR(normals.variance, 0.4917, 2e-3);
  config.network.layers = {{"selu"}, {"max_pool2d", {{"kernel", Ints{2, 2}}}}};
  const SignalMoments selus = examine(config).layers[1].predicted;
  EXPECT_NEAR(selus.mean, 1.075, 1e-3);
  EXPECT_NEAR(selus.variance, 0.561, 2e-3);
}

}  // namespace
}  // namespace selfnorm
