#include "dispatch/candidate_call.h"

#include "base/error_codes.h"
#include "dispatch/permit.h"

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

void refuse(RoutedCall& out, Error error, ErrorKind kind) {
  out.refusal = std::move(error);
  out.kind = kind;
  out.outcome = routing::Outcome::failure(kind);
  out.ended = Clock::now();
}

void judge(RoutedCall& out) {
  if (const auto* failure = out.failure()) {
    out.kind = failure->kind;
    out.outcome.error = out.kind;
    out.outcome.retry_after = failure->retry_after;
    return;
  }
  const auto& usage = (*out.exchanged)->usage;
  out.outcome.tokens = usage.total ? usage.total : provider::sum_of(usage.input, usage.output);
}

}  // namespace

asio::awaitable<void> make_call(RunContext context, CallOrder order, Deadline deadline,
                                RoutedCall& out) {
  const auto engine = context.engine;
  Router& router = *engine->router;
  const provider::Target target = router.candidates().target(order.candidate);
  auto permit = co_await enter(router.gate(order.candidate), deadline);
  if (!permit) {
    const auto kind = permit_failure(permit.error());
    co_return refuse(out, std::move(permit).error(), kind);
  }
  const auto assumed = context.call.catalog->config().pricing.assumed_max_tokens;
  const billing::CallSize size =
      billing::size_of(order.call.prompt, *target.model->config, assumed);
  std::string key = router.candidates().key_name(order.candidate);
  auto prices = std::move(order.prices);
  auto purchase = co_await engine->spending->reserve(std::move(prices), target, std::move(key),
                                                     size, *context.facts);
  if (!purchase) {
    const auto kind = budget_failure(*engine->spending, purchase.error());
    co_return refuse(out, std::move(purchase).error(), kind);
  }
  const auto began = Clock::now();
  auto admission = router.health().begin(order.candidate, began, order.tokens, order.urgency);
  if (!admission) {
    out.admitted = false;
    co_return;
  }
  out.began = began;
  out.reserved = purchase->worst_nano_usd();
  purchase->sending();
  if (order.on_sending) order.on_sending();
  provider::ProviderCall call = std::move(order.call);
  auto exchanged = co_await exchange(context.call, target, std::move(call), deadline);
  out.exchanged.emplace(std::move(exchanged));
  judge(out);
  const auto kind = out.kind ? routing::name_of(*out.kind) : std::string_view();
  out.bill = purchase->end(*out.exchanged, kind, order.record);
  out.outcome.cost = out.bill.nano_usd;
  out.ended = Clock::now();
  admission->finish(out.outcome, out.ended);
}

}  // namespace gvm::dispatch
