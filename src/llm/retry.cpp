#include "llm/retry.h"

#include <algorithm>

#include "net/backoff.h"
#include "text/json_view.h"

namespace gvm::llm {
namespace {

using std::chrono::milliseconds;

}  // namespace

bool is_worth_retrying(const Result<net::HttpResponse>& response, const config::RetryConfig& rule) {
  if (response)
    return std::ranges::find(rule.on_statuses, response->status) != rule.on_statuses.end();
  if (!rule.on_network_errors) return false;
  const auto kind = text::string_at(response.error().ctx(), "/kind");
  return kind == "dns" || kind == "connect" || kind == "tls" || kind == "reset";
}

milliseconds retry_delay(const Result<net::HttpResponse>& response, const config::RetryConfig& rule,
                         unsigned attempt) {
  if (response) {
    if (auto asked = net::retry_after(*response)) return *asked;
  }
  return net::backoff(rule.backoff, rule.max_backoff, attempt);
}

}  // namespace gvm::llm
