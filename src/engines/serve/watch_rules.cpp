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

unsigned status_of(WatchRefusal refusal) {
  const bool asks = refusal == WatchRefusal::wrong_token || refusal == WatchRefusal::no_token;
  return asks ? 401 : 403;
}

std::string_view sentence_of(WatchRefusal refusal) {
  switch (refusal) {
    case WatchRefusal::wrong_token:
      return "this is not the admin token";
    case WatchRefusal::no_token:
      return "the admin token is needed: Authorization: Bearer TOKEN";
    case WatchRefusal::other_name:
      return "without an admin token this is shown under http://127.0.0.1:PORT/ and "
             "http://localhost:PORT/ only";
    case WatchRefusal::elsewhere:
      break;
  }
  return "without an admin token this is shown on this machine only (loopback, or a Unix socket)";
}

}  // namespace gvm::serve
