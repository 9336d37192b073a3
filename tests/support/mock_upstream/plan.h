#pragma once
// A reply with its fault as a list of steps: bytes to send, how fast, where to stop. Pure.
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "support/mock_upstream/fault.h"
#include "support/mock_upstream/latency.h"

namespace gvm::mock {

struct Step {
  enum class Kind {
    send,     // bytes at once
    trickle,  // bytes one by one, `pause` before each
    flood,    // bytes again and again until the peer disconnects
    stall,    // nothing until the peer disconnects
    keep,     // the connection serves the next request
    close,    // a regular close: over TLS with close_notify
    cut,      // a close without close_notify
    reset,    // with RST
  };
  Kind kind = Kind::send;
  std::string bytes = {};
  microseconds pause{0};
};
using Plan = std::vector<Step>;

// The parts of an answer as they go over the wire.
struct Wire {
  std::string interim;
  std::string status_line;
  std::string headers;  // with the blank line
  std::string body;     // encoded and framed
  std::string whole() const { return interim + status_line + headers + body; }
  // The offset of a position in whole().
  std::size_t offset(const Position& position) const;
};

struct PlainReply {
  std::string body;
  std::string content_type = "application/json";
  std::string id = {};  // of header x-request-id
};

Wire compose(const Fault& fault, const PlainReply& reply,
             std::chrono::system_clock::time_point now);
Plan plan_of(const Fault& fault, const PlainReply& reply,
             std::chrono::system_clock::time_point now);

}  // namespace gvm::mock
