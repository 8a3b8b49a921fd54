// SPDX-License-Identifier: Apache-2.0
#include "cli/standard_input.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <utility>

#include "base/text.h"
#include "cli/terminal.h"
#include "files/byte_reader.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

constexpr const char* kName = "standard input";

volatile std::sig_atomic_t g_interrupted = 0;

// Lets Ctrl-C end a blocking read while it exists, so that the temporary file is deleted.
class InterruptGuard {
 public:
  InterruptGuard() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
      struct sigaction action {};
      action.sa_handler = [](int) { g_interrupted = 1; };
      sigaction(kSignals[i], nullptr, &before_[i]);
      if (before_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
    }
  }
  ~InterruptGuard() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
  std::array<struct sigaction, kSignals.size()> before_;
};

}  // namespace

StandardInput::StandardInput() {
  const InterruptGuard while_reading;
  if (is_terminal(STDIN_FILENO)) note("reading rows from standard input; end them with Ctrl-D");
  std::array<char, 1 << 16> bytes{};
  for (;;) {
    const ssize_t count = read(STDIN_FILENO, bytes.data(), bytes.size());
    if (g_interrupted != 0) {
      throw Error(ErrorKind::interrupted, std::string("while reading ") + kName);
    }
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw_data_error(std::string(kName) + ": cannot be read: " + std::strerror(errno));
    if (count == 0) break;
    file_.write({bytes.data(), static_cast<std::size_t>(count)});
  }
  file_.close(".table");  // not an extension that says what the content is
}

std::string StandardInput::replace_file_name(std::string message) const {
  const std::filesystem::path path = file_.path();
  message = replace_all(std::move(message), path.string(), kName);
  return replace_all(std::move(message), path.filename().string(), kName);
}

}  // namespace selfnorm::cli
