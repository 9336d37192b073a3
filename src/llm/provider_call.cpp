#include "llm/provider_call.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "base/error_codes.h"
#include "llm/error_kind.h"
#include "llm/permit.h"
#include "llm/retry.h"
#include "net/http_client.h"
#include "net/pause.h"
#include "text/json_view.h"

namespace gvm::llm {
namespace {

using std::chrono::milliseconds;

struct Paid {
  Attempted attempted;
  pricing::Usd cost;
};

Paid failed(Error error) {
  Paid out;
  out.attempted.answer = fail(std::move(error));
  return out;
}

void charge(const RunContext& context, const pricing::Usd& cost, ProviderAnswer& answer) {
  if (context.facts == nullptr || !context.facts->gen_rate) return;
  auto gen = pricing::consumed_gen(cost, *context.facts->gen_rate);
  if (gen) answer.consumed_gen = std::move(*gen);
}

// One call with its place at the backend and its money.
asio::awaitable<Paid> paid_attempt(RunContext context, Target target, ProviderCall call,
                                   Deadline deadline) {
  const auto engine = context.engine;
  const auto id = engine->router->candidates().first_of(*target.model);
  auto permit = co_await enter(engine->router->gate(*id), deadline);
  if (!permit) co_return failed(std::move(permit).error());
  std::string key = engine->router->candidates().key_name(*id);
  const auto& prices = context.call.catalog->config().pricing;
  const CallSize size = size_of(call.prompt, *target.model->config, prices.assumed_max_tokens);
  auto catalogue = engine->spending->prices();
  auto purchase = co_await engine->spending->reserve(std::move(catalogue), target, std::move(key),
                                                     size, *context.facts);
  if (!purchase) co_return failed(std::move(purchase).error());
  purchase->sending();
  const Format format = call.format;
  const bool has_images = !call.prompt.images.empty();
  auto attempted = co_await attempt(context.call, target, std::move(call), deadline);
  Paid paid;
  paid.attempted = std::move(attempted);
  const auto& answer = paid.attempted.answer;
  const auto kind = answer ? std::string_view()
                           : routing::name_of(error_kind(answer.error(), format, has_images));
  paid.cost = purchase->end(paid.attempted, kind, "").cost();
  co_return paid;
}

asio::awaitable<Paid> one_attempt(RunContext context, Target target, ProviderCall call,
                                  Deadline deadline) {
  if (context.engine == nullptr) {
    auto attempted = co_await attempt(context.call, target, std::move(call), deadline);
    Paid plain;
    plain.attempted = std::move(attempted);
    co_return plain;
  }
  auto paid = co_await paid_attempt(std::move(context), target, std::move(call), deadline);
  co_return paid;
}

// A kept connection that the provider had closed meanwhile: nothing is wrong with the provider, so
// the same call is made once more, on a fresh connection and with money of its own.
bool was_stale(const Attempted& attempted) {
  return !attempted.answer && attempted.answer.error().ctx().find("kept_connection") != nullptr;
}

// One exchange after another until one is final; the answer is charged for all of them. A retry
// waits what the upstream asks for, or backs off.
asio::awaitable<Result<ProviderAnswer>> call_with_retries(RunContext context, Target target,
                                                          ProviderCall call, Deadline deadline) {
  const config::RetryConfig& retry = target.backend->config->retry;
  const auto attempts = static_cast<unsigned>(std::max(1, retry.attempts));
  auto& retries = context.call.counters->at(target.model->counters).retries;
  bool renewed = false;
  pricing::Usd cost;
  for (unsigned number = 1;;) {
    ProviderCall copy = call;
    auto paid = co_await one_attempt(context, target, std::move(copy), deadline);
    auto& attempted = paid.attempted;
    cost = cost + paid.cost;
    if (attempted.answer) {
      charge(context, cost, *attempted.answer);
      co_return std::move(attempted.answer);
    }
    if (!renewed && was_stale(attempted)) {
      renewed = true;
      retries.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    const bool again = number < attempts && is_worth_retrying(attempted.answer.error(), retry);
    const milliseconds wait = retry_delay(attempted.retry_after, retry, number);
    // Waiting past the deadline helps nobody: the script may still go elsewhere.
    if (!again || deadline.remaining() <= wait) co_return std::move(attempted.answer);
    retries.fetch_add(1, std::memory_order_relaxed);
    auto paused = co_await net::pause_until(Deadline::in(wait));
    if (!paused) co_return fail(std::move(paused).error());
    ++number;
  }
}

}  // namespace

asio::awaitable<Result<ProviderAnswer>> call_provider(RunContext context, ProviderCall call,
                                                      Deadline deadline) {
  const std::string provider = call.provider;
  const std::string model = call.model;
  auto found = context.call.catalog->find(provider, model);
  if (!found) co_return fail(std::move(found).error());
  Target target;
  target.backend = found->backend;
  target.model = found->model;
  auto answer = co_await call_with_retries(context, target, std::move(call), deadline);
  if (!answer) {
    Error& error = answer.error();
    error.with("provider", Value::string(provider)).with("model", Value::string(model));
    context.call.catalog->redactor().redact(error);
  }
  co_return answer;
}

}  // namespace gvm::llm
