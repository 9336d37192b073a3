#pragma once
// Support for the tests of the ledgers: a folder, a clock that stands still, budgets and calls.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "store/ledger.h"
#include "support/run_coroutine.h"

namespace gvm::store {

class TempFolder {
 public:
  TempFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gvm-ledger-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// 2025-01-15 12:00:00 UTC, a Wednesday.
inline constexpr std::int64_t kNoonMs = 1'736'942'400'000;
inline constexpr std::int64_t kSecond = 1'000;
inline constexpr std::int64_t kMinute = 60 * kSecond;
inline constexpr std::int64_t kHour = 60 * kMinute;
inline constexpr std::int64_t kDayMs = 24 * kHour;

struct FakeClock {
  std::atomic<std::int64_t> wall{kNoonMs};
  std::atomic<std::int64_t> steady{1'000};
  void pass(std::int64_t ms) {
    wall += ms;
    steady += ms;
  }
  TimeSource source() {
    return {.wall_ms = [this] { return wall.load(); },
            .steady_ms = [this] { return steady.load(); }};
  }
};

inline BudgetPtr make_budget(std::string name, Integer limit, Unit unit = Unit::usd,
                             Period period = {}, Action action = Action::refuse) {
  return std::make_shared<Budget>(Budget{std::move(name), period, unit, std::move(limit), action});
}

inline ReserveRequest make_request(std::vector<Charge> charges, std::int64_t nano_usd) {
  return {.charges = std::move(charges),
          .worst = {.nano_usd = nano_usd, .tokens = 10, .requests = 1, .gen = Integer()},
          .info = {.backend = "openai",
                   .model = "gpt",
                   .key_id = "k1",
                   .session = "s1",
                   .node = "0xnode",
                   .tx = "0xtx",
                   .contract = "0xcontract"}};
}

inline Settlement make_settlement(std::int64_t nano_usd) {
  Settlement settlement;
  settlement.actual = {.nano_usd = nano_usd, .tokens = 7, .requests = 1, .gen = Integer()};
  return settlement;
}

inline Result<Reservation> reserve(Ledger& ledger, ReserveRequest request) {
  boost::asio::io_context context;
  return test::run(context, ledger.reserve(std::move(request)));
}

inline bool eventually(const std::function<bool()>& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

inline std::vector<UsageRow> usage(Ledger& ledger, std::vector<By> by = {}) {
  EXPECT_TRUE(ledger.flush(std::chrono::seconds(30)));
  boost::asio::io_context context;
  UsageQuery query;
  query.by = std::move(by);
  auto rows = test::run(context, ledger.usage(std::move(query)));
  EXPECT_TRUE(rows) << rows.error().to_string();
  return rows ? std::move(*rows) : std::vector<UsageRow>();
}

inline Balance balance(Ledger& ledger, const BudgetPtr& budget) {
  boost::asio::io_context context;
  auto rows = test::run(context, ledger.balances({budget}));
  EXPECT_TRUE(rows && !rows->empty());
  return rows && !rows->empty() ? rows->front() : Balance{};
}

// The faults that verify() finds, one per line.
inline std::string findings(const Result<std::unique_ptr<LedgerReader>>& reader) {
  if (!reader) return reader.error().to_string();
  const auto found = (*reader)->verify();
  if (!found) return found.error().to_string();
  std::string text;
  for (const auto& one : *found) text += one.text + "\n";
  return text;
}

}  // namespace gvm::store
