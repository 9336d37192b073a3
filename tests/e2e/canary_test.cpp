// Secrets and personal data planted everywhere, then everything that leaves the module searched:
// the log at level trace, replies, metrics, pages, command lines, every file, the output of every
// tool.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/encoding.h"
#include "base/json.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "e2e/reload.h"
#include "support/http_server.h"
#include "support/process_tree.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

namespace fs = std::filesystem;
using test::HttpServer;

// Of the configuration, in the ways a file can have them.
const std::string kKey = "sk-canary-of-a-key-4711";
const std::string kSecondKey = "sk-canary-of-a-second-key";
const std::string kEnvironmentKey = "sk-canary-of-the-environment";
const std::string kHeader = "canary-of-a-header-0815";
const std::string kUrlPassword = "canary-of-a-url-pw";
const std::string kDatabasePassword = "canary-of-a-database-pw";
const std::string kSignerToken = "canary-of-a-signer-token";
const std::string kPeerToken = "canary-of-a-peer-token-32";
// Of a contract's prompt. A guard masks it.
const std::string kPerson = "canary.person@example.org";

// Prompts of ask_under_all_faults() that come to the guards.
constexpr int kRecords = 10;

std::vector<std::string> forms_of(const std::string& secret) {
  return {secret, base64_encode(secret), hex_encode(secret)};
}

// What must not be found, and where it was.
class Search {
 public:
  explicit Search(const std::vector<std::string>& secrets) {
    for (const auto& secret : secrets)
      for (auto& form : forms_of(secret)) needles_.push_back(std::move(form));
  }
  void in(const std::string& where, const std::string& text) {
    ++places_;
    for (const auto& needle : needles_) {
      const auto at = text.find(needle);
      if (at == text.npos) continue;
      ADD_FAILURE() << needle << " in " << where << ": "
                    << text.substr(at < 150 ? 0 : at - 150, 300);
    }
  }
  void in_folder(const fs::path& folder) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      in(entry.path().string(), {std::istreambuf_iterator<char>(file), {}});
    }
  }
  void in_finished(const std::string& where, const test::Finished& finished) {
    in(where, finished.out + finished.err);
  }
  std::size_t places() const { return places_; }

 private:
  std::vector<std::string> needles_;
  std::size_t places_ = 0;
};

const std::vector<std::string> kSecrets = {kKey,         kSecondKey,   kEnvironmentKey,
                                           kHeader,      kUrlPassword, kDatabasePassword,
                                           kSignerToken, kPeerToken};

// Says everything it was sent again: headers, body, in the ways in which providers fail.
HttpServer::Reply betray(const HttpServer::Request& request) {
  std::string all = request.target + " ";
  for (const auto& [name, value] : request.headers) all += name + ": " + value + "; ";
  const auto has = [&](std::string_view word) {
    return request.body.find(word) != std::string::npos;
  };
  HttpServer::Reply reply;
  for (const auto& [name, value] : request.headers)
    if (name != "content-length" && name != "host") reply.headers.push_back({"x-" + name, value});
  std::string quoted;
  json::write_string_to(quoted, all + request.body);
  reply.body = "{\"error\": {\"message\": " + quoted + "}}";
  if (has("fail401")) reply.status = 401;
  if (has("fail429")) reply.status = 429;
  if (has("fail500")) reply.status = 500;
  if (has("garbage")) reply.body = all + request.body;
  if (has("hang")) reply.behaviour = HttpServer::Behaviour::hang;
  if (has("cut")) reply.behaviour = HttpServer::Behaviour::cut_in_body;
  if (has("redirect")) {
    reply.status = 302;
    reply.headers.push_back({"location", "http://" + kKey + "@127.0.0.1:1/" + kKey});
  }
  if (has("good")) reply.body = openai_answer("an answer to " + kPerson);
  return reply;
}

constexpr std::string_view kScript = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  if args.prompt:find("scripterror") then error("the script fails") end
  local mapped = llm.exec_prompt_transform(args)
  local ok, answer = pcall(llm.rs.exec_prompt, ctx, { prompt = mapped.prompt, format = mapped.format })
  lib.log { level = "info", message = "got", ok = ok, answer = not ok and answer or nil }
  if not ok then error(answer, 0) end
  return { data = answer.data, consumed_gen = answer.consumed_gen }
end
function ExecPromptTemplate() error("no") end
)lua";

struct Canary : testing::Test {
  HttpServer upstream{betray};
  Search search{kSecrets};
  Search persons{{kPerson}};
  std::vector<std::string> records;

  ModuleOptions options(const std::string& ledger) {
    ModuleOptions made;
    // Two backends: the keys of both, of the environment, and a password in an address.
    made.backends = backend({.host = upstream.url(""),
                             .priority = 2,
                             .more = "key: " + kKey + ", keys: [" + kSecondKey +
                                     "], headers: {x-more: " + kHeader + "}, timeout: 1s"}) +
                    backend({.name = "second",
                             .host = "http://user:" + kUrlPassword +
                                     "@127.0.0.1:" + std::to_string(upstream.port()),
                             .priority = 1,
                             .more = "key: \"${ENV[GVM_CANARY_KEY]}\", timeout: 1s"});
    made.script = kScript;
    made.log_level = "trace";
    made.environment = {"GVM_CANARY_KEY=" + kEnvironmentKey};
    made.more =
        "routing: {attempts: 3, deadline: 20s}\nsigner_url: "
        "http://127.0.0.1:1/sign\nsigner_headers: {x-token: " +
        kSignerToken + "}\naudit: {enabled: true, texts: all}\nserve: {peers: {tokens: [" +
        kPeerToken + "]}}\n" + ledger +
        "guards:\n  enforce: true\n  rules:\n    people: {kind: personal, action: mask}\n"
        "    words: {kind: literals, action: block, entries: [project kestrel]}\n";
    return made;
  }

  static Value hello() {
    Value value = hello_a();
    value.as_map()->set("token", Value::string(kPeerToken));
    return value;
  }

  void ask_under_all_faults(const Module& module) {
    GenVm genvm(module.port(), hello());
    for (const auto* fault : {"good", "garbage", "cut", "redirect", "fail500", "hang",
                              "project kestrel", "scripterror", "fail429", "fail401"}) {
      const auto reply = genvm.ask(prompt(std::string(fault) + " for " + kPerson));
      if (!reply.ok()) search.in(std::string("the reply to ") + fault, reply.shown);
      const Value* record = reply.ctx.find("record");
      if (record != nullptr) records.emplace_back(record->as_string().value_or(""));
    }
    EXPECT_EQ(genvm.ask(prompt("good for " + kPerson)).kind, "Ok");
  }

  void look_at_pages(const Module& module) {
    for (const auto* page :
         {"/metrics", "/health", "/", "/status/history", "/status/problems", "/nothing"}) {
      search.in(page, module.http(page));
      persons.in(page, module.http(page));
    }
  }

  void look_at_command_lines(pid_t pid) {
    for (const auto each : test::process_tree(pid))
      search.in("a command line", test::command_of(each));
  }

  void look_at(const std::string& what, const test::Finished& finished) {
    search.in_finished(what, finished);
    persons.in_finished(what, finished);
  }

  void look_at_tools(const Reloaded& world) {
    const auto config = world.config_path();
    const test::Process::Options with_key{.environment = {"GVM_CANARY_KEY=" + kEnvironmentKey}};
    std::vector<std::vector<std::string>> commands = {
        {"check-config", config},
        {"usage", "--config", config},
        {"ledger", "verify", "--config", config},
        {"doctor", "--config", config},
        {"audit", "verify", "--config", config},
        {"audit", "show", "--texts", "--config", config},
        {"audit", "show", "--json", "--config", config}};
    constexpr std::size_t kExplained = 6;
    if (records.size() > kExplained) records.resize(kExplained);
    for (const auto& id : records) {
      commands.push_back({"explain", id, "--config", config});
      commands.push_back({"explain", id, "--json", "--config", config});
      commands.push_back({"replay", id, "--config", config});
    }
    for (auto& command : commands) {
      const auto name = command.front() + " " + command[1];
      command.insert(command.begin(), program("genvm-modules"));
      look_at(name, test::run_program(command, with_key, 120s));
    }
  }

  void reload_badly(Reloaded& world) {
    std::ifstream file(world.config_path());
    const std::string good{std::istreambuf_iterator<char>(file), {}};
    world.write_text(good + "timeout: banana\n");
    look_at("diff", world.diff());
    const auto refused = world.reload();
    EXPECT_NE(refused.exit_code, 0);
    look_at("reload", refused);
    auto changed = good;
    changed.replace(changed.find(kHeader), kHeader.size(), kHeader + "-changed");
    world.write_text(changed);
    look_at("diff", world.diff());
    look_at("reload", world.reload());
    world.write_text(good);
    look_at("reload", world.reload());
  }

  void end(Module& module) {
    module.process().signal(SIGTERM);
    EXPECT_EQ(module.process().wait_exit(60s), 0);
    for (auto* each : {&search, &persons}) {
      each->in("the log", module.process().out());
      each->in("standard error", module.process().err());
      each->in_folder(module.folder().file("data"));
    }
    EXPECT_NE(module.process().out().find("a model failed"), std::string::npos);
  }
};

TEST_F(Canary, IsFoundNowhereUnderAnyFault) {
  Reloaded world(options(""));
  ask_under_all_faults(world.module());
  look_at_pages(world.module());
  look_at_command_lines(world.module().process().pid());
  reload_badly(world);
  ask_under_all_faults(world.module());
  const auto recorded = [&] {
    return world.module().metric("genvm_audit_records_total") >= kRecords * 2;
  };
  EXPECT_TRUE(eventually(recorded, 20s));
  look_at_tools(world);
  end(world.module());
  EXPECT_GT(records.size(), 3U);
  EXPECT_GT(search.places(), 60U);
}

TEST_F(Canary, IsFoundNowhereWhileTheDatabaseIsDown) {
  const test::RefusingPort refusing;
  Reloaded world(
      options("ledger: {when_broken: continue, url: \"postgresql://u:" + kDatabasePassword +
              "@127.0.0.1:" + std::to_string(refusing.port()) + "/x\"}\n"));
  GenVm genvm(world.port(), hello());
  EXPECT_EQ(genvm.ask(prompt("good for " + kPerson)).kind, "Ok");
  search.in("a reply", genvm.ask(prompt("fail500 for " + kPerson)).shown);
  look_at_pages(world.module());
  look_at_tools(world);
  end(world.module());
}

// With the wrong place for a password, and words that no driver may repeat.
TEST_F(Canary, IsFoundNowhereWhenTheStartFails) {
  TempFolder folder;
  auto made = options("");
  made.more += "timeout: banana\n";
  const auto path = write_config(folder, made);
  const test::Process::Options with_key{.environment = made.environment};
  for (const auto& command :
       {std::vector<std::string>{program("genvm-llm"), "--config", path},
        std::vector<std::string>{program("genvm-modules"), "check-config", path},
        std::vector<std::string>{program("genvm-modules"), "doctor", "--config", path},
        std::vector<std::string>{program("genvm-modules"), "forget", "--tx", "x", "--config", path},
        std::vector<std::string>{program("genvm-modules"), "audit", "show", "--config", path}}) {
    const auto finished = test::run_program(command, with_key, 120s);
    EXPECT_EQ(finished.exit_code, 1) << command[1];
    look_at(command[1], finished);
  }
}

}  // namespace
}  // namespace gvm::e2e
