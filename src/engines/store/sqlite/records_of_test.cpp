#include "store/sqlite/records_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "store/sqlite/ledger.h"
#include "store/test_ledger.h"

namespace gvm::store::sqlite {
namespace {

using testing::ElementsAre;

TEST(RecordsOf, ATransactionAreThoseOfItsCallsNewestFirst) {
  std::string folder = (std::filesystem::temp_directory_path() / "gvm-records-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  LedgerOptions options;
  options.folder = folder;
  auto ledger = open_ledger(options, {});
  ASSERT_TRUE(ledger) << ledger.error().to_string();
  const auto call = [&](std::string tx, std::string record) {
    auto request = make_request({}, 1'000);
    request.info.tx = std::move(tx);
    auto settlement = make_settlement(1);
    settlement.record_id = std::move(record);
    reserve(**ledger, std::move(request))->settle(settlement);
  };
  call("0xa", "first");
  call("0xa", "first");  // a second call of the same prompt
  call("0xb", "other");
  call("0xa", "second");
  call("0xa", "");  // nothing was written down
  ASSERT_TRUE((*ledger)->flush(std::chrono::seconds(30)));
  EXPECT_THAT(records_of(folder, "0xa", 10, 1'000).value(), ElementsAre("second", "first"));
  EXPECT_THAT(records_of(folder, "0xa", 1, 1'000).value(), ElementsAre("second"));
  EXPECT_THAT(records_of(folder, "0xb", 10, 2).value(), ElementsAre()) << "too long ago";
  EXPECT_THAT(records_of(folder, "0xc", 10, 1'000).value(), ElementsAre());
  EXPECT_FALSE(records_of(folder + "/none", "0xa", 10, 1'000));
  ledger->reset();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gvm::store::sqlite
