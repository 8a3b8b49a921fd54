// SPDX-License-Identifier: Apache-2.0
// Field numbers are those of TensorFlow's event.proto, summary.proto, graph.proto and of
// TensorBoard's plugins/hparams/plugin_data.proto and api.proto.
#include "formats/event_file.h"

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <protozero/pbf_writer.hpp>

#include "base/crc32c.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using protozero::pbf_writer;

constexpr const char* kHparams = "hparams";

template <class Number>
std::string little_endian(Number number) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof number; ++i) bytes += static_cast<char>(number >> (8 * i));
  return bytes;
}

// Returns the CRC-32C, rotated and offset as TensorFlow does, so that data may contain checksums.
std::string masked_checksum(std::string_view bytes) {
  constexpr std::uint32_t kDelta = 0xa282ead8;
  return little_endian(static_cast<std::uint32_t>(std::rotr(crc32c(bytes), 15) + kDelta));
}

// Returns the bytes of the message that `fill` writes.
template <class Fill>
std::string message(Fill fill) {
  std::string bytes;
  pbf_writer writer(bytes);
  fill(writer);
  return bytes;
}

template <class Fill>
std::string event_of(double seconds, std::int64_t step, Fill fill) {
  return message([&](pbf_writer& event) {
    event.add_double(1, seconds);
    event.add_int64(2, step);
    fill(event);
  });
}

// Returns an event with a summary of one value.
template <class Fill>
std::string summary_of(const std::string& tag, std::int64_t step, double seconds, Fill fill) {
  return event_of(seconds, step, [&](pbf_writer& event) {
    event.add_message(5, message([&](pbf_writer& summary) {
                        summary.add_message(1, message([&](pbf_writer& value) {
                                              value.add_string(1, tag);
                                              fill(value);
                                            }));
                      }));
  });
}

std::string histogram_message(const EventHistogram& h) {
  return message([&](pbf_writer& histogram) {
    double count = 0;
    for (const double each : h.counts) count += each;
    const double numbers[] = {h.min, h.max, count, h.sum, h.sum_squares};
    for (protozero::pbf_tag_type field = 1; const double number : numbers) {
      histogram.add_double(field++, number);
    }
    histogram.add_packed_double(6, h.limits.begin(), h.limits.end());
    histogram.add_packed_double(7, h.counts.begin(), h.counts.end());
  });
}

std::string shapes_message(const Shape& shape) {
  return message([&](pbf_writer& attribute) {
    attribute.add_message(
        1, message([&](pbf_writer& list) {
          list.add_message(7, message([&](pbf_writer& dimensions) {
                             for (const std::int64_t extent : shape) {
                               dimensions.add_message(
                                   2, message([&](pbf_writer& one) { one.add_int64(1, extent); }));
                             }
                           }));
        }));
  });
}

std::string node_message(const std::string& name, const std::string& op,
                         const std::vector<std::string>& inputs, const Shape& shape) {
  return message([&](pbf_writer& node) {
    node.add_string(1, name);
    node.add_string(2, op);
    for (const std::string& input : inputs) node.add_string(3, input);
    node.add_message(5, message([&](pbf_writer& entry) {
                       entry.add_string(1, "_output_shapes");
                       entry.add_message(2, shapes_message(shape));
                     }));
  });
}

std::string graph_message(const Graph& graph) {
  return message([&](pbf_writer& definition) {
    for (const ValueId id : graph.inputs) {
      const Value& value = graph.value(id);
      definition.add_message(1, node_message(value.name, "input", {}, value.shape));
    }
    for (const Node& node : graph.nodes) {
      std::vector<std::string> inputs;
      for (const ValueId id : node.inputs) {
        const Value& value = graph.value(id);
        if (value.role == Role::input || value.role == Role::intermediate) {
          inputs.push_back(value.name);
        }
      }
      definition.add_message(
          1, node_message(node.name, node.op, inputs, graph.value(node.outputs[0]).shape));
    }
  });
}

std::string parameter_message(const HyperParameter& parameter) {
  return message([&](pbf_writer& value) {
    if (const auto* number = std::get_if<double>(&parameter)) value.add_double(2, *number);
    else if (const auto* text = std::get_if<std::string>(&parameter)) value.add_string(3, *text);
    else value.add_bool(4, std::get<bool>(parameter));
  });
}

// Returns an event whose summary value holds only metadata for the plugin.
std::string plugin_event(const std::string& tag, double seconds, const std::string& content) {
  return summary_of(tag, 0, seconds, [&](pbf_writer& value) {
    value.add_message(9, message([&](pbf_writer& metadata) {
                        metadata.add_message(1, message([&](pbf_writer& plugin) {
                                               plugin.add_string(1, kHparams);
                                               plugin.add_bytes(2, content);
                                             }));
                      }));
    // Newer readers require a tensor, here of one float, 0.
    value.add_message(8, message([&](pbf_writer& tensor) {
                        tensor.add_enum(1, 1);
                        tensor.add_message(2, std::string());
                        const float nothing[] = {0};
                        tensor.add_packed_float(5, std::begin(nothing), std::end(nothing));
                      }));
  });
}

std::string experiment_message(const HyperParameters& parameters,
                               const std::vector<std::string>& metrics) {
  return message([&](pbf_writer& experiment) {
    for (const auto& [name, value] : parameters) {
      constexpr std::int32_t kTypes[] = {3, 1, 2};  // float64, string, bool
      experiment.add_message(4, message([&, &key = name, &of = value](pbf_writer& info) {
                               info.add_string(1, key);
                               info.add_enum(4, kTypes[of.index()]);
                             }));
    }
    for (const std::string& metric : metrics) {
      experiment.add_message(
          5, message([&](pbf_writer& info) {
            info.add_message(1, message([&](pbf_writer& name) { name.add_string(2, metric); }));
          }));
    }
  });
}

}  // namespace

EventFile::EventFile(const std::filesystem::path& folder, double seconds) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) {
    throw Error(ErrorKind::io, fmt::format("{}: {}", folder.string(), failure.message()));
  }
  const std::string stem =
      fmt::format("events.out.tfevents.{:010d}.selfnorm", static_cast<std::int64_t>(seconds));
  path_ = folder / stem;
  for (int i = 2; std::filesystem::exists(path_); ++i) {
    path_ = folder / fmt::format("{}.{}", stem, i);
  }
  file_.open(path_, std::ios::binary);
  write(event_of(seconds, 0, [](pbf_writer& event) { event.add_string(3, "brain.Event:2"); }));
}

void EventFile::write(const std::string& event) {
  const std::string length = little_endian(static_cast<std::uint64_t>(event.size()));
  file_ << length << masked_checksum(length) << event << masked_checksum(event);
  check();
}

void EventFile::flush() {
  file_ << std::flush;
  check();
}

void EventFile::check() const {
  if (file_) return;
  throw Error(ErrorKind::io,
              fmt::format("{}: cannot write: {}", path_.string(), std::strerror(errno)));
}

void EventFile::start(std::int64_t step, double seconds) {
  constexpr std::int32_t kStart = 1;
  write(event_of(seconds, step, [](pbf_writer& event) {
    event.add_message(7, message([](pbf_writer& log) { log.add_enum(1, kStart); }));
  }));
}

void EventFile::scalar(const std::string& tag, std::int64_t step, double seconds, double value) {
  write(summary_of(tag, step, seconds,
                   [&](pbf_writer& summary) { summary.add_float(2, static_cast<float>(value)); }));
}

void EventFile::histogram(const std::string& tag, std::int64_t step, double seconds,
                          const EventHistogram& histogram) {
  write(summary_of(tag, step, seconds,
                   [&](pbf_writer& value) { value.add_message(5, histogram_message(histogram)); }));
}

void EventFile::graph(const Graph& graph, double seconds) {
  write(event_of(seconds, 0, [&](pbf_writer& event) { event.add_bytes(4, graph_message(graph)); }));
}

void EventFile::begin_session(const HyperParameters& parameters,
                              const std::vector<std::string>& metrics, double seconds) {
  const auto plugin = [](protozero::pbf_tag_type field, const std::string& content) {
    return message([&](pbf_writer& data) { data.add_message(field, content); });
  };
  write(plugin_event("_hparams_/experiment", seconds,
                     plugin(2, experiment_message(parameters, metrics))));
  const std::string start = message([&](pbf_writer& info) {
    for (const auto& [name, value] : parameters) {
      info.add_message(1, message([&, &key = name, &of = value](pbf_writer& entry) {
                         entry.add_string(1, key);
                         entry.add_message(2, parameter_message(of));
                       }));
    }
    info.add_double(5, seconds);
  });
  write(plugin_event("_hparams_/session_start_info", seconds, plugin(3, start)));
}

void EventFile::end_session(double seconds, bool completed) {
  constexpr std::int32_t kSuccess = 1, kFailure = 2;
  const std::string end = message([&](pbf_writer& info) {
    info.add_enum(1, completed ? kSuccess : kFailure);
    info.add_double(2, seconds);
  });
  write(plugin_event("_hparams_/session_end_info", seconds,
                     message([&](pbf_writer& data) { data.add_message(4, end); })));
}

}  // namespace selfnorm
