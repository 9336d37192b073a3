// The program genvm-mock-upstream, as a person uses it.
#include <gtest/gtest.h>

#include <csignal>

#include "e2e/module.h"
#include "support/mock_upstream/catalogue.h"
#include "support/paths.h"
#include "text/json_view.h"
#include "wall/asker.h"

namespace gvm::wall {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 60s;

std::string mock_program() {
  return test::binary_dir() + "/bin/genvm-mock-upstream";
}

std::uint16_t port_after(test::Process& process, const std::string& word) {
  const auto line = process.wait_for_line(word + " ", kPatience);
  if (!line) throw std::runtime_error("no " + word + ": " + process.err());
  return static_cast<std::uint16_t>(std::stoi(line->substr(word.size() + 1)));
}

TEST(MockProgram, ServesTheRulesOfItsFileUntilItIsTold) {
  const e2e::TempFolder folder;
  const auto rules = folder.write(
      "rules.json", R"({"rules": [{"when": {"prompt": "fail"}, "fault": "status_500"}]})");
  test::Process process({mock_program(), "--rules", rules, "--control-port", "0", "--name", "Bo"});
  const auto control_port = port_after(process, "control");
  const auto port = port_after(process, "ready");
  Asker asker(port);
  const auto answer = asker.post(kChat, chat("hello"));
  EXPECT_EQ(text::string_at(answer.json(), "/choices/0/message/content"),
            "Bo answers \"hello\". The end.");
  EXPECT_EQ(asker.post(kChat, chat("please fail")).status, 500);
  EXPECT_EQ(text::integer_at(Asker(control_port).get("/_mock/bill").json(), "/calls"), 1);
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait_exit(kPatience), 0) << process.err();
}

TEST(MockProgram, WritesTheCertificateToTrust) {
  const e2e::TempFolder folder;
  const auto file = folder.file("ca.pem");
  test::Process process({mock_program(), "--tls", "--ca-file", file});
  EXPECT_GT(port_after(process, "ready"), 0);
  EXPECT_GT(std::filesystem::file_size(file), 100u);
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait_exit(kPatience), 0) << process.err();
}

TEST(MockProgram, ExplainsItselfAndItsFaults) {
  const auto help = test::run_program({mock_program(), "--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const std::string_view option : {"--port", "--tls", "--rules", "--seed", "--control-port"})
    EXPECT_NE(help.out.find(option), std::string::npos) << option;
  const auto faults = test::run_program({mock_program(), "--list-faults"});
  for (const auto& fault : mock::catalogue())
    EXPECT_NE(faults.out.find(fault.name + " "), std::string::npos) << fault.name;
}

TEST(MockProgram, RefusesWhatItCannotUse) {
  const e2e::TempFolder folder;
  const auto rules = folder.write("rules.json", R"({"rules": [{"fault": "no_such_fault"}]})");
  const auto bad = test::run_program({mock_program(), "--rules", rules});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_NE(bad.err.find("no_such_fault"), std::string::npos);
  EXPECT_EQ(test::run_program({mock_program(), "--rules", folder.file("none")}).exit_code, 1);
  EXPECT_NE(test::run_program({mock_program(), "--what"}).exit_code, 0);
}

}  // namespace
}  // namespace gvm::wall
