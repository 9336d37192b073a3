#pragma once
// One call to one candidate: its permit at the backend, its reservation, its admission by the
// breakers, the exchange, and reporting its end to routing and ledger. On a lane.
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "dispatch/run_context.h"
#include "routing/health.h"

namespace gvm::dispatch {

namespace asio = boost::asio;

struct CandidateCallSpec {
  routing::CandidateId candidate = 0;
  routing::Urgency urgency = routing::Urgency::normal;
  std::uint32_t tokens = 0;     // estimate, for the limits per minute
  provider::ProviderCall call;  // provider and model are the candidate's
  std::shared_ptr<const pricing::PriceCatalog> prices;
  std::string record;                // the decision record it belongs to
  std::function<void()> on_sending;  // called right before the request is sent, after all waiting
};

// How far it came, and how it ended.
struct CandidateCall {
  bool ends_prompt = false;      // its failure is the prompt's own
  bool admitted = true;          // false: another call was admitted first; nothing was sent
  std::optional<Error> refusal;  // before anything was sent
  std::optional<provider::Exchanged> exchanged;
  std::optional<routing::ErrorKind> kind;  // empty and exchanged: it answered
  routing::CallOutcome outcome;
  billing::Bill bill;
  std::int64_t reserved = 0;           // nano-USD
  std::optional<routing::Time> began;  // when it left
  routing::Time ended{};

  bool answered() const { return exchanged && !kind; }
  // A budget has no room for this candidate, but may have room for others.
  bool is_too_dear() const { return refusal && kind == routing::ErrorKind::payment_required; }
  // Of the call itself; null when it answered or nothing was sent.
  const provider::CallFailure* failure() const {
    return exchanged && !*exchanged ? &exchanged->error() : nullptr;
  }
  const Error* error() const {
    if (refusal) return &*refusal;
    return failure() ? &failure()->error : nullptr;
  }
  // After somebody else made a failure of its answer.
  void judge_again();
  // Ends a call that nothing was sent of.
  void refuse(Error error, routing::ErrorKind why);
};

// `out` is new. It and the call's views must outlive the awaiting. However the call ends, also by
// cancellation, permit and reservation are released.
asio::awaitable<void> call_candidate(RunContext context, CandidateCallSpec spec, Deadline deadline,
                                     CandidateCall& out);

}  // namespace gvm::dispatch
