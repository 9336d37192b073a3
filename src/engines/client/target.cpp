#include <fmt/format.h>

#include "base/error_codes.h"
#include "client/connection.h"

namespace gvm::client {
namespace {

std::unexpected<Error> bad(std::string_view url, std::string_view why) {
  return fail(
      codes::kMalformedUrl, Fatality::user,
      fmt::format(
          "{}: {}; expected ws://host:port, tcp://host:port, wss://host:port, tls://host:port, "
          "unix:///path or ws+unix:///path",
          url, why));
}

Result<Target> parse_authority(std::string_view url, std::string_view rest, Target target) {
  const auto slash = rest.find('/');
  target.path = slash == rest.npos ? "/" : std::string(rest.substr(slash));
  const auto authority = rest.substr(0, slash);
  const auto colon = authority.rfind(':');
  if (colon == authority.npos || colon + 1 == authority.size())
    return bad(url, "the port is missing");
  target.host = authority.substr(0, colon);
  target.port = authority.substr(colon + 1);
  if (target.host.starts_with('[') && target.host.ends_with(']')) {
    target.host = target.host.substr(1, target.host.size() - 2);
  }
  if (target.host.empty()) return bad(url, "the host is missing");
  return target;
}

}  // namespace

Result<Target> parse_target(std::string_view url) {
  const auto scheme_end = url.find("://");
  if (scheme_end == url.npos) return bad(url, "no scheme");
  const auto scheme = url.substr(0, scheme_end);
  const auto rest = url.substr(scheme_end + 3);
  Target target;
  target.tls = scheme == "wss" || scheme == "tls";
  if (scheme == "ws" || scheme == "tcp" || target.tls) {
    target.framing =
        scheme.starts_with("ws") ? Target::Framing::websocket : Target::Framing::length_prefixed;
    return parse_authority(url, rest, std::move(target));
  }
  if (scheme == "unix" || scheme == "ws+unix") {
    if (!rest.starts_with('/')) return bad(url, "the path must begin with /");
    target.framing =
        scheme == "unix" ? Target::Framing::length_prefixed : Target::Framing::websocket;
    target.path = rest;
    return target;
  }
  return bad(url, "unknown scheme");
}

}  // namespace gvm::client
