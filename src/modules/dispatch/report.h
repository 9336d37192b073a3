#pragma once
// What becomes known of a prompt: its calls, its cost, its errors. From it come the decision
// record, the log's lines and the error of a prompt that nobody answered. On a lane.
#include <optional>
#include <string>

#include "dispatch/candidate_call.h"
#include "dispatch/choice.h"
#include "routing/failover.h"

namespace gvm::dispatch {

class PromptReport {
 public:
  // Both outlive it. `failures`: at which level the log hears of calls that failed.
  PromptReport(const RunContext& context, PromptChoice& choice, log::Level failures)
      : context_(context), choice_(choice), failures_level_(failures) {}

  // Of a call that has ended. Nobody hears of one that was not admitted.
  void add(routing::CandidateId id, const RoutedCall& call, bool hedge);

  std::int64_t nano_usd() const { return nano_usd_; }
  // What the host is charged; BAD_GEN_RATE when it is beyond 256 bits.
  Result<Integer> consumed_gen() const;

  // The prompt's own end counts before what the state machine says of it.
  Error give_up(const routing::GiveUp& over) const;

  // Ends it, once: the record goes to the ledger, the log hears who answered.
  void answered(routing::CandidateId id);
  void failed(const Error& error);

 private:
  void note_failure(routing::CandidateId id, const Error& error, routing::ErrorKind kind);
  void log_failure(routing::CandidateId id, const RoutedCall& call, const Error& error) const;
  void log_answer(routing::CandidateId id) const;
  std::string needs() const;
  void write(std::string outcome);

  const RunContext& context_;
  PromptChoice& choice_;
  log::Level failures_level_;
  std::int64_t nano_usd_ = 0;  // of all calls
  pricing::Usd cost_;          // the same, not rounded
  std::optional<Error> last_error_;
  Value::Array failures_;
};

}  // namespace gvm::dispatch
