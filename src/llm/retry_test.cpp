#include "llm/retry.h"

#include <gtest/gtest.h>

#include "base/error_codes.h"

namespace gvm::llm {
namespace {

using std::chrono::milliseconds;

Result<net::HttpResponse> with_status(int status, std::vector<net::HttpHeader> headers = {}) {
  net::HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  return response;
}

Result<net::HttpResponse> failed(std::string_view kind) {
  Error error(codes::kSendingRequest, Fatality::fatal);
  error.with("kind", Value::string(std::string(kind)));
  return fail(std::move(error));
}

TEST(Retry, RepeatsTheStatusesOfTheRuleAndConnectionFailures) {
  const config::RetryConfig rule;
  EXPECT_TRUE(is_worth_retrying(with_status(429), rule));
  EXPECT_FALSE(is_worth_retrying(with_status(200), rule));
  EXPECT_FALSE(is_worth_retrying(with_status(401), rule));
  EXPECT_TRUE(is_worth_retrying(failed("connect"), rule));
  EXPECT_TRUE(is_worth_retrying(failed("dns"), rule));
  EXPECT_FALSE(is_worth_retrying(failed("protocol"), rule));
}

TEST(Retry, WaitsWhatTheUpstreamAsksFor) {
  const config::RetryConfig rule;
  EXPECT_EQ(retry_delay(with_status(429, {{"retry-after", "3"}}), rule, 1), milliseconds(3000));
  EXPECT_EQ(
      retry_delay(with_status(429, {{"retry-after-ms", "250"}, {"retry-after", "9"}}), rule, 1),
      milliseconds(250));
}

TEST(Retry, BacksOffTwiceAsLongEachTimeUpToTheMaximum) {
  config::RetryConfig rule;
  rule.backoff = milliseconds(100);
  rule.max_backoff = milliseconds(300);
  const auto first = retry_delay(with_status(503), rule, 1);
  EXPECT_GE(first, milliseconds(100));
  EXPECT_LE(first, milliseconds(125));
  EXPECT_GE(retry_delay(with_status(503), rule, 2), milliseconds(200));
  EXPECT_EQ(retry_delay(with_status(503), rule, 9), milliseconds(300));
}

}  // namespace
}  // namespace gvm::llm
