// Our traces as others read them: OpenTelemetry's protobuf schema (Python), strictly, and the OTLP
// receiver of the OpenTelemetry Collector (Go).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <memory>

#include "support/held_port.h"
#include "support/line_process.h"
#include "support/paths.h"
#include "text/json.h"
#include "text/json_view.h"
#include "trace/tracer.h"

namespace gvm::trace {
namespace {

using testing::HasSubstr;

SpanData span_with_everything() {
  SpanData span;
  span.context.trace = new_trace_id();
  span.context.span = new_span_id();
  span.parent = new_span_id();
  span.name = "chat \"m\"\n\xff";
  span.kind = Kind::client;
  span.start_ns = 1'790'000'000'123'456'789;
  span.end_ns = 1'790'000'001'123'456'789;
  span.failed = true;
  span.attributes = {{"text", "a \\ \" \x01 \u20ac"},
                     {"empty", ""},
                     {"least", std::numeric_limits<std::int64_t>::min()},
                     {"most", std::numeric_limits<std::int64_t>::max()},
                     {"real", 1e-7},
                     {"flag", false}};
  return span;
}

class ProtobufSchema : public testing::Test {
 protected:
  void SetUp() override {
    const std::string source = test::source_dir();
    const auto python = test::python_of_tests(source);
    if (!std::filesystem::exists(python))
      GTEST_SKIP() << python << " is not there: scripts/setup-python.sh makes it";
    process_ = std::make_unique<test::LineProcess>(
        std::vector<std::string>{python, source + "/tests/foreign/otlp_proto.py"});
  }
  Value ask(const std::string& request) {
    auto answer = text::parse_json(process_->ask(request));
    return answer ? std::move(*answer).to_owned() : Value::null();
  }
  std::unique_ptr<test::LineProcess> process_;
};

std::string at(const Value& value, std::string_view pointer) {
  return std::string(text::string_at(value, pointer).value_or("?"));
}

TEST_F(ProtobufSchema, TakesWhatWeSendAndReadsTheSame) {
  auto root = span_with_everything();
  root.parent = {};
  const std::vector<SpanData> spans{span_with_everything(), root};
  const auto answer = ask(otlp_request(
      {.service_name = "genvm-llm", .service_version = "1", .instance = "7"}, spans, Redactor()));
  EXPECT_EQ(at(answer, "/error"), "?");
  EXPECT_EQ(at(answer, "/resource/service.name"), "genvm-llm");
  const auto traceparent = traceparent_of(spans[0].context);
  EXPECT_THAT(traceparent, HasSubstr(at(answer, "/spans/0/trace")));
  EXPECT_THAT(traceparent, HasSubstr(at(answer, "/spans/0/span")));
  EXPECT_EQ(at(answer, "/spans/1/parent"), "");
  EXPECT_EQ(at(answer, "/spans/0/name"), "chat \"m\"\n\uFFFD");
  EXPECT_EQ(at(answer, "/spans/0/start"), "1790000000123456789");
  EXPECT_EQ(at(answer, "/spans/0/attributes/text"), "a \\ \" \x01 \u20ac");
  EXPECT_EQ(text::integer_at(answer, "/spans/0/kind"), 3);
  EXPECT_EQ(text::integer_at(answer, "/spans/0/attributes/least"),
            std::numeric_limits<std::int64_t>::min());
}

TEST_F(ProtobufSchema, WouldNoticeAFieldThatIsNotThere) {
  std::string request = otlp_request({}, std::vector<SpanData>{span_with_everything()}, Redactor());
  const std::string name = "\"startTimeUnixNano\"";
  request.replace(request.find(name), name.size(), "\"startTime\"");
  EXPECT_THAT(at(ask(request), "/error"), HasSubstr("startTime"));
}

// The collector prints each request that it has taken, as it understood it.
TEST(Collector, TakesWhatOurTracerSends) {
  const std::string program = test::source_dir() + "/build/otlp-collector/otlp-collector";
  if (!std::filesystem::exists(program))
    GTEST_SKIP() << program << " is not there: scripts/setup-collector.sh makes it";
  const test::HeldPort port;
  test::LineProcess collector({program, port.address()});
  ASSERT_EQ(collector.read_line(), "listening");
  TracerOptions options;
  options.endpoint = "http://" + port.address() + "/v1/traces";
  options.sample = 1;
  options.resource.service_name = "genvm-llm";
  std::string traceparent;
  std::shared_ptr<Counters> counters;
  {
    options.propagate = {"x"};
    const Tracer tracer(options, std::make_shared<const Redactor>(), {});
    counters = tracer.counters();
    const auto request = tracer.begin_request("ExecPrompt", std::nullopt);
    auto call = request.child("chat m", Kind::client);
    call.set("gen_ai.usage.input_tokens", std::int64_t{12});
    traceparent = call.traceparent_for("x");
  }
  EXPECT_EQ(counters->sent, 2U);
  const auto line = collector.read_line();
  const auto taken = text::parse_json(line);
  ASSERT_TRUE(taken) << line;
  const std::string first = "/resourceSpans/0/scopeSpans/0/spans/0";
  EXPECT_EQ(at(*taken, first + "/name"), "chat m");
  EXPECT_THAT(traceparent, HasSubstr(at(*taken, first + "/spanId")));
  EXPECT_THAT(traceparent, HasSubstr(at(*taken, first + "/traceId")));
  EXPECT_EQ(at(*taken, first + "/attributes/0/value/intValue"), "12");
  EXPECT_EQ(at(*taken, "/resourceSpans/0/resource/attributes/0/value/stringValue"), "genvm-llm");
}

}  // namespace
}  // namespace gvm::trace
