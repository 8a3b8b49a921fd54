// SPDX-License-Identifier: Apache-2.0
// One thread serves all connections with libmicrohttpd. It waits for sockets and for a new event.
#include "cli/live_server.h"

#include <fmt/format.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <list>
#include <mutex>
#include <string_view>
#include <thread>

#include "cli/terminal.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

using Clock = std::chrono::steady_clock;

// A page holds one connection, and one more while it loads. Further clients wait.
constexpr unsigned kMaxConnections = 32;
// For the lines and headers of a request, and for the bytes that are being sent. A longer request
// gets status 431.
constexpr std::size_t kConnectionMemory = std::size_t{32} << 10;
// From the connection to the end of the response. Only the events may take longer.
constexpr std::chrono::seconds kRequestTime{10};
// A client that reads nothing of an event for this time has left.
constexpr unsigned kSecondsWithoutProgress = 10;
// A connection without news gets a comment after this time, which fails once the client has left.
constexpr std::chrono::seconds kQuietTime{1};
constexpr std::chrono::seconds kSendTime{1};
constexpr std::chrono::milliseconds kEndTime{200};

MHD_Result send_response(MHD_Connection* connection, unsigned status, MHD_Response* response) {
  // Without this option a connection stays open for the next request.
  MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  const MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

MHD_Result send_status(MHD_Connection* connection, unsigned status) {
  return send_response(connection, status,
                       MHD_create_response_from_buffer(0, nullptr, MHD_RESPMEM_PERSISTENT));
}

std::string_view header(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool has_body(MHD_Connection* connection) {
  const std::string_view length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
  return (!length.empty() && length != "0") ||
         !header(connection, MHD_HTTP_HEADER_TRANSFER_ENCODING).empty();
}

sockaddr_in any_local_port() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

struct LiveServer::State {
  struct Connection {
    int socket;
    Clock::time_point deadline;
  };
  // The events of one connection.
  struct Stream {
    State* server;
    MHD_Connection* connection;
    bool is_suspended = false;  ///< until there is something to send
    std::string event{};        ///< that is being sent
    std::size_t sent = 0;       ///< bytes of the event
    std::int64_t version = 0;   ///< of the document in the latest event
    bool is_received = true;    ///< the latest event was sent to its end
    Clock::time_point begin{};  ///< of the latest event
  };

  std::string page;
  std::array<std::string, 2> hosts;  ///< by which a browser may name this server
  MHD_Daemon* daemon = nullptr;
  int wake = -1;
  std::thread thread;
  std::list<Connection> connections;  ///< for the thread only
  std::list<Stream> streams;          ///< changed by the thread only, with the mutex

  std::mutex mutex;
  std::condition_variable changed;
  std::string document;
  std::int64_t version = 0;  ///< of the document; 0: none yet
  bool is_ending = false;

  ~State() {
    if (daemon != nullptr) MHD_stop_daemon(daemon);
    if (wake >= 0) close(wake);
  }

  void listen();
  void serve();
  void note_connection(MHD_Connection* connection, void*& context,
                       MHD_ConnectionNotificationCode code);
  void wait_for_work() const;
  void wake_thread() const;
  void resume_streams();
  void end_late_connections();

  bool is_local(MHD_Connection* connection) const;
  MHD_Result answer(MHD_Connection* connection, std::string_view url, std::string_view method);
  MHD_Result send_page(MHD_Connection* connection) const;
  MHD_Result send_events(MHD_Connection* connection);
  bool begin_event(Stream& stream) const;
  ssize_t next_bytes(Stream& stream, char* bytes, std::size_t size);
  void remove(Stream& stream);
};

// ---- Requests ----

bool LiveServer::State::is_local(MHD_Connection* connection) const {
  const std::string host(header(connection, MHD_HTTP_HEADER_HOST));
  const std::string_view origin = header(connection, MHD_HTTP_HEADER_ORIGIN);
  return std::ranges::find(hosts, host) != hosts.end() &&
         (origin.empty() || origin == "http://" + host);
}

MHD_Result LiveServer::State::answer(MHD_Connection* connection, std::string_view url,
                                     std::string_view method) {
  if (!is_local(connection)) return send_status(connection, MHD_HTTP_FORBIDDEN);
  if (method != MHD_HTTP_METHOD_GET) return send_status(connection, MHD_HTTP_METHOD_NOT_ALLOWED);
  if (has_body(connection)) return send_status(connection, MHD_HTTP_CONTENT_TOO_LARGE);
  if (url == "/") return send_page(connection);
  if (url == "/events") return send_events(connection);
  return send_status(connection, MHD_HTTP_NOT_FOUND);
}

MHD_Result LiveServer::State::send_page(MHD_Connection* connection) const {
  // libmicrohttpd does not write to a persistent buffer.
  MHD_Response* response = MHD_create_response_from_buffer(
      page.size(), const_cast<char*>(page.data()), MHD_RESPMEM_PERSISTENT);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/html; charset=utf-8");
  return send_response(connection, MHD_HTTP_OK, response);
}

MHD_Result LiveServer::State::send_events(MHD_Connection* connection) {
  {
    const std::lock_guard lock(mutex);
    streams.push_back({.server = this, .connection = connection});
  }
  const auto next = [](void* stream, std::uint64_t, char* bytes, std::size_t size) {
    auto& self = *static_cast<Stream*>(stream);
    return self.server->next_bytes(self, bytes, size);
  };
  const auto remove = [](void* stream) {
    auto& self = *static_cast<Stream*>(stream);
    self.server->remove(self);
  };
  MHD_Response* response = MHD_create_response_from_callback(
      MHD_SIZE_UNKNOWN, kConnectionMemory / 2, next, &streams.back(), remove);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/event-stream");
  const auto* socket = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  static_cast<Connection*>(socket->socket_context)->deadline = Clock::time_point::max();
  return send_response(connection, MHD_HTTP_OK, response);
}

// ---- Events ----

bool LiveServer::State::begin_event(Stream& stream) const {
  const bool is_new = version > stream.version;
  if (!is_new && Clock::now() - stream.begin < kQuietTime) return false;
  stream.event = is_new ? "data: " + document + "\n\n" : ": still there\n\n";
  stream.version = version;
  stream.is_received = false;
  stream.sent = 0;
  stream.begin = Clock::now();
  return true;
}

ssize_t LiveServer::State::next_bytes(Stream& stream, char* bytes, std::size_t size) {
  const std::lock_guard lock(mutex);
  if (stream.sent == stream.event.size()) {  // libmicrohttpd has sent all of it
    stream.is_received = true;
    changed.notify_all();
    if (is_ending && version == stream.version) return MHD_CONTENT_READER_END_OF_STREAM;
    if (!begin_event(stream)) {
      stream.is_suspended = true;
      MHD_suspend_connection(stream.connection);
      return 0;
    }
  }
  size = std::min(size, stream.event.size() - stream.sent);
  std::memcpy(bytes, stream.event.data() + stream.sent, size);
  stream.sent += size;
  return static_cast<ssize_t>(size);
}

void LiveServer::State::remove(Stream& stream) {
  const std::lock_guard lock(mutex);
  streams.remove_if([&](const Stream& each) { return &each == &stream; });
  changed.notify_all();
}

void LiveServer::State::resume_streams() {
  const std::lock_guard lock(mutex);
  const auto now = Clock::now();
  for (Stream& stream : streams) {
    const bool has_work = is_ending || version > stream.version || now - stream.begin >= kQuietTime;
    if (!stream.is_suspended || !has_work) continue;
    stream.is_suspended = false;
    MHD_resume_connection(stream.connection);
  }
}

// ---- The thread ----

void LiveServer::State::listen() {
  const auto on_request = [](void* self, MHD_Connection* connection, const char* url,
                             const char* method, const char*, const char*, std::size_t*, void**) {
    return static_cast<State*>(self)->answer(connection, url, method);
  };
  const auto on_connection = [](void* self, MHD_Connection* connection, void** context,
                                MHD_ConnectionNotificationCode code) {
    static_cast<State*>(self)->note_connection(connection, *context, code);
  };
  const sockaddr_in address = any_local_port();
  wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, nullptr, nullptr,
                            static_cast<MHD_AccessHandlerCallback>(on_request), this,           //
                            MHD_OPTION_SOCK_ADDR, reinterpret_cast<const sockaddr*>(&address),  //
                            MHD_OPTION_CONNECTION_LIMIT, kMaxConnections,                       //
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory,              //
                            MHD_OPTION_CONNECTION_TIMEOUT, kSecondsWithoutProgress,             //
                            MHD_OPTION_NOTIFY_CONNECTION,
                            static_cast<MHD_NotifyConnectionCallback>(on_connection), this,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
  if (daemon == nullptr || wake < 0)
    throw Error(ErrorKind::io, "--live: there is no free port on 127.0.0.1");
  const unsigned port = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
  hosts = {fmt::format("127.0.0.1:{}", port), fmt::format("localhost:{}", port)};
}

void LiveServer::State::note_connection(MHD_Connection* connection, void*& context,
                                        MHD_ConnectionNotificationCode code) {
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    const int socket =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    context = &connections.emplace_back(Connection{socket, Clock::now() + kRequestTime});
  } else {
    connections.remove_if([&](const Connection& each) { return &each == context; });
  }
}

// libmicrohttpd limits only the time between two bytes.
void LiveServer::State::end_late_connections() {
  const auto now = Clock::now();
  for (Connection& connection : connections) {
    if (now < connection.deadline) continue;
    shutdown(connection.socket, SHUT_RDWR);
    connection.deadline = Clock::time_point::max();
  }
}

void LiveServer::State::wait_for_work() const {
  MHD_UNSIGNED_LONG_LONG timeout = 0;
  constexpr MHD_UNSIGNED_LONG_LONG kTick = 500;  // for the deadlines
  if (MHD_get_timeout(daemon, &timeout) != MHD_YES) timeout = kTick;
  const int epoll = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  std::array<pollfd, 2> files = {{{epoll, POLLIN, 0}, {wake, POLLIN, 0}}};
  poll(files.data(), files.size(), static_cast<int>(std::min(timeout, kTick)));
  std::uint64_t wakes = 0;
  [[maybe_unused]] const ssize_t size = read(wake, &wakes, sizeof wakes);
}

void LiveServer::State::wake_thread() const {
  const std::uint64_t one = 1;
  while (write(wake, &one, sizeof one) < 0 && errno == EINTR) continue;
}

void LiveServer::State::serve() {
  Clock::time_point end = Clock::time_point::max();
  while (Clock::now() < end) {
    wait_for_work();
    resume_streams();
    MHD_run(daemon);
    end_late_connections();
    const std::lock_guard lock(mutex);
    if (!is_ending) continue;
    if (streams.empty()) return;
    end = std::min(end, Clock::now() + kEndTime);
  }
  resume_streams();  // libmicrohttpd requires it before its end
}

// ---- LiveServer ----

LiveServer::LiveServer(std::string page) : state_(std::make_unique<State>()) {
  state_->page = std::move(page);
  state_->listen();
  state_->thread = std::thread([state = state_.get()] { state->serve(); });
  note(fmt::format("live at http://{}/", state_->hosts.front()));
}

LiveServer::~LiveServer() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->is_ending = true;
  }
  state_->wake_thread();
  state_->thread.join();
}

void LiveServer::show(std::string document) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->document = std::move(document);
    ++state_->version;
  }
  state_->wake_thread();
}

void LiveServer::wait_until_sent() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, kSendTime, [&] {
    return std::ranges::all_of(state_->streams, [&](const State::Stream& stream) {
      return stream.is_received && stream.version == state_->version;
    });
  });
}

}  // namespace selfnorm::cli
