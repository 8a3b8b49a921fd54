// SPDX-License-Identifier: Apache-2.0
#include "data/feature_treatment.h"

#include <algorithm>
#include <map>

#include "data/column_encoding.h"

namespace selfnorm {
namespace {

Scaling scaling_named(const std::string& name) {
  if (name == "standard") return Scaling::standard;
  if (name == "robust") return Scaling::smooth_clip;
  return name == "quantile" ? Scaling::quantile : Scaling::automatic;
}

// Adds the treatment of the numbers of a column, by their names.
void add_treatments(const TableColumn& column, std::int64_t group, Scaling scaling,
                    std::map<std::string, FeatureTreatment>& by_name) {
  const std::vector<std::string> names = names_of_numbers(column);
  if (names.empty()) return;
  if (column.kind != "category") {
    by_name[names.front()].scaling = scaling;
    return;
  }
  const std::size_t categories = names.size() - (column.marks_missing ? 1 : 0);
  for (std::size_t i = 0; i < categories; ++i) by_name[names[i]].group = group;
}

}  // namespace

std::vector<FeatureTreatment> treat_features(const Field& field,
                                             const std::vector<TableColumn>& table,
                                             const std::string& name) {
  if (field.columns.empty() || table.empty()) return {};
  std::map<std::string, FeatureTreatment> by_name;
  for (std::size_t i = 0; i < table.size(); ++i)
    add_treatments(table[i], static_cast<std::int64_t>(i), scaling_named(name), by_name);
  std::vector<FeatureTreatment> treatments;
  for (const std::string& column : field.columns) treatments.push_back(by_name[column]);
  return treatments;
}

}  // namespace selfnorm
