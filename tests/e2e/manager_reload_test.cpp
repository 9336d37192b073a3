// The manager changes the configuration of a running module, without another process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "e2e/manager.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ManagerReload, TheSameProcessTakesTheOtherConfiguration) {
  const RunningLlm llm("old");
  auto other = answering("new");
  const auto pid = llm.pid();
  GenVm old(llm.port(), hello_b());
  EXPECT_EQ(old.ask(prompt("x")).text(), "old");
  const auto config = llm.manager.llm_config({.backends = backends_at(other)});
  const auto reloaded = llm.manager.module("reload", "Llm", config);
  ASSERT_EQ(reloaded.status, 200) << reloaded.body;
  EXPECT_EQ(reloaded.word("result"), "module_reloaded");
  EXPECT_THAT(reloaded.body, HasSubstr("backends.main.host"));
  EXPECT_EQ(llm.pid(), pid);
  EXPECT_EQ(llm.ask(), "new");
  EXPECT_EQ(old.ask(prompt("x")).text(), "old") << "it finishes with what it began with";
  EXPECT_EQ(llm.manager.module("reload", "Llm").status, 200) << "the same again";
  EXPECT_EQ(llm.ask(), "new");
}

TEST(ManagerReload, ABadConfigurationIsRefusedWithEveryReason) {
  const RunningLlm llm("old");
  const auto bad =
      llm.manager.llm_config({.backends = backends_at(llm.upstream, ", \"timeout\": \"soon\""),
                              .more = ", \"vm_count\": -1"});
  const auto refused = llm.manager.module("reload", "Llm", bad);
  EXPECT_EQ(refused.status, 400) << refused.body;
  for (const char* part : {"MODULE_CONFIG_REFUSED", "vm_count", "backends.main.timeout"})
    EXPECT_THAT(refused.word("error"), HasSubstr(part));
  EXPECT_EQ(llm.ask(), "old");
}

TEST(ManagerReload, AModuleThatDoesNotRunIsNotReloaded) {
  const ManagerUnderTest manager;
  const auto refused = manager.module("reload", "Web");
  EXPECT_EQ(refused.status, 400) << refused.body;
  EXPECT_THAT(refused.word("error"), HasSubstr("module_not_running"));
}

TEST(ManagerReload, AProcessThatComesBackHasTheConfigurationOfTheReload) {
  const RunningLlm llm("old");
  auto other = answering("new");
  const auto config = llm.manager.llm_config({.backends = backends_at(other)});
  ASSERT_EQ(llm.manager.module("reload", "Llm", config).status, 200);
  const auto killed = llm.pid();
  ::kill(killed, SIGKILL);
  ASSERT_TRUE(eventually(
      [&] {
        // While nothing runs there is no pid.
        const auto now = text::integer_at(llm.manager.module_status("llm"), "/pid");
        return now.value_or(killed) != killed &&
               llm.manager.status().word("llm_module") == "running";
      },
      60s));
  EXPECT_EQ(llm.ask(), "new");
}

TEST(ManagerReload, ASighupReloadsWhatRuns) {
  RunningLlm llm("old");
  llm.manager.process().signal(SIGHUP);
  EXPECT_TRUE(llm.manager.process().wait_for_line("\"reloaded\"", 60s));
  EXPECT_EQ(llm.ask(), "old");
}

}  // namespace
}  // namespace gvm::e2e
