// `sandbox`: a word, or a map.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/load.h"
#include "config/test_environment.h"

namespace gvm::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Loaded<WebConfig> load(const std::string& text) {
  return load_web_text(text, "f.yaml", test_environment());
}

std::string fault_of(const std::string& text) {
  const auto loaded = load(text);
  return loaded ? "no fault" : loaded.error().front().to_string();
}

TEST(SandboxConfig, IsBestEffortUnlessAWordSaysOtherwise) {
  EXPECT_EQ(load("{}")->config.operation.sandbox.mode, "best-effort");
  EXPECT_EQ(load("sandbox: strict")->config.operation.sandbox.mode, "strict");
  EXPECT_EQ(load("sandbox: 'off'")->config.operation.sandbox.mode, "off");
}

TEST(SandboxConfig, AMapNamesFurtherPathsAndPorts) {
  const auto loaded = load(
      "sandbox: {mode: strict, read_paths: [/a, /b], write_paths: [/c], connect_ports: [80, 443]}");
  ASSERT_TRUE(loaded);
  const auto& sandbox = loaded->config.operation.sandbox;
  EXPECT_EQ(sandbox.mode, "strict");
  EXPECT_THAT(sandbox.read_paths, ElementsAre("/a", "/b"));
  EXPECT_THAT(sandbox.write_paths, ElementsAre("/c"));
  EXPECT_THAT(sandbox.connect_ports, ElementsAre(80, 443));
}

TEST(SandboxConfig, RefusesWhatWouldProtectLessThanItSeemsTo) {
  EXPECT_THAT(fault_of("sandbox: strickt"), HasSubstr("sandbox.mode"));
  EXPECT_THAT(fault_of("sandbox: {mode: on}"), HasSubstr("sandbox.mode"));
  EXPECT_THAT(fault_of("sandbox: {read_paths: [relative/path]}"),
              HasSubstr("sandbox.read_paths[0]: got \"relative/path\", expected an absolute path"));
  EXPECT_THAT(fault_of("sandbox: {write_paths: [/a, '']}"), HasSubstr("sandbox.write_paths[1]"));
  EXPECT_THAT(fault_of("sandbox: {connect_ports: [0]}"), HasSubstr("expected ports from 1 to"));
  EXPECT_THAT(fault_of("sandbox: {connect_ports: [70000]}"), HasSubstr("got 70000"));
  EXPECT_THAT(fault_of("sandbox: {connect_port: [80]}"), HasSubstr("connect_ports"));
}

TEST(WatchdogConfig, OnlyLogsUnlessItIsToldToEndTheProcess) {
  EXPECT_EQ(load("{}")->config.operation.watchdog.action, "log");
  const auto loaded = load("watchdog: {stuck_after: 30s, action: abort}");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->config.operation.watchdog.stuck_after, std::chrono::seconds(30));
  EXPECT_EQ(loaded->config.operation.watchdog.action, "abort");
  EXPECT_THAT(fault_of("watchdog: {action: kill}"), HasSubstr("watchdog.action"));
  EXPECT_THAT(fault_of("watchdog: {stuck_after: -1s}"), HasSubstr("watchdog.stuck_after"));
  EXPECT_THAT(fault_of("watchdog: {stuck_after: 2h}"), HasSubstr("watchdog.stuck_after"));
}

}  // namespace
}  // namespace gvm::config
