#include "serve/watch_rules.h"

#include "policy/ip_address.h"
#include "serve/peer_rules.h"

namespace gvm::serve {
namespace {

bool is_of_this_machine(std::string_view host) {
  const auto bracket = host.find(']');
  const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const auto name = host.substr(0, colon);
  if (name.empty() || name == "localhost" || name == "[::1]") return true;
  const auto address = policy::IpAddress::parse(name);  // not 127.0.0.1.evil.example
  return address && address->is_v4() && address->is_loopback();
}

HttpAnswer needs_token(std::string_view sentence) {
  auto answer = http_error(401, sentence);
  answer.extra_headers = "WWW-Authenticate: Bearer\r\n";
  return answer;
}

}  // namespace

std::optional<WatchRefusal> judge_watcher(const Secret& token, const Watcher& watcher) {
  if (!token.empty() && !watcher.authorization.empty()) {
    const bool right = is_token(bearer_token(watcher.authorization), token);
    return right ? std::nullopt : std::optional(WatchRefusal::wrong_token);
  }
  const bool near = watcher.is_local && !watcher.is_forwarded;
  if (near && is_of_this_machine(watcher.host)) return std::nullopt;
  if (!token.empty()) return WatchRefusal::no_token;
  return near ? WatchRefusal::other_name : WatchRefusal::elsewhere;
}

HttpAnswer watch_refusal(WatchRefusal refusal) {
  switch (refusal) {
    case WatchRefusal::wrong_token:
      return needs_token("this is not the admin token");
    case WatchRefusal::no_token:
      return needs_token("the admin token is needed: Authorization: Bearer TOKEN");
    case WatchRefusal::elsewhere:
      break;
    case WatchRefusal::other_name:
      return http_error(403,
                        "without an admin token this is shown under http://127.0.0.1:PORT/ and "
                        "http://localhost:PORT/ only");
  }
  return http_error(403,
                    "without an admin token this is shown on this machine only (localhost, or a "
                    "Unix socket)");
}

}  // namespace gvm::serve
