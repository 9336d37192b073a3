// A long run with every kind of fault at once, after which nothing is left and the ledger is the
// bill. SOAK_SECONDS says how long; 15 s unless it is set (`make soak`: half an hour).
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "base/size.h"
#include "e2e/money.h"
#include "ledger/open_ledger.h"
#include "support/process_tree.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using Random = std::mt19937_64;

std::chrono::seconds soak_time() {
  const char* given = std::getenv("SOAK_SECONDS");
  return std::chrono::seconds(given == nullptr ? 15 : std::max(1, std::atoi(given)));
}

// The programs: a sanitizer keeps what was freed. GVM_E2E_BIN names others.
bool is_not_sanitized() {
#ifdef GVM_SANITIZED
  return std::getenv("GVM_E2E_BIN") != nullptr;
#else
  return true;
#endif
}

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

// The prompt's first word names the backend.
constexpr std::string_view kScript = R"lua(
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local answer = llm.rs.exec_prompt_in_provider(ctx, {
    provider = args.prompt:match("^%a+"), model = "m", format = "text",
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

class Soaked {
 public:
  Soaked() {
    must_take(exact, kExactRules);
    must_take(lossy, kLossyRules);
  }

  Sums ledger_of(const std::string& backend) const {
    store::LedgerOptions options;
    options.folder = module.folder().file("data");
    auto reader = ledger::open_reader(options);
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

  MockUpstream exact{{.name = "exact", .latency = mock::Latency::uniform(0ms, 20ms)}};
  MockUpstream lossy{{.name = "lossy", .latency = mock::Latency::uniform(0ms, 20ms)}};
  TempFolder prices;
  Module module{
      {.backends = short_answers(exact, "exact") + backend({.name = "lossy",
                                                            .host = lossy.url(),
                                                            .models = std::string(kShortAnswers),
                                                            .more = "timeout: 2s"}),
       .script = std::string(kScript),
       .more = pricing_of(prices) + "budgets: {b: {usd: 1000, window: month}}\n"
                                    "routing: {breaker: {failures: 0, minimum: 100000}}\n"}};
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

// A peer until `end`; a fault may cost it its session, never its thread.
void be_a_peer(std::uint16_t port, std::uint64_t seed, Clock::time_point end,
               std::atomic<int>& served) {
  Random random(seed);
  while (Clock::now() < end) {
    try {
      const auto kind = random() % 8;
      if (kind < 5) ask_politely(port, random);
      if (kind == 5) ask_what_fails(port, random);
      if (kind == 6) leave_in_the_middle(port, random);
      if (kind == 7) send_nonsense(port, random);
      ++served;
    } catch (const std::exception&) {
      std::this_thread::sleep_for(1ms);
    }
  }
}

// ---------------------------------------------------------------- what the machine does

// Descriptors run out for a moment, as far as the module is concerned.
void starve_of_descriptors(const Module& module, pid_t pid) {
  rlimit limit{};
  if (::prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) != 0) return;
  rlimit low = limit;
  low.rlim_cur = module.open_files() + 2;
  (void)::prlimit(pid, RLIMIT_NOFILE, &low, nullptr);
  std::this_thread::sleep_for(100ms);
  (void)::prlimit(pid, RLIMIT_NOFILE, &limit, nullptr);
}

void be_the_machine(Soaked& soaked, Clock::time_point end) {
  Random random(7);
  const auto pid = soaked.module.process().pid();
  while (Clock::now() < end) {
    switch (random() % 5) {
      case 0:
        ::kill(pid, SIGHUP);
        break;
      case 1:
        (void)soaked.exact.close_idle_connections();
        (void)soaked.lossy.close_idle_connections();
        break;
      case 2:
        ::kill(pid, SIGSTOP);
        std::this_thread::sleep_for(50ms);
        ::kill(pid, SIGCONT);
        break;
      case 3:
        // UBSan needs a descriptor to look at an object.
        if (is_not_sanitized()) starve_of_descriptors(soaked.module, pid);
        break;
      default:
        (void)soaked.module.http("/metrics");
    }
    std::this_thread::sleep_for(400ms);
  }
}

int run_for(Soaked& soaked, std::chrono::milliseconds span) {
  const auto end = Clock::now() + span;
  std::atomic<int> served = 0;
  std::vector<std::thread> peers;
  for (std::uint64_t i = 0; i < 6; ++i)
    peers.emplace_back([&, i] { be_a_peer(soaked.module.port(), 100 + i, end, served); });
  be_the_machine(soaked, end);
  for (auto& peer : peers) peer.join();
  return served;
}

// ---------------------------------------------------------------- what is left

struct Left {
  std::size_t memory = 0;  // private dirty bytes
  std::size_t descriptors = 0;
  std::size_t processes = 0;
  std::size_t files = 0;  // below data_dir
};

std::size_t private_dirty(pid_t pid) {
  std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string word; rollup >> word;) {
    if (word != "Private_Dirty:") continue;
    std::size_t kib = 0;
    rollup >> kib;
    return kib * kKiB;
  }
  return 0;
}

Left left_in(Soaked& soaked) {
  EXPECT_TRUE(soaked.module.wait_for_sessions(0, 60s));
  EXPECT_TRUE(soaked.module.wait_for_metric("genvm_serve_connections_open", 1, 60s));
  (void)soaked.exact.close_idle_connections();
  (void)soaked.lossy.close_idle_connections();
  std::this_thread::sleep_for(2s);  // memory goes back to the system soon after the last session
  const auto pid = soaked.module.process().pid();
  Left left{.memory = private_dirty(pid),
            .descriptors = soaked.module.open_files(),
            .processes = test::process_tree(pid).size()};
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::recursive_directory_iterator(soaked.module.folder().file("data")))
    ++left.files;
  return left;
}

TEST(SoakFaults, LeaveNothingBehindAndTheLedgerIsTheBill) {
  Soaked soaked;
  // Pools, caches and the heap are as large as they get by then.
  const auto warm_up = std::clamp<std::chrono::milliseconds>(soak_time() / 5, 3s, 120s);
  (void)run_for(soaked, warm_up);
  const auto before = left_in(soaked);
  const int served = run_for(soaked, soak_time());
  EXPECT_GT(served, 20);
  const auto after = left_in(soaked);

  constexpr std::size_t kPooled = 8;  // connections that the pools keep
  EXPECT_LE(after.descriptors, before.descriptors + kPooled);
  EXPECT_LE(after.processes, before.processes);
  EXPECT_LE(after.files, before.files + 1) << "a segment of the journal may be new";
  if (is_not_sanitized()) {
    EXPECT_LE(after.memory, before.memory + before.memory / 10 + 1 * kMiB)
        << before.memory << " bytes before";
  }
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

}  // namespace
}  // namespace gvm::e2e
