#include "manager/attach.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

#include "client/codes.h"
#include "manager/codes.h"
#include "serve/listen_address.h"

namespace gvm::manager {
namespace {

std::unexpected<Error> unreachable(std::string_view address, const std::string& why) {
  return fail(codes::kConnecting, Fatality::fatal, std::string(address) + ": " + why);
}

std::string errno_text() {
  return std::system_category().message(errno);
}

Result<Fd> connect_unix(const serve::ListenAddress& address) {
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un there{};
  there.sun_family = AF_UNIX;
  std::memcpy(there.sun_path, address.path.data(), address.path.size());
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0)
    return unreachable(address.to_string(), errno_text());
  return fd;
}

Result<Fd> connect_tcp(const serve::ListenAddress& address) {
  std::string host = address.host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failure =
      ::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failure != 0) return unreachable(address.to_string(), ::gai_strerror(failure));
  Fd connected;
  for (const auto* one = found; one != nullptr && !connected; one = one->ai_next) {
    Fd fd(::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (fd && ::connect(fd.get(), one->ai_addr, one->ai_addrlen) == 0) connected = std::move(fd);
  }
  const auto why = errno_text();
  ::freeaddrinfo(found);
  if (!connected) return unreachable(address.to_string(), why);
  const int on = 1;
  (void)::setsockopt(connected.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connected;
}

}  // namespace

Result<Value> ask_status(const ExecutionsAddress& manager) {
  asio::io_context context(1);
  Executions there(context, manager, log::Logger());
  std::optional<Result<Value>> answer;
  asio::co_spawn(context, there.status(), [&](const std::exception_ptr&, Result<Value> status) {
    answer = std::move(status);
  });
  context.run();
  if (!answer) return fail(codes::kExecutionsFailed, Fatality::fatal, "no answer");
  return std::move(*answer);
}

Result<Fd> connect_to_module(std::string_view address) {
  const auto parsed = serve::parse_listen_address(address);
  if (!parsed) return fail(parsed.error());
  if (parsed->is_inherited()) return unreachable(address, "it is no address to connect to");
  return parsed->is_unix() ? connect_unix(*parsed) : connect_tcp(*parsed);
}

std::size_t find_option(const std::vector<std::string>& words, std::string_view option) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (!word.starts_with(option)) continue;
    if (word.size() > option.size() && word[option.size()] == '=') return i;
    if (word.size() == option.size() && i + 1 < words.size()) return i;
  }
  return std::string::npos;
}

void put_descriptor(std::vector<std::string>& words, std::string_view option, int fd) {
  const auto at = find_option(words, option);
  if (at == std::string::npos) return;
  const std::string value = "fd://" + std::to_string(fd);
  if (words[at].size() == option.size())
    words[at + 1] = value;
  else
    words[at] = std::string(option) + "=" + value;
}

}  // namespace gvm::manager
