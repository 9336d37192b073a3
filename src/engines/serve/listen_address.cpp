#include "serve/listen_address.h"

#include <sys/un.h>

#include <charconv>
#include <optional>

#include "base/error_codes.h"
#include "policy/ip_address.h"

namespace gvm::serve {
namespace {

constexpr std::string_view kUnixScheme = "unix://";
constexpr std::string_view kFdScheme = "fd://";
constexpr std::size_t kLongestUnixPath = sizeof(sockaddr_un::sun_path) - 1;

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(codes::kInvalidConfig, Fatality::fatal,
              "bind_address '" + std::string(text) + "': " + std::string(why) +
                  "; expected host:port, [v6]:port, unix:///path or fd://N");
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return {};
  return port;
}

Result<ListenAddress> parse_unix(std::string_view text) {
  const auto path = text.substr(kUnixScheme.size());
  if (!path.starts_with('/')) return refuse(text, "the path of a Unix socket must be absolute");
  if (path.find('\0') != path.npos) return refuse(text, "the path holds a zero byte");
  if (path.size() > kLongestUnixPath) return refuse(text, "the path of a Unix socket is too long");
  return ListenAddress{.host = {}, .port = 0, .path = std::string(path)};
}

Result<ListenAddress> parse_fd(std::string_view text) {
  // A descriptor fits in a port's range: far more than any process can have open.
  const auto fd = parse_port(text.substr(kFdScheme.size()));
  if (!fd) return refuse(text, "this is no descriptor");
  return ListenAddress{.host = {}, .port = 0, .path = {}, .fd = *fd};
}

}  // namespace

std::string ListenAddress::to_string() const {
  if (is_unix()) return std::string(kUnixScheme) + path;
  if (is_inherited() && host.empty()) return std::string(kFdScheme) + std::to_string(fd);
  const bool v6 = host.find(':') != host.npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool ListenAddress::is_of_this_machine() const {
  if (is_unix() || host == "localhost") return true;
  const auto address = policy::IpAddress::parse(host);
  return address && address->is_loopback();
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  if (text.starts_with(kUnixScheme)) return parse_unix(text);
  if (text.starts_with(kFdScheme)) return parse_fd(text);
  const auto colon = text.rfind(':');
  if (colon == text.npos) return refuse(text, "no port");
  auto host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty()) return refuse(text, "no host");
  if (!bracketed && host.find_first_of(":[]") != host.npos)
    return refuse(text, "an IPv6 host needs brackets");
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return refuse(text, "the port is no number from 0 to 65535");
  return ListenAddress{.host = std::string(host), .port = *port, .path = {}};
}

}  // namespace gvm::serve
