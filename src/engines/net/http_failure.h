#pragma once
// Why an HTTP exchange failed, and how far it came: a caller needs both before it repeats the
// request or computes its cost.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/typed_failure.h"

namespace gvm::net {

enum class TimeoutKind : std::uint8_t { connect, first_byte, idle, speed, total, deadline };
// "connect", "first_byte", ...: ctx.timeout of the error.
std::string_view timeout_name(TimeoutKind kind);

enum class HttpFault : std::uint8_t {
  dns,       // the host's name does not resolve
  connect,   // no connection
  proxy,     // the proxy did not open a tunnel to the server
  tls,       // no secure connection
  address,   // refused by an address policy
  send,      // the connection broke while the request was sent
  reset,     // the connection closed before an answer began
  protocol,  // the request cannot be sent as it is, or the answer is not HTTP
  limit,     // the answer is larger than allowed
  ratio,     // the answer is larger, relative to its compressed form, than allowed
  cut,       // the answer ended too early
  encoding,  // the answer's compressed data is broken
  timeout,
  cancelled,
};
// "dns", "connect", ...: ctx.kind of the error.
std::string_view fault_name(HttpFault fault);

// How far the exchange had come.
enum class HttpStage : std::uint8_t {
  refused,     // before anything was done: the request or the deadline did not allow it
  connecting,  // name, TCP, proxy and TLS
  sending,     // of the request
  waiting,     // for the first byte of the answer
  reading,     // of the answer
};

struct HttpFailure : TypedFailure {
  using TypedFailure::TypedFailure;

  HttpFault fault = HttpFault::protocol;
  HttpStage stage = HttpStage::refused;
  std::optional<TimeoutKind> timeout;  // with HttpFault::timeout
  bool request_sent = false;           // some of the request may have reached the server
  bool answer_began = false;           // a byte of the answer came
  int status = 0;                      // of an answer whose head was complete; else 0
  // A pooled connection took the request and closed without a byte of answer. In nearly all cases
  // the server had closed it before the request.
  bool reused_connection_closed = false;
};

}  // namespace gvm::net
