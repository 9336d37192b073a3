// `forget --tx` where decision records are in a PostgreSQL that modules share.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "support/postgres_server.h"

namespace gvm::e2e {
namespace {

namespace fs = std::filesystem;
using test::HttpServer;
using test::PostgresServer;
using testing::HasSubstr;
using testing::Not;

std::string everything_in(const fs::path& folder) {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(file), {});
  }
  return all;
}

Value hello_of(std::string tx) {
  return Value::fields("cookie", Value::string("cookie-1"), "host_data",
                       Value::fields("node_address", Value::string("0xabcd"), "tx_id",
                                     Value::string(std::move(tx))));
}

// Repeats the end of a prompt that it refuses.
HttpServer::Reply say(const HttpServer::Request& request) {
  for (const std::string word : {"of-one", "of-two"})
    if (request.body.find("please fail " + word) != std::string::npos)
      return {.status = 400,
              .body = R"({"error": {"message": "I do not like: canary )" + word + "\"}}"};
  return {.body = openai_answer("canary of an answer")};
}

struct ForgetInPostgres : testing::Test {
  HttpServer upstream{say};
  TempFolder folder;
  std::unique_ptr<PostgresServer> server;

  void SetUp() override {
    server = PostgresServer::start();
    if (server == nullptr) GTEST_SKIP() << PostgresServer::missing();
  }
  std::string records_with(const std::string& word) const {
    return server->run_sql("SELECT count(*) FROM gvm_records WHERE text LIKE '%" + word + "%'");
  }
  bool holds(const std::string& word) const { return std::stoi(records_with(word)) > 0; }
  static test::Finished tool(std::vector<std::string> words) {
    words.insert(words.begin(), program("genvm-modules"));
    return test::run_program(std::move(words));
  }
};

TEST_F(ForgetInPostgres, TheTextsGoTheChainStaysValidAndOthersStay) {
  Module module({.backends = backend_at(upstream.url("")),
                 .more = "audit: {enabled: true, texts: all, path: " + folder.file("audit") +
                         "}\nledger: {url: \"" + server->url() + "\"}\n"});
  GenVm one(module.port(), hello_of("0xt1"));
  GenVm two(module.port(), hello_of("0xt2"));
  EXPECT_TRUE(one.ask(prompt("canary of a prompt of one")).ok());
  EXPECT_FALSE(one.ask(prompt("please fail of-one")).ok());
  EXPECT_FALSE(two.ask(prompt("please fail of-two")).ok());
  EXPECT_TRUE(module.wait_for_metric("genvm_audit_records_total", 3, 20s));
  ASSERT_TRUE(eventually([&] { return holds("canary of-one") && holds("canary of-two"); }, 20s))
      << "the decision records repeat the provider's words";
  const auto config = module.folder().file("config.yaml");
  const auto done = tool({"forget", "--tx", "0xt1", "--config", config});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("texts and salts of 2 answers were overwritten"));
  EXPECT_THAT(done.out, HasSubstr("removed from 1\n"));
  EXPECT_THAT(done.out, HasSubstr("VACUUM"));
  EXPECT_FALSE(holds("canary of-one"));
  EXPECT_TRUE(holds("canary of-two"));
  const auto left = everything_in(folder.file("audit"));
  EXPECT_THAT(left, Not(HasSubstr("canary of a prompt of one")));
  EXPECT_THAT(left, Not(HasSubstr("please fail of-one")));
  EXPECT_THAT(left, HasSubstr("please fail of-two"));
  EXPECT_EQ(tool({"audit", "verify", "--config", config}).exit_code, 0);
  EXPECT_EQ(tool({"ledger", "verify", "--config", config}).exit_code, 0);
  EXPECT_TRUE(one.ask(prompt("again")).ok()) << "the module goes on";
  const auto again = tool({"forget", "--tx", "0xnone", "--config", config});
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, HasSubstr("removed from 0\n"));
}

TEST_F(ForgetInPostgres, SaysWhenTheDatabaseIsDownAndWhatWasDoneStaysDone) {
  Module module({.backends = backend_at(upstream.url("")),
                 .more = "audit: {enabled: true, texts: all, path: " + folder.file("audit") +
                         "}\nledger: {url: \"" + server->url() + "\"}\n"});
  GenVm one(module.port(), hello_of("0xt1"));
  EXPECT_FALSE(one.ask(prompt("please fail of-one")).ok());
  EXPECT_TRUE(module.wait_for_metric("genvm_audit_records_total", 1, 20s));
  ASSERT_TRUE(eventually([&] { return holds("canary of-one"); }, 20s));
  server->crash();
  const auto config = module.folder().file("config.yaml");
  const auto failed = tool({"forget", "--tx", "0xt1", "--config", config});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, HasSubstr("LEDGER_"));
  EXPECT_THAT(everything_in(folder.file("audit")), Not(HasSubstr("please fail of-one")));
  server->restart();
  ASSERT_TRUE(holds("canary of-one"));
  // The transaction's salts are gone already; its records still name the decision.
  const auto done = tool({"forget", "--tx", "0xt1", "--config", config});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_FALSE(holds("canary of-one"));
}

}  // namespace
}  // namespace gvm::e2e
