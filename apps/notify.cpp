#include "apps/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

namespace gvm::apps {
namespace {

// "/path", or "@name" of the abstract name space. Unconnected when it is neither.
Fd connected_to(std::string_view name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool known = name.starts_with('/') || name.starts_with('@');
  if (!known || name.size() < 2 || name.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name.starts_with('@')) address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return {};
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return {};
  return socket;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

}  // namespace

Notify::Notify() {
  constexpr const char* kName = "NOTIFY_SOCKET";
  const char* name = std::getenv(kName);  // NOLINT(concurrency-mt-unsafe): at start
  if (name == nullptr) return;
  socket_ = connected_to(name);
  ::unsetenv(kName);  // NOLINT(concurrency-mt-unsafe): at start
}

void Notify::ready(std::string_view status) const {
  send("READY=1\nSTATUS=" + one_line(status));
}

void Notify::stopping(std::string_view status, long long most_microseconds) const {
  send("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + std::to_string(most_microseconds) +
       "\nSTATUS=" + one_line(status));
}

void Notify::status(std::string_view text) const {
  send("STATUS=" + one_line(text));
}

void Notify::send(std::string_view lines) const {
  if (socket_) (void)::send(socket_.get(), lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

}  // namespace gvm::apps
