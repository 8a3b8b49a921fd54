// SPDX-License-Identifier: Apache-2.0
// Writes TensorBoard's event files: records of protocol buffers, each with its length and
// checksums.
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

/// A histogram. Bucket i ends at limits[i], and the first bucket begins at `min`.
struct EventHistogram {
  double min = 0, max = 0, sum = 0, sum_squares = 0;
  std::vector<double> limits, counts;
};

using HyperParameter = std::variant<double, std::string, bool>;
using HyperParameters = std::map<std::string, HyperParameter>;

/// Writes an event file record by record, so that TensorBoard can show a training while it runs.
/// Scalars are stored as floats. Throws Error(io).
class EventFile {
 public:
  /// Creates the folder and a new file in it. `seconds` since 1970 are part of its name and the
  /// time of its first event.
  EventFile(const std::filesystem::path& folder, double seconds);

  void scalar(const std::string& tag, std::int64_t step, double seconds, double value);
  void histogram(const std::string& tag, std::int64_t step, double seconds,
                 const EventHistogram& histogram);
  /// Writes the nodes of a graph from `build_graph` with their shapes.
  void graph(const Graph& graph, double seconds);
  /// Writes the start of a session for TensorBoard's HPARAMS plugin: its hyperparameters and the
  /// names of its metrics. end_session writes whether it completed.
  void begin_session(const HyperParameters& parameters, const std::vector<std::string>& metrics,
                     double seconds);
  void end_session(double seconds, bool completed);
  /// Marks the start of training at `step`. TensorBoard then ignores the events of other files in
  /// the folder for this step and later ones.
  void start(std::int64_t step, double seconds);
  /// Flushes the file, so that everything written so far can be read.
  void flush();

  const std::filesystem::path& path() const { return path_; }

 private:
  void write(const std::string& event);
  void check() const;

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace selfnorm
