#pragma once
// A PostgreSQL server of the test's own, and ledgers that use it; each stands for a machine.
#include "store/postgres/ledger.h"
#include "store/postgres/reader.h"
#include "store/test_ledger.h"
#include "support/postgres_server.h"

namespace gvm::store::postgres {

struct PgLedgerTest : testing::Test {
  std::unique_ptr<test::PostgresServer> server;

  void SetUp() override {
    server = test::PostgresServer::start();
    if (server == nullptr) GTEST_SKIP() << test::PostgresServer::missing();
  }
  LedgerOptions options() {
    LedgerOptions options;
    options.postgres_url = Secret(server->url());
    options.reserve_timeout = std::chrono::seconds(20);  // for a busy machine under sanitizers
    return options;
  }
  std::shared_ptr<Ledger> open(LedgerOptions settings) {
    auto ledger = open_ledger(std::move(settings), {});
    EXPECT_TRUE(ledger) << ledger.error().to_string();
    return ledger ? *ledger : nullptr;
  }
  std::shared_ptr<Ledger> open() { return open(options()); }
  // From now on the database's clock stands still at `ms`.
  void set_clock(std::int64_t ms) {
    server->run_sql("CREATE OR REPLACE FUNCTION gvm_now() RETURNS bigint LANGUAGE sql AS 'SELECT " +
                    std::to_string(ms) + "::bigint'");
  }
};

inline Result<std::unique_ptr<LedgerReader>> reader_of(const LedgerOptions& options) {
  return open_reader(options.postgres_url);
}

inline std::string findings(const LedgerOptions& options) {
  return store::findings(reader_of(options));
}

}  // namespace gvm::store::postgres
