// SPDX-License-Identifier: Apache-2.0
#include "passes/members.h"

#include <gtest/gtest.h>

#include "passes/build.h"

namespace selfnorm {
namespace {

Layer dense(std::int64_t units, std::int64_t groups = 1) {
  return {"dense", {{"units", units}, {"groups", groups}}};
}
Layer average(std::int64_t members) { return {"average_members", {{"members", members}}}; }

Members members_of(const std::vector<Layer>& layers) {
  return find_members(build_graph({{{"x", {6}}}, layers, {}}, 4));
}

TEST(Members, ANetworkWithoutAnAverageHasOne) {
  const Members members = members_of({dense(8), {"selu"}, dense(2)});
  EXPECT_EQ(members.count, 1);
  EXPECT_EQ(members.outputs, kNoValue);
  EXPECT_FALSE(members.are_separate);
}

TEST(Members, AreSeparateIfEachHasAGroupOfEveryLayer) {
  const auto are_separate = [](const std::vector<Layer>& layers) {
    return members_of(layers).are_separate;
  };
  EXPECT_TRUE(are_separate({dense(6), average(3)}));
  EXPECT_TRUE(are_separate({dense(12),
                            {"selu"},
                            {"alpha_dropout"},
                            dense(6, 3),
                            {"scale", {{"factor", 2.0}}},
                            average(3)}));
  EXPECT_TRUE(are_separate({{"scale", {{"factor", 2.0}}}, dense(6), average(3)}));
  EXPECT_FALSE(are_separate({dense(12), {"selu"}, dense(6), average(3)}));
  EXPECT_FALSE(are_separate({dense(12), {"selu"}, dense(6, 2), average(3)}));
  EXPECT_FALSE(are_separate({dense(6), {"layer_norm"}, average(3)}));
  EXPECT_FALSE(are_separate({dense(6), {"softmax"}, average(3)}));
  EXPECT_FALSE(are_separate({{"batch_norm"}, dense(6), average(3)}));
}

TEST(Members, AreSeparateIfSumsAddOutputsOfSeparateMembers) {
  const auto named = [](Layer layer, const char* name, const std::vector<std::string>& inputs) {
    layer.name = name;
    layer.inputs = inputs;
    return layer;
  };
  const Layer a = named(dense(6), "a", {"x"}), b = named(dense(12), "b", {"x"});
  const Layer sum{"add", {}, "sum", {"a", "c"}};
  EXPECT_TRUE(members_of({a, b, named(dense(6, 3), "c", {"b"}), sum, average(3)}).are_separate);
  EXPECT_FALSE(members_of({a, b, named(dense(6), "c", {"b"}), sum, average(3)}).are_separate);
  const Layer skip{"add", {}, "skip", {"a", "x"}};  // x has features, not members
  EXPECT_FALSE(members_of({a, skip, average(3)}).are_separate);
}

TEST(Members, CanBeViewedAsRows) {
  Graph graph = build_graph({{{"x", {6}}}, {dense(6), average(3)}, {}}, 4);
  const Members members = find_members(graph);
  EXPECT_EQ(members.count, 3);
  EXPECT_EQ(graph.value(members.outputs).shape, (Shape{4, 6}));
  EXPECT_EQ(graph.value(view_members_as_rows(graph, members)).shape, (Shape{12, 2}));
}

}  // namespace
}  // namespace selfnorm
