#pragma once
// One connection of a GenVM whose requests the operator's script answers: what both modules'
// sessions have in common. A module derives from it and says how a message becomes a call of an
// entry point and what the entry point's result means. On one lane.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/redactor.h"
#include "envelope/hello.h"
#include "host/request_signer.h"
#include "script/script.h"
#include "serve/service.h"

namespace gvm::scripted {

namespace asio = boost::asio;

// What all sessions of a module share; immutable.
struct ModuleContext {
  std::shared_ptr<const host::SigningKeys> signing_keys;
  std::shared_ptr<const Redactor> redactor;
  std::shared_ptr<const script::Program> program;
  log::Logger logger;
};

class Session : public serve::SessionHandler {
 public:
  using Arguments = std::vector<script::Argument>;

  // `context` and `pool` outlive the session.
  Session(const ModuleContext& context, script::SessionPool& pool);

  Result<void> hello(std::string frame) final;
  asio::awaitable<std::string> request(std::string frame, Deadline deadline) final;
  std::string deadline_reply() final;
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
  const log::Logger& logger() const { return context_.logger; }

 private:
  asio::awaitable<Result<std::string>> decode_and_answer(std::string_view frame, Deadline deadline);
  asio::awaitable<Result<void>> ensure_script(Deadline deadline);
  asio::awaitable<Result<void>> run_setup(Deadline deadline);
  Result<std::unique_ptr<script::Session>> open_script();
  std::string reply_to(Error error);
  Value stats() const;

  const ModuleContext& context_;
  script::SessionPool& pool_;
  envelope::Hello hello_;
  std::unique_ptr<script::Session> script_;  // made by the first request
  std::uint64_t requests_ = 0;
  std::uint64_t user_errors_ = 0;
  std::uint64_t fatal_errors_ = 0;
};

}  // namespace gvm::scripted
