#include "dispatch/candidate_call.h"

#include "base/error_codes.h"
#include "dispatch/call_span.h"
#include "dispatch/permit.h"
#include "store/codes.h"

namespace gvm::dispatch {
namespace {

using routing::ErrorKind;

ErrorKind permit_failure(const Error& error) {
  if (error.code() == codes::kCancelled) return ErrorKind::cancelled;
  return error.code() == codes::kDeadlineExceeded ? ErrorKind::deadline : ErrorKind::overloaded;
}

ErrorKind budget_failure(const billing::Spending& spending, const Error& error) {
  if (error.code() == codes::kCancelled) return ErrorKind::cancelled;
  if (error.code() != codes::kBudgetExceeded) return ErrorKind::budget;
  // The next key, then the next model may have a budget of its own.
  return spending.leaves_others(error) ? ErrorKind::payment_required : ErrorKind::budget;
}

// Of an answer by which the provider says that the call failed; 0: there was none.
int error_status(const provider::CallFailure& failure) {
  constexpr int kFirstError = 300;
  const bool is_error =
      failure.stage == provider::CallStage::status || failure.status >= kFirstError;
  return is_error ? failure.status : 0;
}

// What it would cost at most to ask again and say what was wrong.
std::int64_t correction_cost(const billing::Spending& spending, const pricing::PriceCatalog& prices,
                             const provider::Target& target, billing::CallSize size,
                             const provider::CallFailure& failure) {
  if (!failure.correction) return 0;
  size.prompt_tokens += failure.correction->size();
  return spending.worst_case(prices, target, size);
}

void judge(CandidateCall& out) {
  if (const auto* failure = out.failure()) {
    out.kind = failure->kind;
    out.outcome.error = out.kind;
    out.outcome.retry_after = failure->retry_after;
    out.outcome.status = error_status(*failure);
    out.outcome.timed_out = failure->timeout.has_value();
    return;
  }
  const auto& usage = (*out.exchanged)->usage;
  out.outcome.tokens = usage.total ? usage.total : provider::sum_of(usage.input, usage.output);
}

billing::CallEnd end_of(const CandidateCall& call) {
  billing::CallEnd end{.kind = call.kind, .status = call.outcome.status};
  if (const auto* failure = call.failure()) {
    end.sent = failure->request_sent;
    if (failure->usage) end.usage = &*failure->usage;
  } else {
    end.usage = &(*call.exchanged)->usage;
  }
  return end;
}

}  // namespace

void CandidateCall::judge_again() {
  if (failure() == nullptr || kind == failure()->kind) return;
  kind = outcome.error = failure()->kind;
  outcome.correction_cost = 0;
}

void CandidateCall::refuse(Error error, ErrorKind why) {
  refusal = std::move(error);
  kind = why;
  outcome = routing::CallOutcome::failure(why);
  ended = Clock::now();
}

asio::awaitable<void> call_candidate(RunContext context, CandidateCallSpec spec, Deadline deadline,
                                     CandidateCall& out) {
  const auto engine = context.engine;
  Router& router = *engine->router;
  const provider::Target target = router.candidates().target(spec.candidate);
  auto permit = co_await enter(router.permit_pool(spec.candidate), deadline);
  if (!permit) {
    const auto kind = permit_failure(permit.error());
    co_return out.refuse(std::move(permit).error(), kind);
  }
  const auto assumed = context.call.catalog->config().pricing.assumed_max_tokens;
  const billing::CallSize size = billing::size_of(spec.call.prompt, *target.model->config, assumed);
  std::string key = router.candidates().key_name(spec.candidate);
  auto prices = spec.prices;
  auto purchase = co_await engine->spending->reserve(std::move(prices), target, std::move(key),
                                                     size, *context.facts);
  if (!purchase) {
    const auto kind = budget_failure(*engine->spending, purchase.error());
    co_return out.refuse(std::move(purchase).error(), kind);
  }
  const auto began = Clock::now();
  auto admission = router.health().begin(spec.candidate, began, spec.tokens, spec.urgency);
  if (!admission) {
    out.admitted = false;
    co_return;
  }
  out.began = began;
  out.reserved = purchase->worst_nano_usd();
  purchase->sending();
  if (spec.on_sending) spec.on_sending();
  trace::Span span = begin_call_span(context, target, spec);
  provider::ProviderCall call = std::move(spec.call);
  call.traceparent = span.traceparent_for(target.backend->config->name);
  auto exchanged = co_await exchange(context.call, target, std::move(call), deadline);
  out.exchanged.emplace(std::move(exchanged));
  judge(out);
  if (const auto* failure = out.failure())
    out.outcome.correction_cost =
        correction_cost(*engine->spending, *spec.prices, target, size, *failure);
  out.bill = purchase->end(end_of(out), spec.record);
  out.outcome.cost = out.bill.nano_usd;
  end_call_span(span, out);
  context.call.counters->at(target.model->counters)
      .nano_usd.fetch_add(static_cast<std::uint64_t>(out.bill.nano_usd), std::memory_order_relaxed);
  out.ended = Clock::now();
  admission->finish(out.outcome, out.ended);
}

}  // namespace gvm::dispatch
