// Decision records written anew beside a ledger that is in use.
#include "store/sqlite/rewrite.h"

#include <gmock/gmock.h>

#include "store/sqlite/ledger.h"
#include "store/sqlite/test_reader.h"

namespace gvm::store::sqlite {
namespace {

using namespace std::chrono_literals;

std::string text_of(const LedgerOptions& options, const std::string& id) {
  const auto reader = open_reader(options.folder, options.time);
  const auto record = (*reader)->record(id);
  return record && *record ? (*record)->text : "none";
}

std::optional<std::string> blank(std::string_view text) {
  if (!text.contains("canary")) return std::nullopt;
  return "{}";
}

TEST(RecordRewrite, ChangesTheRecordsOfOneTransactionWhileTheLedgerIsOpen) {
  TempFolder folder;
  LedgerOptions options;
  options.folder = folder.path();
  options.group_interval = 1ms;
  const auto ledger = *open_ledger(options, {});
  for (int i = 0; i < 200; ++i) {
    const auto id = "record-" + std::to_string(i);
    ledger->put_record({id, 1'700'000'000'000'000, [] { return "a canary of a prompt"; }});
  }
  ASSERT_TRUE(ledger->flush(20s));
  const auto changed = rewrite_records(
      options.folder, {.tx = "tx", .ids = {"record-7", "record-150", "nowhere"}, .rewrite = blank});
  ASSERT_TRUE(changed) << changed.error().to_string();
  EXPECT_EQ(*changed, 2U);
  EXPECT_EQ(text_of(options, "record-7"), "{}");
  EXPECT_EQ(text_of(options, "record-150"), "{}");
  EXPECT_EQ(text_of(options, "record-8"), "a canary of a prompt");
  ledger->put_record({"later", 1'700'000'000'000'000, [] { return "later"; }});
  ASSERT_TRUE(ledger->flush(20s)) << "the owner goes on";
  EXPECT_EQ(text_of(options, "later"), "later");
  EXPECT_EQ(*rewrite_records(options.folder, {.tx = "tx", .ids = {"record-7"}, .rewrite = blank}),
            0U);
}

TEST(RecordRewrite, FindsTheRecordsOfATransactionsCalls) {
  TempFolder folder;
  LedgerOptions options;
  options.folder = folder.path();
  const auto budget = make_budget("day", 100);
  const auto ledger = *open_ledger(options, {});
  auto request = make_request({{budget, "a"}}, 60);
  request.info.tx = "tx-1";
  auto call = reserve(*ledger, std::move(request));
  ASSERT_TRUE(call);
  auto settlement = make_settlement(40);
  settlement.record_id = "of-tx-1";
  call->settle(std::move(settlement));
  ledger->put_record({"of-tx-1", 1'700'000'000'000'000, [] { return "canary"; }});
  ASSERT_TRUE(ledger->flush(20s));
  EXPECT_EQ(*rewrite_records(options.folder, {.tx = "tx-1", .ids = {}, .rewrite = blank}), 1U);
  EXPECT_EQ(text_of(options, "of-tx-1"), "{}");
}

TEST(RecordRewrite, WithoutALedgerSaysSo) {
  TempFolder folder;
  const auto none =
      rewrite_records(folder.path() / "nowhere", {.tx = "x", .ids = {}, .rewrite = blank});
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().code().starts_with("LEDGER_"));
}

}  // namespace
}  // namespace gvm::store::sqlite
