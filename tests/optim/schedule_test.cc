// SPDX-License-Identifier: Apache-2.0
#include "optim/schedule.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "optim/options.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr double kBase = 0.1;
constexpr double kRelative = 1e-14;  // a few roundings of doubles

ScheduleOptions named(const std::string& name, double warmup = 0) {
  ScheduleOptions o;
  o.name = name;
  o.warmup = warmup;
  return o;
}

TEST(Schedule, ConstantKeepsTheBaseRate) {
  const Schedule schedule(named("constant"), kBase, 10, 3);
  for (std::int64_t s = 0; s < 100; ++s) EXPECT_EQ(schedule.learning_rate(s), kBase);
}

TEST(Schedule, StepReducesTheRateAtItsEpochs) {
  ScheduleOptions o = named("step");
  o.step_epochs = 2;
  o.factor = 0.5;
  o.minimum = 0.02;
  const Schedule schedule(o, kBase, 10, 10);
  for (std::int64_t s = 0; s < 100; ++s) {
    const double want = s < 20 ? 0.1 : s < 40 ? 0.05 : s < 60 ? 0.025 : 0.02;
    EXPECT_NEAR(schedule.learning_rate(s), want, kRelative) << s;
  }
}

// 1.1 epochs of 100 steps are 110 steps, although 1.1 · 100 is slightly larger in double.
TEST(Schedule, StepAcceptsFractionsOfEpochs) {
  ASSERT_GT(1.1 * 100.0, 110.0);
  ScheduleOptions o = named("step");
  o.step_epochs = 1.1;
  o.factor = 0.5;
  const Schedule schedule(o, kBase, 100, 10);
  for (std::int64_t s = 0; s < 1000; ++s) {
    const double want = std::ldexp(kBase, -static_cast<int>(s / 110));
    EXPECT_NEAR(schedule.learning_rate(s), want, kRelative * want) << s;
  }
}

TEST(Schedule, CosineMatchesItsFormula) {
  ScheduleOptions o = named("cosine", 0.5);
  o.minimum = 0.01;
  const Schedule schedule(o, kBase, 10, 4);  // 5 steps of warm-up, 40 in all
  for (std::int64_t s = 0; s < 5; ++s) {
    EXPECT_NEAR(schedule.learning_rate(s), kBase * static_cast<double>(s + 1) / 6, kRelative) << s;
  }
  for (std::int64_t s = 5; s < 40; ++s) {
    const double share = static_cast<double>(s - 5) / 34;
    const double want = 0.01 + 0.09 * (1 + std::cos(share * std::acos(-1.0))) / 2;
    EXPECT_NEAR(schedule.learning_rate(s), want, kRelative) << s;
  }
  EXPECT_EQ(schedule.learning_rate(5), kBase);
  EXPECT_EQ(schedule.learning_rate(39), 0.01);
  // After the end, as in a run that is resumed for more epochs.
  EXPECT_EQ(schedule.learning_rate(1000), 0.01);
}

RC_GTEST_PROP(Schedule, RisesLinearlyAndThenNeverAgain, ()) {
  ScheduleOptions o = named(*rc::gen::element<std::string>("constant", "step", "cosine"));
  const auto per_epoch = *rc::gen::inRange<std::int64_t>(1, 30);
  const auto epochs = *rc::gen::inRange<std::int64_t>(1, 12);
  o.warmup = *rc::gen::inRange(0, 30) / 10.0;
  if (o.name == "step") o.step_epochs = *rc::gen::inRange(3, 9);  // not during the warm-up
  if (o.name != "constant") o.minimum = *rc::gen::element(0.0, 0.001);
  const Schedule schedule(o, kBase, per_epoch, static_cast<double>(epochs));
  const std::int64_t warmup = warmup_steps(o, per_epoch, static_cast<double>(epochs));
  const std::int64_t last = per_epoch * epochs - 1;
  for (std::int64_t s = 0; s <= last; ++s) {
    const double rate = schedule.learning_rate(s), next = schedule.learning_rate(s + 1);
    RC_ASSERT(rate >= 0 && rate <= kBase);
    if (s >= warmup) RC_ASSERT(rate >= o.minimum && next <= rate);
    else RC_ASSERT(std::abs(next - rate - schedule.learning_rate(0)) <= kRelative);
  }
  if (o.name == "cosine" && last > warmup) RC_ASSERT(schedule.learning_rate(last) == o.minimum);
  if (warmup <= last) RC_ASSERT(schedule.learning_rate(warmup) == kBase);
}

// Also with a warm-up as long as the training, or longer.
RC_GTEST_PROP(Schedule, ReachesTheBaseRateInAnyNumberOfSteps, ()) {
  ScheduleOptions o = named("cosine", *rc::gen::inRange(0, 60) / 10.0);
  o.minimum = *rc::gen::element(0.0, 0.001);
  const auto per_epoch = *rc::gen::inRange<std::int64_t>(1, 5);
  const auto epochs = *rc::gen::inRange<std::int64_t>(1, 5);
  const Schedule schedule(o, kBase, per_epoch, static_cast<double>(epochs));
  double largest = 0;
  for (std::int64_t s = 0; s < per_epoch * epochs; ++s)
    largest = std::max(largest, schedule.learning_rate(s));
  RC_ASSERT(largest == kBase);
}

TEST(Schedule, OnlyAWarmUpOfTheWholeTrainingIsShortened) {
  EXPECT_EQ(warmup_steps(named("cosine", 2), 10, 2), 10);
  EXPECT_EQ(warmup_steps(named("cosine", 5), 10, 2), 10);
  EXPECT_EQ(warmup_steps(named("cosine", 1.9), 10, 2), 19);
  EXPECT_EQ(warmup_steps(named("constant", 5), 10, 2), 50);
}

TEST(Schedule, PlateauReducesTheRateAfterItsPatience) {
  ScheduleOptions o = named("reduce_on_plateau");
  o.patience = 2;
  o.factor = 0.5;
  o.minimum = 0.03;
  Schedule schedule(o, kBase, 10, 100);
  const auto after = [&](double loss) {
    schedule.observe(loss);
    return schedule.learning_rate(500);
  };
  EXPECT_EQ(after(std::nan("")), kBase);  // not better, and there is no earlier loss
  EXPECT_EQ(after(1.0), kBase);
  EXPECT_EQ(after(1.0), kBase);
  EXPECT_EQ(after(0.9), kBase);  // better, so the patience starts again
  EXPECT_EQ(after(0.9), kBase);
  EXPECT_EQ(after(0.95), kBase / 2);
  EXPECT_EQ(after(std::nan("")), kBase / 2);
  EXPECT_EQ(after(2.0), 0.03);  // 0.025 would be below the minimum
  EXPECT_EQ(after(0.1), 0.03);
}

TEST(Schedule, OnlyPlateauUsesLosses) {
  for (const char* name : {"constant", "step", "cosine"}) {
    Schedule schedule(named(name), kBase, 10, 100);
    const double before = schedule.learning_rate(50);
    for (int i = 0; i < 50; ++i) schedule.observe(1);
    EXPECT_EQ(schedule.learning_rate(50), before) << name;
  }
}

RC_GTEST_PROP(Schedule, ContinuesBitForBitAfterRestore, ()) {
  ScheduleOptions o = named("reduce_on_plateau");
  o.patience = *rc::gen::inRange(1, 5);
  const auto losses = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 20));
  const auto middle = *rc::gen::inRange<std::size_t>(0, losses.size() + 1);
  Schedule whole(o, kBase, 10, 100), first(o, kBase, 10, 100), second(o, kBase, 10, 100);
  for (const int loss : losses) whole.observe(loss);
  for (std::size_t i = 0; i < middle; ++i) first.observe(losses[i]);
  second.restore(first.state());
  for (std::size_t i = middle; i < losses.size(); ++i) second.observe(losses[i]);
  RC_ASSERT(second.learning_rate(7) == whole.learning_rate(7));
  RC_ASSERT(second.state().epochs_without_improvement == whole.state().epochs_without_improvement);
}

std::string fault(const ScheduleOptions& o, std::int64_t per_epoch = 10, double epochs = 5) {
  try {
    const Schedule schedule(o, kBase, per_epoch, epochs);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    return error.what();
  }
  return "";
}

TEST(ScheduleOptions, SetTheRightMembers) {
  ScheduleOptions o;
  const Settings settings = {{"name", "step"},
                             {"warmup", 0.5},
                             {"step_epochs", 3.5},
                             {"factor", 0.25},
                             {"patience", std::int64_t{4}},
                             {"minimum", 0.125}};
  apply_settings(options(o), settings, "test");
  EXPECT_EQ(o.name, "step");
  EXPECT_EQ(o.warmup, 0.5);
  EXPECT_EQ(o.step_epochs, 3.5);
  EXPECT_EQ(o.factor, 0.25);
  EXPECT_EQ(o.patience, 4);
  EXPECT_EQ(o.minimum, 0.125);
  EXPECT_EQ(collect_settings(options(o)), settings);  // no option is missing above
}

TEST(Schedule, NamesBadOptions) {
  EXPECT_EQ(fault(named("cosine", 2)), "");
  EXPECT_EQ(fault(named("cosin")),
            "config: schedule: unknown name 'cosin' (did you mean 'cosine'?)");
  EXPECT_NE(fault(named("cosine", -1)).find("'warmup'"), std::string::npos);
  ScheduleOptions o = named("step");
  o.factor = 1;
  EXPECT_NE(fault(o).find("'factor' expects a number in (0, 1)"), std::string::npos);
  o = named("cosine");
  o.minimum = 2 * kBase;
  EXPECT_NE(fault(o).find("must be at most the learning rate"), std::string::npos);
  o = named("cosine");
  o.patience = 3;
  EXPECT_NE(fault(o).find("choose reduce_on_plateau"), std::string::npos);
  EXPECT_NE(fault(named("cosine"), 0), "");
  EXPECT_NE(fault(named("cosine"), 10, 0), "");
  EXPECT_NE(fault(named("cosine"), 10, std::nan("")), "");
}

}  // namespace
}  // namespace selfnorm
