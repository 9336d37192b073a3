// The mock upstream alone: what it answers, counts, bills and notices.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/json.h"
#include "e2e/module.h"
#include "provider/dialect.h"
#include "support/mock_upstream/answer.h"
#include "support/mock_upstream/server.h"
#include "text/json.h"
#include "text/json_view.h"
#include "wall/asker.h"

namespace gvm::wall {
namespace {

using namespace std::chrono_literals;
using mock::MockUpstream;

constexpr auto kPatience = 20s;

provider::Prompt prompt_of(std::string_view text) {
  provider::Prompt prompt;
  prompt.system_message = Blob(std::string("be brief"));
  prompt.user_message = Blob(std::string(text));
  prompt.max_tokens = 100;
  return prompt;
}

struct KindRow {
  provider::ProviderKind kind;
  mock::Form form;
};
constexpr KindRow kKinds[] = {
    {provider::ProviderKind::openai_compatible, mock::Form::openai_compatible},
    {provider::ProviderKind::anthropic, mock::Form::anthropic},
    {provider::ProviderKind::google, mock::Form::google},
    {provider::ProviderKind::ollama, mock::Form::ollama}};

TEST(MockUpstream, AnswersTextJsonAndBoolInAllFormsAsTheModuleAsksThem) {
  MockUpstream upstream({.name = "Ann"});
  Asker asker(upstream.port());
  for (const auto& [kind, form] : kKinds) {
    for (const auto format :
         {provider::Format::text, provider::Format::json, provider::Format::boolean}) {
      const auto& dialect = provider::dialect_of(kind);
      const provider::CallTarget target{"some-model", "", true};
      const provider::Prompt prompt = prompt_of("what is it?");
      const auto body = json::write(dialect.body(prompt, target, format));
      const auto answer = asker.post(dialect.path(target), body);
      ASSERT_EQ(answer.status, 200) << answer.body;
      const Value json = answer.json();
      const auto read = dialect.read(json, format);
      ASSERT_TRUE(read) << answer.body << read.error().to_string();
      constexpr std::string_view kSentence = "Ann answers \"what is it?\". The end.";
      if (format == provider::Format::text) {
        EXPECT_EQ(read->text, kSentence);
      } else {
        const auto object = text::parse_json(read->text);
        ASSERT_TRUE(object) << read->text;
        EXPECT_EQ(object->find("answer")->as_string(), kSentence);
        EXPECT_TRUE(*object->find("result")->as_bool());
      }
      const auto row = upstream.bill().rows.back();
      const auto usage = dialect.usage(json);
      EXPECT_EQ(usage.input, row.usage.input);
      EXPECT_EQ(usage.output, row.usage.output);
      EXPECT_EQ(row.form, form);
      EXPECT_EQ(row.model, "some-model");
    }
  }
  EXPECT_EQ(upstream.stats().connections, 1u) << "keep-alive";
}

TEST(MockUpstream, SaysTokensAsEachFormCountsThem) {
  MockUpstream upstream;
  upstream
      .set_script(R"({"rules": [{"usage": {"input": 100, "cache_read": 20, "cache_write": 5,
                                           "output": 30, "reasoning": 7}}]})")
      .value();
  Asker asker(upstream.port());
  const std::pair<provider::ProviderKind, std::pair<std::uint64_t, std::uint64_t>> rows[] = {
      {provider::ProviderKind::openai_compatible, {125, 37}},
      {provider::ProviderKind::anthropic, {100, 37}},
      {provider::ProviderKind::google, {125, 37}},
      {provider::ProviderKind::ollama, {125, 37}}};
  for (const auto& [kind, counts] : rows) {
    const auto& dialect = provider::dialect_of(kind);
    const provider::CallTarget target{"m", "", true};
    const provider::Prompt prompt = prompt_of("x");
    const auto body = json::write(dialect.body(prompt, target, provider::Format::text));
    const auto usage = dialect.usage(asker.post(dialect.path(target), body).json());
    EXPECT_EQ(usage.input, counts.first);
    EXPECT_EQ(usage.output, counts.second);
    if (kind == provider::ProviderKind::ollama) continue;  // has no caches
    EXPECT_EQ(usage.cache_read, 20u);
  }
}

TEST(MockBill, IsExactAndRoundedUpOnceACall) {
  using money::Rational;
  mock::Price price;
  price.input = Rational::parse("0.0375").value();   // 37.5 nano-USD a token
  price.output = Rational::parse("0.15").value();    // 150
  price.request = Rational::parse("0.001").value();  // 1,000,000
  mock::Usage usage;
  usage.input = 1;
  EXPECT_EQ(mock::cost_nano_usd(price, usage), 1'000'038) << "half a nano-USD rounds up";
  usage.input = 2;
  EXPECT_EQ(mock::cost_nano_usd(price, usage), 1'000'075) << "exact sums stay exact";
  usage.output = 1'000'000;
  EXPECT_EQ(mock::cost_nano_usd(price, usage), 151'000'075);
}

TEST(MockBill, HasARowForEveryAnswerProducedWhetherItArrivedOrNot) {
  MockUpstream upstream;
  upstream
      .set_script(R"({
    "prices": {"m": {"input": "1000", "output": "0"}, "*": {"input": "0", "output": "1000"}},
    "rules": [{"when": {"prompt": "cut"}, "fault": "cut_in_body"},
              {"when": {"prompt": "refused"}, "fault": "status_429"},
              {"when": {"prompt": "vanish"}, "fault": "cut_after_request"},
              {"usage": {"input": 3, "output": 4}}]})")
      .value();
  EXPECT_EQ(Asker(upstream.port()).post(kChat, chat("fine")).status, 200);
  EXPECT_EQ(Asker(upstream.port()).post(kChat, chat("refused")).status, 429);
  EXPECT_THROW(Asker(upstream.port()).post(kChat, chat("vanish")), std::runtime_error);
  EXPECT_EQ(Asker(upstream.port()).post(kChat, chat("fine", "other")).status, 200);
  EXPECT_THROW(Asker(upstream.port()).post(kChat, chat("now cut")), std::runtime_error);
  const auto bill = upstream.bill();
  ASSERT_EQ(bill.calls, 3u);
  ASSERT_EQ(bill.rows.size(), 3u);
  EXPECT_EQ(bill.rows[0].cost_nano_usd, 3'000'000);
  EXPECT_EQ(bill.rows[1].cost_nano_usd, 4'000'000);
  EXPECT_EQ(bill.rows[2].fault, "cut_in_body");
  EXPECT_EQ(bill.rows[2].usage.input, 2u) << "seven bytes are two tokens";
  EXPECT_EQ(bill.cost_nano_usd, 9'000'000);
  EXPECT_EQ(bill.cost_by_model.at("m"), 5'000'000);
  EXPECT_EQ(upstream.stats().calls, 5u);
}

TEST(MockBill, SumsOutliveTheRowsThatAreKept) {
  MockUpstream upstream({.kept_calls = 10});
  Asker asker(upstream.port());
  for (int i = 0; i < 25; ++i) asker.post(kChat, chat("abcd"));
  const auto bill = upstream.bill();
  EXPECT_EQ(bill.calls, 25u);
  EXPECT_EQ(bill.rows.size(), 10u);
  EXPECT_EQ(bill.rows_dropped, 15u);
  EXPECT_EQ(bill.usage.input, 25u);
}

TEST(MockBill, AnAbandonedCallIsBilledUnlessSaidOtherwise) {
  for (const auto abandoned : {mock::Abandoned::billed, mock::Abandoned::free}) {
    MockUpstream upstream({.latency = mock::Latency::fixed(60s), .abandoned = abandoned});
    Asker asker(upstream.port());
    asker.send(kChat, chat("x"));
    ASSERT_TRUE(upstream.wait_for_calls(1, kPatience));
    asker.wire().close();
    ASSERT_TRUE(upstream.wait([](const auto& s) { return s.abandoned == 1; }, kPatience));
    EXPECT_EQ(upstream.bill().calls, abandoned == mock::Abandoned::billed ? 1u : 0u);
  }
}

TEST(MockUpstream, NoticesAtOnceThatThePeerHasGone) {
  MockUpstream upstream({.latency = mock::Latency::fixed(60s)});
  for (const bool reset : {false, true}) {
    upstream.reset();
    Asker asker(upstream.port());
    asker.send(kChat, chat("x"));
    ASSERT_TRUE(upstream.wait_for_calls(1, kPatience));
    const auto closed = Clock::now();
    reset ? asker.wire().reset() : asker.wire().close();
    ASSERT_TRUE(upstream.wait([](const auto& s) { return s.abandoned == 1; }, kPatience));
    const auto call = upstream.calls().back();
    EXPECT_GE(call.peer_closed, closed);
    EXPECT_LT(call.peer_closed - closed, 500ms * e2e::kSlowness);
    EXPECT_FALSE(call.delivered());
  }
}

TEST(MockUpstream, CountsHowManyCallsWereInFlightAtMost) {
  constexpr std::size_t kCalls = 20;
  MockUpstream upstream({.latency = mock::Latency::fixed(60s)});
  std::vector<Asker> askers;
  for (std::size_t i = 0; i < kCalls; ++i) askers.emplace_back(upstream.port());
  for (auto& asker : askers) asker.send(kChat, chat("x"));
  ASSERT_TRUE(upstream.wait_for_calls(kCalls, kPatience));
  EXPECT_EQ(upstream.stats().in_flight, kCalls);
  askers.clear();
  ASSERT_TRUE(upstream.wait([](const auto& s) { return s.in_flight == 0; }, kPatience));
  EXPECT_EQ(upstream.stats().most_in_flight, kCalls);
  ASSERT_TRUE(upstream.wait([](const auto& s) { return s.open_connections == 0; }, kPatience));
}

TEST(MockUpstream, LatencyChangesWhileItRuns) {
  MockUpstream upstream({.latency = mock::Latency::fixed(80ms)});
  Asker asker(upstream.port());
  const auto spent = [&] {
    const auto began = Clock::now();
    asker.post(kChat, chat("x"));
    return Clock::now() - began;
  };
  EXPECT_GE(spent(), 80ms);
  upstream.set_latency(mock::Latency::fixed(160ms));
  EXPECT_GE(spent(), 160ms);
  upstream.set_script(R"({"rules": [{"latency": 240}]})").value();
  EXPECT_GE(spent(), 240ms);
}

TEST(MockUpstream, RefusesAndListensAgainAtTheSamePort) {
  MockUpstream upstream;
  Asker before(upstream.port());
  EXPECT_EQ(before.post(kChat, chat("x")).status, 200);
  upstream.set_script(R"({"rules": [{"fault": "refuse"}]})").value();
  EXPECT_THROW(before.post(kChat, chat("x")), std::runtime_error) << "its process would be gone";
  EXPECT_ANY_THROW(Asker{upstream.port()});
  EXPECT_ANY_THROW(Asker{upstream.port()});
  upstream.set_rules({});
  EXPECT_EQ(Asker(upstream.port()).post(kChat, chat("x")).status, 200);
}

TEST(MockUpstream, RefusesForAWindowOfTime) {
  MockUpstream upstream;
  upstream.set_script(R"({"rules": [{"when": {"until_ms": 150}, "fault": "refuse"}]})").value();
  const auto began = Clock::now();
  EXPECT_ANY_THROW(Asker{upstream.port()});
  const bool listens = e2e::eventually(
      [&] {
        try {
          return Asker(upstream.port()).post(kChat, chat("x")).status == 200;
        } catch (const std::exception&) {
          return false;
        }
      },
      kPatience);
  EXPECT_TRUE(listens);
  EXPECT_GE(Clock::now() - began, 140ms);
}

TEST(MockUpstream, FaultsAtTheConnectionComeByTurn) {
  MockUpstream upstream;
  upstream.set_script(R"({"rules": [{"when": {"turns": 2}, "fault": "cut_on_accept"}]})").value();
  const auto works = [&] {
    try {
      return Asker(upstream.port()).post(kChat, chat("x")).status == 200;
    } catch (const std::exception&) {
      return false;
    }
  };
  EXPECT_TRUE(works());
  EXPECT_FALSE(works());
  EXPECT_TRUE(works());
  EXPECT_EQ(upstream.stats().by_fault.at("cut_on_accept"), 1u);
}

TEST(MockUpstream, ClosesIdleConnectionsOnRequest) {
  MockUpstream upstream;
  Asker asker(upstream.port());
  asker.post(kChat, chat("x"));
  EXPECT_EQ(upstream.close_idle_connections(), 1u);
  EXPECT_TRUE(asker.wire().closed_within(kPatience));
}

TEST(MockUpstream, SaysWhatIsWrongWithARequestInTheFormsOwnWay) {
  MockUpstream upstream;
  Asker asker(upstream.port());
  EXPECT_EQ(asker.post("/nowhere", "{}").status, 404);
  EXPECT_EQ(asker.post(kChat, "{").status, 400);
  EXPECT_EQ(asker.post(kChat, R"({"messages": []})").status, 400);
  EXPECT_EQ(asker.post(kChat, R"({"model": "m", "messages": []})").status, 400);
  const auto anthropic = asker.post("/v1/messages", "[]");
  EXPECT_EQ(anthropic.status, 400);
  EXPECT_EQ(text::string_at(anthropic.json(), "/error/type"), "invalid_request_error");
  EXPECT_EQ(upstream.stats().calls, 0u);
}

TEST(MockUpstream, TakesARequestThatExpects100Continue) {
  MockUpstream upstream;
  auto wire = test::WireClient::tcp(upstream.port());
  const std::string body = chat("x");
  wire.send(
      "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n"
      "content-length: " +
      std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(wire.read_exactly(25), "HTTP/1.1 100 Continue\r\n\r\n");
  wire.send(body);
  EXPECT_EQ(wire.read_exactly(12), "HTTP/1.1 200");
}

TEST(MockControl, SetsRulesAndTellsTheBill) {
  MockUpstream upstream({.control_port = 0});
  Asker asker(upstream.port());
  Asker control(upstream.control_port());
  EXPECT_EQ(asker.post(kChat, chat("x")).status, 200);
  const auto done = control.post("/_mock/rules", R"({"rules": [{"fault": "status_503"}]})");
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(asker.post(kChat, chat("x")).status, 503);
  const auto refused = control.post("/_mock/rules", R"({"rules": [{"fault": "nonsense"}]})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("nonsense"), std::string::npos);
  EXPECT_EQ(asker.post(kChat, chat("x")).status, 503) << "a refused script changes nothing";
  const Value bill = asker.get("/_mock/bill").json();
  EXPECT_EQ(text::integer_at(bill, "/calls"), 1);
  EXPECT_EQ(text::integer_at(bill, "/rows/0/cost_nano_usd"),
            text::integer_at(bill, "/cost_nano_usd"));
  EXPECT_EQ(control.get("/_mock/bill?rows=0").json().find("rows"), nullptr);
  const Value stats = control.get("/_mock/stats").json();
  EXPECT_EQ(text::integer_at(stats, "/by_fault/status_503"), 2);
  EXPECT_EQ(control.get("/_mock/calls").json().find("calls")->as_array()->size(), 3u);
  EXPECT_EQ(control.get("/_mock/what").status, 404);
  EXPECT_EQ(control.post("/_mock/reset", "").status, 200);
  EXPECT_EQ(upstream.stats().calls, 0u);
}

TEST(MockControl, IsReachableWhileThePortRefuses) {
  MockUpstream upstream({.control_port = 0});
  Asker control(upstream.control_port());
  EXPECT_EQ(control.post("/_mock/rules", R"({"rules": [{"fault": "refuse"}]})").status, 200);
  EXPECT_ANY_THROW(Asker{upstream.port()});
  Asker again(upstream.control_port());
  EXPECT_EQ(again.post("/_mock/rules", R"({"rules": []})").status, 200);
  EXPECT_EQ(Asker(upstream.port()).post(kChat, chat("x")).status, 200);
}

}  // namespace
}  // namespace gvm::wall
