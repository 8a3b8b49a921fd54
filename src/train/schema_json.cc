// SPDX-License-Identifier: Apache-2.0
#include "train/schema_json.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "files/byte_reader.h"
#include "formats/json.h"
#include "tables/column_encoding.h"

namespace selfnorm {
namespace {

const char* target_name(TargetKind kind) {
  switch (kind) {
    case TargetKind::classes: return "classes";
    case TargetKind::class_maps: return "class_maps";
    case TargetKind::distributions: return "distributions";
    case TargetKind::probabilities: return "probabilities";
    case TargetKind::values: return "values";
  }
  return "classes";
}

TargetKind target_kind(const std::string& name) {
  using enum TargetKind;
  for (const TargetKind kind : {classes, class_maps, distributions, probabilities, values}) {
    if (name == target_name(kind)) return kind;
  }
  throw Error(ErrorKind::model_file, "objective: unknown targets '" + name + "'");
}

void check_standardizer(const Schema::Input& input) {
  const auto& [means, deviations, transforms] = input.standardizer;
  const bool fits = means.size() == deviations.size() &&
                    (transforms.empty() || transforms.size() == means.size());
  if (!fits) {
    throw Error(ErrorKind::model_file,
                "schema: the numbers of means, standard deviations and transforms differ");
  }
  for (std::size_t i = 0; i < means.size(); ++i) {
    if (!transforms.empty() && !is_valid(transforms[i])) {
      throw Error(
          ErrorKind::model_file,
          fmt::format("schema: input '{}': the transform of feature {} is damaged", input.name, i));
    }
    if (std::isfinite(means[i]) && std::isfinite(deviations[i]) && deviations[i] > 0) continue;
    throw Error(ErrorKind::model_file,
                fmt::format("schema: input '{}': feature {} has mean {} and standard deviation {}, "
                            "expected finite numbers and a standard deviation above 0",
                            input.name, i, means[i], deviations[i]));
  }
}

nlohmann::json transform_to_json(const FeatureTransform& transform) {
  switch (transform.kind) {
    case FeatureTransform::Kind::none: break;
    case FeatureTransform::Kind::constant:
    case FeatureTransform::Kind::smooth_clip:
      return {{"kind", name_of(transform.kind)},
              {"center", transform.center},
              {"width", transform.width}};
    case FeatureTransform::Kind::quantile:
      return {{"kind", name_of(transform.kind)},
              {"knots", transform.knots},
              {"normals", transform.normals}};
  }
  return nullptr;
}

FeatureTransform transform_from_json(const nlohmann::json& json) {
  if (json.is_null()) return {};
  const std::string name = json.at("kind");
  const auto kind = transform_named(name);
  if (!kind.has_value()) {
    throw Error(ErrorKind::model_file,
                "schema: unknown transform " + quote_for_message(name) + " of a feature");
  }
  return {*kind, json.value("center", 0.0), json.value("width", 1.0),
          json.value("knots", std::vector<double>{}), json.value("normals", std::vector<double>{})};
}

// Returns one entry per feature, null for a feature without a transform.
nlohmann::json transforms_to_json(const std::vector<FeatureTransform>& transforms) {
  nlohmann::json list = nlohmann::json::array();
  for (const FeatureTransform& each : transforms) list.push_back(transform_to_json(each));
  return list;
}

std::vector<FeatureTransform> transforms_from_json(const nlohmann::json& list) {
  std::vector<FeatureTransform> transforms;
  for (const nlohmann::json& each : list) transforms.push_back(transform_from_json(each));
  return transforms;
}

nlohmann::json column_to_json(const TableColumn& column) {
  return {{"name", column.name},
          {"kind", column.kind},
          {"format", column.format},
          {"origin", column.origin},
          {"parts", column.parts},
          {"categories", column.categories},
          {"has_other", column.has_other},
          {"marks_missing", column.marks_missing},
          {"note", column.note}};
}

TableColumn column_from_json(const nlohmann::json& json) {
  TableColumn column{json.at("name"),
                     json.at("kind"),
                     json.at("format"),
                     json.at("origin"),
                     json.at("parts").get<std::vector<std::string>>(),
                     json.at("categories").get<std::vector<std::string>>(),
                     json.at("has_other"),
                     json.at("marks_missing"),
                     json.at("note")};
  check_table_column(column);
  return column;
}

void check_number_formats(const std::vector<std::string>& formats) {
  for (const std::string& name : formats) {
    const auto format = format_named(name);
    if (format && !is_time(*format)) continue;
    throw Error(ErrorKind::model_file,
                fmt::format("schema: {} is not a format of numbers", quote_for_message(name)));
  }
}

void check_names_of_columns(const std::vector<TableColumn>& table) {
  std::set<std::string> names;
  for (const TableColumn& column : table) {
    if (names.insert(column.name).second || !is_feature(column)) continue;
    throw Error(ErrorKind::model_file,
                "schema: two columns have the name " + quote_for_message(column.name));
  }
}

}  // namespace

std::string schema_to_json(const Schema& schema) {
  nlohmann::json inputs = nlohmann::json::array();
  for (const Schema::Input& input : schema.inputs) {
    inputs.push_back({{"name", input.name},
                      {"sample_shape", input.sample_shape},
                      {"columns", input.columns},
                      {"mean", input.standardizer.mean},
                      {"deviation", input.standardizer.standard_deviation},
                      {"transforms", transforms_to_json(input.standardizer.transforms)}});
  }
  nlohmann::json table = nlohmann::json::array();
  for (const TableColumn& column : schema.table) table.push_back(column_to_json(column));
  return nlohmann::json{{"inputs", inputs},
                        {"target", schema.target},
                        {"class_names", schema.class_names},
                        {"target_columns", schema.target_columns},
                        {"target_formats", schema.target_formats},
                        {"header", schema.header},
                        {"delimiter", schema.delimiter},
                        {"quotes", schema.quotes},
                        {"missing", schema.missing},
                        {"table", table},
                        {"words", schema.vocabulary},
                        {"training_data", schema.training_data}}
      .dump();
}

Schema schema_from_json(std::string_view text) {
  return read_json(text, "schema", [](const nlohmann::json& json) {
    Schema schema;
    for (const nlohmann::json& input : json.at("inputs")) {
      Schema::Input read{
          input.at("name"),
          shape_from_json(input.at("sample_shape")),
          input.at("columns"),
          {input.at("mean"), input.at("deviation"),
           transforms_from_json(input.value("transforms", nlohmann::json::array()))}};
      check_standardizer(read);
      schema.inputs.push_back(std::move(read));
    }
    schema.target = json.at("target");
    schema.class_names = json.at("class_names").get<std::vector<std::string>>();
    // Older files do not have these members.
    schema.target_columns = json.value("target_columns", schema.target_columns);
    schema.target_formats = json.value("target_formats", schema.target_formats);
    check_number_formats(schema.target_formats);
    schema.header = json.value("header", schema.header);
    schema.delimiter = json.value("delimiter", schema.delimiter);
    schema.quotes = json.value("quotes", schema.quotes);
    schema.missing = json.value("missing", schema.missing);
    for (const nlohmann::json& column : json.value("table", nlohmann::json::array()))
      schema.table.push_back(column_from_json(column));
    check_names_of_columns(schema.table);
    schema.vocabulary = json.value("words", schema.vocabulary);
    schema.training_data = json.value("training_data", schema.training_data);
    return schema;
  });
}

std::string objective_to_json(const Objective& objective) {
  return nlohmann::json{{"loss", objective.loss},
                        {"attributes", settings_to_json(objective.attributes)},
                        {"metrics", objective.metrics},
                        {"targets", target_name(objective.targets)}}
      .dump();
}

Objective objective_from_json(std::string_view text) {
  return read_json(text, "objective", [](const nlohmann::json& json) {
    return make_objective(json.at("loss"), settings_from_json(json.at("attributes")),
                          json.at("metrics").get<std::vector<std::string>>(),
                          target_kind(json.at("targets")));
  });
}

}  // namespace selfnorm
