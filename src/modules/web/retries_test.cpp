#include "web/retries.h"

#include <gtest/gtest.h>

#include "base/error_codes.h"

namespace gvm::web {
namespace {

using std::chrono::milliseconds;

net::HttpRequest request(std::string method) {
  net::HttpRequest made;
  made.method = std::move(method);
  return made;
}

net::HttpResult status(int code, std::vector<net::HttpHeader> headers = {}) {
  net::HttpResponse response;
  response.status = code;
  response.headers = std::move(headers);
  return response;
}

enum class Sent { nothing, request, part_of_the_answer };
using Fault = net::HttpFault;
net::HttpResult failure(Fault fault, Sent sent) {
  net::HttpFailure made(Error(codes::kSendingRequest, Fatality::fatal));
  made.fault = fault;
  made.request_sent = sent != Sent::nothing;
  made.answer_began = sent == Sent::part_of_the_answer;
  return std::unexpected(std::move(made));
}

bool repeated(std::string method, const net::HttpResult& outcome, unsigned attempt = 1) {
  return retry_after(request(std::move(method)), outcome, {}, attempt, Deadline::never())
      .has_value();
}

TEST(WebRetries, WhatWasNeverSentIsRepeatedWhateverTheMethod) {
  EXPECT_TRUE(repeated("POST", failure(Fault::connect, Sent::nothing)));
  EXPECT_TRUE(repeated("PATCH", failure(Fault::dns, Sent::nothing)));
}

TEST(WebRetries, WhatMayHaveArrivedIsRepeatedOnlyForIdempotentMethods) {
  EXPECT_TRUE(repeated("GET", failure(Fault::reset, Sent::request)));
  EXPECT_TRUE(repeated("PUT", failure(Fault::reset, Sent::request)));
  EXPECT_FALSE(repeated("POST", failure(Fault::reset, Sent::request)));
  EXPECT_FALSE(repeated("PATCH", failure(Fault::reset, Sent::request)));
  EXPECT_FALSE(repeated("GET", failure(Fault::reset, Sent::part_of_the_answer)));
}

TEST(WebRetries, WhatCannotGetBetterIsNotRepeated) {
  EXPECT_FALSE(repeated("GET", failure(Fault::tls, Sent::nothing)));
  EXPECT_FALSE(repeated("GET", failure(Fault::protocol, Sent::request)));
  auto no_name = failure(Fault::dns, Sent::nothing);
  no_name.error().error.with("dns", Value::string("no_name"));
  EXPECT_FALSE(repeated("GET", no_name));
  EXPECT_FALSE(repeated("GET", failure(Fault::address, Sent::nothing)));
}

TEST(WebRetries, StatusesAreRepeatedForSafeMethodsOnly) {
  EXPECT_TRUE(repeated("GET", status(503)));
  EXPECT_FALSE(repeated("PUT", status(503)));
  EXPECT_FALSE(repeated("GET", status(500)));
  EXPECT_FALSE(repeated("GET", status(200)));
}

TEST(WebRetries, AttemptsAreCounted) {
  EXPECT_TRUE(repeated("GET", status(503), 2));
  EXPECT_FALSE(repeated("GET", status(503), 3));
}

TEST(WebRetries, WaitWhatTheServerAsksForOrHandItsAnswerOn) {
  const auto wait = [](std::string seconds, Deadline deadline = Deadline::never()) {
    return retry_after(request("GET"), status(503, {{"retry-after", std::move(seconds)}}), {}, 1,
                       deadline);
  };
  EXPECT_EQ(wait("3"), milliseconds(3'000));
  EXPECT_EQ(wait("600"), std::nullopt);
  EXPECT_EQ(wait("3", Deadline::in(std::chrono::seconds(2))), std::nullopt);
}

}  // namespace
}  // namespace gvm::web
