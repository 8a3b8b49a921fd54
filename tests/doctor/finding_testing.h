// SPDX-License-Identifier: Apache-2.0
// Networks for tests of findings, and the check of a finding with its repair.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "selfnorm/doctor.h"

namespace selfnorm {

using Ints = std::vector<std::int64_t>;

inline Layer dense(std::int64_t units, const Settings& more = {}) {
  Layer layer{"dense", {{"units", units}}};
  layer.attributes.insert(more.begin(), more.end());
  return layer;
}
inline Layer conv(std::int64_t channels, const Settings& more = {}) {
  Layer layer{"conv2d", {{"channels", channels}, {"kernel", Ints{3, 3}}}};
  layer.attributes.insert(more.begin(), more.end());
  return layer;
}
inline const Layer kSelu{"selu"};

inline RunConfig with(const Shape& input, const std::vector<Layer>& layers) {
  RunConfig config;
  config.network = {{{"x", input}}, layers};
  return config;
}

inline std::vector<std::string> codes(const std::vector<Finding>& findings) {
  std::vector<std::string> list;
  for (const Finding& finding : findings) list.push_back(finding.code);
  return list;
}

// Checks that the network has one finding, with this code, and that a repair removes it.
inline Finding only_finding(const RunConfig& config, const std::string& code) {
  const std::vector<Finding> findings = examine(config).findings;
  EXPECT_EQ(codes(findings), std::vector{code});
  const Repair repaired = repair(config);
  EXPECT_EQ(codes(repaired.repaired_findings), std::vector{code});
  EXPECT_TRUE(repaired.examination.findings.empty());
  EXPECT_TRUE(examine(repaired.config).findings.empty());
  return findings.empty() ? Finding{} : findings[0];
}

}  // namespace selfnorm
