#pragma once
// Every limit of the server. A duration of zero means "no limit of this kind".
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/size.h"
#include "serve/peer_options.h"
#include "serve/stuck_lanes.h"
#include "serve/tls_context.h"

namespace gvm::serve {

// A length prefix is below this, so its first byte is below 'A' and no HTTP method can be mistaken
// for one.
inline constexpr std::size_t kLargestMessageLimit = 1 * kGiB;

// For who watches the module: /metrics and the status page.
struct AdminOptions {
  // A further address for that alone, host:port or unix:///path; empty: it is at bind_address.
  std::string address;
  // With it one may watch from everywhere; empty: only from this machine.
  Secret token;
  bool tls = false;  // TLS is spoken there too, with what `ServerOptions::tls` holds
  // At the same time; for a further one that makes way which has waited longest without a request.
  // They are not among the other connections, so that neither port can be made deaf at the other.
  std::size_t max_connections = 64;
};

struct ServerOptions {
  std::string program = "genvm-module";
  std::string version = "0";
  // host:port, [v6]:port, unix:///path or fd://N; empty: only a socket that is inherited. Sockets
  // of socket activation come before any of these but fd://N.
  std::string bind_address = "127.0.0.1:0";
  unsigned unix_mode = 0600;  // permissions of the socket file
  PeerOptions peers;
  AdminOptions admin;
  std::shared_ptr<TlsInUse> tls;  // empty: plain text. The owner may change what it holds.
  std::shared_ptr<const StuckLanes> stuck_lanes;  // of the watchdog; empty: there is none
  int backlog = 4096;  // connections the kernel keeps until they are accepted

  std::size_t max_sessions = 4096;           // whole process
  std::size_t max_sessions_per_address = 0;  // sessions of one IP address; 0: no limit
  std::size_t max_other_connections = 512;   // connections that are no session: handshakes, /health
  std::size_t max_message_bytes = 32 * kMiB;  // two images of 5 MiB and a prompt fit; under 1 GiB
  std::size_t max_http_header_bytes = 16 * kKiB;
  // Values of the header Origin with which an upgrade is accepted; one without the header always
  // is. Only browsers send it.
  std::vector<std::string> allowed_origins;

  // Reading pauses while a connection has more than this waiting (requests not yet begun).
  std::size_t max_pending_requests = 64;
  std::size_t max_pending_bytes = 64 * kMiB;

  // Admission (load_limits.h); 0: no limit of this kind. A request beyond them is answered
  // OVERLOADED at once, a session beyond max_memory is refused.
  std::size_t max_requests = 0;                 // running at the same time, whole process
  std::size_t max_memory = 0;                   // bytes of anonymous memory of the process
  std::chrono::milliseconds max_lane_delay{0};  // until a lane comes to what has become due
  // Called at most once a second, on any lane, while memory is over its limit: gives free memory
  // back. Must not wait.
  std::function<void()> on_memory_full;

  // From accept to the upgrade or the first length, and from there to the whole hello.
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds message_timeout{
      60'000};  // from the first to the last byte of a message
  std::chrono::milliseconds idle_timeout{3'600'000};   // nothing came in and nothing runs
  std::chrono::milliseconds request_timeout{600'000};  // a request, then its deadline reply
  std::chrono::milliseconds write_timeout{60'000};     // one reply; a peer that does not read
  std::chrono::milliseconds close_timeout{2'000};      // the peer's part of a close handshake
  std::chrono::milliseconds finish_timeout{2'000};     // SessionHandler::finish
};

}  // namespace gvm::serve
