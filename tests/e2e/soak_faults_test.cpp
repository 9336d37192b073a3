// A long run of the LLM module with every kind of fault at once, after which nothing is left and
// the ledger is the bill; the same with a ledger on a PostgreSQL that fails over. SOAK_SECONDS says
// how long; 15 s unless it is set (`make soak`: half an hour).
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "e2e/fake_clock.h"
#include "e2e/money.h"
#include "e2e/soak.h"
#include "ledger/open_ledger.h"
#include "support/postgres_server.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using test::PostgresServer;

// "exact" costs to the nano-USD what the mock bills: it answers, or fails without a cost. What
// "lossy" costs is not always known, because its answers are lost on the way.
constexpr std::string_view kExactRules = R"({"rules": [
  {"when": {"rate": 0.06}, "fault": "status_500"}, {"when": {"rate": 0.06}, "fault": "status_503"},
  {"when": {"rate": 0.06}, "fault": "chunked"}, {"when": {"rate": 0.06}, "fault": "http_1_0"},
  {"when": {"rate": 0.06}, "fault": "close_announced"}]})";
constexpr std::string_view kLossyRules = R"({"rules": [
  {"when": {"rate": 0.1}, "fault": "cut_in_body"}, {"when": {"rate": 0.1}, "fault": "reset_in_body"},
  {"when": {"rate": 0.1}, "fault": "reset_after_request"}, {"when": {"rate": 0.1}, "fault": "endless_body"},
  {"when": {"rate": 0.1}, "fault": "stall_in_body"}, {"when": {"rate": 0.1}, "fault": "chunked_garbage"},
  {"when": {"rate": 0.1}, "fault": "length_negative"}, {"when": {"rate": 0.1}, "fault": "bad_utf8"}]})";
constexpr std::string_view kOutage = R"({"rules": [{"fault": "refuse"}]})";

// The prompt's first word names the backend. One that is "hungry" takes all the memory that a
// session may have.
constexpr std::string_view kScript = R"lua(
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local backend = args.prompt:match("^%a+")
  local kept = {}
  while backend == "hungry" do kept[#kept + 1] = string.rep("x", 100000) .. #kept end
  local answer = llm.rs.exec_prompt_in_provider(ctx, {
    provider = backend, model = "m", format = "text",
    prompt = { user_message = args.prompt, temperature = 0.7, images = {} } })
  return { data = answer.data, consumed_gen = 0 }
end
function ExecPromptTemplate() error("not in this test") end
)lua";

struct Sums {
  std::int64_t calls = 0;
  std::int64_t nano_usd = 0;
  std::int64_t uncertain = 0;
};

struct Soaked {
  Soaked() {
    must_take(exact, kExactRules);
    must_take(lossy, kLossyRules);
  }

  // On a clock that the test sets, where there can be one.
  ModuleOptions options() const {
    ModuleOptions options{
        .backends = short_answers(exact, "exact") + backend({.name = "lossy",
                                                             .host = lossy.url(),
                                                             .models = std::string(kShortAnswers),
                                                             .more = "timeout: 2s"}),
        .script = std::string(kScript),
        .more = pricing_of(prices) +
                "budgets: {b: {usd: 1000, window: month}}\n"
                "routing: {breaker: {failures: 0, minimum: 100000}}\n"};
    return has_clock ? clock.of(std::move(options)) : options;
  }

  Sums ledger_of(const std::string& backend) const {
    store::LedgerOptions where;
    where.folder = module.folder().file("data");
    auto reader = ledger::open_reader(where);
    if (!reader) throw std::runtime_error(reader.error().to_string());
    const auto rows = (*reader)->usage({.by = {store::By::backend}, .from_ms = {}, .until_ms = {}});
    if (!rows) throw std::runtime_error(rows.error().to_string());
    for (const auto& row : *rows)
      if (row.group.front() == backend)
        return {row.calls, row.nano_usd.to_i64().value_or(-1), row.uncertain};
    return {};
  }
  // Every call of that mock is written down.
  bool all_settled(const std::string& backend, const MockUpstream& upstream) const {
    return eventually(
        [&] {
          return ledger_of(backend).calls >= static_cast<std::int64_t>(upstream.stats().calls);
        },
        30s);
  }
  void close_idle_connections() {
    (void)exact.close_idle_connections();
    (void)lossy.close_idle_connections();
  }
  // Of one provider, for a moment.
  void outage() {
    must_take(lossy, kOutage);
    std::this_thread::sleep_for(300ms);
    must_take(lossy, kLossyRules);
  }
  void let_clock_jump() {
    if (has_clock) clock.set(std::chrono::hours(jumps++ % 2 == 0 ? 3 : -3));
  }
  std::vector<std::function<void()>> faults() {
    return {[this] { module.process().signal(SIGHUP); },
            [this] { close_idle_connections(); },
            [this] { stop_for_a_moment(module); },
            [this] { starve_of_descriptors(module); },
            [this] { fill_disk_of(module); },
            [this] { outage(); },
            [this] { let_clock_jump(); },
            [this] { (void)module.http("/metrics"); }};
  }

  const bool has_clock = FakeClock::missing().empty();
  FakeClock clock;
  int jumps = 0;
  MockUpstream exact{{.name = "exact", .latency = mock::Latency::uniform(0ms, 20ms)}};
  MockUpstream lossy{{.name = "lossy", .latency = mock::Latency::uniform(0ms, 20ms)}};
  TempFolder prices;
  Module module{options()};
};

// ---------------------------------------------------------------- what peers do

void ask_politely(std::uint16_t port, Random& random) {
  GenVm genvm(port);
  for (auto left = 1 + random() % 5; left > 0; --left)
    (void)genvm.ask(prompt("exact " + std::string(random() % 3000, 'x')));
  if (random() % 2 == 0) genvm.ws().send_close(1000);
}

void ask_what_fails(std::uint16_t port, Random& random) {
  GenVm genvm(port);
  for (auto left = 1 + random() % 3; left > 0; --left) (void)genvm.ask(prompt("lossy"));
}

void leave_in_the_middle(std::uint16_t port, Random& random) {
  GenVm genvm(port);
  genvm.send(prompt("lossy and gone"));
  std::this_thread::sleep_for(std::chrono::milliseconds(random() % 20));
  random() % 2 == 0 ? genvm.ws().reset() : genvm.ws().vanish();
}

void send_nonsense(std::uint16_t port, Random& random) {
  auto client = test::WireClient::tcp(port);
  std::string bytes(random() % 300, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  client.send(bytes);
  if (random() % 2 == 0) return client.reset();
  client.half_close();
  (void)client.closed_within(1s);
}

void take_all_memory(std::uint16_t port) {
  GenVm genvm(port);
  (void)genvm.ask(prompt("hungry"));
}

void be_anybody(std::uint16_t port, Random& random) {
  const auto kind = random() % 40;
  if (kind == 0) return take_all_memory(port);
  if (kind < 5) return ask_what_fails(port, random);
  if (kind < 10) return leave_in_the_middle(port, random);
  if (kind < 15) return send_nonsense(port, random);
  ask_politely(port, random);
}

// ---------------------------------------------------------------- the runs

TEST(SoakFaults, LeaveNothingBehindAndTheLedgerIsTheBill) {
  Soaked soaked;
  const auto run_for = [&](std::chrono::milliseconds span) {
    return run_with_faults(
        span, [&](Random& random) { be_anybody(soaked.module.port(), random); }, soaked.faults());
  };
  (void)run_for(warm_up_time());
  soaked.close_idle_connections();
  const auto before = left_in(soaked.module);
  const int served = run_for(soak_time());
  EXPECT_GT(served, 20);
  soaked.close_idle_connections();
  const auto after = left_in(soaked.module);
  expect_no_more(after, before);
  EXPECT_LE(after.processes, before.processes);
  ASSERT_TRUE(soaked.all_settled("exact", soaked.exact));
  ASSERT_TRUE(soaked.all_settled("lossy", soaked.lossy));
  const auto exact = soaked.ledger_of("exact");
  EXPECT_EQ(exact.uncertain, 0);
  EXPECT_EQ(exact.nano_usd, soaked.exact.bill().cost_nano_usd);
  EXPECT_GE(soaked.ledger_of("lossy").nano_usd, soaked.lossy.bill().cost_nano_usd);
  const auto& log = soaked.module.process().out();
  EXPECT_EQ(log.find("\"level\":\"fatal\""), log.npos);
  RecordProperty("sessions", served);
  std::printf("soak: %d rounds of peers, %lld calls at \"exact\", %zu -> %zu KiB private dirty\n",
              served, static_cast<long long>(exact.calls), before.memory / kKiB,
              after.memory / kKiB);
}

TEST(SoakFaults, ADatabaseThatFailsOverLosesNothing) {
  const auto server = PostgresServer::start();
  if (server == nullptr) GTEST_SKIP() << PostgresServer::missing();
  MockUpstream exact{{.name = "exact", .latency = mock::Latency::uniform(0ms, 20ms)}};
  must_take(exact, kExactRules);
  const TempFolder prices;
  Module module(
      {.backends = short_answers(exact, "exact"),
       .script = std::string(kScript),
       .more = pricing_of(prices) + "budgets: {b: {usd: 1000, window: month}}\nledger: {url: \"" +
               server->url() + "\"}\nrouting: {breaker: {failures: 0, minimum: 100000}}\n"});
  const std::vector<std::function<void()>> faults{[&] { server->restart(); },
                                                  [&] { module.process().signal(SIGHUP); },
                                                  [&] {
                                                    server->crash();
                                                    std::this_thread::sleep_for(500ms);
                                                    server->restart();
                                                  },
                                                  [&] { stop_for_a_moment(module); }};
  const auto ask = [&](Random& random) { ask_politely(module.port(), random); };
  (void)run_with_faults(warm_up_time(), ask, faults);
  const auto before = left_in(module);
  EXPECT_GT(run_with_faults(soak_time(), ask, faults), 10);
  (void)exact.close_idle_connections();
  expect_no_more(left_in(module), before);
  const auto number = [&](const std::string& sql) { return std::stoll(server->run_sql(sql)); };
  EXPECT_TRUE(
      eventually([&] { return number("SELECT count(*) FROM gvm_reservations") == 0; }, 60s));
  EXPECT_EQ(number("SELECT coalesce(sum(nano_usd), 0) FROM gvm_entries"),
            exact.bill().cost_nano_usd);
  EXPECT_EQ(number("SELECT sum(spent) FROM gvm_buckets"), exact.bill().cost_nano_usd);
}

}  // namespace
}  // namespace gvm::e2e
