#include "provider/call_failure.h"

#include <array>
#include <utility>

namespace gvm::provider {
namespace {

using routing::ErrorKind;

CallStage stage_of(net::HttpStage stage) {
  switch (stage) {
    case net::HttpStage::refused:
      return CallStage::refused;
    case net::HttpStage::connecting:
      return CallStage::connecting;
    case net::HttpStage::sending:
      return CallStage::sending;
    case net::HttpStage::waiting:
      return CallStage::waiting;
    case net::HttpStage::reading:
      return CallStage::reading;
  }
  std::unreachable();
}

ErrorKind kind_of_timeout(net::TimeoutKind timeout) {
  switch (timeout) {
    case net::TimeoutKind::connect:
      return ErrorKind::connect;
    case net::TimeoutKind::first_byte:
      return ErrorKind::first_byte_timeout;
    case net::TimeoutKind::idle:
    case net::TimeoutKind::speed:
      return ErrorKind::idle_timeout;
    case net::TimeoutKind::total:
      return ErrorKind::total_timeout;
    case net::TimeoutKind::deadline:
      return ErrorKind::deadline;
  }
  std::unreachable();
}

ErrorKind kind_of_fault(const net::HttpFailure& failure) {
  if (failure.reused_connection_closed) return ErrorKind::stale_connection;
  switch (failure.fault) {
    case net::HttpFault::dns:
      return ErrorKind::dns;
    case net::HttpFault::connect:
    case net::HttpFault::proxy:
    case net::HttpFault::address:
      return ErrorKind::connect;
    case net::HttpFault::tls:
      return ErrorKind::tls;
    case net::HttpFault::send:
    case net::HttpFault::reset:
      return ErrorKind::reset;
    case net::HttpFault::protocol:
    case net::HttpFault::encoding:
      return ErrorKind::garbled;
    case net::HttpFault::limit:
    case net::HttpFault::ratio:
      return ErrorKind::oversize;
    case net::HttpFault::cut:
      return ErrorKind::cut;
    case net::HttpFault::timeout:
      return kind_of_timeout(failure.timeout.value_or(net::TimeoutKind::deadline));
    case net::HttpFault::cancelled:
      return ErrorKind::cancelled;
  }
  std::unreachable();
}

}  // namespace

std::string_view stage_name(CallStage stage) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "refused", "connecting", "sending", "waiting", "reading", "status", "form", "meaning"};
  return kNames[static_cast<std::size_t>(stage)];
}

CallFailure failure_of(net::HttpFailure failure) {
  const auto kind = kind_of_fault(failure);
  CallFailure made(std::move(failure.error), kind, stage_of(failure.stage));
  made.status = failure.status;
  made.request_sent = failure.request_sent;
  made.answer_began = failure.answer_began;
  made.timeout = failure.timeout;
  made.reused_connection_closed = failure.reused_connection_closed;
  return made;
}

}  // namespace gvm::provider
