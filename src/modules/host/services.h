#pragma once
// What the common host functions need from a session besides its script. A product subclasses it
// with what its own functions need. Owned by the session; used on its lane only.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/deadline.h"
#include "base/log.h"
#include "base/redactor.h"
#include "host/outgoing.h"
#include "script/script.h"
#include "trace/span.h"

namespace gvm::host {

class OpenDatabases;

class Services : public script::Services {
 public:
  // `redactor` may be null.
  explicit Services(std::shared_ptr<const Redactor> redactor) : redactor_(std::move(redactor)) {}

  // Sends the requests of lib.rs.request.
  virtual Sender& sender() = 0;
  const Redactor* redactor() const { return redactor_.get(); }
  // The databases that the script has open; null until it opens one. They close with the session.
  std::shared_ptr<OpenDatabases>& databases() { return databases_; }

  // Before the first request: host calls become spans below that of the request that runs.
  void trace_below(std::shared_ptr<const trace::Span> request) { request_ = std::move(request); }
  // Before the first request: host calls that wait are logged at level debug.
  void log_calls(log::Logger logger, std::uint64_t session, std::string tx) {
    logger_ = std::move(logger);
    session_ = session;
    tx_ = std::move(tx);
  }
  // Of the host call that runs; empty when none does or there are no traces. Stays at its place.
  trace::Span& call_span() { return call_; }
  // At most one host call of a session waits at a time. `error`: null, there was none.
  bool watches_calls() const { return request_ || logger_.enabled(log::Level::debug); }
  void call_begins(std::string_view function);
  void call_ended(const Error* error);

 private:
  void log_call(const Error* error) const;

  std::shared_ptr<const Redactor> redactor_;
  std::shared_ptr<const trace::Span> request_;  // null: there are no traces
  trace::Span call_;
  log::Logger logger_;
  std::uint64_t session_ = 0;
  std::string tx_;
  // Of the host call that runs.
  std::string running_;
  Clock::time_point began_;
  std::shared_ptr<OpenDatabases> databases_;
};

}  // namespace gvm::host
