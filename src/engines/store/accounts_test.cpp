#include "store/accounts.h"

#include <gmock/gmock.h>

#include <limits>

#include "base/utc_text.h"
#include "store/codes.h"
#include "store/test_ledger.h"

namespace gvm::store {
namespace {

using testing::HasSubstr;

constexpr Period kDayPeriod{Span::day, Rhythm::calendar};
constexpr Period kRollingMinute{Span::minute, Rhythm::rolling};

struct Sink {
  FakeClock clock;
  Accounts accounts{clock.source(), 1'000};

  // Returns the result as text; keeps the reservation that was made.
  Result<void> reserve(const std::vector<Charge>& charges, std::int64_t nano_usd,
                       std::string_view session = "s") {
    Amounts worst{.nano_usd = nano_usd, .tokens = 1, .requests = 1, .gen = nano_usd};
    auto made = accounts.reserve(charges, worst, session);
    if (!made) return fail(made.error());
    held.push_back({.number = held.size() + 1,
                    .made_ms = made->time_ms,
                    .segment = 1,
                    .worst = std::move(worst),
                    .info = {.session = std::string(session)},
                    .charges = std::move(made->charges)});
    warnings = std::move(made->warnings);
    return {};
  }
  void settle(std::size_t index, std::int64_t nano_usd) {
    accounts.settle(held[index],
                    {.nano_usd = nano_usd, .tokens = 1, .requests = 1, .gen = nano_usd});
  }
  Balance of(const BudgetPtr& budget) { return accounts.balances(std::vector{budget}).front(); }

  std::vector<ReservedCall> held;
  std::vector<Excess> warnings;
};

std::int64_t seconds_of(const char* text) {
  std::tm parts{};
  EXPECT_NE(::strptime(text, "%Y-%m-%d %H:%M:%S", &parts), nullptr) << text;
  return ::timegm(&parts);
}

TEST(Period, CalendarWindowsStartAtFullUnitsInUtc) {
  const auto now = seconds_of("2024-02-29 23:59:59");
  const auto start = [&](Span span) { return utc_text(Period{span, {}}.bucket_of(now)); };
  EXPECT_EQ(start(Span::minute), "2024-02-29T23:59:00Z");
  EXPECT_EQ(start(Span::hour), "2024-02-29T23:00:00Z");
  EXPECT_EQ(start(Span::day), "2024-02-29T00:00:00Z");
  EXPECT_EQ(start(Span::week), "2024-02-26T00:00:00Z");  // a Monday
  EXPECT_EQ(start(Span::month), "2024-02-01T00:00:00Z");
  const Period month{Span::month, {}};
  EXPECT_EQ(utc_text(month.forgotten_at(month.bucket_of(now))), "2024-03-01T00:00:00Z");
}

TEST(Period, EveryNameIsReadBack) {
  for (const auto span :
       {Span::session, Span::minute, Span::hour, Span::day, Span::week, Span::month}) {
    for (const auto rhythm : {Rhythm::calendar, Rhythm::rolling}) {
      if (span == Span::session && rhythm == Rhythm::rolling) continue;
      const Period period{span, rhythm};
      EXPECT_EQ(Period::parse(period.name()), period) << period.name();
    }
  }
  EXPECT_FALSE(Period::parse("rolling session"));
  EXPECT_FALSE(Period::parse("fortnight"));
}

TEST(Period, ARollingWindowForgetsNothingEarlyAndLittleLate) {
  for (const auto span : {Span::minute, Span::hour, Span::day, Span::week, Span::month}) {
    const Period period{span, Rhythm::rolling};
    for (std::int64_t spent_at = 1'700'000'000; spent_at < 1'700'000'100; spent_at += 7) {
      const auto bucket = period.bucket_of(spent_at);
      const auto lasts = period.forgotten_at(bucket) - spent_at;
      EXPECT_GE(lasts, period.length_seconds()) << period.name();
      EXPECT_LE(lasts, period.length_seconds() + period.bucket_seconds()) << period.name();
      // The end of the time for which a bucket counts, in the same form.
      EXPECT_LE(period.oldest_counted(period.bucket_of(period.forgotten_at(bucket) - 1)), bucket);
      EXPECT_GT(period.oldest_counted(period.bucket_of(period.forgotten_at(bucket))), bucket);
    }
  }
}

TEST(Accounts, ACallIsReservedInAllItsBudgetsOrInNone) {
  Sink book;
  const auto wide = make_budget("wide", 100);
  const auto narrow = make_budget("narrow", 10);
  ASSERT_TRUE(book.reserve({{wide, ""}, {narrow, ""}}, 10));
  const auto refused = book.reserve({{wide, ""}, {narrow, ""}}, 1);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kBudgetExceeded);
  EXPECT_EQ(book.of(wide).reserved, Integer(10)) << "the refused call holds nothing";
}

TEST(Accounts, ARefusalNamesTheBudgetItsFiguresAndWhenItResets) {
  Sink book;
  const auto budget = make_budget("daily", 1'500'000'000, Unit::usd, kDayPeriod);
  ASSERT_TRUE(book.reserve({{budget, "node=0xab"}}, 400'000'000));
  ASSERT_TRUE(book.reserve({{budget, "node=0xab"}}, 1'000'000'000));
  book.settle(0, 300'000'000);
  const auto refused = book.reserve({{budget, "node=0xab"}}, 200'000'001);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().fatal());
  EXPECT_THAT(
      refused.error().to_string(),
      HasSubstr("budget daily for node=0xab of 1.500000000 USD per day: 0.300000000 USD spent, "
                "1.000000000 USD reserved, 0.200000001 USD needed; resets at "
                "2025-01-16T00:00:00Z"));
  const auto& ctx = refused.error().ctx();
  EXPECT_EQ(ctx.find("remaining")->as_string(), "200000000");
  EXPECT_EQ(ctx.find("resets_at")->as_string(), "2025-01-16T00:00:00Z");
  EXPECT_EQ(ctx.find("window")->as_string(), "day");
  EXPECT_EQ(ctx.find("action")->as_string(), "refuse");
  EXPECT_TRUE(book.reserve({{budget, "node=0xab"}}, 200'000'000)) << "what is left fits exactly";
}

TEST(Accounts, ScopesHaveAccountsOfTheirOwn) {
  Sink book;
  const auto budget = make_budget("each", 10);
  EXPECT_TRUE(book.reserve({{budget, "tx=1"}}, 10));
  EXPECT_TRUE(book.reserve({{budget, "tx=2"}}, 10));
  EXPECT_FALSE(book.reserve({{budget, "tx=1"}}, 1));
}

TEST(Accounts, WhatIsReleasedIsFreeAtOnce) {
  Sink book;
  const auto budget = make_budget("b", 10);
  ASSERT_TRUE(book.reserve({{budget, ""}}, 10));
  ASSERT_FALSE(book.reserve({{budget, ""}}, 1));
  book.accounts.release(book.held[0]);
  EXPECT_TRUE(book.reserve({{budget, ""}}, 10));
}

TEST(Accounts, WhatSettlesBelowItsReservationIsFreeAtOnce) {
  Sink book;
  const auto budget = make_budget("b", 10);
  ASSERT_TRUE(book.reserve({{budget, ""}}, 10));
  book.settle(0, 3);
  EXPECT_FALSE(book.reserve({{budget, ""}}, 8));
  EXPECT_TRUE(book.reserve({{budget, ""}}, 7));
}

TEST(Accounts, ABudgetThatWarnsLetsPassAndSaysSo) {
  Sink book;
  const auto budget = make_budget("soft", 10, Unit::usd, {}, Action::warn);
  ASSERT_TRUE(book.reserve({{budget, ""}}, 10));
  EXPECT_TRUE(book.warnings.empty());
  ASSERT_TRUE(book.reserve({{budget, ""}}, 5));
  ASSERT_EQ(book.warnings.size(), 1U);
  EXPECT_EQ(book.warnings[0].reserved, Integer(10));
  EXPECT_EQ(book.of(budget).remaining(), Integer(0));
}

TEST(Accounts, TheSameChargeTwiceIsOne) {
  Sink book;
  const auto budget = make_budget("b", 10);
  EXPECT_TRUE(book.reserve({{budget, ""}, {budget, ""}}, 6));
  EXPECT_EQ(book.of(budget).reserved, Integer(6));
}

TEST(Accounts, GenOf256BitsDoesNotOverflow) {
  Sink book;
  const auto huge = Integer::pow2(256);
  const auto budget = make_budget("gen", sum(huge, huge), Unit::gen);
  const Amounts worst{.nano_usd = 0, .tokens = 0, .requests = 0, .gen = huge};
  EXPECT_TRUE(book.accounts.reserve({{budget, ""}}, worst, ""));
  EXPECT_TRUE(book.accounts.reserve({{budget, ""}}, worst, ""));
  const auto refused = book.accounts.reserve({{budget, ""}}, worst, "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().ctx().find("reserved")->as_string(), sum(huge, huge).to_string());
}

TEST(Accounts, SumsBeyond64BitsStayExact) {
  Sink book;
  const auto most = std::numeric_limits<std::int64_t>::max();
  const auto budget = make_budget("b", most);
  book.accounts.load(*budget, "", kDayPeriod.bucket_of(kNoonMs / 1'000), most);
  EXPECT_FALSE(book.reserve({{budget, ""}}, 1)) << "a sum that wrapped would fit";
  book.accounts.load(*budget, "", kDayPeriod.bucket_of(kNoonMs / 1'000), most);
  EXPECT_EQ(book.of(budget).spent.to_string(), "18446744073709551614");
}

TEST(Accounts, ASettlementCountsInTheWindowOfItsReservation) {
  Sink book;
  const auto budget = make_budget("b", 10, Unit::usd, kDayPeriod);
  ASSERT_TRUE(book.reserve({{budget, ""}}, 10));
  book.clock.pass(kDayMs);
  ASSERT_TRUE(book.reserve({{budget, ""}}, 10)) << "a new day";
  book.settle(0, 10);
  EXPECT_EQ(book.of(budget).spent, Integer(0)) << "yesterday's call does not count today";
  EXPECT_EQ(book.of(budget).reserved, Integer(10));
}

TEST(Accounts, ARollingBudgetIsFreedAsItsBucketsAge) {
  Sink book;
  const auto budget = make_budget("b", 10, Unit::usd, kRollingMinute);
  ASSERT_TRUE(book.reserve({{budget, ""}}, 4));
  book.settle(0, 4);
  book.clock.pass(30 * kSecond);
  ASSERT_TRUE(book.reserve({{budget, ""}}, 6));
  book.settle(1, 6);
  book.clock.pass(30 * kSecond);
  EXPECT_FALSE(book.reserve({{budget, ""}}, 1)) << "sixty seconds are not over for all of it";
  book.clock.pass(kSecond);
  EXPECT_TRUE(book.reserve({{budget, ""}}, 4));
  EXPECT_FALSE(book.reserve({{budget, ""}}, 1)) << "the later part still counts";
}

TEST(Accounts, AClockThatGoesBackDoesNotReopenASpentWindow) {
  Sink book;
  const auto budget = make_budget("b", 10, Unit::usd, kDayPeriod);
  ASSERT_TRUE(book.reserve({{budget, ""}}, 10));
  book.settle(0, 10);
  book.clock.wall -= kDayMs;
  EXPECT_FALSE(book.reserve({{budget, ""}}, 1));
  EXPECT_EQ(book.accounts.wall_behind_ms(), kDayMs);
}

TEST(Accounts, TimeGoesOnWhileTheWallClockIsBehind) {
  Sink book;
  const auto budget = make_budget("b", 10, Unit::usd, kRollingMinute);
  ASSERT_TRUE(book.reserve({{budget, ""}}, 10));
  book.settle(0, 10);
  book.clock.wall -= 300 * kDayMs;
  EXPECT_FALSE(book.reserve({{budget, ""}}, 1));
  book.clock.pass(61 * kSecond);
  EXPECT_TRUE(book.reserve({{budget, ""}}, 1)) << "a minute has passed by the monotonic clock";
}

TEST(Accounts, ASessionsBudgetEndsWithTheSession) {
  Sink book;
  const auto budget = make_budget("b", 10, Unit::usd, {Span::session, {}});
  ASSERT_TRUE(book.reserve({{budget, ""}}, 10, "one"));
  const auto refused = book.reserve({{budget, ""}}, 1, "one");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().to_string(), HasSubstr("ends with the session"));
  EXPECT_EQ(refused.error().ctx().find("resets_at"), nullptr);
  EXPECT_TRUE(book.reserve({{budget, ""}}, 10, "two"));
  book.accounts.end_session("one");
  EXPECT_EQ(book.accounts.size(), 1U);
  book.settle(0, 10);
  EXPECT_EQ(book.accounts.size(), 1U) << "a late settlement brings nothing back";
}

TEST(Accounts, WhatCountsNoMoreIsForgotten) {
  Sink book;
  const auto budget = make_budget("b", 10, Unit::usd, kRollingMinute);
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(book.reserve({{budget, std::to_string(i)}}, 1));
  book.accounts.sweep();
  EXPECT_EQ(book.accounts.size(), 50U);
  book.clock.pass(2 * kMinute);
  book.accounts.sweep();
  EXPECT_EQ(book.accounts.size(), 0U);
}

TEST(Accounts, MoreAccountsThanAllowedAreRefused) {
  FakeClock clock;
  Accounts accounts(clock.source(), 2);
  const auto budget = make_budget("b", 10);
  EXPECT_TRUE(accounts.reserve({{budget, "1"}}, {}, ""));
  EXPECT_TRUE(accounts.reserve({{budget, "2"}}, {}, ""));
  const auto refused = accounts.reserve({{budget, "3"}}, {}, "");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kLedgerUnavailable);
}

TEST(Amounts, WhatIsNegativeOrAbsurdIsInvalid) {
  EXPECT_TRUE(check(Amounts{.nano_usd = Amounts::kMost, .tokens = 0, .requests = 0, .gen = {}}));
  const auto code = [](const Amounts& amounts) {
    const auto result = check(amounts);
    return result ? std::string() : std::string(result.error().code());
  };
  EXPECT_EQ(code({.nano_usd = -1, .tokens = 0, .requests = 0, .gen = {}}), codes::kInvalidAmount);
  EXPECT_EQ(code({.nano_usd = 0, .tokens = Amounts::kMost + 1, .requests = 0, .gen = {}}),
            codes::kInvalidAmount);
  EXPECT_EQ(code({.nano_usd = 0, .tokens = 0, .requests = -1, .gen = {}}), codes::kInvalidAmount);
  EXPECT_EQ(code({.nano_usd = 0, .tokens = 0, .requests = 0, .gen = -1}), codes::kInvalidAmount);
  EXPECT_EQ(code({.nano_usd = 0, .tokens = 0, .requests = 0, .gen = Integer::pow2(257)}),
            codes::kInvalidAmount);
}

}  // namespace
}  // namespace gvm::store
