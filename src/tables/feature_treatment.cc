// SPDX-License-Identifier: Apache-2.0
#include "tables/feature_treatment.h"

#include <map>

#include "tables/column_encoding.h"

namespace selfnorm {
namespace {

FeatureTransform::Kind transform_of(const std::string& scaling) {
  if (scaling == "robust") return FeatureTransform::Kind::smooth_clip;
  return scaling == "quantile" ? FeatureTransform::Kind::quantile : FeatureTransform::Kind::none;
}

// Adds the treatment of the numbers of a column, by their names. Indicators are 0 or 1, so with a
// standard deviation of at least 0.1 they are at most 10.
void add_treatments(const TableColumn& column, std::int64_t group, FeatureTransform::Kind transform,
                    std::map<std::string, FeatureTreatment>& by_name) {
  constexpr double kMinDeviation = 0.1;
  const bool is_number = !is_category(column);
  const std::vector<std::string> names = names_of_numbers(column);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool marks_missing = column.marks_missing && i + 1 == names.size();
    FeatureTreatment& treatment = by_name[names[i]];
    if (is_number && i == 0) treatment.transform = transform;
    if (!is_number && !marks_missing) treatment.group = group;
    if (!is_number || marks_missing) treatment.min_deviation = kMinDeviation;
  }
}

}  // namespace

std::string resolve_scaling(const std::string& scaling, const Targets& targets,
                            std::int64_t train_rows) {
  constexpr std::int64_t kMinRows = 1000;  // experiments/tables/README.md
  if (scaling != "auto") return scaling;
  return !targets.classes.empty() && train_rows >= kMinRows ? "quantile" : "standard";
}

std::vector<FeatureTreatment> treat_features(const Field& field,
                                             const std::vector<TableColumn>& table,
                                             const std::string& scaling) {
  if (field.columns.empty() || table.empty()) return {};
  std::map<std::string, FeatureTreatment> by_name;
  for (std::size_t i = 0; i < table.size(); ++i)
    add_treatments(table[i], static_cast<std::int64_t>(i), transform_of(scaling), by_name);
  std::vector<FeatureTreatment> treatments;
  for (const std::string& column : field.columns) treatments.push_back(by_name[column]);
  return treatments;
}

}  // namespace selfnorm
