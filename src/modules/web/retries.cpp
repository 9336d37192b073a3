#include "web/retries.h"

#include <algorithm>
#include <array>

#include "base/error_codes.h"
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

std::string_view text_of(const Error& error, std::string_view key) {
  const Value* value = error.ctx().find(key);
  return value == nullptr ? std::string_view() : value->as_string().value_or("");
}

// Failures another attempt may not see. A certificate, a malformed answer or a forbidden address
// stay what they are.
bool may_pass(const Error& error) {
  constexpr std::array<std::string_view, 5> kKinds{"dns", "connect", "proxy", "reset", "send"};
  if (error.code() == codes::kDeadlineExceeded) return text_of(error, "timeout") == "connect";
  if (error.code() != codes::kSendingRequest) return false;
  const auto dns = text_of(error, "dns");
  if (dns == "no_name" || dns == "no_address" || dns == "bad_name") return false;
  return std::ranges::find(kKinds, text_of(error, "kind")) != kKinds.end();
}

bool is_worth_repeating(const net::HttpRequest& request, const Result<net::HttpResponse>& outcome,
                        const RetrySettings& settings) {
  if (outcome) {
    return is_safe(request.method) &&
           std::ranges::find(settings.statuses, outcome->status) != settings.statuses.end();
  }
  if (!may_pass(outcome.error())) return false;
  const auto progress = net::progress_of(outcome.error());
  if (!progress.request_sent || text_of(outcome.error(), "kind") == "dns") return true;
  return !progress.answer_began && may_be_repeated(request.method);
}

}  // namespace

std::optional<milliseconds> retry_after(const net::HttpRequest& request,
                                        const Result<net::HttpResponse>& outcome,
                                        const RetrySettings& settings, unsigned attempt,
                                        Deadline deadline) {
  if (attempt >= settings.attempts || !is_worth_repeating(request, outcome, settings))
    return std::nullopt;
  auto wait = net::backoff(settings.backoff, settings.longest_backoff, attempt);
  if (outcome) {
    const auto asked = net::retry_after(*outcome);
    // A server that wants to be left alone for longer has its answer handed on.
    if (asked && *asked > settings.longest_backoff) return std::nullopt;
    if (asked) wait = *asked;
  }
  if (!deadline.is_never() && deadline.remaining() <= wait) return std::nullopt;
  return wait;
}

}  // namespace gvm::web
