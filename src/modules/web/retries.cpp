#include "web/retries.h"

#include <algorithm>

#include "net/backoff.h"

namespace gvm::web {
namespace {

using std::chrono::milliseconds;

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

bool may_be_repeated(std::string_view method) {
  return is_safe(method) || method == "PUT" || method == "DELETE";
}

// A name that does not exist will not exist a moment later.
bool is_unknown_name(const Error& error) {
  const Value* value = error.ctx().find("dns");
  const auto dns = value == nullptr ? std::string_view() : value->as_string().value_or("");
  return dns == "no_name" || dns == "no_address" || dns == "bad_name";
}

// Another attempt may succeed. A bad certificate, a malformed answer or a forbidden address will
// be the same again.
bool is_transient(const net::HttpFailure& failure) {
  using Fault = net::HttpFault;
  switch (failure.fault) {
    case Fault::dns:
      return !is_unknown_name(failure);
    case Fault::connect:
    case Fault::proxy:
    case Fault::reset:
    case Fault::send:
      return true;
    case Fault::timeout:
      return failure.timeout == net::TimeoutKind::connect;
    default:
      return false;
  }
}

bool is_worth_repeating(const net::HttpRequest& request, const net::HttpResult& outcome,
                        const RetrySettings& settings) {
  if (outcome) {
    return is_safe(request.method) &&
           std::ranges::find(settings.statuses, outcome->status) != settings.statuses.end();
  }
  const net::HttpFailure& failure = outcome.error();
  if (!is_transient(failure)) return false;
  if (!failure.request_sent) return true;
  return !failure.answer_began && may_be_repeated(request.method);
}

}  // namespace

std::optional<milliseconds> retry_after(const net::HttpRequest& request,
                                        const net::HttpResult& outcome,
                                        const RetrySettings& settings, unsigned attempt,
                                        Deadline deadline) {
  if (attempt >= settings.attempts || !is_worth_repeating(request, outcome, settings))
    return std::nullopt;
  auto wait = net::backoff(settings.backoff, settings.longest_backoff, attempt);
  if (outcome) {
    const auto asked = net::retry_after(*outcome);
    // When a server asks for a longer pause, its answer is returned.
    if (asked && *asked > settings.longest_backoff) return std::nullopt;
    if (asked) wait = *asked;
  }
  if (!deadline.is_never() && deadline.remaining() <= wait) return std::nullopt;
  return wait;
}

}  // namespace gvm::web
