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

Result<net::HttpResponse> status(int code, std::vector<net::HttpHeader> headers = {}) {
  net::HttpResponse response;
  response.status = code;
  response.headers = std::move(headers);
  return response;
}

enum class Sent { nothing, request, part_of_the_answer };
Result<net::HttpResponse> failure(std::string_view kind, Sent sent) {
  Error error(codes::kSendingRequest, Fatality::fatal);
  error.with("kind", Value::string(std::string(kind)));
  error.with("request_sent", Value::boolean(sent != Sent::nothing));
  error.with("answer_began", Value::boolean(sent == Sent::part_of_the_answer));
  return fail(std::move(error));
}

bool repeated(std::string method, const Result<net::HttpResponse>& outcome, unsigned attempt = 1) {
  return retry_after(request(std::move(method)), outcome, {}, attempt, Deadline::never())
      .has_value();
}

TEST(WebRetries, WhatWasNeverSentIsRepeatedWhateverTheMethod) {
  EXPECT_TRUE(repeated("POST", failure("connect", Sent::nothing)));
  EXPECT_TRUE(repeated("PATCH", failure("dns", Sent::nothing)));
}

TEST(WebRetries, WhatMayHaveArrivedIsRepeatedOnlyForIdempotentMethods) {
  EXPECT_TRUE(repeated("GET", failure("reset", Sent::request)));
  EXPECT_TRUE(repeated("PUT", failure("reset", Sent::request)));
  EXPECT_FALSE(repeated("POST", failure("reset", Sent::request)));
  EXPECT_FALSE(repeated("PATCH", failure("reset", Sent::request)));
  EXPECT_FALSE(repeated("GET", failure("reset", Sent::part_of_the_answer)));
}

TEST(WebRetries, WhatCannotGetBetterIsNotRepeated) {
  EXPECT_FALSE(repeated("GET", failure("tls", Sent::nothing)));
  EXPECT_FALSE(repeated("GET", failure("protocol", Sent::request)));
  Error no_name(codes::kSendingRequest, Fatality::fatal);
  no_name.with("kind", Value::string("dns")).with("dns", Value::string("no_name"));
  EXPECT_FALSE(repeated("GET", fail(std::move(no_name))));
  EXPECT_FALSE(repeated("GET", fail(Error(codes::kAddressForbidden, Fatality::user))));
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
