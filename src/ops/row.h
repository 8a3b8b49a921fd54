// SPDX-License-Identifier: Apache-2.0
// A row of the op table, which is the only definition of an op. Builder, verifier, autodiff,
// engine, model files, documentation and the op tests read it.
#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "config/option.h"
#include "graph/graph.h"
#include "kernels/pointwise.h"
#include "ops/signal.h"
#include "selfnorm/theory.h"

namespace selfnorm {

/// A member without a default: a row that leaves it out does not compile.
template <class T>
class Required {
 public:
  template <class U>
  requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::remove_cvref_t<U>, Required>)
      Required(U&& value)  // NOLINT: implicit, so that a row can be a list of plain values
      : value_(std::forward<U>(value)) {}
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }

 private:
  T value_;
};

/// A missing rule, always with its reason, such as "moves elements".
struct Gap {
  std::string_view reason;
};

/// A rule, or the reason for its absence.
template <class Rule>
using RuleOrGap = Required<std::variant<Gap, Rule>>;

/// The rule, or null.
template <class Rule>
const Rule* rule_of(const RuleOrGap<Rule>& column) {
  return std::get_if<Rule>(&*column);
}

enum class Category : std::uint8_t { layer, activation, dropout, loss, internal };
enum class Mode : std::uint8_t { training, inference };

/// The number of inputs that a user gives. A negative `max` means any number.
struct Arity {
  int min;
  int max;
};

// ---- attributes -------------------------------------------------------------------------------

/// Facts about the network around a node, for attributes that depend on them.
struct NetworkContext {
  std::int64_t depth = 1;     ///< number of nodes of this op on the longest path
  std::int64_t width = 1;     ///< smallest number of features of these nodes
  double dropout_growth = 1;  ///< geometric mean of the dropouts' factors on E dx²
  bool orthogonal = true;     ///< whether all weights before them are orthogonal, or `auto`
};

/// The attributes of an op. `complete` checks what a user wrote and fills in defaults, `describe`
/// lists the options, and `resolve` replaces attributes that depend on the network by numbers.
struct AttributeSchema {
  Settings (*complete)(const Settings& given, const std::string& where);
  std::vector<Option> (*describe)();
  void (*resolve)(Settings& attributes, const NetworkContext& network_context);
};

/// The attribute struct A with the values of a node's settings.
template <class A>
A attributes_of(const Settings& settings, const std::string& where = "attributes") {
  A attributes;
  apply_settings(attributes.options(), settings, where);
  return attributes;
}

/// The schema of an attribute struct A: a plain struct with `Options options()` and, if an
/// attribute depends on the network, `void resolve(const NetworkContext&)`.
template <class A>
AttributeSchema schema() {
  return {[](const Settings& given, const std::string& where) {
            A attributes;
            const Options options = attributes.options();
            apply_settings(options, given, where);
            // Apply the defaults too: the default of a required attribute is out of range.
            Settings all = collect_settings(options);
            apply_settings(options, all, where);
            return all;
          },
          [] {
            static A defaults;
            return defaults.options();
          },
          [](Settings& settings, const NetworkContext& network_context) {
            if constexpr (requires(A a) { a.resolve(network_context); }) {
              A attributes = attributes_of<A>(settings);
              attributes.resolve(network_context);
              settings = collect_settings(attributes.options());
            }
          }};
}

struct NoAttributes {
  Options options() { return {}; }
};

// ---- shapes -----------------------------------------------------------------------------------

/// A parameter or state of a node.
struct ParameterSpec {
  std::string suffix;  ///< its name is node.suffix
  Shape shape;
  std::string init;   ///< initializer; "" for the node's own `init`
  double fan_in = 0;  ///< as in Parameter
  double fan_out = 0;
  Role role = Role::parameter;
  bool has_l2 = true;         ///< whether the layer's l2 applies to it
  std::size_t unit_axis = 0;  ///< as in Parameter
  double gain = 1;            ///< factor on the values of its own `init`
};

struct InferContext {
  const std::string& node;
  const std::string& op;
  const Settings& attributes;
  const std::vector<Shape>& inputs;  ///< inputs given by the user, without parameters
};

struct Inferred {
  std::vector<Shape> outputs;  ///< the visible output first, then hidden ones
  std::vector<ParameterSpec> parameters = {};
};

using InferRule = Inferred (*)(const InferContext&);

// ---- gradients --------------------------------------------------------------------------------

/// The interface of a gradient rule to the graph, to which it adds nodes.
class GradientContext {
 public:
  virtual ~GradientContext() = default;
  virtual const Node& node() const = 0;
  virtual const Shape& shape(ValueId value) const = 0;
  /// The gradient of the node's first output, before its epilogue.
  virtual ValueId output_gradient() const = 0;
  /// Whether the gradient of this input is needed.
  virtual bool wanted(std::size_t input) const = 0;
  /// Adds a node and returns its outputs.
  virtual std::vector<ValueId> emit(const std::string& op, const std::vector<ValueId>& inputs,
                                    const Settings& attributes = {},
                                    const std::vector<Stage>& epilogue = {}) = 0;
  /// Adds a contribution to the gradient of an input.
  virtual void contribute(std::size_t input, ValueId gradient) = 0;
};

using GradientRule = void (*)(GradientContext&);

// ---- lowering ---------------------------------------------------------------------------------

enum class Backend : std::uint8_t { cpu };

struct LoweringContext {
  const Node& node;
  std::vector<Shape> inputs;  ///< shapes of all inputs, parameters included, in API order
  std::vector<Shape> outputs;
  Mode mode = Mode::inference;
  std::uint64_t seed = 0;
};

/// The arguments of a step: buffers in the order of the node's inputs and outputs.
struct StepArguments {
  float* const* inputs;
  float* const* outputs;
  std::byte* scratch;
  std::uint64_t step = 0;         ///< index of the training step
  std::uint64_t first_row = 0;    ///< global index of the batch's first row
  std::int64_t rows = 0;          ///< number of rows of the batch, or of packed rows
  const float* starts = nullptr;  ///< Value::starts, if rows are packed
  std::int64_t samples = 0;       ///< number of samples, if rows are packed
};

/// A unit of work of the executor. Running it allocates no memory, except in libraries.
struct Step {
  std::function<void(const StepArguments&)> run;
  std::size_t scratch_bytes = 0;
};

/// A lowering for one backend and number type. Another backend is another entry.
struct Lowering {
  Backend backend;
  DType dtype;
  Step (*lower)(const LoweringContext&);
};

/// The parts of a fused pointwise pass. An op fills in its part.
struct Pointwise {
  Activation activation;
  Dropout dropout;
};
using PointwiseRule = void (*)(const Settings& attributes, Pointwise& pass);

/// The exact moments of the activation for a normal pre-activation.
using MomentRuleFactory = MomentRule (*)(const Settings& attributes);

/// Changes a layer's attributes so that its output is multiplied by `factor`.
using RescaleRule = void (*)(Settings& attributes, std::size_t inputs, double factor);

/// The input of a node before training, in the layout of the engine.
struct FitContext {
  const Node& node;
  const Shape& shape;  ///< batch first
  const float* input;
};

/// Computes a node's states, in their order, from training rows.
using FitRule = std::vector<std::vector<float>> (*)(const FitContext&);

// ---- tests ------------------------------------------------------------------------------------

/// A dense array of T in API order, for the scalar reference.
template <class T>
struct Array {
  Shape shape;
  std::vector<T> data;
};

template <class T>
struct ReferenceArguments {
  const Node& node;
  Mode mode;
  std::uint64_t seed;
  std::uint64_t step;
  std::vector<Array<T>> inputs;   ///< parameters and states after the user's inputs
  std::vector<Array<T>> outputs;  ///< shapes set, data zero; states may be changed in `inputs`
};

/// A simple, slow implementation of the op in double and in complex double (for complex-step
/// gradients).
struct Reference {
  void (*real)(ReferenceArguments<double>&);
  void (*complex)(ReferenceArguments<std::complex<double>>&);
};

/// A Reference from one generic function object.
template <class F>
Reference reference(F) {
  return {[](ReferenceArguments<double>& arguments) { F{}(arguments); },
          [](ReferenceArguments<std::complex<double>>& arguments) { F{}(arguments); }};
}

struct TestCase {
  std::vector<Shape> inputs;
  Settings attributes = {};
};

/// The domain of the op tests: shapes and attributes, the interval of the inputs, the tolerance in
/// float epsilons of the largest summed magnitude, and inputs that the op must reject. An op
/// without `invalid_cases` accepts any shape.
struct TestDomain {
  std::vector<TestCase> cases;
  double low = -2;
  double high = 2;
  double epsilons = 16;
  std::vector<TestCase> invalid_cases = {};
};

// ---- the row ----------------------------------------------------------------------------------

/// Properties of an op that passes and the doctor use.
struct Traits {
  bool takes_epilogue = false;    ///< can compute a fused pointwise epilogue
  bool can_run_in_place = false;  ///< output 0 may overwrite input 0
  bool is_view = false;           ///< output 0 is the memory of input 0 with another shape
  bool reshapes = false;          ///< keeps the elements in API order with another shape
  /// Contracts features of input 0 with columns of input 1.
  bool accepts_any_feature_order = false;
  bool is_stepwise = false;           ///< treats the steps of a sequence independently
  int id_input = -1;                  ///< index of the input of token ids (0 is padding), or -1
  bool is_affine = false;             ///< factor·input 0 + shift, with these attributes
  bool is_affine_by_feature = false;  ///< the same with `factors` and `shifts`
  /// Averages groups of features, the number of which is the attribute `members`.
  bool averages_members = false;
  bool uses_batch_statistics = false;  ///< in training, each feature needs several values
  /// For a loss: the weight of its mean counts samples whose targets are all missing.
  bool counts_missing_targets = false;
  /// The pointwise op that computes the same at inference with the same attributes, or empty.
  std::string_view op_at_inference = {};
  // For the doctor:
  bool normalizes = false;              ///< output has mean 0 and variance 1 for any input
  bool pools = false;                   ///< reduces a window to one value
  bool sums = false;                    ///< adds its inputs
  bool multiplies = false;              ///< multiplies its inputs
  bool depends_on_correlation = false;  ///< depends on the correlation of its two inputs
  bool concatenates = false;            ///< concatenates its inputs
  bool is_distribution = false;         ///< the features of an output are numbers from 0 to 1
};

struct OpRow {
  Required<std::string_view> name;
  Required<Category> category;
  Required<std::string_view> doc;
  Required<Arity> arity;
  Required<AttributeSchema> attributes;
  Required<InferRule> infer;
  RuleOrGap<GradientRule> gradient;
  RuleOrGap<PointwiseRule> pointwise;
  RuleOrGap<MomentRuleFactory> moments;
  RuleOrGap<SignalRule> signal;
  RuleOrGap<RescaleRule> rescale;
  RuleOrGap<FitRule> fit;
  Required<std::vector<Lowering>> lowerings;
  RuleOrGap<Reference> reference;
  Required<TestDomain> tests;
  Traits traits = {};
};

using OpRows = std::vector<OpRow>;

}  // namespace selfnorm
