// SPDX-License-Identifier: Apache-2.0
#include "cli/live.h"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "cli/terminal.h"
#include "selfnorm/error.h"
#include "selfnorm/report.h"
#include "train/history.h"

namespace selfnorm::cli {
namespace {

constexpr const char* kHost = "127.0.0.1";
constexpr std::chrono::seconds kEventTimeout{1};

}  // namespace

struct LiveServer::State {
  std::string page;
  httplib::Server server;
  std::thread thread;
  int port = 0;

  std::mutex mutex;
  std::condition_variable changed;
  std::string document;
  std::int64_t version = 0;            ///< of the document; 0: none yet
  std::vector<std::int64_t*> readers;  ///< one per connection: the version that it has sent
  bool is_ending = false, is_listening = true;

  bool has_local_host(const httplib::Request& request) const {
    const std::string host = request.get_header_value("Host");
    return host == fmt::format("{}:{}", kHost, port) || host == fmt::format("localhost:{}", port);
  }

  // Sends new events, and a comment from time to time, which fails once the client has left.
  bool send_event(std::int64_t& seen, httplib::DataSink& sink) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, kEventTimeout, [&] { return is_ending || version > seen; });
    if (is_ending && version == seen) {
      sink.done();
      return true;
    }
    std::string event = ": still there\n\n";
    const std::int64_t now = version;
    if (now > seen) event = "data: " + document + "\n\n";
    lock.unlock();
    if (!sink.write(event.data(), event.size())) return false;
    lock.lock();
    seen = now;
    changed.notify_all();
    return true;
  }

  void serve_events(httplib::Response& response) {
    const auto seen = std::make_shared<std::int64_t>(0);
    {
      const std::lock_guard lock(mutex);
      readers.push_back(seen.get());
    }
    response.set_header("Cache-Control", "no-store");
    response.set_chunked_content_provider(
        "text/event-stream",
        [this, seen](std::size_t, httplib::DataSink& sink) { return send_event(*seen, sink); },
        [this, seen](bool) {
          const std::lock_guard lock(mutex);
          std::erase(readers, seen.get());
          changed.notify_all();
        });
  }
};

LiveServer::LiveServer(std::string page) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.page = std::move(page);
  state.server.set_pre_routing_handler(
      [&state](const httplib::Request& request, httplib::Response& response) {
        if (state.has_local_host(request)) return httplib::Server::HandlerResponse::Unhandled;
        response.status = 403;
        return httplib::Server::HandlerResponse::Handled;
      });
  state.server.Get("/", [&state](const httplib::Request&, httplib::Response& response) {
    response.set_header("Cache-Control", "no-store");
    response.set_content(state.page, "text/html; charset=utf-8");
  });
  state.server.Get("/events", [&state](const httplib::Request&, httplib::Response& response) {
    state.serve_events(response);
  });
  state.port = state.server.bind_to_any_port(kHost);
  if (state.port <= 0) throw Error(ErrorKind::io, "--live: there is no free port on 127.0.0.1");
  // Every open page holds one connection. No connection outlives the training.
  constexpr std::size_t kMaxClients = 64;
  state.server.new_task_queue = [] { return new httplib::ThreadPool(kMaxClients); };
  state.server.set_keep_alive_max_count(1);
  state.thread = std::thread([&state] {
    state.server.listen_after_bind();
    const std::lock_guard lock(state.mutex);
    state.is_listening = false;
  });
  note(fmt::format("live at http://{}:{}/", kHost, state.port));
}

LiveServer::~LiveServer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->changed.notify_all();
  const auto is_listening = [&] {
    const std::lock_guard lock(state_->mutex);
    return state_->is_listening;
  };
  while (is_listening() && !state_->server.is_running())
    std::this_thread::yield();  // stop() has no effect before the server runs
  state_->server.stop();
  state_->thread.join();
}

void LiveServer::show(std::string document) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->document = std::move(document);
    ++state_->version;
  }
  state_->changed.notify_all();
}

void LiveServer::wait_until_sent() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, kEventTimeout, [&] {
    return std::ranges::all_of(state_->readers,
                               [&](const std::int64_t* seen) { return *seen == state_->version; });
  });
}

LiveRun::LiveRun(const RunFolder& folder, std::int64_t epochs)
    : folder_(folder), epochs_(epochs), server_(live_report(folder.name())) {
  server_.show(live_event_json(history_, "The training has begun.", false));
}

// The folder's history holds the earlier epochs of a resumed run.
void LiveRun::add(const EpochRecord& record) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kMinUpdateInterval{500};
  constexpr int kMinIntervalPerCost = 100;  // at most 1 % of the time
  if (history_.empty()) history_ = read_history(folder_.history());
  else history_.push_back(record);
  const auto now = Clock::now();
  if (now - shown_ < std::max<Clock::duration>(kMinUpdateInterval, kMinIntervalPerCost * cost_))
    return;
  server_.show(live_event_json(
      history_, fmt::format("Epoch {} of {} is done.", record.epoch, epochs_), false));
  shown_ = Clock::now();
  cost_ = shown_ - now;
}

void LiveRun::end(const std::string& state) { end_with(live_event_json(history_, state, true)); }

void LiveRun::end_with(std::string report) {
  server_.show(std::move(report));
  server_.wait_until_sent();
}

}  // namespace selfnorm::cli
