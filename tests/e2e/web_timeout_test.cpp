// Servers that hang at each stage: a typed error, within its limit.
#include <gtest/gtest.h>

#include "e2e/web.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using Behaviour = HttpServer::Behaviour;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLimit = 600ms;
// The limit is 250 ms; the rest allows for sanitizers and a busy machine.
constexpr std::chrono::milliseconds kLate = 250ms + 1000ms * kSlowness;

struct Outcome {
  std::string outcome;
  std::string timeout;  // ctx.timeout
  bool in_time = false;
};

Outcome ask(GenVm& genvm, const std::string& url) {
  const auto start = Clock::now();
  const auto reply = genvm.ask(get(url));
  const auto spent = Clock::now() - start;
  const Value* timeout = reply.ctx.find("timeout");
  return {reply.outcome(), timeout == nullptr ? reply.shown : std::string(*timeout->as_string()),
          spent >= kLimit && spent < kLimit + kLate};
}

void expect_timeout(GenVm& genvm, const std::string& url, std::string_view timeout) {
  const auto outcome = ask(genvm, url);
  EXPECT_EQ(outcome.outcome, "UserError DEADLINE_EXCEEDED") << url;
  EXPECT_EQ(outcome.timeout, timeout) << url;
  EXPECT_TRUE(outcome.in_time) << timeout;
}

TEST(WebTimeout, EachStageHasItsLimitAndSaysSo) {
  HttpServer server([](const HttpServer::Request& request) -> HttpServer::Reply {
    static const std::map<std::string, Behaviour> kinds = {{"/hang", Behaviour::hang},
                                                           {"/headers", Behaviour::hang_in_headers},
                                                           {"/body", Behaviour::hang_in_body}};
    return {.body = std::string(10'000, 'x'), .behaviour = kinds.at(request.target)};
  });
  test::UnacceptingPort unaccepting;
  test::SilentPort silent;
  const Module module(
      web_options("http: {connect_timeout: 600ms, first_byte_timeout: 600ms, idle_timeout: 600ms, "
                  "retry: {attempts: 1}}\n"));
  GenVm genvm(module.port());
  expect_timeout(genvm, unaccepting.url(), "connect");
  expect_timeout(genvm, silent.url(), "first_byte");
  expect_timeout(genvm, server.url("/hang"), "first_byte");
  expect_timeout(genvm, server.url("/body"), "idle");
  EXPECT_EQ(ask(genvm, server.url("/headers")).outcome, "UserError DEADLINE_EXCEEDED");
}

TEST(WebTimeout, AServerThatDripsIsCutByTheMinimumSpeed) {
  HttpServer server([](const HttpServer::Request&) -> HttpServer::Reply {
    return {.body = std::string(10'000, 'x'), .behaviour = Behaviour::drip};
  });
  const Module module(
      web_options("http: {min_speed: 10KiB, min_speed_window: 600ms, retry: {attempts: 1}}\n"));
  GenVm genvm(module.port());
  const auto outcome = ask(genvm, server.url());
  EXPECT_EQ(outcome.outcome, "UserError DEADLINE_EXCEEDED");
  EXPECT_EQ(outcome.timeout, "speed");
}

TEST(WebTimeout, TheWholeRequestHasADeadline) {
  HttpServer server([](const HttpServer::Request&) -> HttpServer::Reply {
    return {.body = std::string(10'000, 'x'), .behaviour = Behaviour::drip};
  });
  const Module module(web_options("serve: {request_timeout: 600ms}\n"));
  GenVm genvm(module.port());
  const auto outcome = ask(genvm, server.url());
  EXPECT_EQ(outcome.outcome, "UserError DEADLINE_EXCEEDED");
  EXPECT_TRUE(outcome.in_time);
  EXPECT_TRUE(server.wait_for_open_connections(0, 2s));
}

}  // namespace
}  // namespace gvm::e2e
