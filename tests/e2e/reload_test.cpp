// Another configuration for the running module: taken as a whole or not at all, and without a
// session or a request that notices.
#include "e2e/reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

#include "e2e/mocks.h"
#include "e2e/money.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using testing::HasSubstr;
using testing::Not;

// Answers with the script's own number, `meta` of the configuration, the template's and the model's
// name: four things that come into a session in four ways.
std::string script_of(int version) {
  return R"lua(
local llm = require("lib-llm")
local VERSION = ")lua" +
         std::to_string(version) + R"lua("
function ExecPrompt(ctx, args)
  local model
  for name in pairs(llm.rs.providers.main.models) do model = name end
  local answer = llm.rs.exec_prompt_in_provider(ctx, { provider = "main", model = model,
    prompt = { user_message = "x", temperature = 0.7, images = {} }, format = "text" })
  return { data = VERSION .. "|" .. llm.rs.meta .. "|" .. llm.rs.templates.eq_comparative.system
    .. "|" .. answer.data, consumed_gen = 0 }
end
function ExecPromptTemplate() error("not in this test") end
)lua";
}

ModuleOptions options_of(int version, const std::string& host) {
  const auto number = std::to_string(version);
  return {.backends = backend({.host = host, .models = "{\"" + number + "\": {}}"}),
          .script = script_of(version),
          .more = "meta: \"" + number + "\"\nprompt_templates: {eq_comparative: {system: \"" +
                  number + "\", user: \"#{leader_answer} #{validator_answer} #{principle}\"}}\n"};
}

// Answers with the name of the model that was asked for.
test::HttpServer naming_the_model() {
  return test::HttpServer([](const test::HttpServer::Request& request) {
    const auto at = request.body.find("\"model\":\"");
    const auto from = at + std::string_view("\"model\":\"").size();
    const auto name = request.body.substr(from, request.body.find('"', from) - from);
    return test::HttpServer::Reply{.body = openai_answer(name)};
  });
}

std::string all(int version) {
  const auto number = std::to_string(version);
  return number + "|" + number + "|" + number + "|" + number;
}

std::string ask(GenVm& genvm) {
  const Reply reply = genvm.ask(prompt("x"));
  return reply.ok() ? reply.text() : reply.shown;
}

void change_to(Reloaded& reloaded, int version, const std::string& host) {
  const auto next = options_of(version, host);
  reloaded.options().backends = next.backends;
  reloaded.options().script = next.script;
  reloaded.options().more = next.more;
  reloaded.write();
}

TEST(Reload, ASessionKeepsWhatItBeganWithAndTheNextOneHasTheNew) {
  auto upstream = naming_the_model();
  Reloaded reloaded(options_of(1, upstream.url("")));
  GenVm used(reloaded.port());
  GenVm idle(reloaded.port());  // has said hello and asked nothing: it has no Lua state yet
  EXPECT_EQ(ask(used), all(1));
  change_to(reloaded, 2, upstream.url(""));
  const auto done = reloaded.reload();
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_THAT(done.out, HasSubstr("meta: \"1\" -> \"2\""));
  GenVm fresh(reloaded.port());
  EXPECT_EQ(ask(fresh), all(2));
  EXPECT_EQ(ask(used), all(1));
  EXPECT_EQ(ask(idle), all(1));
  EXPECT_EQ(reloaded.module().metric("genvm_llm_config_generation"), 2);
  EXPECT_EQ(reloaded.module().metric("genvm_llm_config_generations_old"), 1);
  EXPECT_THAT(reloaded.module().http("/health"), HasSubstr("\"generation\":2"));
  used.ws().send_close(1000);
  idle.ws().send_close(1000);
  EXPECT_TRUE(reloaded.module().wait_for_metric("genvm_llm_config_generations_old", 0, 20s))
      << "it goes with its last session";
}

TEST(Reload, ASighupDoesItToo) {
  auto upstream = naming_the_model();
  Reloaded reloaded(options_of(1, upstream.url("")));
  change_to(reloaded, 2, upstream.url(""));
  reloaded.module().process().signal(SIGHUP);
  ASSERT_TRUE(reloaded.module().process().wait_for_line("\"reloaded\"", 60s));
  GenVm fresh(reloaded.port());
  EXPECT_EQ(ask(fresh), all(2));
}

// The sandbox must let the module read it again.
TEST(Reload, AFileNamedWithoutItsFolderIsReadAgain) {
  const TempFolder folder;
  const std::string runtime = "XDG_RUNTIME_DIR=" + folder.file("");
  (void)write_config(folder, {.backends = backend_at("http://127.0.0.1:1"), .more = "meta: 1\n"});
  test::Process module({"/usr/bin/env", "-C", folder.file(""), runtime, program("genvm-llm"),
                        "--config", "config.yaml"});
  ASSERT_TRUE(module.wait_for_line("\"message\":\"ready\"", 60s)) << module.err();
  (void)write_config(folder, {.backends = backend_at("http://127.0.0.1:1"), .more = "meta: 2\n"});
  module.signal(SIGHUP);
  EXPECT_TRUE(module.wait_for_line("\"reloaded\"", 60s)) << module.out();
  module.signal(SIGTERM);
  EXPECT_EQ(module.wait_exit(20s), 0) << module.err();
}

// Everything that may be wrong, one at a time, on a configuration that is otherwise good.
struct Bad {
  std::string name;
  std::function<void(Reloaded&)> spoil;
  std::string reason;  // a part of what the tool says
};

void add_line(Reloaded& reloaded, const std::string& line) {
  reloaded.options().more += line;
  reloaded.write();
}

std::vector<Bad> bad_ones(const TempFolder& folder) {
  const auto text = [](std::string content) {
    return [content = std::move(content)](Reloaded& to) { to.write_text(content); };
  };
  const auto line = [](std::string content) {
    return [content = std::move(content)](Reloaded& to) { add_line(to, content); };
  };
  const auto script = [](std::string content) {
    return [content = std::move(content)](Reloaded& to) {
      to.options().script = content;
      to.write();
    };
  };
  std::string nested;
  for (int i = 0; i < 5000; ++i) nested += "[";
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const auto below = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int n = 0; n < 9; ++n) bomb += below + ", ";
    bomb += below + "]\n";
  }
  return {
      {"huge", text("# " + std::string(3 << 20, 'x')), "config.yaml"},
      {"binary",
       text(std::string("\x7f"
                        "ELF\x02\x01\0\0\xff\xfe",
                        10)),
       "config.yaml"},
      {"empty", text(""), "the file is empty"},
      {"deep", text("meta: " + nested + "\n"), "config.yaml:1:"},
      {"anchors that explode", text(bomb), "config.yaml"},
      {"no YAML", text("a: [1, 2\nb: }\n"), "config.yaml:"},
      {"a wrong value", line("vm_count: many\n"), "vm_count: got \"many\", expected"},
      {"a misspelt key", line("log_leve: debug\n"), "log_leve"},
      {"a script that does not compile", script("function ExecPrompt(\n\n  return {{ end\n"),
       "script.lua:3"},
      {"a script that fails", script("error('on purpose')\n"), "on purpose"},
      {"a script without its entry", script("function ExecPrompt() end\n"), "ExecPromptTemplate"},
      {"a script that never ends", script("while true do end\n"), "script"},
      {"a key that is not in the environment",
       [](Reloaded& to) {
         to.options().backends += backend({.name = "second",
                                           .host = "https://example.com",
                                           .more = "key: \"${ENV[GVM_NO_SUCH_KEY]}\""});
         to.write();
       },
       "backends.second: it cannot be used: GVM_NO_SUCH_KEY is not set"},
      {"no CA file", line("http: {ca_file: /nonexistent/ca.pem}\n"), "http.ca_file"},
      {"a CA file without a certificate",
       line("http: {ca_file: \"" + folder.write("ca.pem", "nothing\n") + "\"}\n"),
       "it holds no certificate"},
      {"prices with an error",
       line("pricing: {file: \"" +
            folder.write("bad-prices.yaml", "models:\n  - {model: m, input: cheap}\n") + "\"}\n"),
       "bad-prices.yaml:2"},
      {"no prices", line("pricing: {file: /nonexistent/prices.yaml}\n"),
       "/nonexistent/prices.yaml"},
      {"a signing key that is none",
       line("signing: {keys: {node: {algorithm: ed25519, key_file: \"" +
            folder.write("key.pem", "nothing\n") + "\"}}}\n"),
       "sign"},
  };
}

TEST(Reload, ABadConfigurationIsRefusedWithItsPlaceAndTheOldOneStays) {
  auto upstream = naming_the_model();
  const TempFolder files;
  auto options = options_of(1, upstream.url(""));
  options.more += "sandbox: {read_paths: [\"" + files.file("") + "\"]}\n";
  Reloaded reloaded(options);
  const ModuleOptions good = reloaded.options();
  GenVm before(reloaded.port());
  for (const auto& bad : bad_ones(files)) {
    SCOPED_TRACE(bad.name);
    reloaded.options() = good;
    reloaded.write();
    bad.spoil(reloaded);
    for (const char* command : {"diff", "reload"}) {
      const auto refused = reloaded.tool(command);
      EXPECT_EQ(refused.exit_code, 1) << refused.out << refused.err;
      EXPECT_THAT(refused.out, HasSubstr("refused"));
      EXPECT_THAT(refused.out, HasSubstr(bad.reason));
    }
    EXPECT_EQ(ask(before), all(1));
    GenVm after(reloaded.port());
    EXPECT_EQ(ask(after), all(1));
  }
  EXPECT_EQ(reloaded.module().metric("genvm_llm_config_generation"), 1);
  EXPECT_TRUE(reloaded.module().process().wait_for_line("the reload is refused", 10s));
  reloaded.options() = good;
  change_to(reloaded, 2, upstream.url(""));
  EXPECT_EQ(reloaded.reload().exit_code, 0) << "a good one is taken after all of them";
  GenVm after(reloaded.port());
  EXPECT_EQ(ask(after), all(2));
}

TEST(Reload, AFileThatIsNoneAnyMoreIsRefused) {
  auto upstream = naming_the_model();
  Reloaded reloaded(options_of(1, upstream.url("")));
  std::filesystem::remove(reloaded.config_path());
  EXPECT_EQ(reloaded.reload().exit_code, 1) << "gone";
  ASSERT_EQ(::mkfifo(reloaded.config_path().c_str(), 0600), 0);
  EXPECT_EQ(reloaded.reload().exit_code, 1) << "a pipe that nobody writes to";
  std::filesystem::remove(reloaded.config_path());
  std::filesystem::create_directory(reloaded.config_path());
  EXPECT_EQ(reloaded.reload().exit_code, 1) << "a folder";
  GenVm genvm(reloaded.port());
  EXPECT_EQ(ask(genvm), all(1));
}

TEST(Reload, PricesOfUnknownModelsAreTakenWithAWarning) {
  auto upstream = naming_the_model();
  Reloaded reloaded(options_of(1, upstream.url("")));
  add_line(reloaded, pricing_of(reloaded.module().folder()));
  EXPECT_EQ(reloaded.reload().exit_code, 0);
  EXPECT_TRUE(reloaded.module().process().wait_for_line(
      "has a price for none of the configured models", 20s));
  GenVm genvm(reloaded.port());
  EXPECT_EQ(ask(genvm), all(1));
}

TEST(Reload, ADiffShowsWhatWouldChangeAndNoSecret) {
  auto upstream = naming_the_model();
  auto options = options_of(1, upstream.url(""));
  options.backends = backend({.host = upstream.url(""),
                              .models = "{\"1\": {}}",
                              .more = "key: canary-of-the-old-key, headers: {x-a: canary-header}"});
  Reloaded reloaded(options);
  EXPECT_THAT(reloaded.diff().out, HasSubstr("a reload would change no key"));
  reloaded.options().backends =
      backend({.host = upstream.url(""),
               .models = "{\"1\": {max_tokens: {ceiling: 77}}}",
               .more = "key: canary-of-the-new-key, headers: {x-a: canary-other}"});
  reloaded.options().more +=
      "vm_count: 3\nserve: {max_sessions: 99}\nblocking_threads: 2\n"
      "signer_url: \"http://user:canary-password@127.0.0.1:1/sign\"\n";
  reloaded.write();
  const auto shown = reloaded.diff();
  EXPECT_EQ(shown.exit_code, 0) << shown.out << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("backends.main.key: (not shown) -> (not shown)"));
  EXPECT_THAT(shown.out, HasSubstr("backends.main.models.1.max_tokens.ceiling: (not set) -> 77"));
  EXPECT_THAT(shown.out, HasSubstr("vm_count: (not set) -> 3\n"));
  EXPECT_THAT(shown.out,
              HasSubstr("serve.max_sessions: (not set) -> 99 (takes effect at the next start)"));
  EXPECT_THAT(shown.out,
              HasSubstr("blocking_threads: (not set) -> 2 (takes effect at the next start)"));
  EXPECT_THAT(shown.out, Not(HasSubstr("canary")));
  EXPECT_EQ(reloaded.module().metric("genvm_llm_config_generation"), 1) << "nothing has changed";
  EXPECT_EQ(reloaded.reload().exit_code, 0);
  EXPECT_THAT(reloaded.diff().out, HasSubstr("a reload would change no key"));
  EXPECT_THAT(reloaded.module().process().out(), Not(HasSubstr("canary")));
}

TEST(Reload, TheNewKeyIsSentAndNeitherKeyIsLogged) {
  test::HttpServer upstream([](const test::HttpServer::Request& request) {
    return test::HttpServer::Reply{
        .status = 401,
        .body = "{\"error\": {\"message\": \"bad key " + request.header("authorization") + "\"}}"};
  });
  const auto with_key = [&](const std::string& key) {
    return backend({.host = upstream.url(""), .more = "key: " + key});
  };
  Reloaded reloaded({.backends = with_key("canary-first-key")});
  GenVm old(reloaded.port());
  EXPECT_FALSE(old.ask(prompt("x")).ok());
  EXPECT_EQ(upstream.last_request().header("authorization"), "Bearer canary-first-key");
  reloaded.options().backends = with_key("canary-second-key");
  reloaded.write();
  EXPECT_EQ(reloaded.reload().exit_code, 0);
  GenVm fresh(reloaded.port());
  const Reply refused = fresh.ask(prompt("x"));
  EXPECT_THAT(refused.shown, Not(HasSubstr("canary")));
  EXPECT_EQ(upstream.last_request().header("authorization"), "Bearer canary-second-key");
  const Reply again = old.ask(prompt("x"));
  EXPECT_THAT(again.shown, Not(HasSubstr("canary")));
  EXPECT_THAT(reloaded.module().process().out(), Not(HasSubstr("canary")));
}

TEST(Reload, BudgetsGoOnByName) {
  MockUpstream upstream({.name = "a"});
  const auto budget = [](int count) {
    return "budgets: {few: {requests: " + std::to_string(count) + ", window: day}}\n";
  };
  Reloaded reloaded({.backends = backend_of(upstream, "main", 0), .more = budget(3)});
  GenVm old(reloaded.port());
  EXPECT_TRUE(old.ask(prompt("x")).ok());
  EXPECT_TRUE(old.ask(prompt("x")).ok());
  reloaded.options().more = budget(4);
  reloaded.write();
  EXPECT_EQ(reloaded.reload().exit_code, 0);
  GenVm fresh(reloaded.port());
  EXPECT_TRUE(fresh.ask(prompt("x")).ok());
  EXPECT_TRUE(fresh.ask(prompt("x")).ok());
  EXPECT_EQ(fresh.ask(prompt("x")).outcome(), "UserError BUDGET_EXCEEDED") << "two were before";
  EXPECT_EQ(old.ask(prompt("x")).outcome(), "UserError BUDGET_EXCEEDED");
}

TEST(Reload, SignalsInAnyOrderEndNothing) {
  auto upstream = naming_the_model();
  Reloaded reloaded(options_of(1, upstream.url("")));
  for (int i = 0; i < 200; ++i) reloaded.module().process().signal(SIGHUP);
  GenVm genvm(reloaded.port());
  EXPECT_EQ(ask(genvm), all(1));
  // The end finds reloads that wait.
  for (int i = 0; i < 20; ++i) reloaded.module().process().signal(SIGHUP);
}

int count_of_reloads() {
  const char* set = std::getenv("GVM_RELOADS");
  return set == nullptr ? 15 : std::atoi(set);
}

std::int64_t p99(std::vector<std::int64_t> values) {
  if (values.empty()) return 0;
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 99 / 100);
  std::ranges::nth_element(values, at);
  return *at;
}

// Sessions that begin, ask a few times and end, on a thread of their own.
class Load {
 public:
  explicit Load(std::uint16_t port) : port_(port) {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { run(); });
  }
  ~Load() { stop(); }
  void stop() {
    stopping_ = true;
    for (auto& thread : threads_)
      if (thread.joinable()) thread.join();
  }
  // Microseconds of each request since the last call.
  std::vector<std::int64_t> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(times_, {});
  }
  int asked() const { return asked_; }
  std::vector<std::string> faults() {
    const std::lock_guard lock(mutex_);
    return faults_;
  }

 private:
  static constexpr int kThreads = 4;
  static constexpr int kAsks = 5;

  void run() {
    while (!stopping_) {
      try {
        session();
      } catch (const std::exception& error) {
        const std::lock_guard lock(mutex_);
        faults_.emplace_back(error.what());
      }
    }
  }

  void session() {
    GenVm genvm(port_);
    std::string first;
    for (int i = 0; i < kAsks && !stopping_; ++i) {
      const auto began = std::chrono::steady_clock::now();
      const auto answer = ask(genvm);
      const auto took = std::chrono::steady_clock::now() - began;
      ++asked_;
      const std::lock_guard lock(mutex_);
      times_.push_back(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
      if (first.empty()) first = answer;
      const auto version = answer.substr(0, answer.find('|'));
      const bool whole = answer == version + "|" + version + "|" + version + "|" + version;
      if (!whole || answer != first) faults_.push_back(first + " then " + answer);
    }
  }

  std::uint16_t port_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> asked_{0};
  std::mutex mutex_;
  std::vector<std::int64_t> times_;
  std::vector<std::string> faults_;
  std::vector<std::thread> threads_;
};

// GVM_RELOADS=1000 for a release build; then the times count, too.
TEST(Reload, ManyUnderLoadFailNoRequestAndMixNoVersions) {
  auto upstream = naming_the_model();
  Reloaded reloaded(options_of(1, upstream.url("")));
  const int count = count_of_reloads();
  Load load(reloaded.port());
  std::this_thread::sleep_for(count > 100 ? 5s : 500ms);  // the quiet time to compare with
  const auto quiet = load.take();
  const auto began = std::chrono::steady_clock::now();
  for (int version = 2; version <= count + 1; ++version) {
    change_to(reloaded, version, upstream.url(""));
    const auto done = reloaded.reload();
    ASSERT_EQ(done.exit_code, 0) << done.out << done.err;
    GenVm fresh(reloaded.port());
    ASSERT_EQ(ask(fresh), all(version));
  }
  const auto took = std::chrono::steady_clock::now() - began;
  const auto busy = load.take();
  load.stop();
  EXPECT_EQ(load.faults(), std::vector<std::string>());
  EXPECT_GT(load.asked(), count);
  EXPECT_EQ(reloaded.module().metric("genvm_llm_config_generation"), count + 1);
  EXPECT_TRUE(reloaded.module().wait_for_metric("genvm_llm_config_generations_old", 0, 60s));
  std::printf("%d reloads in %.1f s, %d requests; p99 %.2f ms before, %.2f ms during\n", count,
              std::chrono::duration<double>(took).count(), load.asked(),
              static_cast<double>(p99(quiet)) / 1000, static_cast<double>(p99(busy)) / 1000);
}

}  // namespace
}  // namespace gvm::e2e
