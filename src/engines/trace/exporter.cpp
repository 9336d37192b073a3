#include "trace/exporter.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <exception>
#include <utility>

#include "base/error_detail.h"
#include "net/backoff.h"

namespace gvm::trace {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMostAnswerBytes = 64 * kKiB;
constexpr std::chrono::milliseconds kStep{50};  // between two looks at close()
constexpr int kFirstSuccess = 200;
constexpr int kFirstRedirect = 300;
// "OTLP Specification", Retryable Response Codes.
constexpr std::array<int, 4> kRetryable{429, 502, 503, 504};

// Signals are for other threads, and lanes come first: ADR 11 has figures for this.
void be_in_the_background() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  constexpr int kNicer = 10;
  constexpr int kNicest = 19;
  const sched_param none{};
  (void)::sched_setscheduler(0, SCHED_BATCH, &none);
  (void)::setpriority(PRIO_PROCESS, 0, std::min(::getpriority(PRIO_PROCESS, 0) + kNicer, kNicest));
}

}  // namespace

Exporter::Exporter(TracerOptions options, std::shared_ptr<const Redactor> redactor,
                   log::Logger logger, std::shared_ptr<SpanQueue> queue,
                   std::shared_ptr<Counters> counters)
    : options_(std::move(options)),
      redactor_(std::move(redactor)),
      logger_(std::move(logger)),
      queue_(std::move(queue)),
      counters_(std::move(counters)),
      http_(context_, options_.http) {}

void Exporter::run() {
  be_in_the_background();
  for (;;) {
    const bool closed = queue_->closed();
    const auto batch = queue_->take(kInterval);
    if (!batch.empty()) {
      deliver(batch);
    } else if (closed) {
      return;
    }
  }
}

bool Exporter::out_of_time() {
  if (!give_up_ && queue_->closed()) give_up_ = Clock::now() + kAfterClose;
  return give_up_ && Clock::now() >= *give_up_;
}

void Exporter::deliver(const std::vector<SpanData>& batch) {
  const std::string body = otlp_request(options_.resource, batch, *redactor_);
  Sent sent{Outcome::lost, {}, "the process ends"};
  for (unsigned attempt = 1; !out_of_time(); ++attempt) {
    sent = send(body, batch.size());
    if (sent.outcome != Outcome::again || attempt == kAttempts) break;
    const auto pause = sent.wait.value_or(net::backoff(kFirstPause, kLongestPause, attempt));
    if (!queue_->pause(std::min(pause, kLongestPause))) break;
    counters_->retries.fetch_add(1);
  }
  if (sent.outcome == Outcome::delivered) return;
  counters_->failed.fetch_add(batch.size());
  logger_.warn("traces are lost: the collector does not take them",
               {{"reason", Value::string(redactor_->redact(sent.why))},
                {"spans", Value::integer(static_cast<std::int64_t>(batch.size()))}});
}

Exporter::Sent Exporter::send(const std::string& body, std::size_t spans) {
  const auto answer = exchange(body);
  if (!answer) return {Outcome::again, {}, std::string(detail_of(answer.error().error))};
  const int status = answer->status;
  if (status >= kFirstSuccess && status < kFirstRedirect) {
    const auto refused = std::min<std::uint64_t>(refused_spans(answer->body), spans);
    counters_->refused.fetch_add(refused);
    counters_->sent.fetch_add(spans - refused);
    return {Outcome::delivered};
  }
  const bool again = std::ranges::find(kRetryable, status) != kRetryable.end();
  return {again ? Outcome::again : Outcome::lost, net::retry_after(*answer),
          "traces.endpoint answered " + std::to_string(status)};
}

// The thread waits here; nothing else runs on its context.
net::HttpResult Exporter::exchange(const std::string& body) {
  net::HttpRequest request;
  request.method = "POST";
  request.url = options_.endpoint;
  request.headers.push_back({"content-type", "application/json"});
  request.secret_headers = options_.headers;
  request.body = body;
  request.has_body = true;
  request.timeouts.total = options_.timeout;
  request.max_body = kMostAnswerBytes;
  std::optional<net::HttpResult> result;
  asio::cancellation_signal cancel;
  const auto deadline = Deadline::in(options_.timeout);
  asio::co_spawn(context_, http_.send(std::move(request), deadline),
                 asio::bind_cancellation_slot(
                     cancel.slot(), [&](const std::exception_ptr& failure, net::HttpResult got) {
                       if (failure) std::rethrow_exception(failure);
                       result.emplace(std::move(got));
                     }));
  context_.restart();
  while (!result) {
    context_.run_one_for(kStep);
    if (!result && out_of_time()) cancel.emit(asio::cancellation_type::terminal);
  }
  return std::move(*result);
}

}  // namespace gvm::trace
