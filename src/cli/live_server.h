// SPDX-License-Identifier: Apache-2.0
// Serves one page and its events to browsers on this machine.
#pragma once

#include <memory>
#include <string>

namespace selfnorm::cli {

/// Serves a page on a free port of 127.0.0.1 and pushes the latest event to every open page
/// (server-sent events). Prints the address on standard error. Throws Error(io) if no port is free.
///
/// A request must name this server as its host and, if it has an origin, as its origin, so that a
/// page of another site can neither read the data nor send any. Requests have no bodies.
/// Connections, the length of headers and the time for a request are limited (live_server.cc), so
/// that a client can neither fill the memory nor keep the program from ending. The functions may be
/// called by any one thread.
class LiveServer {
 public:
  explicit LiveServer(std::string page);
  /// Ends the open connections.
  ~LiveServer();
  LiveServer(const LiveServer&) = delete;
  LiveServer& operator=(const LiveServer&) = delete;

  void show(std::string document);
  /// Waits until every open page has received the latest event, at most one second.
  void wait_until_sent();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace selfnorm::cli
