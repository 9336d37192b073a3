#include "llm/provider_call.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "llm/retry.h"
#include "net/pause.h"

namespace gvm::llm {
namespace {

using std::chrono::milliseconds;

// One exchange after another until one is final. A retry waits what the upstream asks for, or backs
// off.
asio::awaitable<Result<ProviderAnswer>> call_with_retries(CallContext context, Target target,
                                                          ProviderCall call, Deadline deadline) {
  const config::RetryConfig& retry = target.backend->config->retry;
  const auto attempts = static_cast<unsigned>(std::max(1, retry.attempts));
  for (unsigned number = 1; number < attempts; ++number) {
    ProviderCall copy = call;
    auto attempted = co_await attempt(context, target, std::move(copy), deadline);
    if (attempted.answer || !is_worth_retrying(attempted.answer.error(), retry))
      co_return std::move(attempted.answer);
    const milliseconds wait = retry_delay(attempted.retry_after, retry, number);
    // Waiting past the deadline helps nobody: the script may still go elsewhere.
    if (deadline.remaining() <= wait) co_return std::move(attempted.answer);
    context.counters->at(target.model->counters).retries.fetch_add(1, std::memory_order_relaxed);
    auto paused = co_await net::pause_until(Deadline::in(wait));
    if (!paused) co_return fail(std::move(paused).error());
  }
  auto last = co_await attempt(context, target, std::move(call), deadline);
  co_return std::move(last.answer);
}

}  // namespace

asio::awaitable<Result<ProviderAnswer>> call_provider(CallContext context, ProviderCall call,
                                                      Deadline deadline) {
  const std::string provider = call.provider;
  const std::string model = call.model;
  auto found = context.catalog->find(provider, model);
  if (!found) co_return fail(std::move(found).error());
  Target target;
  target.backend = found->backend;
  target.model = found->model;
  auto answer = co_await call_with_retries(context, target, std::move(call), deadline);
  if (!answer) {
    Error& error = answer.error();
    error.with("provider", Value::string(provider)).with("model", Value::string(model));
    context.catalog->redactor().redact(error);
  }
  co_return answer;
}

}  // namespace gvm::llm
