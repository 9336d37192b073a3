// The real programs confine themselves, say so, and the kernel agrees. What the confinement stops
// is tried from inside in src/engines/confine/confine_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "e2e/module.h"
#include "support/process.h"

namespace gvm::e2e {
namespace {

using testing::HasSubstr;

// A line of /proc/PID/status: "Seccomp" -> "2".
std::string status_of(pid_t pid, const std::string& name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
  }
  return "none";
}

std::string line_of(Module& module) {
  return module.process().wait_for_line("\"message\":\"sandbox\"", 10s).value_or("no line");
}

TEST(Sandbox, AModuleConfinesItselfAndSaysWhatHolds) {
  for (const auto* program : {"genvm-llm", "genvm-web"}) {
    ModuleOptions options;
    options.program = program;
    options.arguments = {"--allow-empty-backends"};
    if (options.program == "genvm-web") {
      options.arguments = {};
      options.more = "browser: {engine: http}\n";
    }
    Module module(options);
    const auto line = line_of(module);
    EXPECT_THAT(line, HasSubstr("\"mode\":\"best-effort\"")) << program;
    EXPECT_THAT(line, HasSubstr("core_dumps, no_new_privileges, limits")) << program;
    EXPECT_THAT(line, HasSubstr("system_calls")) << program;
    EXPECT_EQ(status_of(module.process().pid(), "Seccomp"), "2") << program;
    EXPECT_EQ(status_of(module.process().pid(), "NoNewPrivs"), "1") << program;
  }
}

TEST(Sandbox, OffIsAWarningAndTheOptionComesBeforeTheConfiguration) {
  ModuleOptions options;
  options.more = "sandbox: strict\n";
  options.arguments = {"--allow-empty-backends", "--sandbox=off"};
  Module module(options);
  const auto line = line_of(module);
  EXPECT_THAT(line, HasSubstr("\"level\":\"warn\""));
  EXPECT_THAT(line, HasSubstr("\"mode\":\"off\""));
  EXPECT_EQ(status_of(module.process().pid(), "Seccomp"), "0");
}

TEST(Sandbox, AWordThatItDoesNotKnowEndsTheStart) {
  const auto finished = test::run_program({program("genvm-llm"), "--sandbox=on"});
  EXPECT_EQ(finished.exit_code, 64);
  EXPECT_THAT(finished.err, HasSubstr("--sandbox"));
}

}  // namespace
}  // namespace gvm::e2e
