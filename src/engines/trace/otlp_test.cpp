#include "trace/otlp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "text/json.h"
#include "text/json_view.h"

namespace gvm::trace {
namespace {

using testing::HasSubstr;
using testing::Not;

const Resource kResource{"genvm-llm", "1.2.3", "77"};

SpanData span_named(std::string name) {
  SpanData span;
  span.context.trace.fill('\x4b');
  span.context.span.fill('\x0f');
  span.name = std::move(name);
  span.kind = Kind::client;
  span.start_ns = 1'700'000'000'000'000'001;
  span.end_ns = 1'700'000'000'000'000'900;
  return span;
}

std::string written(const SpanData& span, const Redactor& redactor = {}) {
  return otlp_request(kResource, std::span(&span, 1), redactor);
}

Value parsed(const std::string& text) {
  auto value = text::parse_json(text);
  EXPECT_TRUE(value) << text;
  return value ? std::move(*value).to_owned() : Value::null();
}

constexpr std::string_view kSpan = "/resourceSpans/0/scopeSpans/0/spans/0";

std::string text_at(const Value& value, std::string_view below) {
  return std::string(text::string_at(value, std::string(kSpan) + std::string(below)).value_or("?"));
}

TEST(Otlp, WritesIdsAsHexAndLongNumbersAsTexts) {
  auto span = span_named("chat m");
  span.attributes = {
      {"a.text", "x"}, {"a.number", std::int64_t{-7}}, {"a.flag", true}, {"a.real", 0.5}};
  const auto value = parsed(written(span));
  EXPECT_EQ(text_at(value, "/traceId"), "4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b");
  EXPECT_EQ(text_at(value, "/spanId"), "0f0f0f0f0f0f0f0f");
  EXPECT_EQ(text_at(value, "/startTimeUnixNano"), "1700000000000000001");
  EXPECT_EQ(text_at(value, "/endTimeUnixNano"), "1700000000000000900");
  EXPECT_EQ(text_at(value, "/attributes/0/value/stringValue"), "x");
  EXPECT_EQ(text_at(value, "/attributes/1/value/intValue"), "-7");
  EXPECT_EQ(text::integer_at(value, std::string(kSpan) + "/kind"), 3);
  EXPECT_EQ(text_at(value, "/parentSpanId"), "?");
  EXPECT_EQ(text::string_at(value, "/resourceSpans/0/resource/attributes/0/value/stringValue"),
            "genvm-llm");
}

TEST(Otlp, MarksWhatHasFailed) {
  auto span = span_named("x");
  EXPECT_EQ(text::integer_at(parsed(written(span)), std::string(kSpan) + "/status/code"),
            std::nullopt);
  span.failed = true;
  EXPECT_EQ(text::integer_at(parsed(written(span)), std::string(kSpan) + "/status/code"), 2);
}

TEST(Otlp, NoSecretAndNoBrokenTextLeaves) {
  auto span = span_named("to sk-very-secret");
  span.attributes = {{"server.address", "host\xff.example"}, {"error.type", "sk-very-secret"}};
  const Redactor redactor(std::vector<Secret>{Secret("sk-very-secret")});
  const auto text = written(span, redactor);
  EXPECT_THAT(text, Not(HasSubstr("sk-very-secret")));
  EXPECT_EQ(text_at(parsed(text), "/attributes/0/value/stringValue"), "host\uFFFD.example");
}

TEST(Otlp, AnEndBeforeTheStartBecomesTheStart) {
  auto span = span_named("x");
  span.end_ns = span.start_ns - 5;
  EXPECT_EQ(text_at(parsed(written(span)), "/endTimeUnixNano"), "1700000000000000001");
}

TEST(Otlp, ReadsHowManySpansTheCollectorRefused) {
  EXPECT_EQ(refused_spans(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"x"}})"), 3U);
  EXPECT_EQ(refused_spans(R"({"partialSuccess":{"rejectedSpans":4}})"), 4U);
  for (const char* none :
       {"", "{}", "null", R"({"partialSuccess":{}})", R"({"partialSuccess":null})",
        R"({"partialSuccess":{"rejectedSpans":"-1"}})",
        R"({"partialSuccess":{"rejectedSpans":-1}})", R"({"partialSuccess":[1]})",
        R"({"partialSuccess":{"rejectedSpans":"99999999999999999999999"}})", "<html>"})
    EXPECT_EQ(refused_spans(none), 0U) << none;
}

}  // namespace
}  // namespace gvm::trace
