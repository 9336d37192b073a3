#include "dispatch/retry.h"

#include <gtest/gtest.h>

#include "base/error_codes.h"

namespace gvm::dispatch {
namespace {

using std::chrono::milliseconds;

using provider::CallFailure;
using provider::CallStage;
using routing::ErrorKind;

CallFailure with_status(int status) {
  CallFailure failure(Error(codes::kStatusNotOk, Fatality::fatal), ErrorKind::server_error,
                      CallStage::status);
  failure.status = status;
  return failure;
}

CallFailure failed(ErrorKind kind) {
  return {Error(codes::kSendingRequest, Fatality::fatal), kind, CallStage::connecting};
}

TEST(Retry, RepeatsTheStatusesOfTheRuleAndConnectionFailures) {
  config::RetryConfig rule;
  EXPECT_TRUE(is_worth_retrying(with_status(429), rule));
  EXPECT_FALSE(is_worth_retrying(with_status(401), rule));
  EXPECT_TRUE(is_worth_retrying(failed(ErrorKind::connect), rule));
  EXPECT_TRUE(is_worth_retrying(failed(ErrorKind::dns), rule));
  EXPECT_FALSE(is_worth_retrying(failed(ErrorKind::garbled), rule));
  rule.on_network_errors = false;
  EXPECT_FALSE(is_worth_retrying(failed(ErrorKind::connect), rule));
}

TEST(Retry, WaitsWhatTheUpstreamAsksFor) {
  EXPECT_EQ(retry_delay(milliseconds(250), config::RetryConfig(), 1), milliseconds(250));
}

TEST(Retry, BacksOffTwiceAsLongEachTimeUpToTheMaximum) {
  config::RetryConfig rule;
  rule.backoff = milliseconds(100);
  rule.max_backoff = milliseconds(300);
  const auto first = retry_delay(std::nullopt, rule, 1);
  EXPECT_GE(first, milliseconds(100));
  EXPECT_LE(first, milliseconds(125));
  EXPECT_GE(retry_delay(std::nullopt, rule, 2), milliseconds(200));
  EXPECT_EQ(retry_delay(std::nullopt, rule, 9), milliseconds(300));
}

}  // namespace
}  // namespace gvm::dispatch
