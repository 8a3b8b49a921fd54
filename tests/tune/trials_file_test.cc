// SPDX-License-Identifier: Apache-2.0
#include "tune/trials_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/file.h"
#include "selfnorm/error.h"
#include "temporary_files.h"

namespace selfnorm {
namespace {

class TrialsFileTest : public TemporaryFolderTest {
 protected:
  std::filesystem::path path() const { return folder_ / "trials.jsonl"; }
  std::string error_of(const std::string& fingerprint) {
    try {
      const TrialsFile file(path(), fingerprint);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
};

TuneTrial trial(std::int64_t id) {
  TuneTrial t{id, 1, 45, {{64, 32}, 0.1, "none", "robust", 0.0123, 1e-300}, {}, "", 0.25};
  t.scores = {{"loss", 0.1 + 0.2}, {"auc", std::numeric_limits<double>::quiet_NaN()}};
  return t;
}

void expect_equal(const TuneTrial& a, const TuneTrial& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.rung, b.rung);
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.failure, b.failure);
  EXPECT_EQ(a.seconds, b.seconds);
  EXPECT_EQ(a.candidate.hidden, b.candidate.hidden);
  EXPECT_EQ(a.candidate.scaling, b.candidate.scaling);
  EXPECT_EQ(a.candidate.learning_rate, b.candidate.learning_rate);
  EXPECT_EQ(a.candidate.weight_decay, b.candidate.weight_decay);
  ASSERT_EQ(a.scores.size(), b.scores.size());
  for (std::size_t i = 0; i < a.scores.size(); ++i) {
    EXPECT_EQ(a.scores[i].first, b.scores[i].first);
    const double x = a.scores[i].second, y = b.scores[i].second;
    EXPECT_TRUE(x == y || (std::isnan(x) && std::isnan(y)));
  }
}

TEST_F(TrialsFileTest, KeepsEveryNumber) {
  TuneTrial failed = trial(8);
  failed.scores = {};
  failed.failure = "numeric: \"the loss\"\nbecame NaN";
  {
    TrialsFile file(path(), "abc");
    EXPECT_TRUE(file.trials().empty());
    file.append(trial(7), 1.5);
    file.append(failed, 2.5);
  }
  const TrialsFile again(path(), "abc");
  ASSERT_EQ(again.trials().size(), 2U);
  expect_equal(again.trials()[0], trial(7));
  expect_equal(again.trials()[1], failed);
  EXPECT_EQ(again.seconds(), 2.5);
}

// A kill may come after any byte.
TEST_F(TrialsFileTest, DropsALineThatWasCutOff) {
  {
    TrialsFile file(path(), "abc");
    file.append(trial(1), 1);
    file.append(trial(2), 2);
  }
  const std::string whole = read_file(path());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_file(path(), whole.substr(0, size));
    const std::size_t lines =
        static_cast<std::size_t>(std::ranges::count(whole.substr(0, size), '\n'));
    {
      TrialsFile file(path(), "abc");
      EXPECT_EQ(file.trials().size(), lines > 0 ? lines - 1 : 0) << size;
      file.append(trial(3), 3);
    }
    const TrialsFile again(path(), "abc");
    EXPECT_EQ(again.trials().back().id, 3);
  }
}

TEST_F(TrialsFileTest, RejectsAnotherSearchAndDamage) {
  { TrialsFile(path(), "abc").append(trial(1), 1); }
  EXPECT_NE(error_of("abd").find("belongs to another search"), std::string::npos);
  EXPECT_EQ(error_of("abc"), "");
  const std::string whole = read_file(path());
  for (const char* line : {"{}\n", "[1]\n", "{\"trial\":\"x\"}\n", "nonsense\n"}) {
    write_file(path(), whole + line);
    EXPECT_NE(error_of("abc").find("trials.jsonl:3: expected a JSON object"), std::string::npos)
        << line;
  }
}

TEST_F(TrialsFileTest, SurvivesChangedBytes) {
  { TrialsFile(path(), "abc").append(trial(1), 1); }
  try_corruptions(path(), read_file(path()), 500,
                  [](const fs::path& changed) { const TrialsFile file(changed, "abc"); });
}

}  // namespace
}  // namespace selfnorm
