// Traces of running modules, at a collector of the test's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "e2e/web.h"
#include "support/http_server.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view kUnsampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

struct SpanSeen {
  std::string name, id, parent, trace;
  std::int64_t kind = 0;
  bool failed = false;
  std::map<std::string, std::string> attributes = {};  // numbers as their text
};

class Collector {
 public:
  Collector()
      : server_([](const HttpServer::Request&) { return HttpServer::Reply{.body = "{}"}; }) {}

  std::string traces(std::string_view more = "sample: 1") const {
    return "traces: {endpoint: \"" + server_.url("/v1/traces") + "\", " + std::string(more) + "}\n";
  }
  // Waits until there are at least so many.
  std::vector<SpanSeen> spans(std::size_t least) const {
    std::vector<SpanSeen> seen;
    (void)eventually([&] { return (seen = all()).size() >= least; }, 30s);
    EXPECT_GE(seen.size(), least);
    return seen;
  }
  std::string bodies() const {
    std::string text;
    for (const auto& request : server_.requests()) text += request.body;
    return text;
  }
  const HttpServer& server() const { return server_; }

 private:
  static std::string text_of(const Value& value, std::string_view key) {
    const Value* found = value.find(key);
    return std::string(found == nullptr ? "" : found->as_string().value_or(""));
  }
  static SpanSeen read(const Value& span) {
    SpanSeen seen{text_of(span, "name"), text_of(span, "spanId"), text_of(span, "parentSpanId"),
                  text_of(span, "traceId")};
    seen.kind = text::integer_at(span, "/kind").value_or(0);
    seen.failed = text::integer_at(span, "/status/code").has_value();
    for (const auto& each : *span.find("attributes")->as_array()) {
      const Value& value = *each.find("value");
      seen.attributes[text_of(each, "key")] =
          text_of(value, "stringValue") + text_of(value, "intValue");
    }
    return seen;
  }
  std::vector<SpanSeen> all() const {
    std::vector<SpanSeen> seen;
    for (const auto& request : server_.requests()) {
      const auto body = text::parse_json(request.body);
      const auto* spans = body ? text::at(*body, "/resourceSpans/0/scopeSpans/0/spans") : nullptr;
      if (spans == nullptr) continue;
      for (const auto& span : *spans->as_array()) seen.push_back(read(span));
    }
    return seen;
  }

  HttpServer server_;
};

SpanSeen named(const std::vector<SpanSeen>& spans, std::string_view name) {
  for (const auto& span : spans)
    if (span.name == name) return span;
  ADD_FAILURE() << "no span " << name;
  return {};
}

Value hello_with(std::string_view traceparent) {
  Value hello = hello_a();
  Value host_data = *hello.find("host_data");
  host_data.as_map()->set("traceparent", Value::string(std::string(traceparent)));
  hello.as_map()->set("host_data", std::move(host_data));
  return hello;
}

HttpServer::Reply good(const HttpServer::Request&) {
  return {.body = openai_answer("a secret answer")};
}

TEST(Traces, APromptIsARequestAHostCallAndAnAttempt) {
  const Collector collector;
  HttpServer upstream(good);
  Module module({.backends = backend_at(upstream.url("")), .more = collector.traces()});
  GenVm genvm(module.port(), hello_with(kParent));
  ASSERT_TRUE(genvm.ask(prompt("a secret question")).ok());
  const auto spans = collector.spans(3);
  const auto request = named(spans, "ExecPrompt");
  const auto call = named(spans, "llm.rs.exec_prompt");
  const auto attempt = named(spans, "chat m");
  EXPECT_EQ(request.trace, kTrace);
  EXPECT_EQ(request.parent, "00f067aa0ba902b7");
  EXPECT_EQ(call.parent, request.id);
  EXPECT_EQ(attempt.parent, call.id);
  EXPECT_EQ(attempt.trace, kTrace);
  EXPECT_EQ(request.kind, 2);
  EXPECT_EQ(call.kind, 1);
  EXPECT_EQ(attempt.kind, 3);
  auto of = attempt.attributes;
  EXPECT_EQ(of["gen_ai.operation.name"], "chat");
  EXPECT_EQ(of["gen_ai.provider.name"], "openai");
  EXPECT_EQ(of["gen_ai.request.model"], "m");
  EXPECT_NE(of["gen_ai.usage.output_tokens"], "");
  EXPECT_EQ(of["http.response.status_code"], "200");
  EXPECT_EQ(of["server.address"], "127.0.0.1");
  EXPECT_EQ(of["server.port"], std::to_string(upstream.port()));
  EXPECT_NE(of["genvm.record"], "");
  EXPECT_EQ(of["genvm.record"], SpanSeen(call).attributes["genvm.record"]);
  EXPECT_THAT(collector.bodies(), Not(HasSubstr("secret")));
  EXPECT_EQ(upstream.last_request().header("traceparent"), "")
      << "nobody is told unless configured";
}

TEST(Traces, AFailureIsNamedAndOnlyConfiguredBackendsAreTold) {
  const Collector collector;
  HttpServer bad([](const HttpServer::Request&) {
    return HttpServer::Reply{.status = 401, .body = R"({"error":{"message":"no such key"}})"};
  });
  HttpServer upstream(good);
  const std::string backends =
      backend({.name = "first", .host = bad.url(""), .priority = 2}) + backend_at(upstream.url(""));
  Module module({.backends = backends, .more = collector.traces("sample: 1, propagate: [main]")});
  GenVm genvm(module.port(), hello_with(kParent));
  ASSERT_TRUE(genvm.ask(prompt("x")).ok());
  EXPECT_EQ(bad.last_request().header("traceparent"), "");
  const auto told = upstream.last_request().header("traceparent");
  EXPECT_THAT(told, HasSubstr("00-" + std::string(kTrace)));
  const auto spans = collector.spans(4);
  bool failed = false;
  for (auto span : spans) {
    if (span.attributes["genvm.backend"] == "main") {
      EXPECT_THAT(told, HasSubstr(span.id));
    }
    if (span.attributes["genvm.backend"] != "first") continue;
    failed = true;
    EXPECT_TRUE(span.failed);
    EXPECT_EQ(span.attributes["error.type"], "auth");
    EXPECT_EQ(span.attributes["http.response.status_code"], "401");
  }
  EXPECT_TRUE(failed);
}

TEST(Traces, WhatIsNoTraceparentIsAsIfItWereNotThere) {
  const Collector collector;
  HttpServer upstream(good);
  Module module({.backends = backend_at(upstream.url("")), .more = collector.traces()});
  GenVm genvm(module.port(), hello_with("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"));
  ASSERT_TRUE(genvm.ask(prompt("x")).ok());
  const auto request = named(collector.spans(3), "ExecPrompt");
  EXPECT_EQ(request.parent, "");
  EXPECT_NE(request.trace, kTrace);
}

TEST(Traces, ACallerWhoDoesNotRecordIsNotRecorded) {
  const Collector collector;
  HttpServer upstream(good);
  Module module({.backends = backend_at(upstream.url("")),
                 .more = collector.traces("sample: 1, propagate: [main]")});
  GenVm silent(module.port(), hello_with(kUnsampled));
  ASSERT_TRUE(silent.ask(prompt("x")).ok());
  EXPECT_EQ(upstream.last_request().header("traceparent"), kUnsampled);
  GenVm loud(module.port(), hello_with(kParent));  // what comes after it has been sent
  ASSERT_TRUE(loud.ask(prompt("x")).ok());
  EXPECT_EQ(collector.spans(3).size(), 3U);
}

TEST(Traces, ACollectorThatIsNotThereCostsNoPromptAnything) {
  const test::RefusingPort nobody;
  HttpServer upstream(good);
  Module module({.backends = backend_at(upstream.url("")),
                 .more = "traces: {endpoint: \"" + nobody.url("/v1/traces") +
                         "\", sample: 1, max_queue: 8}\n"});
  GenVm genvm(module.port());
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  EXPECT_GT(module.metric(R"(genvm_trace_spans_total{outcome="dropped"})"), 0);
}

TEST(Traces, AContractsRequestIsAnAttemptWithoutItsPath) {
  const Collector collector;
  HttpServer site([](const HttpServer::Request&) { return HttpServer::Reply{.body = "hello"}; });
  Module module(web_options(collector.traces("sample: 1, propagate: [127.0.0.1]")));
  GenVm genvm(module.port(), hello_with(kParent));
  ASSERT_TRUE(genvm.ask(get(site.url("/path-of-it?query-of-it"))).ok());
  const auto spans = collector.spans(3);
  const auto attempt = named(spans, "GET");
  EXPECT_EQ(attempt.parent, named(spans, "lib.rs.request").id);
  EXPECT_EQ(SpanSeen(attempt).attributes["http.response.status_code"], "200");
  EXPECT_EQ(SpanSeen(attempt).attributes["server.port"], std::to_string(site.port()));
  EXPECT_THAT(collector.bodies(), Not(HasSubstr("path-of-it")));
  EXPECT_THAT(collector.bodies(), Not(HasSubstr("query-of-it")));
  EXPECT_THAT(site.last_request().header("traceparent"), HasSubstr(attempt.id));
}

}  // namespace
}  // namespace gvm::e2e
