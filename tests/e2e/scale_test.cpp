// Several modules behind a real HAProxy with one budget on a real PostgreSQL, and many idle
// sessions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/size.h"
#include "e2e/money.h"
#include "support/held_port.h"
#include "support/postgres_server.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using test::PostgresServer;

constexpr const char* kHaproxy = "/usr/sbin/haproxy";
constexpr std::int64_t kBudget = 100'000'000;  // nano-USD

// ---------------------------------------------------------------- behind HAProxy

// Spreads connections over the modules, and asks each for /health.
class Balancer {
 public:
  explicit Balancer(const std::vector<std::string>& addresses) {
    std::string servers;
    for (std::size_t i = 0; i < addresses.size(); ++i)
      servers += "  server m" + std::to_string(i) + " " + addresses[i] +
                 " check inter 100ms fall 1 rise 1\n";
    const auto config = folder_.write(
        "haproxy.cfg",
        "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\n"
        "listen sessions\n  bind " +
            port_.address() +
            "\n  balance roundrobin\n  option httpchk GET /health\n  option redispatch 1\n  "
            "retries "
            "5\n" +
            servers);
    process_.emplace(std::vector<std::string>{kHaproxy, "-db", "-f", config});
  }
  ~Balancer() { process_->signal(SIGTERM); }

  std::uint16_t port() const { return port_.number(); }

 private:
  TempFolder folder_;
  test::HeldPort port_;
  std::optional<test::Process> process_;
};

class BehindHaproxy : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kHaproxy))
      GTEST_SKIP() << "HAProxy is not installed (Debian: haproxy)";
    server_ = PostgresServer::start();
    if (server_ == nullptr) GTEST_SKIP() << PostgresServer::missing();
    folder_.emplace();
  }

  ModuleOptions options() const {
    return {.backends = short_answers(upstream_),
            .more = pricing_of(*folder_) +
                    "budgets: {b: {usd: 0.1, window: month}}\nledger: {url: \"" + server_->url() +
                    "\"}\n"};
  }
  void start(int count) {
    for (int i = 0; i < count; ++i) {
      modules_.push_back(std::make_unique<Module>(options()));
      addresses_.push_back(modules_.back()->address());
    }
  }
  void balance() {
    balancer_.emplace(addresses_);
    ASSERT_TRUE(eventually([&] { return answer().has_value(); }, 30s));
  }

  // Of a new session; empty: there was none, or it was lost.
  std::optional<Reply> answer() const {
    try {
      return GenVm(balancer_->port()).ask(prompt("a prompt of some length"));
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }
  std::int64_t number(const std::string& sql) const { return std::stoll(server_->run_sql(sql)); }
  std::int64_t spent() const {
    return number("SELECT coalesce(sum(nano_usd), 0) FROM gvm_entries");
  }
  bool nothing_is_reserved() const {
    return eventually([&] { return number("SELECT count(*) FROM gvm_reservations") == 0; }, 30s);
  }

  MockUpstream upstream_{{.name = "a"}};
  std::unique_ptr<PostgresServer> server_;
  std::optional<TempFolder> folder_;
  std::vector<std::unique_ptr<Module>> modules_;
  std::vector<std::string> addresses_;
  std::optional<Balancer> balancer_;
};

TEST_F(BehindHaproxy, ThreeModulesHoldOneBudgetToTheNanoUsdAndARollingReloadIsUnseen) {
  start(3);
  balance();
  std::vector<std::unique_ptr<GenVm>> sessions;
  for (int i = 0; i < 12; ++i) sessions.push_back(std::make_unique<GenVm>(balancer_->port()));
  for (const auto& module : modules_)
    EXPECT_TRUE(module->wait_for_sessions(4)) << "they are spread over all three";
  // One module after the other is reloaded while all of them work.
  std::size_t reloaded = 0;
  // Until no prompt is accepted: then nothing is reserved, and no call fits.
  for (bool any = true; any;) {
    any = false;
    if (reloaded < modules_.size()) modules_[reloaded]->process().signal(SIGHUP);
    for (const auto& reply : ask_all(sessions, prompt("a prompt of some length"))) {
      any = any || reply.ok();
      if (!reply.ok()) {
        ASSERT_EQ(reply.outcome(), "UserError BUDGET_EXCEEDED") << reply.shown;
      }
    }
    ASSERT_LE(upstream_.bill().cost_nano_usd, kBudget);
    if (reloaded == modules_.size()) continue;
    ASSERT_TRUE(modules_[reloaded]->process().wait_for_line("\"reloaded\"", 60s));
    ++reloaded;
  }
  EXPECT_EQ(reloaded, modules_.size()) << "the budget was used up before";
  ASSERT_TRUE(nothing_is_reserved());
  const auto bill = upstream_.bill();
  EXPECT_GE(bill.cost_nano_usd, kBudget * 95 / 100);
  EXPECT_EQ(spent(), bill.cost_nano_usd);
  EXPECT_EQ(number("SELECT sum(spent) FROM gvm_buckets"), bill.cost_nano_usd);
}

TEST_F(BehindHaproxy, AKilledModuleCostsItsSessionsAndNoOthers) {
  start(2);
  const TempFolder folder;
  test::Process killed({program("genvm-llm"), "--config", write_config(folder, options())});
  const auto ready = killed.wait_for_line("\"message\":\"ready\"", 60s);
  ASSERT_TRUE(ready) << killed.err();
  const auto at = ready->find("127.0.0.1:");
  addresses_.push_back(ready->substr(at, ready->find('"', at) - at));
  balance();
  std::vector<std::unique_ptr<GenVm>> sessions;
  for (int i = 0; i < 3; ++i) {
    sessions.push_back(std::make_unique<GenVm>(balancer_->port()));
    ASSERT_TRUE(sessions.back()->ask(prompt("a prompt of some length")).ok());
  }
  killed.signal(SIGKILL);
  ASSERT_TRUE(killed.wait_exit(20s));
  int lost = 0;
  for (auto& session : sessions) {
    try {
      EXPECT_TRUE(session->ask(prompt("a prompt of some length")).ok());
    } catch (const std::exception&) {
      ++lost;
    }
  }
  EXPECT_EQ(lost, 1) << "a session is at one module";
  ASSERT_TRUE(eventually([&] { return answer().has_value(); }, 30s));
  for (int i = 0; i < 6; ++i) {
    const auto reply = answer();
    EXPECT_TRUE(reply && reply->ok()) << "new sessions go to the others";
  }
  EXPECT_LE(upstream_.bill().cost_nano_usd, kBudget);
}

// ---------------------------------------------------------------- idle sessions

bool sanitized() {
#ifdef GVM_SANITIZED
  return std::getenv("GVM_E2E_BIN") == nullptr;
#else
  return false;
#endif
}

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

TEST(IdleSessions, TenThousandConnectWithinTenSecondsAndCostAtMost200Megabytes) {
  constexpr std::size_t kWave = 256;
  const std::size_t wanted = sanitized() ? 1'000 : 10'000;
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 16'384);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur < wanted + 500)
    GTEST_SKIP() << "this process may have " << limit.rlim_cur << " open files only";
  Module module({.backends = backend_at("http://127.0.0.1:1"),
                 .more = "serve: {max_sessions: 11000, idle_timeout: 60m}\n"});
  const auto before = private_dirty(module.process().pid());
  const auto hello = encode(hello_a());
  const auto began = std::chrono::steady_clock::now();
  std::vector<test::WireClient> sessions;
  sessions.reserve(wanted);
  for (std::size_t i = 0; i < wanted; ++i) {
    sessions.push_back(test::WireClient::tcp(module.port()));
    sessions.back().send_frame(hello);
    // A module keeps at most 512 connections that are no sessions yet, and refuses more of them.
    if (i % kWave == kWave - 1) {
      ASSERT_TRUE(module.wait_for_sessions(static_cast<int>(i + 1), 60s));
    }
  }
  EXPECT_TRUE(module.wait_for_sessions(static_cast<int>(wanted), 60s));
  const auto took = std::chrono::steady_clock::now() - began;
  const auto memory = private_dirty(module.process().pid()) - before;
  if (!sanitized()) {
    EXPECT_LE(took, 10s);
    EXPECT_LE(memory, 200 * kMiB);
  }
  std::printf("idle sessions: %zu in %.2f s, %zu KiB in all, %.1f KiB each\n", wanted,
              std::chrono::duration<double>(took).count(), memory / kKiB,
              static_cast<double>(memory) / kKiB / static_cast<double>(wanted));
}

}  // namespace
}  // namespace gvm::e2e
