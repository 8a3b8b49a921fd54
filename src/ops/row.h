// The op table's row: everything the house knows about an op stands here and nowhere else. Builder,
// verifier, autodiff, engine, model files, documentation and the op tests all read it.
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

/// A member that has no default, so that a row which leaves it out does not compile.
template <class T>
class Required {
 public:
  template <class U>
  requires std::is_constructible_v<T, U&&> Required(U&& value)
      : value_(std::forward<U>(value)) {}  // NOLINT: meant to convert
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }

 private:
  T value_;
};

/// A gap in the table is written out, never null: "no gradient: it is one".
struct Gap {
  std::string_view reason;
};

/// A rule, or the reason why there is none.
template <class Rule>
using OrGap = Required<std::variant<Gap, Rule>>;

template <class Rule>
const Rule* rule_of(const OrGap<Rule>& column) {
  return std::get_if<Rule>(&*column);
}

enum class Category : std::uint8_t { layer, activation, dropout, loss, internal };
enum class Mode : std::uint8_t { training, inference };

/// How many inputs a user gives; `most` below 0 means any number.
struct Arity {
  int least;
  int most;
};

// ---- attributes -------------------------------------------------------------------------------

/// What an attribute that depends on the network may ask about the node.
struct NetworkContext {
  std::int64_t depth = 1;     ///< nodes of this op on the longest path through the network
  std::int64_t width = 1;     ///< least number of features that one of them has
  double dropout_growth = 1;  ///< geometric mean over them of what dropouts multiply E dx² by
  bool orthogonal = true;     ///< whether all weights before them are orthogonal, or left to choose
};

/// The attributes of an op: checks and completes what a user wrote, and describes itself. `resolve`
/// replaces what depends on the network by numbers.
struct AttributeSchema {
  Settings (*complete)(const Settings& given, const std::string& where);
  std::vector<Option> (*describe)();
  void (*resolve)(Settings& attributes, const NetworkContext& surroundings);
};

/// The attribute struct A, filled from a node's settings.
template <class A>
A attributes_of(const Settings& settings, const std::string& where = "attributes") {
  A attributes;
  apply_settings(attributes.options(), settings, where);
  return attributes;
}

/// The schema of an attribute struct: a plain struct with `Options options()` and, where something
/// depends on the network, `void resolve(const NetworkContext&)`.
template <class A>
AttributeSchema schema() {
  return {[](const Settings& given, const std::string& where) {
            A attributes;
            const Options options = attributes.options();
            apply_settings(options, given, where);
            // Once more with the defaults, of which those that stand for "needed" are out of range.
            const Settings all = collect_settings(options);
            apply_settings(options, all, where);
            return all;
          },
          [] {
            static A defaults;
            return defaults.options();
          },
          [](Settings& settings, const NetworkContext& surroundings) {
            if constexpr (requires(A a) { a.resolve(surroundings); }) {
              A attributes = attributes_of<A>(settings);
              attributes.resolve(surroundings);
              settings = collect_settings(attributes.options());
            }
          }};
}

struct NoAttributes {
  Options options() { return {}; }
};

// ---- shapes -----------------------------------------------------------------------------------

/// A parameter or state that a node brings with it.
struct ParameterSpec {
  std::string suffix;  ///< the value is called node.suffix
  Shape shape;
  std::string init;   ///< "" takes the node's own `init`
  double fan_in = 0;  ///< as in Parameter
  double fan_out = 0;
  Role role = Role::parameter;
  bool decays = true;         ///< whether the layer's l2 holds for it
  std::size_t unit_axis = 0;  ///< as in Parameter
};

struct InferContext {
  const std::string& node;
  const std::string& op;
  const Settings& attributes;
  const std::vector<Shape>& inputs;  ///< the user's inputs, without parameters
};

struct Inferred {
  std::vector<Shape> outputs;  ///< the visible one first, hidden ones after it
  std::vector<ParameterSpec> parameters = {};
};

using InferRule = Inferred (*)(const InferContext&);

// ---- gradients --------------------------------------------------------------------------------

/// What a gradient rule may ask and do; it adds nodes to the graph at hand.
class GradientContext {
 public:
  virtual ~GradientContext() = default;
  virtual const Node& node() const = 0;
  virtual const Shape& shape(ValueId value) const = 0;
  /// ∂loss/∂output of the node's first output, before its epilogue.
  virtual ValueId output_gradient() const = 0;
  /// Whether anything needs ∂loss/∂input.
  virtual bool wanted(std::size_t input) const = 0;
  /// Adds a node and returns its outputs.
  virtual std::vector<ValueId> emit(const std::string& op, const std::vector<ValueId>& inputs,
                                    const Settings& attributes = {},
                                    const std::vector<Stage>& epilogue = {}) = 0;
  /// States ∂loss/∂input; contributions from several users are summed.
  virtual void contribute(std::size_t input, ValueId gradient) = 0;
};

using GradientRule = void (*)(GradientContext&);

// ---- lowering ---------------------------------------------------------------------------------

enum class Backend : std::uint8_t { cpu };

struct LoweringContext {
  const Node& node;
  std::vector<Shape> inputs;  ///< of all inputs, parameters too; API order
  std::vector<Shape> outputs;
  Mode mode = Mode::inference;
  std::uint64_t seed = 0;
};

/// What a step sees when it runs: buffers in the order of the node's inputs and outputs.
struct StepArguments {
  float* const* inputs;
  float* const* outputs;
  std::byte* scratch;
  std::uint64_t step = 0;         ///< the number of the training step
  std::uint64_t first_row = 0;    ///< the global number of the batch's first row
  std::int64_t rows = 0;          ///< of what it works on: of the batch, or packed ones
  const float* starts = nullptr;  ///< of packed rows: Value::starts
  std::int64_t samples = 0;       ///< of packed rows: samples that they are of
};

/// A piece of work that the executor runs; it allocates nothing of ours.
struct Step {
  std::function<void(const StepArguments&)> run;
  std::size_t scratch_bytes = 0;
};

/// A lowering for one backend and number type; another backend is another entry, not another
/// engine.
struct Lowering {
  Backend backend;
  DType dtype;
  Step (*lower)(const LoweringContext&);
};

/// Fills in the part of a fused pointwise pass that this op is.
struct Pointwise {
  Activation activation;
  Dropout dropout;
};
using PointwiseRule = void (*)(const Settings& attributes, Pointwise& pass);

/// What the activation makes of a normal pre-activation, exactly.
using MomentColumn = MomentRule (*)(const Settings& attributes);

/// Changes what a layer's attributes say so that its output is `factor` times what it was.
using RescaleRule = void (*)(Settings& attributes, std::size_t inputs, double factor);

/// What reaches a node before training, as the engine holds it.
struct FitContext {
  const Node& node;
  const Shape& shape;  ///< the batch first
  const float* input;
};

/// A node's states, in their order, as the training rows decide them.
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

/// The op once more, as slow and plain as can be, in double and in complex double (for gradients by
/// complex step).
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

/// What the op tests try: shapes and attributes, the interval inputs are drawn from, the error
/// allowed, in float epsilons of the largest magnitude summed, and inputs that the op must refuse;
/// an op without these takes values of any shape.
struct TestDomain {
  std::vector<TestCase> cases;
  double low = -2;
  double high = 2;
  double epsilons = 16;
  std::vector<TestCase> misfits = {};
};

// ---- the row ----------------------------------------------------------------------------------

/// What passes may do with a node of this op.
struct Traits {
  bool takes_epilogue = false;         ///< can run pointwise stages along with its own work
  bool in_place = false;               ///< output 0 may overwrite input 0
  bool view = false;                   ///< output 0 is input 0's memory under another shape
  bool reshapes = false;               ///< keeps the elements in API order under another shape
  bool any_feature_order = false;      ///< contracts features of input 0 with columns of input 1
  bool identity_at_inference = false;  ///< does nothing but in training
  bool by_step = false;                ///< treats every step of a sequence by itself, packed or not
  int id_input = -1;                   ///< which input holds numbers of words, 0 for padding
  // What the doctor looks at.
  bool normalizes = false;  ///< makes mean 0 and variance 1 of whatever comes
  bool pools = false;       ///< makes one value of a window's
  bool sums = false;        ///< adds its inputs
  bool multiplies = false;  ///< multiplies its inputs
  bool compares = false;    ///< what its two inputs have in common counts
  bool joins = false;       ///< puts its inputs beside each other
};

struct OpRow {
  Required<std::string_view> name;
  Required<Category> category;
  Required<std::string_view> doc;
  Required<Arity> arity;
  Required<AttributeSchema> attributes;
  Required<InferRule> infer;
  OrGap<GradientRule> gradient;
  OrGap<PointwiseRule> pointwise;
  OrGap<MomentColumn> moments;
  OrGap<SignalRule> signal;
  OrGap<RescaleRule> rescale;
  OrGap<FitRule> fit;
  Required<std::vector<Lowering>> lowerings;
  OrGap<Reference> reference;
  Required<TestDomain> tests;
  Traits traits = {};
};

using OpRows = std::vector<OpRow>;

}  // namespace selfnorm
