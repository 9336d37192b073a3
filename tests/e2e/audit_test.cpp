// The record of answers: written by a module, read by the tools beside it and after it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "audit/files.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
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
  return Value::fields("cookie", Value::string("cookie-1"), "host_data",
                       Value::fields("node_address", Value::string("0xabcd"), "tx_id",
                                     Value::string(std::move(tx))));
}

// Answers "said PROMPT'S LAST WORD", and refuses a prompt that asks for it with the prompt's words.
HttpServer::Reply say(const HttpServer::Request& request) {
  if (request.body.find("please fail") != std::string::npos)
    return {.status = 400,
            .body = R"({"error": {"message": "I do not like: please fail, canary of words"}})"};
  return {.body = openai_answer("canary of an answer")};
}

struct AuditE2e : testing::Test {
  HttpServer upstream{say};
  TempFolder folder;

  ModuleOptions options(const std::string& keys, const std::string& more = "") {
    return {.backends = backend_at(upstream.url("")),
            .more = "audit: {enabled: true, path: " + folder.file("audit") + ", " + keys + "}\n" +
                    more};
  }
  static test::Finished tool(std::vector<std::string> words) {
    words.insert(words.begin(), program("genvm-modules"));
    return test::run_program(std::move(words));
  }
  test::Finished verify() const {
    return tool({"audit", "verify", "--path", folder.file("audit")});
  }
  test::Finished show(std::vector<std::string> more) const {
    std::vector<std::string> words{"audit", "show", "--path", folder.file("audit"), "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return tool(std::move(words));
  }
  static void wait_for_records(const Module& module, int count) {
    EXPECT_TRUE(module.wait_for_metric("genvm_audit_records_total", count, 20s));
  }
  std::vector<audit::FileName> files() const { return *audit::list_files(folder.file("audit")); }
  fs::path first_file() const { return fs::path(folder.file("audit")) / files().front().records(); }
};

TEST_F(AuditE2e, HasARecordOfEveryAnswerThatTheToolsVerifyAndShow) {
  {
    Module module(options("texts: none"));
    GenVm genvm(module.port(), hello_of("0xt1"));
    EXPECT_TRUE(genvm.ask(prompt("canary of a prompt")).ok());
    EXPECT_FALSE(genvm.ask(prompt("please fail")).ok());
    EXPECT_TRUE(genvm.ask(compare("a", "b")).kind.size() > 0);
    wait_for_records(module, 3);
    const auto beside = verify();
    EXPECT_EQ(beside.exit_code, 0) << beside.out << beside.err;
  }
  const auto whole = verify();
  EXPECT_EQ(whole.exit_code, 0) << whole.out << whole.err;
  EXPECT_THAT(whole.out, HasSubstr("whole: 5 records of 3 answers in 1 file of 1 chain"));
  const auto shown = show({"--tx", "0xt1"});
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  std::istringstream lines(shown.out);
  std::vector<Value> records;
  for (std::string line; std::getline(lines, line);) records.push_back(*text::parse_json(line));
  ASSERT_THAT(records, SizeIs(3));
  EXPECT_EQ(text::string_at(records[0], "/outcome"), "ok");
  EXPECT_EQ(text::string_at(records[0], "/backend"), "main");
  EXPECT_EQ(text::string_at(records[0], "/entry"), "ExecPrompt");
  EXPECT_EQ(text::string_at(records[0], "/node"), "0xabcd");
  EXPECT_FALSE(text::string_at(records[0], "/decision")->empty());
  EXPECT_EQ(text::string_at(records[1], "/outcome"), "NO_PROVIDER_FOR_PROMPT");
  EXPECT_EQ(text::string_at(records[1], "/answer"), "");
  EXPECT_THAT(text::string_at(records[2], "/entry").value_or(""), HasSubstr("omparative"));
  EXPECT_EQ(show({"--tx", "another"}).out, "");
  EXPECT_EQ(show({"--since", "2999-01-01"}).out, "");
  EXPECT_EQ(show({"--since", "soon"}).exit_code, 64);
  EXPECT_THAT(everything_in(folder.file("audit")), Not(HasSubstr("canary")));
}

TEST_F(AuditE2e, VerifyNamesTheRecordThatWasEditedAndTellsACutEndApart) {
  {
    Module module(options("texts: none"));
    GenVm genvm(module.port(), hello_of("0xt1"));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(genvm.ask(prompt("x")).ok());
    wait_for_records(module, 3);
  }
  const auto path = first_file();
  const auto good = contents(path);
  auto edited = good;
  edited.replace(edited.find("0xt1"), 4, "0xt2");
  std::ofstream(path) << edited;
  const auto changed = verify();
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_THAT(changed.out, HasSubstr(path.filename().string() + ":2: record 1 was changed"));
  EXPECT_THAT(changed.out, HasSubstr("NOT WHOLE"));
  std::ofstream(path) << good.substr(0, good.size() - 30);
  const auto cut = verify();
  EXPECT_EQ(cut.exit_code, 2);
  EXPECT_THAT(cut.out, HasSubstr("in the middle of a record"));
  EXPECT_EQ(tool({"audit", "verify", "--path", folder.file("nowhere")}).exit_code, 3);
}

TEST_F(AuditE2e, AKilledModuleLeavesAnOpenEndThatTheNextStartConfirms) {
  {
    test::Process killed(
        {program("genvm-llm"), "--config", write_config(folder, options("texts: none"))});
    const auto ready = killed.wait_for_line("\"message\":\"ready\"", 60s);
    ASSERT_TRUE(ready) << killed.err();
    const auto address = std::string(*text::string_at(*text::parse_json(*ready), "/address"));
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    GenVm genvm(port, hello_of("0xt1"));
    EXPECT_TRUE(genvm.ask(prompt("x")).ok());
    EXPECT_TRUE(eventually([&] { return contents(first_file()).contains("0xt1"); }, 20s));
    killed.signal(SIGKILL);
    killed.wait_exit(20s);
  }
  EXPECT_EQ(verify().exit_code, 2);
  {
    Module module(options("texts: none"));
  }
  const auto confirmed = verify();
  EXPECT_EQ(confirmed.exit_code, 0) << confirmed.out;
  EXPECT_THAT(confirmed.out, HasSubstr("killed"));
}

TEST_F(AuditE2e, TwoModulesWriteBesideEachOther) {
  {
    Module one(options("texts: none"));
    Module two(options("texts: none"));
    GenVm first(one.port(), hello_of("0xt1"));
    GenVm second(two.port(), hello_of("0xt2"));
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(first.ask(prompt("x")).ok());
      EXPECT_TRUE(second.ask(prompt("x")).ok());
    }
    wait_for_records(one, 3);
    wait_for_records(two, 3);
  }
  const auto whole = verify();
  EXPECT_EQ(whole.exit_code, 0) << whole.out;
  EXPECT_THAT(whole.out, HasSubstr("6 answers in 2 files of 2 chains"));
}

TEST_F(AuditE2e, ForgetRemovesTextsAndTheWordsOfProvidersAndTheChainStaysValid) {
  Module module(options("texts: all"));
  GenVm one(module.port(), hello_of("0xt1"));
  GenVm two(module.port(), hello_of("0xt2"));
  EXPECT_TRUE(one.ask(prompt("canary of one")).ok());
  EXPECT_FALSE(one.ask(prompt("please fail")).ok());
  EXPECT_TRUE(two.ask(prompt("canary of two")).ok());
  wait_for_records(module, 3);
  const auto config = module.folder().file("config.yaml");
  EXPECT_THAT(show({"--texts", "--tx", "0xt1"}).out, HasSubstr("canary of one"));
  const auto data = fs::path(module.folder().file("data"));
  EXPECT_TRUE(eventually([&] { return everything_in(data).contains("canary of words"); }, 20s));
  test::Finished done;
  const auto removed = [&] {  // the decision record may be on its way
    done = tool({"forget", "--tx", "0xt1", "--config", config});
    return done.out.find("removed from 1") != std::string::npos;
  };
  EXPECT_TRUE(eventually(removed, 20s)) << done.out << done.err;
  EXPECT_EQ(done.exit_code, 0) << done.err;
  const auto left = everything_in(folder.file("audit"));
  EXPECT_THAT(left, Not(HasSubstr("canary of one")));
  EXPECT_THAT(left, Not(HasSubstr("please fail")));
  EXPECT_THAT(left, HasSubstr("canary of two"));
  EXPECT_EQ(verify().exit_code, 0);
  EXPECT_TRUE(two.ask(prompt("canary of two")).ok()) << "the module goes on";
  EXPECT_EQ(tool({"forget", "--tx", "", "--config", config}).exit_code, 64);
  EXPECT_EQ(tool({"forget", "--config", config}).exit_code, 64);
}

TEST_F(AuditE2e, RecordsTheRulesThatFiredAndTextsWithTheirMasks) {
  {
    Module module(options("texts: all", R"(
guards:
  enforce: true
  rules:
    people: {kind: personal, action: mask}
    words: {kind: literals, action: block, entries: [project kestrel]}
)"));
    GenVm genvm(module.port(), hello_of("0xt1"));
    EXPECT_TRUE(genvm.ask(prompt("Write to ann.lee@example.org")).ok());
    EXPECT_EQ(genvm.ask(prompt("about project kestrel")).outcome(), "UserError GUARD_BLOCKED");
    wait_for_records(module, 2);
  }
  const auto shown = show({}).out;
  EXPECT_THAT(shown, HasSubstr(R"("rules":["people"])"));
  EXPECT_THAT(shown, HasSubstr(R"("rules":["words"],"prompt":"","answer":"")"));
  const auto all = everything_in(folder.file("audit"));
  EXPECT_THAT(all, HasSubstr("[EMAIL_1"));
  EXPECT_THAT(all, Not(HasSubstr("ann.lee")));
  EXPECT_THAT(all, Not(HasSubstr("kestrel")));
}

TEST_F(AuditE2e, AFolderThatCannotBeWrittenEndsTheStartUnlessAnswersMayBeMissing) {
  (void)folder.write("audit", "a file");
  const auto refused = test::run_program(
      {program("genvm-llm"), "--config", write_config(folder, options("texts: none"))});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("AUDIT_"));
  EXPECT_THAT(refused.err, HasSubstr("/audit"));
  Module module(options("on_failure: continue"));
  GenVm genvm(module.port());
  EXPECT_TRUE(genvm.ask(prompt("x")).ok());
  EXPECT_EQ(module.metric("genvm_audit_failing"), 1);
}

TEST_F(AuditE2e, IsOutOfReachOfScripts) {
  auto made = options("texts: all");
  made.more = "audit: {enabled: true, texts: all}\n";  // in data_dir, where scripts may write
  made.script = R"lua(
function ExecPrompt(ctx, args)
  local file = io.open("audit/" .. args.prompt, "r")
  local new = io.open("audit/audit-llm-20260101T000000Z-0123456789abcdef-0001.jsonl", "w")
  return { data = tostring(file) .. " " .. tostring(new), consumed_gen = 0 }
end
function ExecPromptTemplate() error("no") end
)lua";
  Module module(made);
  GenVm genvm(module.port());
  const auto found = *audit::list_files(module.folder().file("data/audit"));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(genvm.ask(prompt(found[0].records())).text(), "nil nil");
  EXPECT_EQ(genvm.ask(prompt(found[0].texts())).text(), "nil nil");
}

}  // namespace
}  // namespace gvm::e2e
