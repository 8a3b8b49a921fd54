// Losses: inputs are the network's output and the targets. The first output is the mean loss, the
// hidden second one what it is the mean of (rows, class weights, targets present), so that the
// means of batches can be put together.
#include "kernels/simd/loss.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using kernels::CrossEntropy;
using kernels::LossSum;

void write(const LossSum& loss, const StepArguments& a) {
  *a.outputs[0] = static_cast<float>(loss.mean());
  *a.outputs[1] = static_cast<float>(loss.weight);
}

// The factor for gradients of sums: the gradient of the mean, times what flows in from above.
double factor(const StepArguments& a, double weight) {
  return weight > 0 ? static_cast<double>(*a.inputs[0]) / weight : 0;
}

// ---- softmax cross-entropy --------------------------------------------------------------------

struct SoftmaxAttributes {
  double label_smoothing = 0;
  std::vector<double> class_weights = {};
  Options options() {
    return {{"label_smoothing", &label_smoothing, "share of the target spread over all classes",
             range::kRate},
            {"class_weights", &class_weights, "a weight for each class; all 1 unless given",
             range::kNonNegative}};
  }
};

Inferred infer_softmax(const InferContext& context) {
  const Shape &x = context.inputs[0], &t = context.inputs[1];
  check_rank(context, 0, 2, 2);
  if (t != Shape{x[0]} && t != x) {
    fail_shape(context, fmt::format("output {} expects targets (N) of class indexes or {} of "
                                    "probabilities, got {}",
                                    batch_text(x), batch_text(x), batch_text(t)));
  }
  const auto weights = attributes_of<SoftmaxAttributes>(context.attributes).class_weights;
  if (!weights.empty() && static_cast<std::int64_t>(weights.size()) != x[1]) {
    fail_shape(context, fmt::format("has {} class weights for {} classes", weights.size(), x[1]));
  }
  if (!weights.empty() && std::ranges::none_of(weights, [](double w) { return w > 0; })) {
    throw Error(ErrorKind::config,
                context.op + ": class_weights are all 0: nothing would count (give a class one)");
  }
  return {{{1}, {1}}};
}

struct SoftmaxLoss {
  SoftmaxLoss(const Node& node, const Shape& x, const Shape& targets)
      : rows(x[0]), integer(targets.size() == 1) {
    const auto a = attributes_of<SoftmaxAttributes>(node.attributes);
    weights = std::make_shared<std::vector<float>>(a.class_weights.begin(), a.class_weights.end());
    options = {x[1], a.label_smoothing, weights->empty() ? nullptr : weights->data()};
  }
  std::int64_t rows;
  bool integer;
  std::shared_ptr<std::vector<float>> weights;
  CrossEntropy options;
};

const std::int32_t* labels(const float* targets) {
  return reinterpret_cast<const std::int32_t*>(targets);
}

Step lower_softmax(const LoweringContext& context) {
  const SoftmaxLoss loss(context.node, context.inputs[0], context.inputs[1]);
  return {[loss](const StepArguments& a) {
    const float *x = a.inputs[0], *t = a.inputs[1];
    write(loss.integer
              ? kernels::softmax_cross_entropy(x, labels(t), nullptr, loss.rows, loss.options)
              : kernels::softmax_cross_entropy(x, t, nullptr, loss.rows, loss.options),
          a);
  }};
}

Step lower_softmax_gradient(const LoweringContext& context) {
  const SoftmaxLoss loss(context.node, context.inputs[1], context.inputs[2]);
  return {[loss](const StepArguments& a) {
    const float *x = a.inputs[1], *t = a.inputs[2];
    float* dx = a.outputs[0];
    if (loss.integer) {
      const double weight = kernels::cross_entropy_weight(labels(t), loss.rows, loss.options);
      kernels::softmax_cross_entropy_gradient(x, labels(t), dx, loss.rows, loss.options,
                                              factor(a, weight));
    } else {
      const double weight = kernels::cross_entropy_weight(t, loss.rows, loss.options);
      kernels::softmax_cross_entropy_gradient(x, t, dx, loss.rows, loss.options, factor(a, weight));
    }
  }};
}

struct SoftmaxLossReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const auto options = attributes_of<SoftmaxAttributes>(a.node.attributes);
    const auto k = static_cast<std::size_t>(a.inputs[0].shape[1]);
    const auto rows = static_cast<std::size_t>(a.inputs[0].shape[0]);
    const bool labels = a.inputs[1].shape.size() == 1;
    T sum(0), weight(0);
    for (std::size_t row = 0; row < rows; ++row) {
      T total(0);
      for (std::size_t c = 0; c < k; ++c) total += std::exp(a.inputs[0].data[row * k + c]);
      for (std::size_t c = 0; c < k; ++c) {
        const T t = labels ? T(real_part(a.inputs[1].data[row]) == static_cast<double>(c))
                           : a.inputs[1].data[row * k + c];
        const double w = options.class_weights.empty() ? 1 : options.class_weights[c];
        const T q =
            (1 - options.label_smoothing) * t + options.label_smoothing / static_cast<double>(k);
        sum -= w * q * (a.inputs[0].data[row * k + c] - std::log(total));
        weight += options.class_weights.empty() ? T(1.0 / static_cast<double>(k)) : w * t;
      }
    }
    a.outputs[0].data[0] = sum / weight;
    a.outputs[1].data[0] = weight;
  }
};

// ---- losses that go element by element --------------------------------------------------------

struct HuberAttributes {
  double delta = 1;
  Options options() {
    return {{"delta", &delta, "where the loss turns from square to linear", range::kPositive}};
  }
};

double delta_of(const Settings& attributes) {
  const auto found = attributes.find("delta");
  return found == attributes.end() ? 1 : std::get<double>(found->second);
}

struct SigmoidLoss {
  static LossSum forward(const float* x, const float* t, std::int64_t n, double) {
    return kernels::sigmoid_cross_entropy(x, t, nullptr, n);
  }
  static void gradient(const float* x, const float* t, float* dx, std::int64_t n, double,
                       double scale) {
    kernels::sigmoid_cross_entropy_gradient(x, t, dx, n, scale);
  }
  template <class T>
  static T reference(T x, T t, double) {
    return std::log(1.0 + std::exp(x)) - x * t;
  }
};

struct SquaredLoss {
  static LossSum forward(const float* x, const float* t, std::int64_t n, double) {
    return kernels::mean_squared_error(x, t, nullptr, n);
  }
  static void gradient(const float* x, const float* t, float* dx, std::int64_t n, double,
                       double scale) {
    kernels::mean_squared_error_gradient(x, t, dx, n, scale);
  }
  template <class T>
  static T reference(T x, T t, double) {
    return (x - t) * (x - t);
  }
};

struct HuberLoss {
  static LossSum forward(const float* x, const float* t, std::int64_t n, double delta) {
    return kernels::huber(x, t, nullptr, n, delta);
  }
  static void gradient(const float* x, const float* t, float* dx, std::int64_t n, double delta,
                       double scale) {
    kernels::huber_gradient(x, t, dx, n, delta, scale);
  }
  template <class T>
  static T reference(T x, T t, double delta) {
    const T e = x - t;
    const T size = real_part(e) < 0 ? -e : e;
    return real_part(size) <= delta ? 0.5 * e * e : delta * (size - 0.5 * delta);
  }
};

Inferred infer_elementwise(const InferContext& context) {
  if (context.inputs[0] != context.inputs[1]) {
    fail_shape(context, fmt::format("output {} expects targets of the same shape, got {}",
                                    batch_text(context.inputs[0]), batch_text(context.inputs[1])));
  }
  return {{{1}, {1}}};
}

template <class Loss>
Step lower_elementwise(const LoweringContext& context) {
  const std::int64_t n = elements(context.inputs[0]);
  const double delta = delta_of(context.node.attributes);
  return {
      [=](const StepArguments& a) { write(Loss::forward(a.inputs[0], a.inputs[1], n, delta), a); }};
}

template <class Loss>
Step lower_elementwise_gradient(const LoweringContext& context) {
  const std::int64_t n = elements(context.inputs[1]);
  const double delta = delta_of(context.node.attributes);
  return {[=](const StepArguments& a) {
    const double scale = factor(a, kernels::present_count(a.inputs[2], n));
    Loss::gradient(a.inputs[1], a.inputs[2], a.outputs[0], n, delta, scale);
  }};
}

template <class Loss>
struct ElementwiseReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    T sum(0);
    double count = 0;
    for (std::size_t i = 0; i < a.inputs[0].data.size(); ++i) {
      sum += Loss::reference(a.inputs[0].data[i], a.inputs[1].data[i], delta_of(a.node.attributes));
      count += 1;
    }
    a.outputs[0].data[0] = sum / count;
    a.outputs[1].data[0] = count;
  }
};

// ---- rows -------------------------------------------------------------------------------------

// The gradient node of loss L is called L_gradient and has the inputs (upstream, x, targets).
void gradient(GradientContext& c) {
  const Node& node = c.node();
  c.contribute(0,
               c.emit(node.op + "_gradient", {c.output_gradient(), node.inputs[0], node.inputs[1]},
                      node.attributes)[0]);
}

Inferred infer_gradient(const InferContext& context) { return {{context.inputs[1]}}; }

OpRow loss_row(std::string_view name, std::string_view doc, AttributeSchema attributes,
               InferRule infer, Step (*lower)(const LoweringContext&), Reference plain,
               const TestDomain& tests) {
  return {
      .name = name,
      .category = Category::loss,
      .doc = doc,
      .arity = Arity{2, 2},
      .attributes = attributes,
      .infer = infer,
      .gradient = gradient,
      .pointwise = Gap{"a mean over the batch"},
      .moments = Gap{"not an activation"},
      .signal = Gap{"ends the signal"},
      .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
      .reference = plain,
      .tests = tests,
  };
}

template <class Loss>
void add_elementwise(OpRows& rows, std::string_view name, std::string_view gradient_name,
                     std::string_view doc, AttributeSchema attributes) {
  rows.push_back(loss_row(name, doc, attributes, infer_elementwise, lower_elementwise<Loss>,
                          reference(ElementwiseReference<Loss>{}),
                          {.cases = {{{{4, 3}, {4, 3}}}}, .misfits = {{{{4, 3}, {4, 2}}}}}));
  rows.push_back(internal_row(gradient_name, "gradient of the loss", infer_gradient,
                              lower_elementwise_gradient<Loss>));
}

}  // namespace

OpRows loss_rows() {
  const Settings weighted = {{"label_smoothing", 0.1},
                             {"class_weights", std::vector<double>{1, 2, 0.5}}};
  OpRows rows = {
      loss_row("softmax_cross_entropy",
               "−log of the softmax at the target's class; targets are classes or probabilities",
               schema<SoftmaxAttributes>(), infer_softmax, lower_softmax,
               reference(SoftmaxLossReference{}),
               {.cases = {{{{4, 5}, {4, 5}}},
                          {{{4, 3}, {4, 3}}, weighted},
                          {{{4, 5}, {4}}},
                          {{{4, 3}, {4}}, weighted}},
                .misfits = {{{{4, 5}, {4, 6}}}, {{{4, 5}, {3}}}, {{{4, 5, 2}, {4}}}}}),
      internal_row("softmax_cross_entropy_gradient", "gradient of the loss", infer_gradient,
                   lower_softmax_gradient)};
  add_elementwise<SigmoidLoss>(rows, "sigmoid_cross_entropy", "sigmoid_cross_entropy_gradient",
                               "−log of the sigmoid of independent labels; NaN is a missing one",
                               schema<NoAttributes>());
  add_elementwise<SquaredLoss>(rows, "mean_squared_error", "mean_squared_error_gradient",
                               "mean of the squared errors; NaN is a missing target",
                               schema<NoAttributes>());
  add_elementwise<HuberLoss>(rows, "huber", "huber_gradient",
                             "squared error near the target, absolute error far from it",
                             schema<HuberAttributes>());
  return rows;
}

}  // namespace selfnorm
