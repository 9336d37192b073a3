#include "trace/tracer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "support/http_server.h"
#include "text/json.h"
#include "trace/http_attributes.h"

namespace gvm::trace {
namespace {

using std::chrono::milliseconds;
using test::HttpServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr milliseconds kPatience{30'000};
constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view kUnsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

HttpServer::Reply taken(const HttpServer::Request&) {
  return {.body = "{}"};
}

TracerOptions options_for(const HttpServer& collector) {
  TracerOptions options;
  options.endpoint = collector.url("/v1/traces");
  options.sample = 1;
  options.resource.service_name = "genvm-test";
  return options;
}

std::shared_ptr<const Redactor> no_secrets() {
  return std::make_shared<const Redactor>();
}

bool eventually(const std::function<bool()>& holds) {
  const auto until = Clock::now() + kPatience;
  while (!holds() && Clock::now() < until) std::this_thread::sleep_for(milliseconds(2));
  return holds();
}

// Each is a request with one host call.
void record(const Tracer& tracer, int requests = 1) {
  for (int i = 0; i < requests; ++i) {
    const auto request = tracer.begin_request("ExecPrompt", std::nullopt);
    const auto call = request.child("llm.rs.exec_prompt", Kind::internal);
  }
}

TEST(Tracer, SendsTheSpansOfARequestTogether) {
  HttpServer collector(taken);
  auto options = options_for(collector);
  options.headers.push_back({"x-token", "", Secret("t0ken-of-collector")});
  const Tracer tracer(std::move(options), no_secrets(), {});
  record(tracer);
  ASSERT_TRUE(collector.wait_for_requests(1, kPatience));
  const auto request = collector.last_request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/v1/traces");
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.header("x-token"), "t0ken-of-collector");
  EXPECT_THAT(request.body, AllOf(HasSubstr("ExecPrompt"), HasSubstr("llm.rs.exec_prompt"),
                                  HasSubstr("parentSpanId"), HasSubstr("genvm-test")));
  EXPECT_TRUE(eventually([&] { return tracer.counters()->sent == 2; }));
}

TEST(Tracer, TheCallersFlagDecidesWhetherARequestIsRecorded) {
  HttpServer collector(taken);
  auto options = options_for(collector);
  options.sample = 0;
  {
    const Tracer tracer(options, no_secrets(), {});
    EXPECT_FALSE(tracer.begin_request("a", std::nullopt).recorded());
    EXPECT_FALSE(tracer.begin_request("b", parse_traceparent(kUnsampled)).recorded());
    EXPECT_TRUE(tracer.begin_request("c", parse_traceparent(kParent)).recorded());
  }
  ASSERT_TRUE(collector.wait_for_requests(1, kPatience));
  EXPECT_THAT(collector.last_request().body,
              AllOf(HasSubstr("4bf92f3577b34da6a3ce929d0e0e4736"),
                    HasSubstr(R"("parentSpanId":"00f067aa0ba902b7")")));
}

TEST(Tracer, SamplesAboutThePartThatIsConfigured) {
  HttpServer collector(taken);
  auto options = options_for(collector);
  options.sample = 0.1;
  const Tracer tracer(options, no_secrets(), {});
  int recorded = 0;
  for (int i = 0; i < 10'000; ++i) recorded += tracer.begin_request("x", std::nullopt).recorded();
  EXPECT_GT(recorded, 700);  // ten standard deviations
  EXPECT_LT(recorded, 1'300);
}

TEST(Tracer, OnlyTheConfiguredServersAreToldTheTrace) {
  HttpServer collector(taken);
  auto options = options_for(collector);
  options.propagate = {"trusted"};
  const Tracer tracer(options, no_secrets(), {});
  const auto request = tracer.begin_request("x", parse_traceparent(kParent));
  const auto call = request.child("y", Kind::client);
  EXPECT_EQ(call.traceparent_for("other"), "");
  const auto told = parse_traceparent(call.traceparent_for("trusted"));
  ASSERT_TRUE(told);
  EXPECT_EQ(told->trace, parse_traceparent(kParent)->trace);
  EXPECT_NE(told->span, parse_traceparent(kParent)->span);
}

TEST(Tracer, ATraceThatIsNotRecordedIsPassedOnAsItCame) {
  HttpServer collector(taken);
  auto options = options_for(collector);
  options.propagate = {"trusted"};
  const Tracer tracer(options, no_secrets(), {});
  const auto request = tracer.begin_request("x", parse_traceparent(kUnsampled));
  const auto call = request.child("y", Kind::client);
  EXPECT_FALSE(call.recorded());
  EXPECT_EQ(call.traceparent_for("trusted"), kUnsampled);
}

TEST(Tracer, AFullQueueDropsAndCounts) {
  HttpServer collector([](const HttpServer::Request&) {
    return HttpServer::Reply{.behaviour = HttpServer::Behaviour::hang};
  });
  auto options = options_for(collector);
  options.max_queue = 10;
  const Tracer tracer(options, no_secrets(), {});
  record(tracer, 1'000);
  EXPECT_GE(tracer.counters()->dropped, 1'000U);  // of 2,000
  metrics::Exposition out;
  tracer.write_to(out);
  EXPECT_THAT(out.text(), HasSubstr(R"(genvm_trace_spans_total{outcome="dropped"})"));
}

TEST(Tracer, WhatTheCollectorIsTooBusyForIsSentAgain) {
  int asked = 0;
  HttpServer collector([&](const HttpServer::Request&) {
    if (++asked == 1) return HttpServer::Reply{.status = 503, .headers = {{"retry-after", "0"}}};
    return HttpServer::Reply{.body = R"({"partialSuccess":{"rejectedSpans":"1"}})"};
  });
  const Tracer tracer(options_for(collector), no_secrets(), {});
  record(tracer);
  EXPECT_TRUE(eventually([&] { return tracer.counters()->sent == 1; }));
  EXPECT_EQ(tracer.counters()->refused, 1U);
  EXPECT_EQ(tracer.counters()->retries, 1U);
  const auto requests = collector.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].body, requests[1].body);
}

TEST(Tracer, WhatTheCollectorRefusesIsNotSentAgain) {
  HttpServer collector([](const HttpServer::Request&) { return HttpServer::Reply{.status = 400}; });
  const Tracer tracer(options_for(collector), no_secrets(), {});
  record(tracer);
  EXPECT_TRUE(eventually([&] { return tracer.counters()->failed == 2; }));
  EXPECT_EQ(collector.request_count(), 1U);
}

TEST(Tracer, EndsSoonBesideACollectorThatDoesNotAnswer) {
  HttpServer collector([](const HttpServer::Request&) {
    return HttpServer::Reply{.behaviour = HttpServer::Behaviour::hang};
  });
  auto options = options_for(collector);
  options.timeout = std::chrono::minutes(10);
  std::shared_ptr<Counters> counters;
  {
    const Tracer tracer(options, no_secrets(), {});
    counters = tracer.counters();
    record(tracer, 2'000);
    ASSERT_TRUE(collector.wait_for_requests(1, kPatience));
  }  // would hang
  EXPECT_EQ(counters->sent, 0U);
  EXPECT_EQ(counters->failed + counters->dropped, 4'000U);
}

TEST(Tracer, SendsAtItsEndWhatWaits) {
  HttpServer collector(taken);
  std::shared_ptr<Counters> counters;
  {
    const Tracer tracer(options_for(collector), no_secrets(), {});
    counters = tracer.counters();
    record(tracer, 3);
  }
  EXPECT_EQ(counters->sent, 6U);
}

TEST(Span, CannotGrowWithoutBounds) {
  HttpServer collector(taken);
  const Tracer tracer(options_for(collector), no_secrets(), {});
  {
    auto request = tracer.begin_request("x", std::nullopt);
    request.set("long", std::string(100'000, 'a') + "the end");
    for (int i = 0; i < 1'000; ++i) (void)request.child("child", Kind::internal);
  }
  ASSERT_TRUE(collector.wait_for_requests(1, kPatience));
  EXPECT_THAT(collector.last_request().body, Not(HasSubstr("the end")));
  EXPECT_TRUE(eventually([&] { return tracer.counters()->sent == Recording::kMostSpans; }));
  EXPECT_EQ(tracer.counters()->dropped, 1'001 - Recording::kMostSpans);
}

TEST(Span, NamesServersWithoutPathsAndQueries) {
  HttpServer collector(taken);
  const Tracer tracer(options_for(collector), no_secrets(), {});
  {
    auto request = tracer.begin_request("x", std::nullopt);
    set_server(request, "https://user:pass@api.example:8443/v1/key-in-path?key=in-query");
    set_status(request, 503);
  }
  ASSERT_TRUE(collector.wait_for_requests(1, kPatience));
  EXPECT_THAT(
      collector.last_request().body,
      AllOf(HasSubstr(R"("api.example")"), HasSubstr(R"("8443")"), HasSubstr(R"("503")"),
            Not(HasSubstr("pass")), Not(HasSubstr("key-in-path")), Not(HasSubstr("in-query"))));
}

TEST(Span, AnErrorOfAScriptIsNoWordForAType) {
  HttpServer collector(taken);
  const Tracer tracer(options_for(collector), no_secrets(), {});
  tracer.begin_request("x", std::nullopt).fail("the prompt was: give me money");
  ASSERT_TRUE(collector.wait_for_requests(1, kPatience));
  EXPECT_THAT(collector.last_request().body,
              AllOf(HasSubstr("_OTHER"), Not(HasSubstr("give me money"))));
}

}  // namespace
}  // namespace gvm::trace
