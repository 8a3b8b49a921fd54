// SPDX-License-Identifier: Apache-2.0
// TensorBoard's event files: records of protocol buffers, each with its length and checksums.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "graph/graph.h"

namespace selfnorm {

/// Counts between limits: bucket i ends at limits[i], the first begins at `min`.
struct EventHistogram {
  double min = 0, max = 0, sum = 0, sum_squares = 0;
  std::vector<double> limits, counts;
};

using HyperParameter = std::variant<double, std::string, bool>;
using HyperParameters = std::map<std::string, HyperParameter>;

/// Writes one event file, record by record, so that TensorBoard sees training go on. Scalars are
/// floats there. Throws Error(io).
class EventFile {
 public:
  /// A new file in the folder, which is made; `seconds` since 1970 name it and date its events.
  EventFile(const std::filesystem::path& folder, double seconds);

  void scalar(const std::string& tag, std::int64_t step, double seconds, double value);
  void histogram(const std::string& tag, std::int64_t step, double seconds,
                 const EventHistogram& histogram);
  /// The nodes of a graph as `build_graph` makes it, with their shapes.
  void graph(const Graph& graph, double seconds);
  /// A session of TensorBoard's HPARAMS: with what it began, by what it is judged, that it ended.
  void begin_session(const HyperParameters& parameters, const std::vector<std::string>& metrics,
                     double seconds);
  void end_session(double seconds, bool completed);
  /// Training goes on from `step`: what other files of the folder tell of it and of later ones is
  /// no more.
  void start(std::int64_t step, double seconds);
  /// What was written so far can be read.
  void flush();

  const std::filesystem::path& path() const { return path_; }

 private:
  void write(const std::string& event);
  void check() const;

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace selfnorm
