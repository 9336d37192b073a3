// Decision records written anew in a database that modules are using.
#include <gmock/gmock.h>

#include "store/postgres/test_postgres.h"

namespace gvm::store::postgres {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMade = 1'700'000'000'000'000;

std::optional<std::string> blank(std::string_view text) {
  if (!text.contains("canary")) return std::nullopt;
  return "{}";
}

struct PgRecordRewrite : PgLedgerTest {
  std::string text_of(const std::string& id) {
    const auto reader = reader_of(options());
    const auto record = (*reader)->record(id);
    return record && *record ? (*record)->text : "none";
  }
  // A settled call of `tx` whose decision record is `id`.
  static void settle(Ledger& ledger, const BudgetPtr& budget, const std::string& tx,
                     const std::string& id) {
    auto request = make_request({{budget, "a"}}, 60);
    request.info.tx = tx;
    auto call = reserve(ledger, std::move(request));
    ASSERT_TRUE(call) << call.error().to_string();
    auto settlement = make_settlement(4);
    settlement.record_id = id;
    call->settle(std::move(settlement));
    ledger.put_record({id, kMade, [id] { return "a canary of " + id; }});
  }
};

TEST_F(PgRecordRewrite, ChangesTheRecordsOfOneTransactionWhileModulesUseTheLedger) {
  const auto budget = make_budget("day", 1'000);
  const auto one = open();
  const auto two = open();
  settle(*one, budget, "tx-1", "of-tx-1");
  settle(*two, budget, "tx-1", "also-of-tx-1");
  settle(*two, budget, "tx-10", "of-tx-10");
  two->put_record({"refused", kMade, [] { return "a canary without a call"; }});
  two->put_record({"other", kMade, [] { return "a canary of others"; }});
  ASSERT_TRUE(one->flush(30s));
  ASSERT_TRUE(two->flush(30s));
  const auto changed = rewrite_records(
      options().postgres_url, {.tx = "tx-1", .ids = {"refused", "nowhere"}, .rewrite = blank});
  ASSERT_TRUE(changed) << changed.error().to_string();
  EXPECT_EQ(*changed, 3U);
  for (const auto* id : {"of-tx-1", "also-of-tx-1", "refused"}) EXPECT_EQ(text_of(id), "{}") << id;
  EXPECT_EQ(text_of("of-tx-10"), "a canary of of-tx-10");
  EXPECT_EQ(text_of("other"), "a canary of others");
  EXPECT_EQ(findings(options()), "") << "no amount changes";
  settle(*one, budget, "tx-2", "later");
  ASSERT_TRUE(one->flush(30s)) << "the modules go on";
  EXPECT_EQ(text_of("later"), "a canary of later");
  const auto again =
      rewrite_records(options().postgres_url, {.tx = "tx-1", .ids = {"refused"}, .rewrite = blank});
  EXPECT_EQ(*again, 0U);
}

TEST_F(PgRecordRewrite, TakesATransactionsNameAsItIs) {
  const auto budget = make_budget("day", 1'000);
  const auto ledger = open();
  const std::string name = "'; DELETE FROM gvm_records; -- %s \\";
  settle(*ledger, budget, name, "of-it");
  settle(*ledger, budget, "tx", "of-another");
  ASSERT_TRUE(ledger->flush(30s));
  const auto changed =
      rewrite_records(options().postgres_url, {.tx = name, .ids = {}, .rewrite = blank});
  ASSERT_TRUE(changed) << changed.error().to_string();
  EXPECT_EQ(*changed, 1U);
  EXPECT_EQ(text_of("of-it"), "{}");
  EXPECT_EQ(text_of("of-another"), "a canary of of-another");
}

TEST_F(PgRecordRewrite, WithoutAServerSaysSo) {
  const auto ledger = open();
  const auto url = options().postgres_url;
  server->crash();
  const auto none = rewrite_records(url, {.tx = "x", .ids = {}, .rewrite = blank});
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().code().starts_with("LEDGER_")) << none.error().to_string();
}

}  // namespace
}  // namespace gvm::store::postgres
