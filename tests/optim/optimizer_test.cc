// SPDX-License-Identifier: Apache-2.0
#include "optim/optimizer.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/random.h"
#include "kernels/ref/update.h"
#include "openmp_threads.h"
#include "optim/options.h"
#include "selfnorm/error.h"

namespace {
std::atomic<std::int64_t> allocations = 0;
}

// Counts every allocation of this test program, to check that a step allocates nothing. The
// operators are not inlined, because GCC would report a mismatch of new and free().
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace selfnorm {
namespace {

using Floats = std::vector<float>;

Floats draws(std::int64_t n, std::uint64_t seed) {
  Floats out;
  for (std::int64_t i = 0; i < n; ++i) {
    out.push_back(static_cast<float>(
        normal(random_key(seed, "test", "optim"), static_cast<std::uint64_t>(i))));
  }
  return out;
}

const std::vector<OptimizerOptions>& all_optimizers() {
  static const std::vector<OptimizerOptions> all = [] {
    OptimizerOptions sgd, nesterov, adam, adamw, rmsprop, rmsprop_momentum;
    sgd.name = nesterov.name = "sgd";
    nesterov.momentum = 0.9;
    nesterov.nesterov = true;
    adamw.name = "adamw";
    adamw.weight_decay = 0.1;
    rmsprop.name = rmsprop_momentum.name = "rmsprop";
    rmsprop_momentum.momentum = 0.5;
    return std::vector<OptimizerOptions>{sgd, nesterov, adam, adamw, rmsprop, rmsprop_momentum};
  }();
  return all;
}

// Three kinds of segments and a gap. The counts are larger than the pieces into which work is
// split.
constexpr std::int64_t kParameters = 60000;
std::vector<ParameterSegment> segments() {
  return {
      {0, 100, 0.02, true}, {100, 50, 0, false}, {200, 59000, 0, true}, {59300, 700, 0.1, true}};
}

// The optimizer of one parameter in double, of any kind.
struct Truth {
  explicit Truth(const OptimizerOptions& o)
      : name(o.name),
        sgd{o.learning_rate, o.momentum, o.nesterov},
        adam{o.learning_rate, o.beta1, o.beta2, o.epsilon, o.name == "adamw" ? o.weight_decay : 0},
        rmsprop{o.learning_rate, o.rho, o.momentum, o.epsilon} {}
  double next(double w, double g) {
    if (name == "sgd") return sgd.next(w, g);
    return name == "rmsprop" ? rmsprop.next(w, g) : adam.next(w, g);
  }
  std::string name;
  ref::Sgd sgd;
  ref::Adam adam;
  ref::Rmsprop rmsprop;
};

// Gradients are not close to 0, so a step is a smooth function of them. Each of kSteps steps adds a
// few float roundings of the weight (at most 4) and 64 roundings of the step (at most 10 learning
// rates).
constexpr int kSteps = 8;
double allowed(const OptimizerOptions& o) {
  return kSteps * 0x1p-24 * (4 * 4 + 64 * 10 * o.learning_rate * kSteps);
}

Floats gradients_of(int step) {
  Floats dw = draws(kParameters, 100 + static_cast<std::uint64_t>(step));
  for (float& g : dw) g += std::copysign(0.1f, g);
  return dw;
}

void expect_matches_reference(OptimizerOptions o) {
  SCOPED_TRACE(o.name);
  o.learning_rate = 0.01;
  o.clip_norm = 100;  // about 0.4 of the norm of 59800 draws
  const Floats start = draws(kParameters, 1);
  Floats w = start;
  Optimizer optimizer(o, kParameters, segments());
  std::vector<double> want(start.begin(), start.end());
  std::vector<Truth> truth(want.size(), Truth(o));
  std::vector<double> l2(want.size(), 0);
  std::vector<bool> moves(want.size(), false);
  for (const ParameterSegment& s : segments()) {
    for (std::int64_t i = s.offset; i < s.offset + s.count; ++i) {
      l2[i] = s.l2;
      moves[i] = s.trainable;
    }
  }
  for (int step = 0; step < kSteps; ++step) {
    const Floats dw = gradients_of(step);
    double squares = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
      const double g = ref::total_gradient(dw[i], want[i], 1, l2[i], 0);
      squares += moves[i] ? g * g : 0;
    }
    const double scale = std::min(1.0, o.clip_norm / std::sqrt(squares));
    for (std::size_t i = 0; i < want.size(); ++i) {
      if (moves[i])
        want[i] = truth[i].next(want[i], ref::total_gradient(dw[i], want[i], scale, l2[i], 0));
    }
    optimizer.step(w.data(), dw.data(), o.learning_rate);
    EXPECT_NEAR(optimizer.gradient_norm(), std::sqrt(squares), 1e-6 * std::sqrt(squares));
  }
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (moves[i]) {
      ASSERT_NEAR(w[i], want[i], allowed(o)) << i;
    } else {
      ASSERT_EQ(w[i], start[i]) << i << " is not trainable";
    }
  }
}

TEST(Optimizer, MatchesTheReferenceOverSeveralSteps) {
  for (const OptimizerOptions& o : all_optimizers()) expect_matches_reference(o);
}

TEST(Optimizer, ClipNormBoundsAPlainStep) {
  OptimizerOptions o;
  o.name = "sgd";
  for (const double limit : {0.5, 1e9}) {
    o.clip_norm = limit;
    Floats w(kParameters, 0);
    const Floats dw = draws(kParameters, 2);
    Optimizer optimizer(o, kParameters, {{0, kParameters}});
    optimizer.step(w.data(), dw.data(), 1);
    double moved = 0;
    for (const float v : w) moved += double{v} * v;
    const double want = std::min(limit, optimizer.gradient_norm());
    EXPECT_NEAR(std::sqrt(moved), want, 1e-6 * want);
  }
}

TEST(Optimizer, ClipValueBoundsEachElement) {
  OptimizerOptions o;
  o.name = "sgd";
  o.clip_value = 0.25;
  Floats w(4, 0);
  const Floats dw = {0.125f, -0.125f, 3, -3};
  Optimizer optimizer(o, 4, {{0, 4}});
  optimizer.step(w.data(), dw.data(), 1);
  EXPECT_EQ(w, (Floats{-0.125f, 0.125f, -0.25f, 0.25f}));
}

bool same_bits(const Floats& a, const Floats& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

RC_GTEST_PROP(Optimizer, ContinuesBitForBitAfterRestore, ()) {
  OptimizerOptions o = *rc::gen::elementOf(all_optimizers());
  o.clip_norm = *rc::gen::element(0.0, 1.0);
  const int total = *rc::gen::inRange(1, 8), middle = *rc::gen::inRange(0, total + 1);
  const std::int64_t n = *rc::gen::inRange<std::int64_t>(1, 100);
  const std::vector<ParameterSegment> all = {{0, n, 0.01, true}};
  Floats straight = draws(n, 1), resumed = straight;
  Optimizer whole(o, n, all), first(o, n, all);
  const auto rate = [](int step) { return 0.01 / (1 + step); };
  for (int s = 0; s < total; ++s) whole.step(straight.data(), draws(n, 9 + s).data(), rate(s));
  for (int s = 0; s < middle; ++s) first.step(resumed.data(), draws(n, 9 + s).data(), rate(s));
  Optimizer second(o, n, all);
  const auto saved = first.slots();
  const auto restored = second.slots();
  RC_ASSERT(saved.size() == restored.size());
  for (std::size_t i = 0; i < saved.size(); ++i) {
    RC_ASSERT(saved[i].name == restored[i].name);
    std::copy(saved[i].values.begin(), saved[i].values.end(), restored[i].values.begin());
  }
  second.set_steps(first.steps());
  for (int s = middle; s < total; ++s) second.step(resumed.data(), draws(n, 9 + s).data(), rate(s));
  RC_ASSERT(same_bits(straight, resumed));
  RC_ASSERT(second.steps() == whole.steps());
}

TEST(Optimizer, GivesTheSameBitsForAnyNumberOfThreads) {
  SKIP_UNDER_THREAD_SANITIZER();
  for (OptimizerOptions o : all_optimizers()) {
    o.clip_norm = 1;
    std::vector<Floats> results;
    for (const int threads : {1, 2, 3}) {
      const ScopedOpenMpThreads set(threads);
      Floats w = draws(kParameters, 1);
      Optimizer optimizer(o, kParameters, segments());
      for (int s = 0; s < 3; ++s) optimizer.step(w.data(), gradients_of(s).data(), 0.01);
      results.push_back(w);
    }
    EXPECT_TRUE(same_bits(results[0], results[1])) << o.name;
    EXPECT_TRUE(same_bits(results[0], results[2])) << o.name;
  }
}

TEST(Optimizer, AllocatesNothingInAStep) {
  for (OptimizerOptions o : all_optimizers()) {
    o.clip_norm = 1;
    Floats w = draws(kParameters, 1);
    const Floats dw = draws(kParameters, 2);
    Optimizer optimizer(o, kParameters, segments());
    const std::int64_t before = allocations;
    for (int s = 0; s < 3; ++s) optimizer.step(w.data(), dw.data(), 0.01);
    EXPECT_EQ(allocations, before) << o.name;
  }
  const std::int64_t before = allocations;
  ::operator delete(::operator new(1));  // checks that the counter works
  EXPECT_EQ(allocations, before + 1);
}

std::string fault(const OptimizerOptions& o, std::vector<ParameterSegment> all = {{0, 10}}) {
  try {
    Optimizer optimizer(o, 10, std::move(all));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    return error.what();
  }
  return "";
}

TEST(Optimizer, NamesBadOptions) {
  OptimizerOptions o;
  EXPECT_EQ(fault(o), "");
  o.name = "adm";
  EXPECT_EQ(fault(o), "config: optimizer: unknown name 'adm' (did you mean 'adam'?)");
  o = {};
  o.momentum = 0.9;
  EXPECT_EQ(fault(o),
            "config: optimizer: 'momentum' is 0.9, but 'adam' does not use it (leave it out, or "
            "choose sgd or rmsprop)");
  o = {};
  o.weight_decay = 0.1;
  EXPECT_NE(fault(o).find("choose adamw"), std::string::npos);
  o = {};
  o.beta1 = 1;
  EXPECT_NE(fault(o).find("'beta1' expects a number in [0, 1)"), std::string::npos);
  o = {};
  o.learning_rate = std::nan("");
  EXPECT_NE(fault(o).find("'learning_rate'"), std::string::npos);
  o = {};
  o.name = "sgd";
  o.nesterov = true;
  EXPECT_NE(fault(o).find("'nesterov' needs a 'momentum'"), std::string::npos);
}

TEST(Optimizer, NamesBadSegments) {
  const OptimizerOptions o;
  EXPECT_EQ(fault(o, {{5, 5}, {0, 5}}), "");
  EXPECT_NE(fault(o, {{0, 6}, {5, 5}}), "");
  EXPECT_NE(fault(o, {{5, 6}}), "");
  EXPECT_NE(fault(o, {{-1, 2}}), "");
  EXPECT_NE(fault(o, {{0, -1}}), "");
  EXPECT_NE(fault(o, {{11, 0}}), "");
  EXPECT_NE(fault(o, {{1, INT64_MAX}}), "");
  EXPECT_NE(fault(o, {{0, 5, -0.1}}), "");
  EXPECT_NE(fault(o, {{0, 5, std::nan("")}}), "");
}

TEST(OptimizerOptions, SetTheRightMembers) {
  OptimizerOptions o;
  const Settings settings = {{"name", "adamw"},  {"learning_rate", 0.5}, {"momentum", 0.25},
                             {"nesterov", true}, {"beta1", 0.1},         {"beta2", 0.2},
                             {"rho", 0.3},       {"epsilon", 0.4},       {"weight_decay", 0.6},
                             {"clip_norm", 7.0}, {"clip_value", 8.0}};
  apply_settings(options(o), settings, "test");
  EXPECT_EQ(o.name, "adamw");
  EXPECT_EQ(o.learning_rate, 0.5);
  EXPECT_EQ(o.momentum, 0.25);
  EXPECT_TRUE(o.nesterov);
  EXPECT_EQ(o.beta1, 0.1);
  EXPECT_EQ(o.beta2, 0.2);
  EXPECT_EQ(o.rho, 0.3);
  EXPECT_EQ(o.epsilon, 0.4);
  EXPECT_EQ(o.weight_decay, 0.6);
  EXPECT_EQ(o.clip_norm, 7);
  EXPECT_EQ(o.clip_value, 8);
  EXPECT_EQ(collect_settings(options(o)), settings);  // no option is missing above
}

}  // namespace
}  // namespace selfnorm
