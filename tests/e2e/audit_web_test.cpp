// The record of pages and requests: written by a web module, read by the tools beside it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "audit/files.h"
#include "e2e/web.h"
#include "support/http_server.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

namespace fs = std::filesystem;
using test::HttpServer;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string everything_in(const fs::path& folder) {
  std::string all;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) all += contents(entry.path());
  return all;
}

Value hello_of(std::string tx) {
  return Value::fields(
      "cookie", Value::string("cookie-1"), "host_data",
      Value::fields("node_address", Value::string("0xabcd"), "tx_id", Value::string(std::move(tx)),
                    "contract_address", Value::string("0x99")));
}

HttpServer::Reply site(const HttpServer::Request& request) {
  if (request.target.contains("missing")) return {.status = 404, .body = "canary of a lack"};
  return {.headers = {{"content-type", "text/plain"}},
          .body = "canary of a page, by ann.lee@example.org"};
}

struct WebAuditE2e : testing::Test {
  HttpServer server{site};
  TempFolder folder;

  ModuleOptions options(const std::string& keys, const std::string& more = "") const {
    return web_options("audit: {enabled: true, path: " + folder.file("audit") + ", " + keys +
                       "}\n" + more);
  }
  static test::Finished tool(std::vector<std::string> words) {
    words.insert(words.begin(), program("genvm-modules"));
    return test::run_program(std::move(words));
  }
  test::Finished verify() const {
    return tool({"audit", "verify", "--path", folder.file("audit")});
  }
  std::vector<Value> shown(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"audit", "show", "--path", folder.file("audit"), "--json"};
    words.insert(words.end(), more.begin(), more.end());
    std::istringstream lines(tool(std::move(words)).out);
    std::vector<Value> records;
    for (std::string line; std::getline(lines, line);) records.push_back(*text::parse_json(line));
    return records;
  }
  static void wait_for_records(const Module& module, int count) {
    EXPECT_TRUE(module.wait_for_metric("genvm_audit_records_total", count, 20s));
  }
};

TEST_F(WebAuditE2e, HasARecordOfEveryPageAndRequest) {
  {
    Module module(options("texts: none"));
    GenVm genvm(module.port(), hello_of("0xt1"));
    EXPECT_TRUE(genvm.ask(render(server.url("/page"))).ok());
    EXPECT_TRUE(genvm
                    .ask(web_request({.method = "POST",
                                      .url = server.url("/missing?token=canary-in-a-url"),
                                      .body = "canary of a body"}))
                    .ok());
    EXPECT_FALSE(genvm.ask(get("http://127.0.0.1:1/canary-in-a-url")).ok());
    EXPECT_FALSE(genvm.ask(get("not an address with canary-in-a-url")).ok());
    wait_for_records(module, 4);
    EXPECT_EQ(verify().exit_code, 0) << "beside the module";
  }
  const auto whole = verify();
  EXPECT_EQ(whole.exit_code, 0) << whole.out << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("whole: 6 records of 4 answers in 1 file of 1 chain"));
  const auto records = shown({"--tx", "0xt1"});
  ASSERT_THAT(records, SizeIs(4));
  const auto of = [&](std::size_t i, const char* field) {
    return std::string(text::string_at(records[i], field).value_or("none"));
  };
  EXPECT_EQ(of(0, "/kind") + of(0, "/entry") + of(0, "/form") + of(0, "/outcome"),
            "pageRendertextok");
  EXPECT_EQ(of(1, "/entry") + of(1, "/form") + of(1, "/outcome"), "RequestPOSTok");
  EXPECT_EQ(text::integer_at(records[1], "/status"), 404);
  EXPECT_EQ(of(1, "/node") + of(1, "/contract"), "0xabcd0x99");
  EXPECT_EQ(of(1, "/url").size(), 64U);
  EXPECT_EQ(of(1, "/body").size(), 64U);
  EXPECT_EQ(of(2, "/answer"), "");
  EXPECT_NE(of(2, "/outcome"), "ok");
  EXPECT_EQ(of(0, "/session"), of(3, "/session"));
  EXPECT_THAT(everything_in(folder.file("audit")), Not(HasSubstr("canary")));
  EXPECT_THAT(tool({"audit", "show", "--path", folder.file("audit")}).out,
              HasSubstr("Request POST  status 404  tx 0xt1"));
}

TEST_F(WebAuditE2e, KeepsTextsWithTheirMasksAndNoCredentialsOfAnAddress) {
  {
    Module module(options("texts: all", R"(
guards:
  enforce: true
  rules:
    people: {kind: personal, action: mask}
    words: {kind: literals, action: block, entries: [canary of a lack]}
)"));
    GenVm genvm(module.port(), hello_of("0xt1"));
    EXPECT_TRUE(genvm.ask(get(server.url("/page"))).ok());
    EXPECT_EQ(genvm.ask(get(server.url("/missing"))).outcome(), "UserError GUARD_BLOCKED");
    (void)genvm.ask(get("http://user:sesame-word@127.0.0.1:1/x"));
    wait_for_records(module, 3);
  }
  const auto records = shown({"--texts"});
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_EQ(text::string_at(records[0], "/texts/url"), server.url("/page"));
  EXPECT_THAT(text::string_at(records[0], "/texts/answer").value_or(""),
              HasSubstr("canary of a page, by [EMAIL_1"));
  EXPECT_EQ(text::string_at(records[0], "/record/rules/0"), "people");
  EXPECT_EQ(text::string_at(records[1], "/record/rules/0"), "words");
  EXPECT_EQ(text::string_at(records[1], "/record/outcome"), "GUARD_BLOCKED");
  const auto all = everything_in(folder.file("audit"));
  for (const auto* text : {"ann.lee", "canary of a lack", "sesame-word"})
    EXPECT_THAT(all, Not(HasSubstr(text)));
}

TEST_F(WebAuditE2e, ForgetsATransactionAndTheChainStaysValid) {
  Module module(options("texts: all"));
  GenVm one(module.port(), hello_of("0xt1"));
  GenVm two(module.port(), hello_of("0xt2"));
  EXPECT_TRUE(one.ask(get(server.url("/of-one"))).ok());
  EXPECT_TRUE(two.ask(get(server.url("/of-two"))).ok());
  wait_for_records(module, 2);
  const auto done =
      tool({"forget", "--tx", "0xt1", "--config", module.folder().file("config.yaml")});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.out, HasSubstr("texts and salts of 1 answer were"));
  EXPECT_THAT(done.out, HasSubstr("the web module has none"));
  const auto left = everything_in(folder.file("audit"));
  EXPECT_THAT(left, Not(HasSubstr("/of-one")));
  EXPECT_THAT(left, HasSubstr("/of-two"));
  EXPECT_TRUE(two.ask(get(server.url("/of-two"))).ok()) << "the module goes on";
  wait_for_records(module, 3);
  EXPECT_EQ(tool({"audit", "verify", "--config", module.folder().file("config.yaml")}).exit_code,
            0);
}

TEST_F(WebAuditE2e, VerifyTellsAnEditedRecordFromACutEnd) {
  {
    Module module(options("texts: none"));
    GenVm genvm(module.port(), hello_of("0xt1"));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(genvm.ask(get(server.url("/page"))).ok());
    wait_for_records(module, 3);
  }
  const auto files = *audit::list_files(folder.file("audit"));
  ASSERT_THAT(files, SizeIs(1));
  EXPECT_EQ(files[0].module, "web");
  const auto path = fs::path(folder.file("audit")) / files[0].records();
  const auto good = contents(path);
  auto edited = good;
  edited.replace(edited.find("\"status\":200"), 12, "\"status\":201");
  std::ofstream(path) << edited;
  const auto changed = verify();
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_THAT(changed.out, HasSubstr(":2: record 1 was changed"));
  std::ofstream(path) << good.substr(0, good.size() - 30);
  EXPECT_EQ(verify().exit_code, 2);
}

TEST_F(WebAuditE2e, AFolderThatCannotBeWrittenEndsTheStartUnlessAnswersMayBeMissing) {
  (void)folder.write("audit", "a file");
  const auto refused = test::run_program(
      {program("genvm-web"), "--config", write_config(folder, options("texts: none"))});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("AUDIT_"));
  Module module(options("on_failure: continue"));
  GenVm genvm(module.port());
  EXPECT_TRUE(genvm.ask(get(server.url("/page"))).ok());
  EXPECT_EQ(module.metric("genvm_audit_failing"), 1);
}

}  // namespace
}  // namespace gvm::e2e
