#pragma once
// Collects a prompt's calls, costs and errors, and makes of them the decision record, the log's
// lines and the error of a prompt that nobody answered. On a lane.
#include <optional>
#include <string>

#include "dispatch/candidate_call.h"
#include "dispatch/choice.h"
#include "routing/failover.h"

namespace gvm::dispatch {

class PromptReport {
 public:
  // `context` and `choice` outlive it. `failures`: the log level of calls that failed.
  PromptReport(const RunContext& context, PromptChoice& choice, log::Level failures)
      : context_(context), choice_(choice), failures_level_(failures) {}

  // Why a call was made, unless as the first or because another one had failed.
  struct Occasion {
    bool hedge = false;       // beside a slow one
    bool correction = false;  // to tell what was wrong with the last answer
  };
  // Of a call that has ended. One that was not admitted leaves no trace.
  void add(routing::CandidateId id, const CandidateCall& call, Occasion occasion);

  std::int64_t nano_usd() const { return nano_usd_; }
  // What the host is charged; BAD_GEN_RATE when it is beyond 256 bits.
  Result<Integer> consumed_gen() const;

  // The error of a prompt whose plan has given up. An error of the prompt itself (its budget, its
  // arguments, its cancellation) is passed on; otherwise the error lists the failed calls.
  Error give_up(const routing::GiveUp& over) const;
  // Of the call that failed last; there was one.
  const Error& last_error() const { return *last_error_; }

  // To be called once, at the end: passes the record to the ledger and logs which candidate
  // answered.
  void answered(routing::CandidateId id);
  void failed(const Error& error);

 private:
  void note_failure(routing::CandidateId id, const Error& error, routing::ErrorKind kind);
  void log_failure(routing::CandidateId id, const CandidateCall& call, const Error& error) const;
  void log_answer(routing::CandidateId id) const;
  std::string needs() const;
  Value session() const;
  std::string said_in(const CandidateCall& call) const;
  void write(std::string outcome);

  const RunContext& context_;
  PromptChoice& choice_;
  log::Level failures_level_;
  std::int64_t nano_usd_ = 0;  // of all calls
  pricing::Usd cost_;          // the same, not rounded
  std::optional<Error> last_error_;
  std::string last_said_;  // the last words of a provider about a failure, redacted
  Value::Array failures_;
  Value first_failure_;  // null: there is none
};

}  // namespace gvm::dispatch
