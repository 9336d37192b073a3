// Requests beyond what the process can do are answered at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "serve/lane_delay.h"
#include "serve/load_limits.h"
#include "support/scripted_service.h"
#include "support/wire_client.h"
#include "support/ws_client.h"

namespace gvm::serve {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::ScriptedServer;
using test::WireClient;
using test::WsClient;
using testing::HasSubstr;
using testing::StartsWith;

std::string metrics_of(std::uint16_t port) {
  auto client = WireClient::tcp(port);
  client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return client.read_all();
}

WireClient session(std::uint16_t port) {
  auto client = WireClient::tcp(port);
  client.send_frame("hello");
  return client;
}

TEST(Admission, TheRequestBeyondTheLimitIsAnsweredAtOnceAndItsSessionGoesOn) {
  ServerOptions options;
  options.max_requests = 2;
  ScriptedServer under_test(options);
  std::deque<WireClient> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(session(under_test.port()));
    busy.back().send_frame("sleep:600000");
  }
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 2; }));
  auto third = session(under_test.port());
  third.send_frame("one");
  EXPECT_EQ(third.receive_frame(),
            "refused OVERLOADED: the module is overloaded: the limit serve.max_requests "
            "(2 requests at a time) is reached, try again later");
  busy.pop_back();
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 1; }));
  third.send_frame("two");
  EXPECT_EQ(third.receive_frame(), "two");
  const auto metrics = metrics_of(under_test.port());
  EXPECT_THAT(metrics, HasSubstr("genvm_serve_overloaded_total{limit=\"max_requests\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("genvm_serve_requests_total{outcome=\"refused\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("genvm_serve_requests_running 1"));
}

TEST(Admission, RepliesStayInOrderWhenOneOfThemIsARefusal) {
  ServerOptions options;
  options.max_requests = 1;
  ScriptedServer under_test(options);
  auto busy = session(under_test.port());
  busy.send_frame("sleep:600000");
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 1; }));
  WsClient client(under_test.port());
  client.send("hello");
  for (int i = 0; i < 3; ++i) client.send("x");
  for (int i = 0; i < 3; ++i) EXPECT_THAT(*client.receive(), StartsWith("refused OVERLOADED"));
  busy.reset();
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 0; }));
  client.send("y");
  EXPECT_EQ(client.receive(), "y");
}

// However a request ends, its place is free again.
TEST(Admission, EveryEndOfARequestGivesItsPlaceBack) {
  ServerOptions options;
  options.max_requests = 1;
  options.request_timeout = 100ms;
  ScriptedServer under_test(options);
  auto late = session(under_test.port());
  late.send_frame("sleep:600000");
  EXPECT_EQ(late.receive_frame(), "deadline");
  auto failing = session(under_test.port());
  failing.send_frame("throw");
  EXPECT_TRUE(failing.closed_within(5s) || failing.receive_frame());
  auto vanishing = session(under_test.port());
  vanishing.send_frame("sleep:600000");
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 1; }));
  vanishing.reset();
  ASSERT_TRUE(eventually([&] { return under_test.counts().running == 0; }));
  ASSERT_TRUE(eventually([&] {
    auto next = session(under_test.port());
    next.send_frame("fits");
    return next.receive_frame() == "fits";
  }));
}

TEST(Admission, BeyondTheMemoryLimitRequestsAndSessionsAreRefusedAndMemoryIsGivenBack) {
  std::atomic<int> relieved = 0;
  ServerOptions options;
  options.max_memory = 1;  // every process has more
  options.on_memory_full = [&] { ++relieved; };
  ScriptedServer under_test(options);
  auto framed = session(under_test.port());
  EXPECT_THAT(*framed.receive_frame(),
              StartsWith("fatal OVERLOADED: the module is overloaded: the limit serve.max_memory"));
  EXPECT_THROW(WsClient client(under_test.port()), std::runtime_error);
  EXPECT_EQ(relieved, 1) << "once a second at most";
  EXPECT_THAT(metrics_of(under_test.port()),
              HasSubstr("genvm_serve_refused_total{limit=\"max_memory\"} 2"));
}

TEST(Admission, TheGaugeSeesMemoryThatIsUsedAndNotThatOfFiles) {
  MemoryGauge before;
  const auto idle = before.bytes();
  ASSERT_GT(idle, 0U);
  constexpr std::size_t kMore = 64 * kMiB;
  const std::vector<char> used(kMore, 'x');
  MemoryGauge after;
  EXPECT_GT(after.bytes(), idle + kMore / 2);
  EXPECT_EQ(used.back(), 'x');
}

TEST(Admission, ALaneThatIsLateRefusesAndTakesRequestsAgainWhenItIsNot) {
  ServerOptions options;
  options.max_lane_delay = 20ms;
  ScriptedServer under_test(options, 1);
  std::deque<WireClient> clients;
  for (int i = 0; i < 8; ++i) clients.push_back(session(under_test.port()));
  auto patient = session(under_test.port());
  patient.send_frame("ready");
  ASSERT_EQ(patient.receive_frame(), "ready");
  for (auto& client : clients) client.send_frame("block:60");
  int refused = 0;
  for (auto& client : clients)
    refused += static_cast<int>(client.receive_frame()->starts_with("refused OVERLOADED"));
  EXPECT_GE(refused, 4) << "each of them holds the lane for 60 ms, three times the limit";
  EXPECT_LT(refused, 8) << "the first one comes to an idle lane";
  EXPECT_TRUE(eventually([&] {
    patient.send_frame("again");
    return patient.receive_frame() == "again";
  }));
  EXPECT_THAT(metrics_of(under_test.port()),
              HasSubstr("genvm_serve_overloaded_total{limit=\"max_lane_delay\"}"));
}

TEST(Admission, WithoutLimitsNothingIsRefused) {
  ScriptedServer under_test({}, 1);
  std::deque<WireClient> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(session(under_test.port()));
  for (auto& client : clients) client.send_frame("block:30");
  for (auto& client : clients) EXPECT_EQ(client.receive_frame(), "block:30");
}

}  // namespace
}  // namespace gvm::serve
