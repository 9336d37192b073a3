#include "dispatch/candidate_call.h"

#include "base/error_codes.h"
#include "dispatch/permit.h"
#include "provider/failure_kind.h"

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

// A text that is empty though nothing cut it.
bool says_nothing(const CallOrder& order, const provider::ProviderAnswer& answer) {
  return order.empty_text == EmptyText::is_a_failure &&
         order.call.format == provider::Format::text && !answer.cut &&
         answer.data.as_string().value_or("x").empty();
}

void judge(const CallOrder& order, bool has_images, RoutedCall& out) {
  auto& answer = out.attempted->answer;
  out.outcome.retry_after = out.attempted->retry_after;
  if (answer && says_nothing(order, *answer)) {
    out.attempted->usage = std::move(answer->usage);
    Error empty(codes::kAnswerNotUsable, Fatality::fatal, "the model answered with nothing");
    answer = fail(std::move(empty.with("kind", Value::string("empty"))));
  }
  if (answer) {
    const auto& usage = answer->usage;
    out.outcome.tokens = usage.total ? usage.total : provider::sum_of(usage.input, usage.output);
    return;
  }
  out.kind = provider::error_kind(answer.error(), order.call.format, has_images);
  out.outcome.error = out.kind;
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
  const bool has_images = !order.call.prompt.images.empty();
  provider::ProviderCall call = std::move(order.call);
  order.call.format = call.format;
  auto attempted = co_await attempt(context.call, target, std::move(call), deadline);
  out.attempted.emplace(std::move(attempted));
  judge(order, has_images, out);
  const auto kind = out.kind ? routing::name_of(*out.kind) : std::string_view();
  out.bill = purchase->end(*out.attempted, kind, order.record);
  out.outcome.cost = out.bill.nano_usd;
  out.ended = Clock::now();
  admission->finish(out.outcome, out.ended);
}

}  // namespace gvm::dispatch
