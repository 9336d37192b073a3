#pragma once
// One connection of a GenVM whose requests the operator's script answers: what both modules'
// sessions have in common. A module derives from it and says how a message becomes a call of an
// entry point and what the entry point's result means. On one lane.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/redactor.h"
#include "base/sampled_logger.h"
#include "config/common_config.h"
#include "envelope/hello.h"
#include "host/request_signer.h"
#include "net/lane.h"
#include "script/script.h"
#include "scripted/http_clients.h"
#include "scripted/open_session.h"
#include "scripted/pools.h"
#include "serve/service.h"
#include "trace/tracer.h"

namespace gvm::scripted {

namespace asio = boost::asio;

// For "request failed": during an outage every request would write the same line.
inline std::shared_ptr<log::SampledLogger> failures_of(log::Logger logger) {
  constexpr int kShown = 10;  // of each error code in a minute
  return std::make_shared<log::SampledLogger>(std::move(logger), log::SampledLogger::kInterval,
                                              kShown);
}

// What all sessions of a module share that began under one configuration; immutable but for what
// was logged lately. A reload makes another one: a session keeps the one that it began with
// (docs/adr/0020-reload.md).
struct ModuleContext {
  std::shared_ptr<const host::SigningKeys> signing_keys;
  std::shared_ptr<const Redactor> redactor;
  std::shared_ptr<const script::Program> program;
  std::shared_ptr<Pools> pools;
  std::shared_ptr<HttpClients> http;
  log::Logger logger;
  std::shared_ptr<log::SampledLogger> failures = failures_of({});
  bool log_content = false;  // texts of prompts and answers at level trace
  config::TracesConfig traces;
  std::shared_ptr<const trace::Tracer> tracer;  // null: there are no traces
  std::uint64_t generation = 1;                 // counts from 1 at the start of the process
};

class Session : public serve::SessionHandler {
 public:
  using Arguments = std::vector<script::Argument>;

  // `lane` outlives the session.
  // `number`: the server's, in the lines that the session logs.
  Session(std::shared_ptr<const ModuleContext> context, net::Lane& lane, std::uint64_t number = 0);

  Result<void> hello(std::string frame) final;
  std::string take_token() final { return envelope::take_token(hello_); }
  asio::awaitable<std::string> request(std::string frame, Deadline deadline) final;
  std::string deadline_reply() final;
  std::string refusal_reply(Error error) final;
  asio::awaitable<void> finish(Deadline deadline) final;
  bool ended() const final { return script_ != nullptr && !script_->usable(); }

 protected:
  // One request, decoded; it may borrow from the frame, which outlives the call. The reply, ready
  // to be sent.
  virtual asio::awaitable<Result<std::string>> answer(Value message, Deadline deadline) = 0;
  // What the module's host functions need; made once, with the session's Lua state.
  virtual std::unique_ptr<script::Services> make_services() = 0;
  // The identity that signatures for this peer name; for make_services().
  host::SigningIdentity identity() const;

  // Calls the script's entry point. The first call makes the Lua state and runs Setup.
  asio::awaitable<Result<Value>> call_script(std::string_view entry, Arguments arguments,
                                             Deadline deadline);
  // The first call of the script moves `fields` into it.
  const envelope::Hello& peer() const { return hello_; }
  // Adds the module's own counters of this session to the answer of "GetStats".
  virtual void add_stats(Value::Map& stats) const = 0;
  // For a request that exceeded serve.request_timeout: whether the contract may catch the error.
  virtual Fatality deadline_fatality() const { return Fatality::fatal; }
  const log::Logger& logger() const { return context_->logger; }
  // Whether texts of prompts and answers may be written, at level trace.
  bool logs_content() const { return context_->log_content && logger().enabled(log::Level::trace); }
  // The server's, in the lines that the session logs.
  std::uint64_t number() const { return number_; }
  net::Lane& lane() const { return lane_; }

 private:
  asio::awaitable<Result<std::string>> decode_and_answer(std::string_view frame, Deadline deadline);
  asio::awaitable<Result<void>> ensure_script(Deadline deadline);
  asio::awaitable<Result<void>> run_setup(Deadline deadline);
  Result<std::unique_ptr<script::Session>> open_script();
  std::string reply_to(Error error);
  void begin_trace();
  void begin_span();
  void end_span(const Error& error);
  void log_failure(const Error& error) const;
  void log_answer(Clock::time_point began) const;
  Value stats() const;

  const OpenSession counted_;
  std::shared_ptr<const ModuleContext> context_;  // outlives script_
  const std::uint64_t number_;
  net::Lane& lane_;
  envelope::Hello hello_;
  std::shared_ptr<trace::Span> span_;  // of the request that runs; null: there are no traces
  std::optional<trace::SpanContext> trace_parent_;
  std::unique_ptr<script::Session> script_;  // made by the first request
  std::uint64_t requests_ = 0;
  std::uint64_t user_errors_ = 0;
  std::uint64_t fatal_errors_ = 0;
};

}  // namespace gvm::scripted
