#pragma once
// Who may talk to the manager: it can start programs and sees keys. Pure.
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "serve/listen_address.h"

namespace gvm::manager {

class Access {
 public:
  // `token`: what "Authorization: Bearer" must have; empty: anybody who reaches the socket.
  Access(Secret token, std::string own_host)
      : token_(std::move(token)), host_(std::move(own_host)) {}

  // Why the request is refused; empty: it is not. `origin` is empty for what is no browser. A page
  // in a browser reaches loopback, too: its Origin, or a Host that was rebound, gives it away.
  struct Refusal {
    unsigned status;
    const char* sentence;
  };
  std::optional<Refusal> judge(std::string_view authorization, std::string_view host,
                               std::string_view origin) const;

 private:
  Secret token_;
  std::string host_;  // that it listens on; empty for a Unix socket
};

// A sentence when the address is open to others and no token protects it; empty otherwise.
std::string why_not_open(const serve::ListenAddress& address, const Secret& token);

}  // namespace gvm::manager
