#include "serve/inherited.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include "serve/codes.h"

namespace gvm::serve {
namespace {

constexpr int kFirstActivated = 3;  // SD_LISTEN_FDS_START
constexpr int kMostActivated = 64;

std::unexpected<Error> refuse(int fd, const std::string& why) {
  return fail(codes::kListenFailed, Fatality::fatal,
              "the inherited descriptor " + std::to_string(fd) + ": " + why);
}

std::string errno_text() {
  return std::system_category().message(errno);
}

int option_of(int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool is_connected(int fd) {
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  return ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

int number_in(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): at start
  int number = 0;
  if (text == nullptr) return 0;
  const std::string_view digits(text);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

}  // namespace

Result<InheritedSocket> inspect_inherited(int fd) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return refuse(fd, errno_text());
  if (!S_ISSOCK(info.st_mode)) return refuse(fd, "it is no socket");
  if (option_of(fd, SO_TYPE) != SOCK_STREAM) return refuse(fd, "it is no stream socket");
  InheritedSocket socket{.fd = fd, .family = option_of(fd, SO_DOMAIN)};
  if (socket.family != AF_INET && socket.family != AF_INET6 && socket.family != AF_UNIX)
    return refuse(fd, "it is neither a TCP nor a Unix socket");
  if (option_of(fd, SO_ACCEPTCONN) != 1) {
    if (!is_connected(fd)) return refuse(fd, "it neither listens nor is connected");
    socket.role = InheritedSocket::Role::connected;
  }
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
      ::fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
    return refuse(fd, errno_text());
  return socket;
}

std::vector<int> take_activation_descriptors() {
  std::vector<int> descriptors;
  const bool ours = number_in("LISTEN_PID") == ::getpid();
  const int count = ours ? number_in("LISTEN_FDS") : 0;
  for (int i = 0; i < count && i < kMostActivated; ++i) descriptors.push_back(kFirstActivated + i);
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    if (ours) ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe): at start
  return descriptors;
}

}  // namespace gvm::serve
