#pragma once
// Who may talk to the manager: it can start programs and sees keys. Pure.
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "serve/listen_address.h"

namespace gvm::manager {

// What is known of a request and of who sends it. Views into the request; empty: no such header.
struct Asked {
  std::string_view path = {};
  std::string_view authorization = {};
  std::string_view host = {};
  std::string_view origin = {};
  bool is_local = true;       // a loopback address or a Unix socket
  bool is_forwarded = false;  // a proxy says that it asks for somebody else
};

// One of the manager's addresses: for hosts, who may do all, or for who watches, who sees the page
// and the status.
class Access {
 public:
  // `token`: what "Authorization: Bearer" must have; empty: anybody who reaches the socket.
  // `own_host`: that it listens on; empty for a Unix socket.
  static Access of_hosts(Secret token, std::string own_host) {
    return {Kind::hosts, std::move(token), std::move(own_host)};
  }
  // As at the address of a module's metrics (serve/watch_rules.h).
  static Access of_watchers(Secret token) { return {Kind::watchers, std::move(token), {}}; }

  // Why the request is refused; empty: it is not. A page in a browser reaches loopback, too: its
  // Origin, or a Host that was rebound, gives it away. The files of the manager's own page hold
  // nothing: where there is a token they are for everybody, as the page asks for it.
  struct Refusal {
    unsigned status;
    std::string_view sentence;
  };
  std::optional<Refusal> judge(const Asked& asked) const;

 private:
  enum class Kind : bool { hosts, watchers };
  Access(Kind kind, Secret token, std::string own_host)
      : kind_(kind), token_(std::move(token)), host_(std::move(own_host)) {}
  std::optional<Refusal> judge_host(const Asked& asked) const;

  Kind kind_;
  Secret token_;
  std::string host_;
};

// A sentence when the address is open to others and no token protects it; empty otherwise.
std::string why_not_open(const serve::ListenAddress& address, const Secret& token);
// The same of the address of who watches.
std::string why_not_watched(const serve::ListenAddress& address, const Secret& token);

}  // namespace gvm::manager
