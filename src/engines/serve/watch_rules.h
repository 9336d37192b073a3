#pragma once
// Who may see what a program tells of itself: metrics, log lines, budgets. Pure; the manager judges
// by the same rules.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/secret.h"

namespace gvm::serve {

// What is known of who asks. Views into the request.
struct Watcher {
  std::string_view authorization = {};  // the value of the header, empty when it is missing
  std::string_view host = {};           // of the header Host, empty when it is missing
  bool is_local = false;                // a loopback address or a Unix socket
  bool is_forwarded = false;            // a proxy says that it asks for somebody else
};

enum class WatchRefusal : std::uint8_t { wrong_token, no_token, elsewhere, other_name };

// With the token anybody may, from wherever; without one, peers of this machine only, under a name
// that is of this machine (localhost or an address of loopback): an attacker's name may lead to
// 127.0.0.1, too (DNS rebinding). A wrong token is refused wherever it comes from. `token` empty:
// there is none, and what is shown as one is not looked at.
std::optional<WatchRefusal> judge_watcher(const Secret& token, const Watcher& watcher);

// 401 where a token would help, else 403.
unsigned status_of(WatchRefusal refusal);
std::string_view sentence_of(WatchRefusal refusal);

}  // namespace gvm::serve
