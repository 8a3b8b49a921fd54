// SPDX-License-Identifier: Apache-2.0
// Compares every op of the table with its scalar reference: values, and gradients by complex step.
#include <gtest/gtest.h>

#include <limits>

#include "ops/single_op.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr double kFloatEpsilon = std::numeric_limits<float>::epsilon();
// Its square is negligible compared with 1, so the derivative is exact.
constexpr double kImaginaryStep = 1e-30;
constexpr std::size_t kProbedElements = 40;  // of each input

struct SweepCase {
  std::string op;
  std::size_t index;
};

std::vector<SweepCase> sweep() {
  std::vector<SweepCase> cases;
  for (const OpRow& row : op_table()) {
    for (std::size_t i = 0; i < row.tests->cases.size(); ++i) {
      cases.push_back({std::string(*row.name), i});
    }
  }
  return cases;
}

class OpSweep : public testing::TestWithParam<SweepCase> {
 protected:
  const OpRow& row() const { return *find_op(GetParam().op); }
  const TestCase& test() const { return row().tests->cases[GetParam().index]; }

  // Errors are measured in float epsilons, relative to the largest magnitude or to 1.
  void expect_close(const std::vector<double>& got, const std::vector<double>& want,
                    const std::string& what) const {
    ASSERT_EQ(got.size(), want.size());
    const double bound = row().tests->epsilons * kFloatEpsilon * std::max(1.0, largest(want));
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_NEAR(got[i], want[i], bound) << what << ", element " << i;
    }
  }
};

TEST_P(OpSweep, ForwardMatchesTheReference) {
  const SingleOp op(row(), test());
  for (const Mode mode : {Mode::training, Mode::inference}) {
    Program program(op.graph, mode, kMaskSeed, {});
    op.feed(program);
    program.run(kMaskStep);
    const auto want = op.reference<double>(mode, op.inputs);
    // The first output is visible. The hidden ones are for the gradient.
    const ValueId output = op.graph.outputs[0];
    expect_close(from_memory(op.graph.value(output).shape, program.data(output)), want[0].data,
                 mode == Mode::training ? "training" : "inference");
  }
}

TEST_P(OpSweep, GradientMatchesTheComplexStep) {
  SingleOp op(row(), test());
  const Node node = op.graph.nodes[0];
  const Shape output_shape = op.graph.value(node.outputs[0]).shape;
  // A random cotangent at the output.
  std::vector<double> cotangent(static_cast<std::size_t>(elements(output_shape)));
  for (std::size_t i = 0; i < cotangent.size(); ++i) {
    cotangent[i] = static_cast<float>(2 * uniform(random_key(17, "cotangent", ""), i) - 1);
  }
  Graph graph = op.graph;
  const ValueId seed = add_value(graph, {"seed", output_shape, DType::f32, Role::input});
  graph.inputs.push_back(seed);
  std::vector<ValueId> wanted;
  const bool is_loss = *row().category == Category::loss;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const bool words = static_cast<int>(i) == row().traits.id_input;
    if (!op.is_state[i] && !words && !(is_loss && i == 1)) wanted.push_back(node.inputs[i]);
  }
  const std::vector<ValueId> gradients = differentiate(graph, node.outputs[0], wanted, seed);
  for (const ValueId gradient : gradients) ASSERT_NE(gradient, kNoValue);
  Program program(graph, Mode::training, kMaskSeed, {}, gradients);
  op.feed(program);
  const std::vector<float> memory = to_memory(output_shape, cotangent);
  std::copy(memory.begin(), memory.end(), program.data(seed));
  program.run(kMaskStep);

  using Complex = std::complex<double>;
  std::vector<std::vector<Complex>> inputs;
  for (const auto& values : op.inputs) inputs.emplace_back(values.begin(), values.end());
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    const auto input = static_cast<std::size_t>(
        std::find(node.inputs.begin(), node.inputs.end(), wanted[w]) - node.inputs.begin());
    const Shape& in_api = graph.value(wanted[w]).shape;
    const Shape shape = input < op.user_inputs ? in_api : Shape{elements(in_api)};
    const std::vector<double> got = from_memory(shape, program.data(gradients[w]));
    std::vector<double> probed, want;
    const std::size_t stride = std::max<std::size_t>(1, got.size() / kProbedElements);
    for (std::size_t i = 0; i < got.size(); i += stride) {
      inputs[input][i] += Complex(0, kImaginaryStep);
      const auto outputs = op.reference<Complex>(Mode::training, inputs);
      inputs[input][i].imag(0);
      double derivative = 0;
      for (std::size_t k = 0; k < cotangent.size(); ++k) {
        derivative += cotangent[k] * outputs[0].data[k].imag() / kImaginaryStep;
      }
      probed.push_back(got[i]);
      want.push_back(derivative);
    }
    expect_close(probed, want, "gradient of input " + std::to_string(input));
  }
}

INSTANTIATE_TEST_SUITE_P(Table, OpSweep, testing::ValuesIn(sweep()), [](const auto& sweep_case) {
  return sweep_case.param.op + "_" + std::to_string(sweep_case.param.index);
});

TEST(OpTable, RejectsWrongShapesAndNamesNodeAndShape) {
  for (const OpRow& row : op_table()) {
    for (std::size_t i = 0; i < row.tests->invalid_cases.size(); ++i) {
      SCOPED_TRACE(std::string(*row.name) + ", misfit " + std::to_string(i));
      try {
        const SingleOp op(row, row.tests->invalid_cases[i]);
        ADD_FAILURE() << "no error";
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::shape) << error.what();
        const std::string message = error.what();
        EXPECT_NE(message.find("node 'node' (" + std::string(*row.name) + ")"), std::string::npos)
            << message;
        EXPECT_NE(message.find("(N, "), std::string::npos) << message;
      }
    }
  }
}

TEST(OpTable, AcceptsAnyShapeForOpsWithoutMisfits) {
  for (const OpRow& row : op_table()) {
    if (*row.category == Category::internal || !row.tests->invalid_cases.empty()) continue;
    EXPECT_EQ(row.arity->max, 1) << *row.name << " must refuse inputs of different shapes";
    for (const Shape& shape : {Shape{3, 1}, {2, 3, 4}, {1, 2, 1, 5}, {2, 3, 4, 5, 6}}) {
      EXPECT_NO_THROW(SingleOp(row, {{shape}})) << *row.name << " on " << to_string(shape);
    }
  }
}

// The sweep must test every op that a user can write in a network file.
TEST(OpTable, HasTestsForEveryLayerAndLoss) {
  for (const OpRow& row : op_table()) {
    if (*row.category == Category::internal) continue;
    EXPECT_FALSE(row.tests->cases.empty()) << *row.name;
    EXPECT_NE(rule_of(row.reference), nullptr) << *row.name;
  }
}

TEST(OpTable, HasUniqueNames) {
  std::vector<std::string_view> names;
  for (const OpRow& row : op_table()) names.push_back(*row.name);
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

}  // namespace
}  // namespace selfnorm
