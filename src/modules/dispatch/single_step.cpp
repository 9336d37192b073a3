#include "dispatch/single_step.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "base/error_codes.h"
#include "dispatch/report.h"
#include "dispatch/retry.h"
#include "net/pause.h"

namespace gvm::dispatch {
namespace {

using std::chrono::milliseconds;

// How one exchange ended.
struct Tried {
  Result<provider::ProviderAnswer> answer;
  std::optional<provider::CallFailure> failure;  // of the call itself; empty when it was not made

  explicit Tried(provider::Exchanged exchanged)
      : answer(exchanged ? Result<provider::ProviderAnswer>(std::move(*exchanged))
                         : fail(exchanged.error().error)) {
    if (!exchanged) failure = std::move(exchanged).error();
  }
  explicit Tried(Error refusal) : answer(fail(std::move(refusal))) {}

  // The provider had closed the pooled connection: nothing is wrong with the provider, so the same
  // call is made once more, on a fresh connection and with money of its own.
  bool was_stale() const { return failure && failure->reused_connection_closed; }
};

class SingleStep {
 public:
  SingleStep(RunContext context, provider::Catalog::Found found, provider::ProviderCall call,
             Deadline deadline)
      : context_(std::move(context)),
        found_(found),
        call_(std::move(call)),
        deadline_(deadline),
        retry_(found.backend->config->retry) {}

  // One exchange after another until one is final; the answer is charged for all of them. A retry
  // waits what the upstream asks for, or backs off.
  asio::awaitable<Result<provider::ProviderAnswer>> run() {
    begin();
    auto& retries = context_.call.counters->at(found_.model->counters).retries;
    const auto attempts = static_cast<unsigned>(std::max(1, retry_.attempts));
    bool renewed = false;
    for (unsigned number = 1;;) {
      auto tried = co_await try_once();
      if (tried.answer) co_return finish(std::move(tried.answer));
      if (!renewed && tried.was_stale()) {
        renewed = true;
        retries.fetch_add(1, std::memory_order_relaxed);
        continue;
      }
      if (number >= attempts || !tried.failure || !is_worth_retrying(*tried.failure, retry_))
        co_return finish(std::move(tried.answer));
      const milliseconds wait = pause_before_retry(tried, number);
      // Waiting past the deadline helps nobody: the script may still go elsewhere.
      if (deadline_.remaining() <= wait) co_return finish(std::move(tried.answer));
      retries.fetch_add(1, std::memory_order_relaxed);
      auto paused = co_await net::pause_until(Deadline::in(wait));
      if (!paused) co_return finish(fail(std::move(paused).error()));
      ++number;
    }
  }

 private:
  void begin() {
    if (context_.engine == nullptr) return;
    prices_ = context_.engine->spending->prices();
    candidate_ = choose_of_model(context_, *found_.model, call_.prompt, *prices_, choice_);
    ++context_.facts->prompts;
    // The script, which goes on, has the last word.
    report_.emplace(context_, choice_, log::Level::debug);
  }

  asio::awaitable<Tried> try_once() {
    provider::ProviderCall copy{call_.provider, call_.model, call_.format, call_.prompt.borrowed()};
    if (context_.engine == nullptr) {
      provider::Target target;
      target.backend = found_.backend;
      target.model = found_.model;
      auto plain = co_await exchange(context_.call, target, std::move(copy), deadline_);
      co_return Tried(std::move(plain));
    }
    CallOrder order;
    order.candidate = candidate_;
    order.urgency = routing::Urgency::regardless;
    order.tokens = choice_.request.tokens;
    order.call = std::move(copy);
    order.prices = prices_;
    order.record = choice_.decision.id;
    RoutedCall called;
    co_await make_call(context_, std::move(order), deadline_, called);
    report_->add(candidate_, called, false);
    if (called.refusal) co_return Tried(std::move(*called.refusal));
    co_return Tried(std::move(*called.exchanged));
  }

  // Another key or endpoint need not wait for what this one asked for.
  milliseconds pause_before_retry(const Tried& tried, unsigned number) {
    auto asked = tried.failure ? tried.failure->retry_after : std::nullopt;
    if (context_.engine != nullptr) {
      PromptChoice again;
      const auto next = choose_of_model(context_, *found_.model, call_.prompt, *prices_, again);
      if (std::exchange(candidate_, next) != next) asked.reset();
    }
    return retry_delay(asked, retry_, number);
  }

  // Charges an answer for all its calls, and writes the record.
  Result<provider::ProviderAnswer> finish(Result<provider::ProviderAnswer> answer) {
    if (!report_) return answer;
    if (answer) {
      answer->record = choice_.decision.id;
      // A rate that leaves 256 bits was no reason to refuse the call, so it is none to lose it.
      if (auto gen = report_->consumed_gen()) answer->consumed_gen = std::move(*gen);
      report_->answered(candidate_);
    } else {
      report_->failed(answer.error());
      answer.error().with("record", Value::string(choice_.decision.id));
    }
    return answer;
  }

  RunContext context_;
  provider::Catalog::Found found_;
  provider::ProviderCall call_;
  Deadline deadline_;
  const config::RetryConfig& retry_;
  std::shared_ptr<const pricing::Catalog> prices_;
  PromptChoice choice_;
  routing::CandidateId candidate_ = 0;
  std::optional<PromptReport> report_;  // with an engine
};

}  // namespace

asio::awaitable<Result<provider::ProviderAnswer>> call_provider(RunContext context,
                                                                provider::ProviderCall call,
                                                                Deadline deadline) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const std::string provider = call.provider;
  const std::string model = call.model;
  const auto* catalog = context.call.catalog;
  auto found = catalog->find(provider, model);
  if (!found) co_return fail(std::move(found).error());
  SingleStep step(std::move(context), *found, std::move(call), deadline);
  auto answer = co_await step.run();
  if (!answer) {
    Error& error = answer.error();
    error.with("provider", Value::string(provider)).with("model", Value::string(model));
    catalog->redactor().redact(error);
  }
  co_return answer;
}

}  // namespace gvm::dispatch
